/** Walks one lane through time and says what it does in each stretch: runs, waits (as recorded), or is free. */
import type { Lane } from '../model/entities.js';

/** What a lane is recorded to do; `free` is for the queues to explain (see `freeState.ts`). */
export type LaneActivity = 'busy' | 'starved' | 'blocked' | 'limited' | 'free';

const waitActivities = ['starved', 'blocked', 'limited'] as const;

/** Called for each stretch [fromNs, toNs), in order and without gaps. */
export type StretchHandler = (fromNs: number, toNs: number, activity: LaneActivity) => void;

/**
 * A position in a lane's records that can be moved forward, kept, and moved on later. A wait inside an execution counts as
 * waiting, not as running; executions that overlap (a foreign trace) count once.
 */
export class LaneSweep {
  readonly lane: Lane;
  atNs: number;
  private execution = 0;
  private wait = 0;
  private executionEndNs = -Infinity;
  private waitEndNs = -Infinity;
  private waitKind = 0;
  private waiting = -1;

  constructor(lane: Lane, fromNs: number) {
    this.lane = lane;
    this.atNs = fromNs;
    lane.executions.settle();
    lane.waits.settle();
  }

  /** The same position again, independent of this one. */
  clone(): LaneSweep {
    const copy = new LaneSweep(this.lane, this.atNs);
    copy.execution = this.execution;
    copy.wait = this.wait;
    copy.executionEndNs = this.executionEndNs;
    copy.waitEndNs = this.waitEndNs;
    copy.waitKind = this.waitKind;
    copy.waiting = this.waiting;
    return copy;
  }

  /** Jumps to `atNs` without walking from the start. */
  seek(atNs: number): void {
    const { executions, waits } = this.lane;
    this.atNs = atNs;
    this.execution = executions.firstReaching(atNs);
    this.wait = waits.firstReaching(atNs);
    this.executionEndNs = this.waitEndNs = -Infinity;
  }

  /** An execution or wait has arrived that begins before the position: what was handed out is no longer right. */
  get isOvertaken(): boolean {
    const { executions, waits } = this.lane;
    return (
      executions.startNs.at(this.execution) < this.atNs || waits.startNs.at(this.wait) < this.atNs
    );
  }

  /** Walks to `untilNs`. */
  advance(untilNs: number, handle: StretchHandler): void {
    while (this.atNs < untilNs) {
      const fromNs = this.atNs;
      const activity = this.step(untilNs);
      handle(fromNs, this.atNs, activity);
    }
    this.lane.executions.claim(this.execution);
    this.lane.waits.claim(this.wait);
  }

  /** Walks to the end of the stretch at hand, at most to `untilNs`, and says what the lane did in it. */
  step(untilNs: number): LaneActivity {
    const { executions, waits } = this.lane;
    while (executions.startNs.at(this.execution) <= this.atNs) {
      this.executionEndNs = Math.max(this.executionEndNs, executions.endNs(this.execution++));
    }
    while (waits.startNs.at(this.wait) <= this.atNs) this.takeWait();
    const activity = this.activity();
    this.atNs = this.nextBoundary(untilNs);
    return activity;
  }

  /** Index of the execution that ran in the stretch of the last step, if it was busy. */
  get runningExecution(): number {
    return this.execution - 1;
  }

  /** Index of the recorded wait that the lane was in. */
  get currentWait(): number {
    return this.waiting;
  }

  private takeWait(): void {
    const { waits } = this.lane;
    const endNs = waits.endNs(this.wait);
    if (endNs > this.atNs) {
      this.waitEndNs = endNs;
      this.waiting = this.wait;
      this.waitKind = waits.first.at(this.wait);
    }
    this.wait++;
  }

  private activity(): LaneActivity {
    if (this.waitEndNs > this.atNs) return waitActivities[this.waitKind] ?? 'starved';
    return this.executionEndNs > this.atNs ? 'busy' : 'free';
  }

  private nextBoundary(untilNs: number): number {
    const { executions, waits } = this.lane;
    let nextNs = untilNs;
    const execution = executions.startNs.at(this.execution);
    const wait = waits.startNs.at(this.wait);
    if (execution < nextNs) nextNs = execution;
    if (wait < nextNs) nextNs = wait;
    if (this.executionEndNs > this.atNs && this.executionEndNs < nextNs) {
      nextNs = this.executionEndNs;
    }
    if (this.waitEndNs > this.atNs && this.waitEndNs < nextNs) nextNs = this.waitEndNs;
    return nextNs;
  }
}
