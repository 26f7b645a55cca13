/**
 * Fills buckets with what a usual lane did: one that records no waits and whose executions do not overlap. It is the walk of
 * `laneWalk.ts` in one loop over local variables, which takes two fifths of its time: nearly all of a trace goes through here
 * once.
 */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT } from '../model/blocks.js';
import { ExecutionFlag, type Lane } from '../model/entities.js';
import type { ResidentBlock } from '../model/intervals.js';
import { BREAKPOINT_MASK, emptyBreakpoints, type Breakpoints } from './breakpoints.js';
import type { FreeStateTimeline } from './freeState.js';
import { BucketSink, Sum, SUMS, type Buckets } from './laneSums.js';
import { TimelineCursor } from './timelineCursor.js';

/** Whether `LaneFill` may be used for a lane; its tables must be settled. */
export function isUsual({ executions, waits }: Lane): boolean {
  return waits.length === 0 && !executions.mayOverlap;
}

/** Weights of nothing, for ever: nobody says what a free lane waits for. */
const nothingKnown = emptyBreakpoints();

/** Fills one set of buckets with a stretch of time. */
export class LaneFill {
  private readonly sums: Float64Array;
  private readonly sink: BucketSink;
  private readonly originNs: number;
  private readonly widthNs: number;
  private readonly timeline: FreeStateTimeline | null;
  private readonly cursor: TimelineCursor | null;
  /** Everything before is in the buckets. */
  private atNs: number;
  /** The part of the timeline at hand, the breakpoint in it that holds at `atNs`, and where the part ends. */
  private part: Breakpoints = nothingKnown;
  private breakpoint = 0;
  private partEndNs = Infinity;

  /** The timeline explains free time; null: nobody does. The buckets hold all of the time from `fromNs` on. */
  constructor(buckets: Buckets, timeline: FreeStateTimeline | null, fromNs: number) {
    this.sums = buckets.sums;
    this.sink = new BucketSink(buckets);
    this.widthNs = 2 ** buckets.bits;
    this.originNs = buckets.first * this.widthNs;
    this.timeline = timeline;
    this.cursor = timeline === null ? null : new TimelineCursor(timeline);
    this.atNs = fromNs;
    this.enterPart();
  }

  /** Adds the rows [first, behind), and free time up to `toNs`. */
  fill({ executions }: Lane, first: number, behind: number, toNs: number): void {
    for (let index = first; index < behind;) {
      const base = index - (index & BLOCK_MASK);
      const end = Math.min(behind - base, BLOCK_ROWS);
      const block = executions.block(index >>> BLOCK_SHIFT);
      for (let row = this.addRows(block, index - base, end); row < end;) {
        this.addRow(block, row);
        row = this.addRows(block, row + 1, end);
      }
      this.countFailed(block, index - base, end);
      index = base + end;
    }
    this.addFree(toNs);
  }

  /** Adds rows up to the first that reaches over the part of the timeline at hand; returns which one that is. */
  private addRows({ data }: ResidentBlock, from: number, to: number): number {
    const { startNs, durationNs } = data;
    const { sums, widthNs, partEndNs } = this;
    const { atNs: breakNs, blocked, starved } = this.part;
    let { atNs, breakpoint } = this;
    let nextNs = f64(breakNs, breakpoint + 1);
    const bucket = Math.floor((atNs - this.originNs) / widthNs);
    let at = bucket * SUMS;
    let endNs = this.originNs + (bucket + 1) * widthNs;
    let row = from;
    for (; row < to; row++) {
      const start = f64(startNs, row);
      const duration = durationNs[row] ?? 0;
      const stop = start + duration;
      if (stop >= partEndNs) break;
      while (atNs < start) {
        while (nextNs <= atNs) nextNs = f64(breakNs, ++breakpoint + 1);
        const untilNs = least(start, nextNs, endNs);
        add(sums, at + Sum.blocked, f64(blocked, breakpoint) * (untilNs - atNs));
        add(sums, at + Sum.starved, f64(starved, breakpoint) * (untilNs - atNs));
        atNs = untilNs;
        if (untilNs < endNs) continue;
        at += SUMS;
        endNs += widthNs;
      }
      if (start >= endNs) {
        at += SUMS;
        endNs += widthNs;
      }
      add(sums, at + Sum.count, 1);
      if (duration > f64(sums, at + Sum.longest)) sums[at + Sum.longest] = duration;
      for (; stop > endNs; endNs += widthNs) {
        add(sums, at + Sum.busy, endNs - atNs);
        atNs = endNs;
        at += SUMS;
      }
      add(sums, at + Sum.busy, stop - atNs);
      atNs = stop;
    }
    this.atNs = atNs;
    this.breakpoint = breakpoint;
    return row;
  }

  /** Adds one row wherever it lies. */
  private addRow({ data }: ResidentBlock, row: number): void {
    const start = f64(data.startNs, row);
    const duration = data.durationNs[row] ?? 0;
    this.addFree(start);
    this.sink.started(start, duration, 0);
    this.atNs = start + duration;
    this.sink.busy(start, this.atNs);
    this.enterPart();
  }

  /** The lane is free until `toNs`, through whatever buckets and states. */
  private addFree(toNs: number): void {
    const { cursor } = this;
    while (cursor !== null && this.atNs < toNs) {
      cursor.seek(this.atNs);
      const untilNs = Math.min(cursor.untilNs, toNs);
      this.sink.free(this.atNs, untilNs, cursor.blocked, cursor.starved);
      this.atNs = untilNs;
    }
    this.atNs = Math.max(this.atNs, toNs);
  }

  private enterPart(): void {
    const { timeline } = this;
    if (timeline === null) return;
    const segment = timeline.segmentAt(this.atNs);
    this.part = timeline.breakpoints(segment);
    this.breakpoint = segment & BREAKPOINT_MASK;
    this.partEndNs = timeline.nextChange(segment | BREAKPOINT_MASK);
  }

  /** Apart from the rest: in most blocks nothing failed, and then there is no column to be read. */
  private countFailed({ data, secondAll }: ResidentBlock, from: number, to: number): void {
    const { startNs, second } = data;
    const { sums } = this;
    if (second === null && (secondAll & ExecutionFlag.failed) === 0) return;
    for (let row = from; row < to; row++) {
      const word = second === null ? secondAll : (second[row] ?? 0);
      if ((word & ExecutionFlag.failed) === 0) continue;
      const bucket = Math.floor((f64(startNs, row) - this.originNs) / this.widthNs);
      add(sums, bucket * SUMS + Sum.failed, 1);
    }
  }
}

const f64 = (column: Float64Array, row: number): number => column[row] ?? 0;

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = f64(sums, at) + value;
}

function least(a: number, b: number, c: number): number {
  const ab = a < b ? a : b;
  return ab < c ? ab : c;
}
