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
import {
  BREAKPOINT_MASK,
  BREAKPOINT_SHIFT,
  BREAKPOINTS,
  emptyBreakpoints,
  originOf,
  putBreakpoint,
  type Breakpoints,
  type FreeWeights,
} from './breakpoints.js';
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
    starvesWithoutInput: !pipeline.isImported && pipeline.stages.indexOf(stage) > 0,
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

/** Breakpoints that are looked at one by one before a search. */
const NEAR = 8;
/** Blocks of one stage that stay in memory: 20 KiB each. Lanes are read side by side, so they need the same few. */
const MAX_RESIDENT = 96;

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
  /** When the states may change next. */
  nextNs = Infinity;
  /** How much of each input queue is not empty, of each output queue full. */
  private readonly filled: readonly ShareCursor[];
  private readonly full: readonly ShareCursor[];
  /** Starved weight of a lane that is not blocked, before any input queue is looked at. */
  private readonly emptyByItself: number;

  constructor({ inputs, outputs, neverStarves, starvesWithoutInput }: Surroundings) {
    this.filled = inputs.map((series) => new ShareCursor(series, null));
    this.full = outputs.map(({ series, capacity }) => new ShareCursor(series, capacity));
    const mayStarve = !neverStarves && (inputs.length > 0 || starvesWithoutInput);
    this.emptyByItself = mayStarve ? 1 : 0;
  }

  /** Goes to a moment anywhere; records that have come since are seen from there on. */
  seek(atNs: number): void {
    for (const cursor of this.full) cursor.seek(atNs);
    for (const cursor of this.filled) cursor.seek(atNs);
    this.moveTo(-Infinity);
  }

  /** Goes on to a later moment. One pass over the queues: it is made for each breakpoint. */
  moveTo(atNs: number): void {
    let nextNs = Infinity;
    let room = 1;
    for (const cursor of this.full) {
      while (cursor.nextNs <= atNs) cursor.advance();
      if (cursor.nextNs < nextNs) nextNs = cursor.nextNs;
      room *= 1 - cursor.share;
    }
    let empty = this.emptyByItself;
    for (const cursor of this.filled) {
      while (cursor.nextNs <= atNs) cursor.advance();
      if (cursor.nextNs < nextNs) nextNs = cursor.nextNs;
      empty *= 1 - cursor.share;
    }
    this.nextNs = nextNs;
    this.blocked = 1 - room;
    this.starved = room * empty;
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
  /** Blocks with their breakpoints. */
  private readonly resident: TimelineBlock[] = [];
  /** Columns of a block that was let go, for the next one. */
  private spare: Breakpoints | null = null;
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
    let high = Math.min(this.length - block * BREAKPOINTS, BREAKPOINTS);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((atNs[middle] ?? NaN) <= ns) low = middle + 1;
      else high = middle;
    }
    return (this.hint = Math.max(block * BREAKPOINTS + low - 1, 0));
  }

  /** The block that a segment is in. */
  breakpoints(segment: number): Breakpoints {
    return this.data(segment >>> BREAKPOINT_SHIFT);
  }

  /** Where the segment begins; -Infinity for the first. */
  fromNs(segment: number): number {
    return this.data(segment >>> BREAKPOINT_SHIFT).atNs[segment & BREAKPOINT_MASK] ?? NaN;
  }

  /** Where the segment ends; Infinity for the last. */
  nextChange(segment: number): number {
    return segment + 1 < this.length ? this.fromNs(segment + 1) : Infinity;
  }

  /** Weights of a segment. */
  weights(segment: number, into: FreeWeights): void {
    const { blocked, starved } = this.data(segment >>> BREAKPOINT_SHIFT);
    into.blocked = blocked[segment & BREAKPOINT_MASK] ?? 0;
    into.starved = starved[segment & BREAKPOINT_MASK] ?? 0;
  }

  /** Blocked and starved time before `ns`, from an arbitrary fixed origin: use differences. */
  timeBefore(ns: number, into: FreeWeights): void {
    const segment = this.segmentAt(ns);
    const index = segment >>> BREAKPOINT_SHIFT;
    const data = this.data(index);
    const row = segment & BREAKPOINT_MASK;
    const { before } = this.block(index);
    const lengthNs = ns - originOf(data.atNs[row] ?? NaN);
    into.blocked =
      before.blocked + (data.blockedNs[row] ?? 0) + (data.blocked[row] ?? 0) * lengthNs;
    into.starved =
      before.starved + (data.starvedNs[row] ?? 0) + (data.starved[row] ?? 0) * lengthNs;
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
    const data = this.newBreakpoints();
    const rows = Math.min(this.length - index * BREAKPOINTS, BREAKPOINTS);
    let [lastBlocked, lastStarved] = [NaN, NaN];
    let atNs = block.atNs;
    rebuilt.seek(atNs);
    for (let row = 0; row < rows;) {
      if (rebuilt.blocked !== lastBlocked || rebuilt.starved !== lastStarved) {
        putBreakpoint(data, row++, atNs, rebuilt);
        lastBlocked = rebuilt.blocked;
        lastStarved = rebuilt.starved;
      }
      atNs = rebuilt.nextNs;
      rebuilt.moveTo(atNs);
    }
    block.data = data;
    this.resident.push(block);
    this.letGo();
    return data;
  }

  /**
   * Drops the blocks used longest ago; the last one still grows. Their columns are used again, so nobody may hold on to a block
   * while others are asked for.
   */
  private letGo(): void {
    const { resident } = this;
    const growing = this.blocks.at(-1);
    while (resident.length > MAX_RESIDENT) {
      let oldest = -1;
      for (const [i, block] of resident.entries()) {
        if (block === growing) continue;
        if (oldest < 0 || block.lastUse < (resident[oldest]?.lastUse ?? 0)) oldest = i;
      }
      const [gone] = resident.splice(oldest, 1);
      if (gone === undefined) return;
      this.spare = gone.data;
      gone.data = null;
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
    const read = this.blocks.splice(Math.ceil(saved.length / BREAKPOINTS));
    for (const block of read) {
      const at = this.resident.indexOf(block);
      if (at >= 0) this.resident.splice(at, 1);
    }
    // A block's times end with Infinity.
    this.blocks.at(-1)?.data?.atNs.fill(Infinity, ((saved.length - 1) & BREAKPOINT_MASK) + 1);
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
      if ((this.length & BREAKPOINT_MASK) === 0) return states.nextNs < untilNs;
    }
  }

  /** Adds a segment from `atNs` on. */
  private append(atNs: number): void {
    const { total, states } = this;
    const row = this.length & BREAKPOINT_MASK;
    if (this.length > 0) {
      const lengthNs = atNs - originOf(this.lastNs);
      total.blocked += this.lastBlocked * lengthNs;
      total.starved += this.lastStarved * lengthNs;
    }
    if (row === 0) this.newBlock(atNs);
    putBreakpoint(this.data(this.length >>> BREAKPOINT_SHIFT), row, atNs, states);
    this.length++;
    this.lastNs = atNs;
    this.lastBlocked = states.blocked;
    this.lastStarved = states.starved;
  }

  private newBreakpoints(): Breakpoints {
    const { spare } = this;
    if (spare === null) return emptyBreakpoints();
    this.spare = null;
    spare.atNs.fill(Infinity);
    return spare;
  }

  private newBlock(atNs: number): void {
    const block = {
      data: this.newBreakpoints(),
      lastUse: ++this.uses,
      atNs,
      before: { ...this.total },
    };
    this.blocks.push(block);
    this.resident.push(block);
    this.letGo();
  }
}

interface Saved extends FreeWeights {
  readonly length: number;
  readonly builtNs: number;
  readonly lastNs: number;
  readonly lastBlocked: number;
  readonly lastStarved: number;
}
