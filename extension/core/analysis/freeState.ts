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
 * So the state is one timeline per stage, whatever its executions are, and it comes with running totals: how long the stage's
 * free lanes were blocked, and starved, before a moment. With them the states of lane time are differences and sums,
 *
 *     blocked lane time = integral of (parallelism x blocked) - sum over executions of (blocked time within the execution)
 *
 * and each execution is looked at once, when it arrives. A report every half second over a million executions stays cheap,
 * nothing is sampled, and the picture draws its waiting boxes from the same timeline.
 *
 * A record that merged many depth changes leaves open when exactly the queue was full. There the state is a mixture: weights
 * between 0 and 1 that add up to 1 (see `DepthSeries`).
 */
import { F64Column } from '../model/columns.js';
import { kindOf, type Stage } from '../model/entities.js';
import type { DepthRange, DepthSeries } from '../model/series.js';
import type { StepHistory } from '../model/steps.js';
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

/**
 * Share of the depths in the range that are at or over the capacity. A queue without room (capacity 0) hands over directly:
 * its depth is always 0 and says nothing about who waits for whom, so it never counts as full.
 */
export function fullShareOf({ low, high }: DepthRange, capacity: number | null): number {
  if (capacity === null || capacity <= 0 || high < capacity) return 0;
  if (low >= capacity) return 1;
  return (high - Math.ceil(capacity) + 1) / (high - low + 1);
}

/** Share of the depths in the range that are 0. */
export function emptyShareOf({ low, high }: DepthRange): number {
  return low > 0 ? 0 : 1 / (high + 1);
}

/** Blocked and starved weight; the rest up to 1 is idle. */
export interface FreeWeights {
  blocked: number;
  starved: number;
}

/**
 * The timeline of one stage, built once up to `horizonNs`. Before its first breakpoint the first weights hold, behind its
 * last the last.
 */
export class FreeStateTimeline {
  readonly atNs = new F64Column();
  private readonly blocked = new F64Column();
  private readonly starved = new F64Column();
  /** Blocked and starved time from the first breakpoint up to each. */
  private readonly blockedBefore = new F64Column();
  private readonly starvedBefore = new F64Column();
  private readonly around: Surroundings;
  private readonly cursors: number[];
  private readonly epochs: readonly number[];
  private readonly range: DepthRange = { low: 0, high: 0 };
  private hint = 0;
  private builtNs = -Infinity;
  private saved: { readonly length: number; readonly builtNs: number } | null = null;
  private savedCursors: readonly number[] = [];

  constructor(around: Surroundings) {
    this.around = around;
    this.cursors = this.allSeries().map(() => -1);
    this.epochs = this.allSeries().map((series) => series.epoch);
    this.append(-Infinity);
  }

  /** A record came late and was put before others: what was built may be wrong, start anew. */
  get isStale(): boolean {
    return this.allSeries().some((series, i) => series.epoch !== this.epochs[i]);
  }

  /**
   * Reads the queues up to `horizonNs`. What lies before `settledNs` is kept for good; the rest is read again next time,
   * since records of other threads may still come in between.
   */
  advance(settledNs: number, horizonNs: number): void {
    this.restore();
    this.build(settledNs);
    for (const series of this.allSeries()) series.claim(settledNs);
    this.saved = { length: this.atNs.length, builtNs: this.builtNs };
    this.savedCursors = [...this.cursors];
    this.build(horizonNs);
  }

  /** Index of the segment that holds at `ns`. Segments run from one breakpoint to the next. */
  segmentAt(ns: number): number {
    const { atNs } = this;
    // Callers walk forward in time: look near the last answer before searching everything.
    let from = this.hint < atNs.length && atNs.at(this.hint) <= ns ? this.hint : 0;
    let step = 1;
    while (from + step < atNs.length && atNs.at(from + step) <= ns) {
      from += step;
      step *= 2;
    }
    const to = Math.min(from + step, atNs.length);
    this.hint = Math.max(atNs.upperBound(ns, from, to) - 1, 0);
    return this.hint;
  }

  /** Where the segment ends; Infinity for the last. */
  nextChange(segment: number): number {
    return segment + 1 < this.atNs.length ? this.atNs.at(segment + 1) : Infinity;
  }

  /** Weights of a segment. */
  weights(segment: number, into: FreeWeights): void {
    into.blocked = this.blocked.at(segment);
    into.starved = this.starved.at(segment);
  }

  /** Blocked and starved time before `ns`, from an arbitrary fixed origin: use differences. */
  timeBefore(ns: number, into: FreeWeights): void {
    const segment = this.segmentAt(ns);
    // The segment before all records has no beginning: it counts from the session's anchor, also backwards.
    const sinceNs = ns - (segment === 0 ? 0 : this.atNs.at(segment));
    into.blocked = this.blockedBefore.at(segment) + this.blocked.at(segment) * sinceNs;
    into.starved = this.starvedBefore.at(segment) + this.starved.at(segment) * sinceNs;
  }

  private allSeries(): readonly DepthSeries[] {
    return [...this.around.inputs, ...this.around.outputs.map(({ series }) => series)];
  }

  private restore(): void {
    if (this.saved === null) return;
    const { length, builtNs } = this.saved;
    for (const column of this.columns()) column.truncate(length);
    this.builtNs = builtNs;
    for (const [i, cursor] of this.savedCursors.entries()) this.cursors[i] = cursor;
    this.hint = 0;
  }

  private columns(): readonly F64Column[] {
    return [this.atNs, this.blocked, this.starved, this.blockedBefore, this.starvedBefore];
  }

  /** Adds the breakpoints before `untilNs`. One that stands on it says nothing about the time before, and may still change. */
  private build(untilNs: number): void {
    const series = this.allSeries();
    for (;;) {
      const nextNs = this.nextBreakpoint(series);
      if (nextNs >= untilNs) break;
      for (const [i, one] of series.entries()) {
        let cursor = this.cursors[i] ?? -1;
        while (one.atNs.at(cursor + 1) <= nextNs) cursor++;
        this.cursors[i] = cursor;
      }
      this.builtNs = nextNs;
      this.append(nextNs);
    }
  }

  private nextBreakpoint(series: readonly DepthSeries[]): number {
    let nextNs = Infinity;
    for (const [i, one] of series.entries()) {
      const at = one.atNs.at((this.cursors[i] ?? -1) + 1);
      if (at < nextNs) nextNs = at;
    }
    for (const { capacity } of this.around.outputs) {
      for (const { fromNs } of capacity.steps) {
        if (fromNs > this.builtNs && fromNs < nextNs) nextNs = fromNs;
      }
    }
    return nextNs;
  }

  /** Adds a segment from `atNs` on, unless the weights stay as they are. */
  private append(atNs: number): void {
    const blocked = this.blockedNow(atNs);
    const starved = (1 - blocked) * this.starvedNow();
    const last = this.atNs.length - 1;
    if (last >= 0) {
      if (this.blocked.at(last) === blocked && this.starved.at(last) === starved) return;
      const lengthNs = atNs - (last === 0 ? 0 : this.atNs.at(last));
      this.blockedBefore.push(this.blockedBefore.at(last) + this.blocked.at(last) * lengthNs);
      this.starvedBefore.push(this.starvedBefore.at(last) + this.starved.at(last) * lengthNs);
    } else {
      this.blockedBefore.push(0);
      this.starvedBefore.push(0);
    }
    this.atNs.push(atNs);
    this.blocked.push(blocked);
    this.starved.push(starved);
  }

  private blockedNow(atNs: number): number {
    let room = 1;
    const first = this.around.inputs.length;
    for (const [i, { series, capacity }] of this.around.outputs.entries()) {
      series.rangeAt(this.cursors[first + i] ?? -1, this.range);
      room *= 1 - fullShareOf(this.range, capacity.at(atNs));
    }
    return 1 - room;
  }

  private starvedNow(): number {
    const { inputs, neverStarves, starvesWithoutInput } = this.around;
    if (neverStarves) return 0;
    if (inputs.length === 0) return starvesWithoutInput ? 1 : 0;
    let empty = 1;
    for (const [i, series] of inputs.entries()) {
      series.rangeAt(this.cursors[i] ?? -1, this.range);
      empty *= emptyShareOf(this.range);
    }
    return empty;
  }
}
