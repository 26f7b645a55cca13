/**
 * What a lane of a stage is doing when it runs nothing, over time.
 *
 * All free lanes of a stage are in the same state at the same moment, because the state follows from the queues around the
 * stage and from nothing else:
 *
 *     an output queue is full            blocked    (there is no room for a result)
 *     else all input queues are empty    starved    (there is nothing to do)
 *     else                               idle       (there is work and room, and nobody takes it)
 *
 * So the state is one timeline per stage, whatever its executions are. It is a list of breakpoints,
 *
 *     -inf ..... t1 ..... t2 . t3 ........      weights of blocked and starved in each stretch
 *
 * and lanes, pictures and numbers all take their free time from it, so they cannot disagree.
 *
 * A record that merged many depth changes leaves open when exactly the queue was full. There the state is a mixture: weights
 * between 0 and 1 that add up to 1 (see `DepthSeries`).
 *
 * A busy pipeline has as many breakpoints as executions. They follow from the queues' records, so they are not kept but
 * worked out again when somebody looks: in blocks, of which only the ones used last stay in memory. What is kept of a block is
 * when it begins, and the blocked and starved time up to there.
 */
import { kindOf, type Stage } from '../model/entities.js';
import type { DepthSeries } from '../model/series.js';
import type { StepHistory } from '../model/steps.js';
import { ShareCursor } from './queueCursor.js';
import type { Pipeline } from './topology.js';

/** A queue on the far side of a stage: full when its depth is at or over the capacity of the moment. */
interface Output {
  readonly series: DepthSeries;
  readonly capacity: StepHistory;
}

/** The queues that decide over a stage's free lanes. */
export interface Surroundings {
  readonly inputs: readonly DepthSeries[];
  readonly outputs: readonly Output[];
  /** State when there is no queue to ask: true for a stage with another one before it. */
  readonly starvesWithoutInput: boolean;
  readonly neverStarves: boolean;
}

/** The queues around a stage. Queues that never reported a depth tell nothing and are left out. */
export function surroundingsOf(stage: Stage, pipeline: Pipeline): Surroundings {
  const reporting = pipeline.queues.filter(({ queue }) => queue.series.length > 0);
  return {
    inputs: reporting.filter(({ to }) => to === stage).map(({ queue }) => queue.series),
    outputs: reporting.filter(({ from }) => from === stage).map(({ queue }) => queue),
    starvesWithoutInput: pipeline.stages.indexOf(stage) > 0,
    neverStarves: kindOf(stage) === 'source',
  };
}

/** Whether two answers of `surroundingsOf` mean the same timeline. */
export function areSameSurroundings(a: Surroundings, b: Surroundings): boolean {
  return (
    a.inputs.length === b.inputs.length &&
    a.outputs.length === b.outputs.length &&
    a.inputs.every((series, i) => series === b.inputs[i]) &&
    a.outputs.every(({ series }, i) => series === b.outputs[i]?.series) &&
    a.starvesWithoutInput === b.starvesWithoutInput &&
    a.neverStarves === b.neverStarves
  );
}

/** Blocked and starved weight; the rest up to 1 is idle. */
export interface FreeWeights {
  blocked: number;
  starved: number;
}

/** Breakpoints per block. */
const BLOCK_SHIFT = 12;
const BLOCK = 1 << BLOCK_SHIFT;
const MASK = BLOCK - 1;
/** Breakpoints that are looked at one by one before a search. */
const NEAR = 8;
/** Breakpoints per sum within a block. */
const SUMMED = 64;
/** Blocks of one stage that stay in memory: 96 KiB each. Lanes are read side by side, so they need the same few. */
const MAX_RESIDENT = 16;

/** Breakpoints of a block: times, and weights from each on. */
export interface Breakpoints {
  readonly atNs: Float64Array;
  readonly blocked: Float64Array;
  readonly starved: Float64Array;
  /** Blocked and starved time from the start of the block up to every 64th breakpoint, in turns. */
  readonly sums: Float64Array;
}

interface TimelineBlock {
  data: Breakpoints | null;
  lastUse: number;
  /** Of its first breakpoint. */
  readonly atNs: number;
  /** Blocked and starved time up to it. */
  readonly before: FreeWeights;
}

/** State of the queues at a moment: what follows on it is a breakpoint. */
class QueueStates {
  blocked = 0;
  starved = 0;
  private readonly around: Surroundings;
  /** How much of each input queue is not empty, of each output queue full. */
  private readonly filled: readonly ShareCursor[];
  private readonly full: readonly ShareCursor[];
  private readonly cursors: readonly ShareCursor[];

  constructor(around: Surroundings) {
    this.around = around;
    this.filled = around.inputs.map((series) => new ShareCursor(series, null));
    this.full = around.outputs.map(({ series, capacity }) => new ShareCursor(series, capacity));
    this.cursors = [...this.filled, ...this.full];
  }

  /** When the states may change next. */
  get nextNs(): number {
    let nextNs = Infinity;
    for (const cursor of this.cursors) if (cursor.nextNs < nextNs) nextNs = cursor.nextNs;
    return nextNs;
  }

  /** Goes to a moment anywhere; records that have come since are seen from there on. */
  seek(atNs: number): void {
    for (const cursor of this.cursors) cursor.seek(atNs);
    this.weigh();
  }

  /** Goes on to a later moment. */
  moveTo(atNs: number): void {
    for (const cursor of this.cursors) while (cursor.nextNs <= atNs) cursor.advance();
    this.weigh();
  }

  private weigh(): void {
    let room = 1;
    for (const { share } of this.full) room *= 1 - share;
    this.blocked = 1 - room;
    this.starved = room === 0 ? 0 : room * this.starvedNow();
  }

  private starvedNow(): number {
    const { filled } = this;
    const { neverStarves, starvesWithoutInput } = this.around;
    if (neverStarves) return 0;
    if (filled.length === 0) return starvesWithoutInput ? 1 : 0;
    let empty = 1;
    for (const { share } of filled) empty *= 1 - share;
    return empty;
  }
}

/**
 * The timeline of one stage, built once up to `horizonNs`. Before its first breakpoint the first weights hold, behind its
 * last the last.
 */
export class FreeStateTimeline {
  /** Breakpoints; the first is -Infinity. */
  length = 0;
  private readonly around: Surroundings;
  private readonly epochs: readonly number[];
  private readonly versions: readonly number[];
  private readonly blocks: TimelineBlock[] = [];
  private readonly states: QueueStates;
  private readonly rebuilt: QueueStates;
  private readonly total: FreeWeights = { blocked: 0, starved: 0 };
  private builtNs = -Infinity;
  private lastNs = -Infinity;
  private lastBlocked = NaN;
  private lastStarved = NaN;
  private hint = 0;
  private uses = 0;
  private resident = 0;
  private saved: Saved | null = null;

  constructor(around: Surroundings) {
    this.around = around;
    this.states = new QueueStates(around);
    this.rebuilt = new QueueStates(around);
    this.epochs = this.allSeries().map((series) => series.epoch);
    this.versions = around.outputs.map(({ capacity }) => capacity.version);
    this.states.seek(-Infinity);
    this.append(-Infinity);
  }

  /** A record came late and was put before others, or a capacity was another one: start anew. */
  get isStale(): boolean {
    return (
      this.allSeries().some((series, i) => series.epoch !== this.epochs[i]) ||
      this.around.outputs.some(({ capacity }, i) => capacity.version !== this.versions[i])
    );
  }

  isFor(around: Surroundings): boolean {
    return areSameSurroundings(this.around, around);
  }

  /** Reads the queues up to `horizonNs`; see `steps`. */
  advance(settledNs: number, horizonNs: number): void {
    const steps = this.steps(settledNs, horizonNs);
    while (steps.next().done !== true);
  }

  /**
   * Reads the queues up to `horizonNs`. What lies before `settledNs` is kept for good; the rest is read again next time,
   * since records of other threads may still come in between. On the way to `settledNs` it yields moments up to which
   * everything is known, with no more than a block's breakpoints from one to the next; `settledNs` itself is the last.
   */
  *steps(settledNs: number, horizonNs: number): Generator<number> {
    this.restore();
    while (this.build(settledNs)) yield this.states.nextNs;
    for (const series of this.allSeries()) series.claim(settledNs);
    this.save();
    yield settledNs;
    while (this.build(horizonNs));
  }

  /** Index of the segment that holds at `ns`. Segments run from one breakpoint to the next. */
  segmentAt(ns: number): number {
    // Callers walk forward in time: look near the last answer before searching everything.
    const { hint } = this;
    if (hint < this.length && this.fromNs(hint) <= ns) {
      for (let i = hint; i < hint + NEAR; i++) if (ns < this.nextChange(i)) return (this.hint = i);
    }
    const block = this.blockAt(ns);
    const { atNs } = this.data(block);
    let low = 0;
    let high = Math.min(this.length - block * BLOCK, BLOCK);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((atNs[middle] ?? NaN) <= ns) low = middle + 1;
      else high = middle;
    }
    return (this.hint = Math.max(block * BLOCK + low - 1, 0));
  }

  /** The block that a segment is in. */
  breakpoints(segment: number): Breakpoints {
    return this.data(segment >>> BLOCK_SHIFT);
  }

  /** Where the segment begins; -Infinity for the first. */
  fromNs(segment: number): number {
    return this.data(segment >>> BLOCK_SHIFT).atNs[segment & MASK] ?? NaN;
  }

  /** Where the segment ends; Infinity for the last. */
  nextChange(segment: number): number {
    return segment + 1 < this.length ? this.fromNs(segment + 1) : Infinity;
  }

  /** Weights of a segment. */
  weights(segment: number, into: FreeWeights): void {
    const { blocked, starved } = this.data(segment >>> BLOCK_SHIFT);
    into.blocked = blocked[segment & MASK] ?? 0;
    into.starved = starved[segment & MASK] ?? 0;
  }

  /** Blocked and starved time before `ns`, from an arbitrary fixed origin: use differences. */
  timeBefore(ns: number, into: FreeWeights): void {
    const segment = this.segmentAt(ns);
    const index = segment >>> BLOCK_SHIFT;
    const { atNs, blocked, starved, sums } = this.data(index);
    const row = segment & MASK;
    const summed = row - (row % SUMMED);
    const { before } = this.block(index);
    into.blocked = before.blocked + (sums[2 * (summed / SUMMED)] ?? 0);
    into.starved = before.starved + (sums[2 * (summed / SUMMED) + 1] ?? 0);
    for (let i = summed; i <= row; i++) {
      const untilNs = i < row ? (atNs[i + 1] ?? NaN) : ns;
      const lengthNs = untilNs - originOf(atNs[i] ?? NaN);
      into.blocked += (blocked[i] ?? 0) * lengthNs;
      into.starved += (starved[i] ?? 0) * lengthNs;
    }
  }

  private allSeries(): readonly DepthSeries[] {
    return [...this.around.inputs, ...this.around.outputs.map(({ series }) => series)];
  }

  private block(index: number): TimelineBlock {
    const block = this.blocks[index];
    if (block === undefined) throw new Error('Sluice bug: a breakpoint that is not there');
    return block;
  }

  private data(index: number): Breakpoints {
    const block = this.block(index);
    block.lastUse = ++this.uses;
    return block.data ?? this.workOut(index);
  }

  /** The last block that begins at `ns` or before. */
  private blockAt(ns: number): number {
    let low = 1;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.block(middle).atNs <= ns) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Breakpoints of a block once more, from the records they came from. */
  private workOut(index: number): Breakpoints {
    const block = this.block(index);
    const { rebuilt } = this;
    const data = emptyBreakpoints();
    const rows = Math.min(this.length - index * BLOCK, BLOCK);
    let [lastBlocked, lastStarved] = [NaN, NaN];
    let atNs = block.atNs;
    rebuilt.seek(atNs);
    for (let row = 0; row < rows;) {
      if (rebuilt.blocked !== lastBlocked || rebuilt.starved !== lastStarved) {
        put(data, row++, atNs, rebuilt);
        lastBlocked = rebuilt.blocked;
        lastStarved = rebuilt.starved;
      }
      atNs = rebuilt.nextNs;
      rebuilt.moveTo(atNs);
    }
    block.data = data;
    this.resident++;
    this.letGo();
    return data;
  }

  /** Drops the blocks used longest ago; the last one still grows. */
  private letGo(): void {
    while (this.resident > MAX_RESIDENT) {
      let oldest: TimelineBlock | null = null;
      for (let i = 0; i < this.blocks.length - 1; i++) {
        const block = this.block(i);
        if (block.data !== null && (oldest === null || block.lastUse < oldest.lastUse)) {
          oldest = block;
        }
      }
      if (oldest === null) return;
      oldest.data = null;
      this.resident--;
    }
  }

  private save(): void {
    const { length, builtNs, lastNs, lastBlocked, lastStarved } = this;
    this.saved = { length, builtNs, lastNs, lastBlocked, lastStarved, ...this.total };
  }

  private restore(): void {
    const { saved } = this;
    this.states.seek(saved?.builtNs ?? -Infinity);
    if (saved === null) return;
    this.length = saved.length;
    this.builtNs = saved.builtNs;
    this.lastNs = saved.lastNs;
    this.lastBlocked = saved.lastBlocked;
    this.lastStarved = saved.lastStarved;
    this.total.blocked = saved.blocked;
    this.total.starved = saved.starved;
    for (const block of this.blocks.splice(Math.ceil(saved.length / BLOCK))) {
      if (block.data !== null) this.resident--;
    }
    this.hint = 0;
  }

  /**
   * Adds the breakpoints before `untilNs`, up to the end of a block; true: there may be more. One that stands on `untilNs` says
   * nothing about the time before, and may still change.
   */
  private build(untilNs: number): boolean {
    const { states } = this;
    for (;;) {
      const { nextNs } = states;
      if (nextNs >= untilNs) return false;
      states.moveTo(nextNs);
      this.builtNs = nextNs;
      if (states.blocked === this.lastBlocked && states.starved === this.lastStarved) continue;
      this.append(nextNs);
      if ((this.length & MASK) === 0) return states.nextNs < untilNs;
    }
  }

  /** Adds a segment from `atNs` on. */
  private append(atNs: number): void {
    const { total, states } = this;
    const row = this.length & MASK;
    if (this.length > 0) {
      const lengthNs = atNs - originOf(this.lastNs);
      total.blocked += this.lastBlocked * lengthNs;
      total.starved += this.lastStarved * lengthNs;
    }
    if (row === 0) this.newBlock(atNs);
    put(this.data(this.length >>> BLOCK_SHIFT), row, atNs, states);
    this.length++;
    this.lastNs = atNs;
    this.lastBlocked = states.blocked;
    this.lastStarved = states.starved;
  }

  private newBlock(atNs: number): void {
    this.blocks.push({
      data: emptyBreakpoints(),
      lastUse: ++this.uses,
      atNs,
      before: { ...this.total },
    });
    this.resident++;
    this.letGo();
  }
}

/**
 * A place in a timeline that moves forward with whoever walks through time: the stretch at hand and its weights, without a
 * search for each step. Good until the timeline is advanced.
 */
export class TimelineCursor {
  untilNs = -Infinity;
  blocked = 0;
  starved = 0;
  private fromNs = Infinity;
  private segment = -1;
  private data: Breakpoints | null = null;
  private readonly timeline: FreeStateTimeline;

  constructor(timeline: FreeStateTimeline) {
    this.timeline = timeline;
  }

  /** Goes to the stretch that holds at `ns`. */
  seek(ns: number): void {
    if (ns >= this.fromNs) {
      for (let i = 0; i < NEAR; i++) {
        if (ns < this.untilNs) return;
        this.next();
      }
      if (ns < this.untilNs) return;
    }
    this.segment = this.timeline.segmentAt(ns);
    this.data = this.timeline.breakpoints(this.segment);
    this.take();
  }

  private next(): void {
    this.segment++;
    if ((this.segment & MASK) === 0) this.data = this.timeline.breakpoints(this.segment);
    this.take();
  }

  private take(): void {
    const { timeline, segment, data } = this;
    const row = segment & MASK;
    if (data === null) return;
    this.fromNs = data.atNs[row] ?? NaN;
    this.blocked = data.blocked[row] ?? 0;
    this.starved = data.starved[row] ?? 0;
    const isInside = row < MASK && segment + 1 < timeline.length;
    this.untilNs = isInside ? (data.atNs[row + 1] ?? NaN) : timeline.nextChange(segment);
  }
}

interface Saved extends FreeWeights {
  readonly length: number;
  readonly builtNs: number;
  readonly lastNs: number;
  readonly lastBlocked: number;
  readonly lastStarved: number;
}

/** The segment before all records has no beginning: it counts from the session's anchor, also backwards. */
function originOf(fromNs: number): number {
  return fromNs === -Infinity ? 0 : fromNs;
}

function emptyBreakpoints(): Breakpoints {
  return {
    atNs: new Float64Array(BLOCK),
    blocked: new Float64Array(BLOCK),
    starved: new Float64Array(BLOCK),
    sums: new Float64Array((2 * BLOCK) / SUMMED),
  };
}

function put(data: Breakpoints, row: number, atNs: number, weights: FreeWeights): void {
  const { blocked, starved, sums } = data;
  data.atNs[row] = atNs;
  blocked[row] = weights.blocked;
  starved[row] = weights.starved;
  if (row % SUMMED !== 0 || row === 0) return;
  const at = 2 * (row / SUMMED);
  let blockedNs = sums[at - 2] ?? 0;
  let starvedNs = sums[at - 1] ?? 0;
  for (let i = row - SUMMED; i < row; i++) {
    const lengthNs = (data.atNs[i + 1] ?? NaN) - originOf(data.atNs[i] ?? NaN);
    blockedNs += (blocked[i] ?? 0) * lengthNs;
    starvedNs += (starved[i] ?? 0) * lengthNs;
  }
  sums[at] = blockedNs;
  sums[at + 1] = starvedNs;
}
