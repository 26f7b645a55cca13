/**
 * CPU samples and the executions that they fall into.
 *
 * A sample belongs to a thread and a moment. The executions of that thread that were open then:
 *
 *     none                      the sample is outside of the pipeline
 *     of one stage              it is the stage's
 *     of several, one of which lies within all others
 *                               it is that one's: a stage that calls another one waits for it
 *     of several, overlapping   nobody's: `shared`
 *
 * What is exact: synchronous executions, also nested ones, since only one of them can have been on the processor. What is not:
 * an asynchronous execution is open while it waits, and its thread does other things meanwhile. As long as it is the only one that is open, those
 * are counted to it, and nothing in a trace can tell. Idle time is known and never counted as work.
 */
import { F64Column, U32Column } from '../model/columns.js';
import type { CpuSamples, ThreadSamples } from '../model/cpuSamples.js';
import { wasOfThread, type Lane, type Stage } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';

/** Flags of a sample in a stage's row. */
export const SampleFlag = { shared: 1 } as const;

/** Samples of one thread during the executions of one stage: what is drawn below the stage's lanes. Sorted by time. */
export class StageSamples {
  readonly rowId: number;
  readonly stage: Stage;
  readonly samples: ThreadSamples;
  /** Index into `samples`. */
  readonly index = new U32Column();
  readonly flags = new U32Column();
  /** Per stack, the time counted to the stage. */
  readonly nodeNs = new F64Column();
  /** Deepest level drawn so far. */
  levels = 1;
  /** Grows when anything changes. */
  version = 0;

  constructor(rowId: number, stage: Stage, samples: ThreadSamples) {
    this.rowId = rowId;
    this.stage = stage;
    this.samples = samples;
  }

  get length(): number {
    return this.index.length;
  }

  /** Start of the row's sample i. */
  atNs(i: number): number {
    return this.samples.atNs.at(this.index.at(i));
  }

  /** First of the row's samples that starts at `ns` or later. */
  lowerBound(ns: number): number {
    const first = this.samples.atNs.lowerBound(ns);
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.index.at(middle) < first) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(index: number, flags: number): void {
    this.version++;
    this.index.push(index);
    this.flags.push(flags);
    this.levels = Math.max(this.levels, this.samples.level.at(this.samples.node.at(index)));
    if ((flags & SampleFlag.shared) === 0) this.#count(index, 1);
  }

  /** Forgets the samples from index `from` of the thread on. */
  truncate(from: number): void {
    let keep = this.length;
    while (keep > 0 && this.index.at(keep - 1) >= from) {
      keep--;
      if ((this.flags.at(keep) & SampleFlag.shared) === 0) this.#count(this.index.at(keep), -1);
    }
    if (keep < this.length) this.version++;
    this.index.truncate(keep);
    this.flags.truncate(keep);
  }

  #count(index: number, sign: 1 | -1): void {
    const { node, atNs, untilNs } = this.samples;
    const id = node.at(index);
    while (this.nodeNs.length <= id) this.nodeNs.push(0);
    this.nodeNs.set(id, this.nodeNs.at(id) + sign * (untilNs.at(index) - atNs.at(index)));
  }
}

interface LaneState {
  readonly lane: Lane;
  readonly stage: Stage;
  /** Executions that the samples have been compared with, and the table's epoch then. */
  executions: number;
  epoch: number;
}

interface ThreadState {
  lanes: LaneState[];
  readonly rows: Map<Stage, StageSamples>;
  /** Samples that have been assigned. */
  assigned: number;
}

/** Keeps the assignment up to date; asking again costs what is new. */
export class CpuAttribution {
  readonly #cpu: CpuSamples;
  readonly #newRowId: () => number;
  readonly #threads = new Map<ThreadSamples, ThreadState>();

  constructor(cpu: CpuSamples, newRowId: () => number) {
    this.#cpu = cpu;
    this.#newRowId = newRowId;
  }

  /** Assigns what came since the last call: samples, and executions that ended only now. */
  refresh(): void {
    for (const samples of this.#cpu.threads) {
      let state = this.#threads.get(samples);
      if (state === undefined) {
        state = { lanes: [], rows: new Map(), assigned: 0 };
        this.#threads.set(samples, state);
      }
      this.#refresh(samples, state);
    }
  }

  /** The rows of a stage, one for each thread that was sampled while the stage ran there. */
  rowsOf(stage: Stage): readonly StageSamples[] {
    const rows = [...this.#threads.values()].map((state) => state.rows.get(stage));
    return rows.filter((row) => row !== undefined && row.length > 0) as StageSamples[];
  }

  #refresh(samples: ThreadSamples, state: ThreadState): void {
    const redoNs = noteLanes(state, lanesOf(samples));
    const from = Math.min(state.assigned, samples.atNs.lowerBound(redoNs));
    if (from < state.assigned) for (const row of state.rows.values()) row.truncate(from);
    for (let i = from; i < samples.length; i++) this.#assign(samples, state, i);
    state.assigned = samples.length;
  }

  #assign(samples: ThreadSamples, state: ThreadState, index: number): void {
    const open = openAt(state.lanes, samples.atNs.at(index));
    if (open.length === 0) return;
    const owner = ownerOf(open);
    for (const stage of new Set(open.map((o) => o.stage))) {
      let row = state.rows.get(stage);
      if (row === undefined) {
        row = new StageSamples(this.#newRowId(), stage, samples);
        state.rows.set(stage, row);
      }
      row.add(index, stage === owner ? 0 : SampleFlag.shared);
    }
  }
}

interface Open {
  readonly stage: Stage;
  readonly startNs: number;
  readonly endNs: number;
}

function openAt(lanes: readonly LaneState[], atNs: number): readonly Open[] {
  const open: Open[] = [];
  for (const { lane, stage } of lanes) {
    const { executions } = lane;
    const i = executions.startNs.upperBound(atNs) - 1;
    if (i < 0 || executions.endNs(i) <= atNs) continue;
    open.push({ stage, startNs: executions.startNs.at(i), endNs: executions.endNs(i) });
  }
  return open;
}

/** The stage that a sample under these executions belongs to; null: it cannot be told. */
function ownerOf(open: readonly Open[]): Stage | null {
  const [first, ...rest] = open;
  if (first === undefined) return null;
  if (rest.every((o) => o.stage === first.stage)) return first.stage;
  let inner = first;
  for (const o of rest) if (isWithin(o, inner)) inner = o;
  // Two that are open for exactly the same time are each within the other.
  const isInnermost = open.every(
    (o) => isWithin(inner, o) && (o.stage === inner.stage || !isWithin(o, inner)),
  );
  return isInnermost ? inner.stage : null;
}

function isWithin(inner: Open, outer: Open): boolean {
  return inner.startNs >= outer.startNs && inner.endNs <= outer.endNs;
}

function lanesOf({ process, thread }: ThreadSamples): { lane: Lane; stage: Stage }[] {
  return [...process.stages.values()].flatMap((stage) =>
    stage.lanes.filter((lane) => wasOfThread(lane, thread)).map((lane) => ({ lane, stage })),
  );
}

/** Takes up new lanes and executions; returns the time from which on samples must be assigned anew. */
function noteLanes(state: ThreadState, lanes: readonly { lane: Lane; stage: Stage }[]): number {
  let redoNs = Infinity;
  const known = new Map(state.lanes.map((l) => [l.lane, l]));
  state.lanes = lanes.map(({ lane, stage }) => {
    const before = known.get(lane);
    if (before?.stage !== stage) redoNs = before === undefined ? redoNs : -Infinity;
    const { executions } = lane;
    executions.settle();
    redoNs = Math.min(redoNs, firstNewNs(executions, before));
    executions.claim(executions.length);
    return { lane, stage, executions: executions.length, epoch: executions.epoch };
  });
  // A lane that left the thread leaves its samples behind.
  return known.size > 0 && [...known.keys()].some((l) => !lanes.some((n) => n.lane === l))
    ? -Infinity
    : redoNs;
}

function firstNewNs(executions: IntervalTable, before: LaneState | undefined): number {
  if (before !== undefined && before.epoch !== executions.epoch) return -Infinity;
  const from = before?.executions ?? 0;
  return from < executions.length ? executions.startNs.at(from) : Infinity;
}
