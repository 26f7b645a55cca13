/**
 * Walks one lane through time and hands out what it did, stretch by stretch, in order and without gaps: it runs, it waits (as
 * recorded), or it is free, and then the stage's timeline says why. Numbers, levels of detail and pictures all come out of
 * this walk, so they are about the same time.
 */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT } from '../model/blocks.js';
import type { Lane } from '../model/entities.js';
import type { FreeStateTimeline } from './freeState.js';
import { LaneSweep } from './laneSweep.js';
import { TimelineCursor } from './timelineCursor.js';

/** Receives what a lane did. Times are nanoseconds; every stretch is longer than 0. */
export interface LaneSink {
  /** An execution from its begin to its end: `started` and `busy` in one. */
  execution(startNs: number, durationNs: number, word: number): void;
  /** An execution begins. `word` is its second word (`packExecution`). Comes before its first stretch. */
  started(startNs: number, durationNs: number, word: number): void;
  /** An execution with that word runs. */
  busy(fromNs: number, toNs: number, word: number): void;
  /** The lane waits, as recorded. `kind` is a `WaitKind`. */
  waited(fromNs: number, toNs: number, kind: number): void;
  /** The lane is free, and free lanes of its stage are blocked and starved with these weights. */
  free(fromNs: number, toNs: number, blocked: number, starved: number): void;
}

/** How a free lane's time is to be explained: by whom, and within which time; outside of it nobody knows. */
export interface FreeTime {
  readonly timeline: FreeStateTimeline | null;
  readonly freeFromNs: number;
  readonly freeToNs: number;
}

/** A lane and what explains its free time. */
export class LaneWalk {
  private readonly lane: Lane;
  private readonly free: FreeTime;
  private cursor: TimelineCursor | null = null;

  constructor(lane: Lane, free: FreeTime) {
    this.lane = lane;
    this.free = free;
  }

  /** Hands [fromNs, toNs) to the sink. Executions that overlap (a foreign trace) count once. */
  walk(fromNs: number, toNs: number, sink: LaneSink): void {
    if (!(toNs > fromNs)) return;
    this.lane.executions.settle();
    this.lane.waits.settle();
    const { timeline } = this.free;
    this.cursor = timeline === null ? null : new TimelineCursor(timeline);
    if (this.lane.waits.length === 0) this.walkExecutions(fromNs, toNs, sink);
    else this.sweep(fromNs, toNs, sink);
  }

  /** The usual lane records no waits: block by block, without a call for each row's columns. */
  private walkExecutions(fromNs: number, toNs: number, sink: LaneSink): void {
    const { executions } = this.lane;
    const first = executions.firstReaching(fromNs);
    const behind = executions.startNs.lowerBound(toNs);
    let atNs = fromNs;
    for (let index = first; index < behind;) {
      const block = executions.block(index >>> BLOCK_SHIFT);
      const { startNs, durationNs, second } = block.data;
      const base = index - (index & BLOCK_MASK);
      const end = Math.min(behind - base, BLOCK_ROWS);
      for (let row = index & BLOCK_MASK; row < end; row++) {
        const start = startNs[row] ?? 0;
        const duration = durationNs[row] ?? 0;
        const word = second === null ? block.secondAll : (second[row] ?? 0);
        if (start > atNs) {
          this.walkFree(atNs, start, sink);
          atNs = start;
        }
        const stop = start + duration;
        if (start === atNs && duration > 0 && stop <= toNs) {
          sink.execution(start, duration, word);
          atNs = stop;
        } else {
          atNs = cutExecution(sink, { start, duration, word }, { fromNs, atNs, toNs });
        }
      }
      index = base + end;
    }
    if (atNs < toNs) this.walkFree(atNs, toNs, sink);
  }

  /** With recorded waits, which may lie inside of executions. */
  private sweep(fromNs: number, toNs: number, sink: LaneSink): void {
    const { executions, waits } = this.lane;
    const sweep = new LaneSweep(this.lane, fromNs);
    sweep.seek(fromNs);
    let next = executions.startNs.lowerBound(fromNs);
    while (sweep.atNs < toNs) {
      const atNs = sweep.atNs;
      for (; executions.startNs.at(next) <= atNs; next++) this.start(next, sink);
      const activity = sweep.step(toNs);
      if (activity === 'free') this.walkFree(atNs, sweep.atNs, sink);
      else if (activity === 'busy') {
        sink.busy(atNs, sweep.atNs, executions.second.at(sweep.runningExecution));
      } else sink.waited(atNs, sweep.atNs, waits.first.at(sweep.currentWait));
    }
  }

  private start(index: number, sink: LaneSink): void {
    const { startNs, durationNs, second } = this.lane.executions;
    sink.started(startNs.at(index), durationNs.at(index), second.at(index));
  }

  /** Divides free time as the stage's timeline says. */
  private walkFree(fromNs: number, toNs: number, sink: LaneSink): void {
    const { freeFromNs, freeToNs } = this.free;
    const { cursor } = this;
    const endNs = toNs < freeToNs ? toNs : freeToNs;
    let atNs = fromNs;
    if (cursor === null || endNs <= freeFromNs || fromNs >= freeToNs) {
      sink.free(fromNs, toNs, 0, 0);
      return;
    }
    if (atNs < freeFromNs) {
      sink.free(atNs, freeFromNs, 0, 0);
      atNs = freeFromNs;
    }
    while (atNs < endNs) {
      cursor.seek(atNs);
      const untilNs = cursor.untilNs < endNs ? cursor.untilNs : endNs;
      sink.free(atNs, untilNs, cursor.blocked, cursor.starved);
      atNs = untilNs;
    }
    if (atNs < toNs) sink.free(atNs, toNs, 0, 0);
  }
}

/** One that reaches over an edge, takes no time or overlaps another one (`atNs` is behind its start). Returns where it ends. */
function cutExecution(
  sink: LaneSink,
  { start, duration, word }: { readonly start: number; readonly duration: number; word: number },
  { fromNs, atNs, toNs }: { readonly fromNs: number; readonly atNs: number; readonly toNs: number },
): number {
  if (start >= fromNs) sink.started(start, duration, word);
  const stop = Math.min(start + duration, toNs);
  if (stop <= atNs) return atNs;
  sink.busy(atNs, stop, word);
  return stop;
}
