/**
 * A small discrete-event simulation of a bounded pipeline: what the panel is shown in the tests obeys the laws of a real
 * one (a full queue blocks the stage above it, an empty one starves the stage below), so a picture that looks wrong is.
 * Times are milliseconds in here.
 */

export type LaneState = 'busy' | 'starved' | 'blocked';

export interface SimSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly state: LaneState;
  readonly item: number;
  readonly failed: boolean;
}

export interface SimStage {
  readonly name: string;
  readonly kind: 'source' | 'cpu' | 'io' | 'gpu' | 'sink';
  readonly lanes: number;
  /** Mean service time at a moment. */
  readonly serviceMs: (atMs: number) => number;
  /** Spread around the mean, 0..1. */
  readonly spread: number;
  readonly errorShare: number;
}

export interface SimResult {
  /** By stage, by lane, in order of time without overlap. */
  readonly lanes: readonly (readonly (readonly SimSpan[])[])[];
  /** By queue: moment and depth after each change. */
  readonly depths: readonly (readonly (readonly [atMs: number, depth: number])[])[];
}

/** Numerical Recipes' linear congruential generator: the same pipeline in every run. */
function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Lane {
  item: number | null;
  /** Finished but not handed on: the queue is full. */
  holding: boolean;
  freeSinceMs: number;
  readonly spans: SimSpan[];
}

interface Finish {
  readonly atMs: number;
  readonly stage: number;
  readonly lane: Lane;
}

class Simulation {
  readonly lanes: readonly (readonly Lane[])[];
  readonly depths: [number, number][][];
  private readonly queues: number[][];
  private readonly random = randomSource(7);
  private finishes: Finish[] = [];
  private nextItem = 1;
  private nowMs = 0;

  private readonly stages: readonly SimStage[];
  private readonly capacities: readonly number[];

  constructor(stages: readonly SimStage[], capacities: readonly number[]) {
    this.stages = stages;
    this.capacities = capacities;
    this.lanes = stages.map((s) =>
      Array.from({ length: s.lanes }, () => ({
        item: null,
        holding: false,
        freeSinceMs: 0,
        spans: [],
      })),
    );
    this.queues = capacities.map(() => []);
    this.depths = capacities.map(() => [[0, 0]]);
  }

  run(untilMs: number): void {
    this.settle();
    while (this.finishes.length > 0) {
      const next = this.finishes.reduce((a, b) => (b.atMs < a.atMs ? b : a));
      if (next.atMs > untilMs) break;
      this.finishes = this.finishes.filter((f) => f !== next);
      this.nowMs = next.atMs;
      next.lane.holding = true;
      next.lane.freeSinceMs = this.nowMs;
      this.settle();
    }
  }

  /** Hands on and starts whatever can be, from the sink upwards, until nothing moves. */
  private settle(): void {
    let moved = true;
    while (moved) {
      moved = false;
      for (let s = this.stages.length - 1; s >= 0; s -= 1) {
        for (const lane of this.lanes[s] ?? []) {
          if (lane.holding && this.handOn(s, lane)) moved = true;
          if (lane.item === null && this.begin(s, lane)) moved = true;
        }
      }
    }
  }

  private handOn(stage: number, lane: Lane): boolean {
    const queue = this.queues[stage];
    const capacity = this.capacities[stage] ?? Infinity;
    if (queue !== undefined && queue.length >= capacity) return false;
    if (queue !== undefined && lane.item !== null) {
      queue.push(lane.item);
      this.depths[stage]?.push([this.nowMs, queue.length]);
    }
    this.wait(lane, 'blocked');
    lane.item = null;
    lane.holding = false;
    lane.freeSinceMs = this.nowMs;
    return true;
  }

  private begin(stage: number, lane: Lane): boolean {
    const queue = this.queues[stage - 1];
    if (queue?.length === 0) return false;
    const item = queue === undefined ? this.nextItem++ : (queue.shift() ?? 0);
    if (queue !== undefined) this.depths[stage - 1]?.push([this.nowMs, queue.length]);
    this.wait(lane, 'starved');
    lane.item = item;
    const of = this.stages[stage];
    if (of === undefined) return false;
    const mean = of.serviceMs(this.nowMs);
    const noise = this.random() + this.random() + this.random() - 1.5;
    const slow = this.random() < 0.02 ? 2.5 : 1;
    const endMs = this.nowMs + Math.max(mean * 0.2, mean * (1 + noise * of.spread)) * slow;
    const failed = this.random() < of.errorShare;
    lane.spans.push({ startMs: this.nowMs, endMs, state: 'busy', item, failed });
    this.finishes.push({ atMs: endMs, stage, lane });
    return true;
  }

  private wait(lane: Lane, state: 'starved' | 'blocked'): void {
    if (this.nowMs - lane.freeSinceMs < 0.05) return;
    const [startMs, endMs] = [lane.freeSinceMs, this.nowMs];
    lane.spans.push({ startMs, endMs, state, item: 0, failed: false });
  }
}

/** Runs the stages with a queue of the given capacity behind each but the last. */
export function simulate(
  stages: readonly SimStage[],
  capacities: readonly number[],
  untilMs: number,
): SimResult {
  const simulation = new Simulation(stages, capacities);
  simulation.run(untilMs);
  const cut = (spans: readonly SimSpan[]): readonly SimSpan[] =>
    spans
      .filter((s) => s.startMs < untilMs)
      .map((s) => ({ ...s, endMs: Math.min(s.endMs, untilMs) }));
  return {
    lanes: simulation.lanes.map((of) => of.map((lane) => cut(lane.spans))),
    depths: simulation.depths,
  };
}
