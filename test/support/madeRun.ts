/**
 * A run of a made-up pipeline, event by event, of which everything is known: what stages truly take, when items come and go.
 * What an agent would have recorded of it stands in `madeSession.ts`; here is the truth to hold the figures against.
 *
 * Stages follow one another, each with lanes and a queue before it. An item that finds the next queue full keeps its lane
 * (blocking after service). Times are milliseconds; the same description gives the same run.
 */
import type { StageKind } from '../../agent/wire/manifest.js';
import { Random } from '../../extension/core/statistics/random.js';

/** An execution that is about to begin. */
export interface Work {
  readonly item: number;
  readonly items: number;
  readonly atMs: number;
  readonly lane: number;
  /** Executions of the stage that run then, this one included. */
  readonly running: number;
  readonly random: Random;
}

export interface MadeStage {
  readonly name: string;
  /** `cpu` when left out. */
  readonly kind?: StageKind;
  readonly lanes: number;
  readonly serviceMs: number | ((work: Work) => number);
  /** `own`: each lane is a thread; `main`, `one`: they take turns on the main thread, or on a worker. Left out: `own`. */
  readonly threads?: 'own' | 'main' | 'one';
  /** After its service an execution computes for so long on the main thread, one at a time. */
  readonly loopMs?: number;
  /** Of the time in which a thread of its own runs something: on a core, and ready without one. Left out: 1 and 0. */
  readonly cpu?: number;
  readonly coreWait?: number;
  /** Which lane must take an item. */
  readonly laneFor?: (item: number) => number;
  /** Items that an execution takes at most, or exactly. */
  readonly batch?: number;
  readonly waitsForFull?: boolean;
  /** So many items become one that goes on. */
  readonly merges?: number;
  /** Room in the queue before it; null: no bound. Of the first stage only where items arrive. */
  readonly queue?: number | null;
  /** Begins at most so many executions a second; the lane waits with its item in hand. */
  readonly perSec?: number;
  /** Waiting for room in the next queue is part of the execution, as in a function that ends with `await queue.put()`. */
  readonly putsInside?: boolean;
  /** Of the recorded process; 1 when left out. */
  readonly process?: 1 | 2;
  /** Its lanes, its batch and the queue before it have knobs with these ends. */
  readonly lanesKnob?: readonly [min: number, max: number | null];
  readonly batchKnob?: readonly [min: number, max: number | null];
  readonly queueKnob?: readonly [min: number, max: number | null];
}

/** How items come. */
export type MadeArrivals =
  | { readonly kind: 'saturated' }
  | { readonly kind: 'at'; readonly atMs: readonly number[] }
  /** `items` at once, the next so many when all are out and `pauseMs` have passed. */
  | { readonly kind: 'rounds'; readonly items: number; readonly pauseMs: number };

/** A knob is turned. */
export interface MadeChange {
  readonly atMs: number;
  readonly stage: string;
  readonly to: number;
  /** `lanes` when left out. */
  readonly what?: 'lanes' | 'batch';
}

export interface MadePipeline {
  readonly stages: readonly MadeStage[];
  readonly runMs: number;
  readonly seed?: number;
  readonly arrivals?: MadeArrivals;
  readonly changes?: readonly MadeChange[];
}

export interface MadeExecution {
  readonly stage: number;
  readonly lane: number;
  readonly item: number;
  readonly items: number;
  /** null: it was the first to see the item. */
  readonly waitedMs: number | null;
  /** When its lane had the item: earlier than the start where it waits for a limit. */
  readonly takenMs: number;
  readonly startMs: number;
  /** When its work was done, and when the next queue had taken the item. */
  readonly doneMs: number;
  readonly handedMs: number;
}

export interface MadeRun {
  readonly pipeline: MadePipeline;
  /** In the order in which they were handed on. */
  readonly executions: readonly MadeExecution[];
  /** By stage: what stands before it, after each change. */
  readonly depths: readonly (readonly (readonly [atMs: number, depth: number])[])[];
  /** When each item arrived (saturated: was taken first) and when it left. */
  readonly items: readonly { readonly arrivedMs: number; readonly leftMs: number }[];
  /** Time in which the main thread computed, up to then; one entry a computation. */
  readonly loop: readonly (readonly [fromMs: number, toMs: number])[];
}

interface Item {
  readonly id: number;
  readonly queuedMs: number;
}

interface Lane {
  readonly index: number;
  taken: readonly Item[];
  takenMs: number;
  startMs: number;
  doneMs: number;
  isHolding: boolean;
  freeSinceMs: number;
}

interface Happening {
  readonly atMs: number;
  readonly happens: () => void;
}

class Engine {
  readonly executions: MadeExecution[] = [];
  readonly depths: [number, number][][];
  readonly items: { arrivedMs: number; leftMs: number }[] = [];
  readonly loop: [number, number][] = [];
  private readonly pipeline: MadePipeline;
  private readonly stages: readonly MadeStage[];
  private readonly random: Random;
  private readonly lanes: Lane[][];
  private readonly allowed: number[];
  private readonly batches: number[];
  private readonly queues: Item[][];
  private readonly nextSlotMs: number[];
  private readonly merged: number[];
  /** What is to happen, the next one last. */
  private readonly ahead: Happening[] = [];
  private readonly arrived = new Map<number, number>();
  private nowMs = 0;
  private nextItem = 1;
  private underWay = 0;

  constructor(pipeline: MadePipeline) {
    this.pipeline = pipeline;
    this.stages = pipeline.stages;
    this.random = new Random(pipeline.seed ?? 1);
    const most = (stage: MadeStage): number =>
      Math.max(
        stage.lanes,
        ...(pipeline.changes ?? []).filter((c) => c.stage === stage.name).map(({ to }) => to),
      );
    this.lanes = this.stages.map((stage) => Array.from({ length: most(stage) }, (_, i) => lane(i)));
    this.allowed = this.stages.map(({ lanes }) => lanes);
    this.batches = this.stages.map(({ batch }) => batch ?? 1);
    this.queues = this.stages.map(() => []);
    this.depths = this.stages.map(() => [[0, 0]]);
    this.nextSlotMs = this.stages.map(() => 0);
    this.merged = this.stages.map(() => 0);
  }

  run(): void {
    this.plan();
    this.settle();
    for (let next = this.ahead.pop(); next !== undefined; next = this.ahead.pop()) {
      if (next.atMs > this.pipeline.runMs) return;
      this.nowMs = next.atMs;
      next.happens();
      this.settle();
    }
  }

  private plan(): void {
    const { arrivals, changes = [] } = this.pipeline;
    for (const change of changes)
      this.at(change.atMs, () => {
        this.change(change);
      });
    if (arrivals?.kind === 'at') this.arriveFrom(arrivals.atMs, 0);
    if (arrivals?.kind === 'rounds') this.beginRound(arrivals.items);
  }

  private at(atMs: number, happens: () => void): void {
    let low = 0;
    let high = this.ahead.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ahead[middle]?.atMs ?? 0) > atMs) low = middle + 1;
      else high = middle;
    }
    this.ahead.splice(low, 0, { atMs, happens });
  }

  private change({ stage, to, what = 'lanes' }: MadeChange): void {
    const index = this.stages.findIndex(({ name }) => name === stage);
    if (what === 'lanes') this.allowed[index] = to;
    else this.batches[index] = to;
  }

  private arriveFrom(atMs: readonly number[], index: number): void {
    const next = atMs[index];
    if (next === undefined) return;
    this.at(next, () => {
      this.arrive();
      this.arriveFrom(atMs, index + 1);
    });
  }

  private beginRound(items: number): void {
    for (let i = 0; i < items; i++) this.arrive();
  }

  private arrive(): void {
    const item = this.made();
    this.queues[0]?.push(item);
    this.noteDepth(0);
  }

  private made(): Item {
    const id = this.nextItem++;
    this.arrived.set(id, this.nowMs);
    this.underWay++;
    return { id, queuedMs: this.nowMs };
  }

  private noteDepth(stage: number): void {
    this.depths[stage]?.push([this.nowMs, this.queues[stage]?.length ?? 0]);
  }

  /** Hands on and begins whatever can be, from the end upwards, until nothing moves. */
  private settle(): void {
    for (let hasMoved = true; hasMoved;) {
      hasMoved = false;
      for (let stage = this.stages.length - 1; stage >= 0; stage--) {
        const lanes = this.lanes[stage] ?? [];
        const holding = lanes.filter(({ isHolding }) => isHolding);
        for (const one of holding.sort((a, b) => a.doneMs - b.doneMs)) {
          if (this.handOn(stage, one)) hasMoved = true;
        }
        const free = lanes.filter(
          ({ taken, index }) => taken.length === 0 && index < (this.allowed[stage] ?? 0),
        );
        for (const one of free.sort((a, b) => a.freeSinceMs - b.freeSinceMs)) {
          if (this.begin(stage, one)) hasMoved = true;
        }
      }
    }
  }

  private handOn(stage: number, from: Lane): boolean {
    const next = this.stages[stage + 1];
    const queue = this.queues[stage + 1] ?? [];
    if (next !== undefined && queue.length >= (next.queue ?? Infinity)) return false;
    for (const { id } of from.taken) {
      if (next === undefined || this.isMerged(stage)) this.leave(id);
      else queue.push({ id, queuedMs: this.nowMs });
    }
    if (next !== undefined) this.noteDepth(stage + 1);
    this.note(stage, from);
    from.taken = [];
    from.isHolding = false;
    from.freeSinceMs = this.nowMs;
    return true;
  }

  /** Whether the next item is merged into one that goes on later. */
  private isMerged(stage: number): boolean {
    const count = ((this.merged[stage] ?? 0) + 1) % (this.stages[stage]?.merges ?? 1);
    this.merged[stage] = count;
    return count > 0;
  }

  private note(stage: number, from: Lane): void {
    const { taken, index: lane, takenMs, startMs, doneMs } = from;
    const waitedMs = this.isTold(stage) ? takenMs - (taken[0]?.queuedMs ?? 0) : null;
    const times = { takenMs, startMs, doneMs, handedMs: this.nowMs };
    const item = taken[0]?.id ?? 0;
    this.executions.push({ stage, lane, item, items: taken.length, waitedMs, ...times });
  }

  /** Whether there is a queue before the stage. */
  private isTold(stage: number): boolean {
    return stage > 0 || this.pipeline.arrivals !== undefined;
  }

  private leave(id: number): void {
    this.items.push({ arrivedMs: this.arrived.get(id) ?? 0, leftMs: this.nowMs });
    this.arrived.delete(id);
    this.underWay--;
    const { arrivals } = this.pipeline;
    if (arrivals?.kind === 'rounds' && this.underWay === 0) {
      this.at(this.nowMs + arrivals.pauseMs, () => {
        this.beginRound(arrivals.items);
      });
    }
  }

  private begin(stage: number, to: Lane): boolean {
    const made = this.stages[stage];
    const taken = made === undefined ? [] : this.takenBy(stage, made, to.index);
    if (made === undefined || taken.length === 0) return false;
    to.taken = taken;
    to.takenMs = this.nowMs;
    to.startMs = Math.max(this.nowMs, this.nextSlotMs[stage] ?? 0);
    if (made.perSec !== undefined) this.nextSlotMs[stage] = to.startMs + 1000 / made.perSec;
    const running = (this.lanes[stage] ?? []).filter(
      (l) => l.taken.length > 0 && !l.isHolding,
    ).length;
    const { serviceMs, loopMs } = made;
    const work = {
      item: taken[0]?.id ?? 0,
      items: taken.length,
      atMs: to.startMs,
      lane: to.index,
      running,
      random: this.random,
    };
    const lasts = typeof serviceMs === 'number' ? serviceMs : serviceMs(work);
    this.at(to.startMs + lasts, () => {
      if (loopMs === undefined) this.done(to);
      else this.compute(to, loopMs);
    });
    return true;
  }

  private compute(on: Lane, loopMs: number): void {
    const fromMs = Math.max(this.nowMs, this.loop.at(-1)?.[1] ?? 0);
    this.loop.push([fromMs, fromMs + loopMs]);
    this.at(fromMs + loopMs, () => {
      this.done(on);
    });
  }

  private done(on: Lane): void {
    on.isHolding = true;
    on.doneMs = this.nowMs;
  }

  private takenBy(stage: number, made: MadeStage, index: number): readonly Item[] {
    if (!this.isTold(stage)) return [this.made()];
    const queue = this.queues[stage] ?? [];
    const most = this.batches[stage] ?? 1;
    if (made.waitsForFull === true && queue.length < most) return [];
    const isMine = ({ id }: Item): boolean =>
      made.laneFor === undefined || made.laneFor(id) === index;
    const taken =
      made.laneFor === undefined ? queue.slice(0, most) : queue.filter(isMine).slice(0, 1);
    if (taken.length === 0) return [];
    this.queues[stage] = queue.filter((item) => !taken.includes(item));
    this.noteDepth(stage);
    return taken;
  }
}

const lane = (index: number): Lane => ({
  index,
  taken: [],
  takenMs: 0,
  startMs: 0,
  doneMs: 0,
  isHolding: false,
  freeSinceMs: 0,
});

/** Runs a pipeline. */
export function made(pipeline: MadePipeline): MadeRun {
  const engine = new Engine(pipeline);
  engine.run();
  const { executions, depths, items, loop } = engine;
  return { pipeline, executions, depths, items, loop };
}

/** Items that left per second, between two moments. */
export function trueRate({ items }: MadeRun, fromMs: number, toMs: number): number {
  const left = items.filter(({ leftMs }) => leftMs >= fromMs && leftMs < toMs).length;
  return (left * 1000) / (toMs - fromMs);
}

/** The throughput that a pipeline truly has, without its start. */
export function rateOf(pipeline: MadePipeline): number {
  return trueRate(made(pipeline), pipeline.runMs / 4, pipeline.runMs);
}

/** The q-quantile of the time that items truly took, in milliseconds. */
export function trueLatencyMs({ items }: MadeRun, q: number): number {
  const times = items.map(({ arrivedMs, leftMs }) => leftMs - arrivedMs).sort((a, b) => a - b);
  return times[Math.min(Math.floor(q * times.length), times.length - 1)] ?? NaN;
}
