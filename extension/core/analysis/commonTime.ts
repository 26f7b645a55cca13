/**
 * Sums over the time that two recordings of one run have in common. What lies across its edge is in one of them as a whole and
 * in the other in part or not at all (a profiler that begins within a stretch does not know of it), so it is in no sum: an
 * interval counts in full or not. It counts when nine tenths of it lie within, because each tool begins and ends its own record
 * of the same work a little earlier or later than the other.
 */
import type { Gap } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { Window } from './pipelineAnalysis.js';

const MOSTLY = 0.9;

/** How often something ran, and for how long altogether, in nanoseconds. */
export interface Sum {
  count: number;
  totalNs: number;
}

/** A stretch of session time without what was not recorded in it. */
export class CommonTime {
  readonly window: Window;
  readonly #gaps: readonly Gap[];

  /** `gaps` are in order. */
  constructor(window: Window, gaps: readonly Gap[]) {
    this.window = window;
    this.#gaps = gaps;
  }

  /** Part of the stretch was not recorded. */
  get hasGaps(): boolean {
    const { fromNs, toNs } = this.window;
    return this.#gaps.some((gap) => gap.fromNs < toNs && gap.toNs > fromNs);
  }

  /** Whether an interval counts. */
  holds(startNs: number, durationNs: number): boolean {
    const { fromNs, toNs } = this.window;
    const endNs = startNs + durationNs;
    const insideNs = Math.min(endNs, toNs) - Math.max(startNs, fromNs);
    if (insideNs < 0 || insideNs < MOSTLY * durationNs) return false;
    return !this.#gaps.some((gap) => gap.fromNs < endNs && gap.toNs > startNs);
  }

  /** The rows of a settled table that may count: [from, to). */
  rows(table: IntervalTable): readonly [from: number, to: number] {
    const { fromNs, toNs } = this.window;
    return [table.firstEndingFrom(fromNs), table.startNs.upperBound(toNs)];
  }

  /** Adds the intervals that count. */
  add(sum: Sum, table: IntervalTable): void {
    table.settle();
    const [from, to] = this.rows(table);
    for (let row = from; row < to; row++) {
      const durationNs = table.durationNs.at(row);
      if (!this.holds(table.startNs.at(row), durationNs)) continue;
      sum.count++;
      sum.totalNs += durationNs;
    }
  }

  /** Time within the window in which at least one interval of the tables ran, in nanoseconds. */
  unionNs(tables: readonly IntervalTable[]): number {
    const { fromNs, toNs } = this.window;
    const cursors = tables.map((table) => {
      table.settle();
      const [at, to] = this.rows(table);
      return { table, at, to };
    });
    let unionNs = 0;
    let coveredNs = fromNs;
    for (;;) {
      let next: (typeof cursors)[number] | undefined;
      let nextNs = Infinity;
      for (const cursor of cursors) {
        if (cursor.at >= cursor.to) continue;
        const startNs = cursor.table.startNs.at(cursor.at);
        if (startNs >= nextNs) continue;
        next = cursor;
        nextNs = startNs;
      }
      if (next === undefined) return unionNs;
      const endNs = Math.min(next.table.endNs(next.at++), toNs);
      if (endNs <= coveredNs) continue;
      unionNs += endNs - Math.max(nextNs, coveredNs);
      coveredNs = endNs;
    }
  }
}
