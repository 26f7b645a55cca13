/** How the lane time of a stage was spent. */
import { usedLanes, type Lane, type Stage } from '../model/entities.js';
import { FreeStateTimeline, surroundingsOf, type FreeWeights } from './freeState.js';
import { outsideGaps } from './gaps.js';
import { LaneSweep, type LaneActivity } from './laneSweep.js';
import type { Pipeline } from './topology.js';

/** Lane time of a stage in a window, in nanoseconds; the five states add up to `totalNs`. */
export interface LaneTime {
  /** Parallelism integrated over the window, gaps left out; more where more lanes ran than were declared. */
  readonly totalNs: number;
  readonly busyNs: number;
  readonly starvedNs: number;
  readonly blockedNs: number;
  readonly limitedNs: number;
  readonly idleNs: number;
}

/** Running sums over the stretches in which lanes are not free. */
class OccupiedTime {
  readonly byActivity = { busy: 0, starved: 0, blocked: 0, limited: 0 };
  /** Time within the occupied stretches in which the stage's free lanes were blocked, starved. */
  readonly within: FreeWeights = { blocked: 0, starved: 0 };

  clone(): OccupiedTime {
    const copy = new OccupiedTime();
    Object.assign(copy.byActivity, this.byActivity);
    Object.assign(copy.within, this.within);
    return copy;
  }

  get totalNs(): number {
    const { busy, starved, blocked, limited } = this.byActivity;
    return busy + starved + blocked + limited;
  }

  addAll(other: OccupiedTime): void {
    for (const activity of ['busy', 'starved', 'blocked', 'limited'] as const) {
      this.byActivity[activity] += other.byActivity[activity];
    }
    this.within.blocked += other.within.blocked;
    this.within.starved += other.within.starved;
  }
}

/** What is settled about a lane: a position and the sums up to it. */
interface LaneFold {
  sweep: LaneSweep;
  occupied: OccupiedTime;
  readonly executionEpoch: number;
  readonly waitEpoch: number;
}

/**
 * Folds a stage's records into lane time. Each call of `read` looks only at what is not settled: records that are older
 * than the drain interval of an agent by far, on lanes that have run something since. Whatever arrives against that order
 * makes the fold start again, so the result is always that of a computation from scratch.
 */
export class StageFold {
  readonly stage: Stage;
  readonly timeline: FreeStateTimeline;
  private readonly fromNs: number;
  private readonly lanes = new Map<Lane, LaneFold>();
  private readonly before: FreeWeights = { blocked: 0, starved: 0 };
  private readonly after: FreeWeights = { blocked: 0, starved: 0 };

  constructor(stage: Stage, pipeline: Pipeline, fromNs: number) {
    this.stage = stage;
    this.fromNs = fromNs;
    this.timeline = new FreeStateTimeline(surroundingsOf(stage, pipeline));
  }

  /** Queue records came late and changed what was settled: make a new fold. */
  get isStale(): boolean {
    return this.timeline.isStale;
  }

  /** Lane time in [from, toNs). Records older than `settledNs` are taken as complete. */
  read(settledNs: number, toNs: number): LaneTime {
    this.timeline.advance(Math.min(settledNs, toNs), toNs);
    const occupied = new OccupiedTime();
    for (const lane of usedLanes(this.stage)) {
      const fold = this.settledFold(lane, Math.min(settledNs, toNs));
      const sweep = fold.sweep.clone();
      const upToNow = fold.occupied.clone();
      this.sweepInto(sweep, upToNow, toNs);
      occupied.addAll(upToNow);
    }
    return this.laneTime(occupied, toNs);
  }

  private settledFold(lane: Lane, settledNs: number): LaneFold {
    const { executions, waits } = lane;
    executions.settle();
    waits.settle();
    let fold = this.lanes.get(lane);
    const isGood =
      fold?.executionEpoch === executions.epoch &&
      fold.waitEpoch === waits.epoch &&
      !fold.sweep.isOvertaken;
    if (!isGood || fold === undefined) {
      fold = {
        sweep: new LaneSweep(lane, this.fromNs),
        occupied: new OccupiedTime(),
        executionEpoch: executions.epoch,
        waitEpoch: waits.epoch,
      };
      this.lanes.set(lane, fold);
    }
    // Behind the last execution one may still be running: it will arrive with a start in the past.
    const lastEndNs = executions.length === 0 ? -Infinity : executions.endNs(executions.length - 1);
    this.sweepInto(fold.sweep, fold.occupied, Math.min(settledNs, lastEndNs));
    return fold;
  }

  private sweepInto(sweep: LaneSweep, sums: OccupiedTime, untilNs: number): void {
    const { timeline, before, after } = this;
    sweep.advance(untilNs, (fromNs, toNs, activity) => {
      if (activity === 'free') return;
      timeline.timeBefore(fromNs, before);
      timeline.timeBefore(toNs, after);
      sums.byActivity[activity] += toNs - fromNs;
      sums.within.blocked += after.blocked - before.blocked;
      sums.within.starved += after.starved - before.starved;
    });
  }

  private laneTime(occupied: OccupiedTime, toNs: number): LaneTime {
    const declared = this.declaredTime(toNs);
    const excess = this.excessTime(toNs);
    const totalNs = declared.totalNs + excess.totalNs;
    const free = Math.max(totalNs - occupied.totalNs, 0);
    const freeBlocked = declared.blocked + excess.blocked - occupied.within.blocked;
    const freeStarved = declared.starved + excess.starved - occupied.within.starved;
    // Differences of large sums: rounding must not leave a share below 0 or a sum above the whole.
    const blocked = clamp(freeBlocked, 0, free);
    const starved = clamp(freeStarved, 0, free - blocked);
    const { byActivity } = occupied;
    return {
      totalNs,
      busyNs: byActivity.busy,
      starvedNs: byActivity.starved + starved,
      blockedNs: byActivity.blocked + blocked,
      limitedNs: byActivity.limited,
      idleNs: free - blocked - starved,
    };
  }

  /** Parallelism integrated over the window, and over its blocked and its starved parts. */
  private declaredTime(toNs: number): SpentTime {
    const spent: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };
    const lanes = usedLanes(this.stage).length;
    const { steps } = this.stage.parallelism;
    for (const [i, { fromNs, value }] of steps.entries()) {
      const start = Math.max(fromNs, this.fromNs);
      const end = Math.min(steps[i + 1]?.fromNs ?? toNs, toNs);
      for (const part of outsideGaps(this.stage.process.gaps, start, end)) {
        this.addSpan(spent, { ...part, lanes: value ?? lanes });
      }
    }
    return spent;
  }

  /** Lane time beyond the declared parallelism: lanes that ran at once and were one too many. */
  private excessTime(toNs: number): SpentTime {
    const spent: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };
    const { steps } = this.stage.parallelism;
    const least = Math.min(...steps.map(({ value }) => value ?? Infinity));
    const lanes = usedLanes(this.stage);
    // Lanes never overlap with themselves: with no more lanes than the least parallelism nothing can be too many.
    if (lanes.length <= least) return spent;
    const starts: number[] = [];
    const ends: number[] = [];
    for (const lane of lanes) {
      new LaneSweep(lane, this.fromNs).advance(toNs, (from, to, activity: LaneActivity) => {
        if (activity === 'free') return;
        starts.push(from);
        ends.push(to);
      });
    }
    const changes = steps.map(({ fromNs }) => fromNs).filter((ns) => ns > this.fromNs && ns < toNs);
    this.addExcess(spent, {
      starts: Float64Array.from(starts).sort(),
      ends: Float64Array.from(ends).sort(),
      changes,
    });
    return spent;
  }

  private addExcess(spent: SpentTime, b: Boundaries): void {
    let [start, end, change, running] = [0, 0, 0, 0];
    let atNs = this.fromNs;
    while (end < b.ends.length) {
      const startNs = b.starts[start] ?? Infinity;
      const endNs = b.ends[end] ?? Infinity;
      const changeNs = b.changes[change] ?? Infinity;
      const nextNs = Math.min(startNs, endNs, changeNs);
      const allowed = this.stage.parallelism.at(atNs);
      const lanes = allowed === null ? 0 : running - allowed;
      if (lanes > 0 && nextNs > atNs) this.addSpan(spent, { fromNs: atNs, toNs: nextNs, lanes });
      atNs = nextNs;
      if (changeNs === nextNs) change++;
      else if (endNs === nextNs) {
        end++;
        running--;
      } else {
        start++;
        running++;
      }
    }
  }

  private addSpan(spent: SpentTime, span: Span): void {
    this.timeline.timeBefore(span.fromNs, this.before);
    this.timeline.timeBefore(span.toNs, this.after);
    spent.totalNs += span.lanes * (span.toNs - span.fromNs);
    spent.blocked += span.lanes * (this.after.blocked - this.before.blocked);
    spent.starved += span.lanes * (this.after.starved - this.before.starved);
  }
}

interface SpentTime extends FreeWeights {
  totalNs: number;
}

interface Span {
  readonly fromNs: number;
  readonly toNs: number;
  readonly lanes: number;
}

interface Boundaries {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly changes: readonly number[];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/**
 * The same lane time when records were lost: the agent's own exact busy time takes the place of what the records show, and
 * the rest keeps its proportions.
 */
export function withExactBusyTime(time: LaneTime, exactBusyNs: number): LaneTime {
  const waits = time.totalNs - time.busyNs;
  const totalNs = Math.max(time.totalNs, exactBusyNs);
  const busyNs = Math.max(exactBusyNs, time.busyNs);
  const scale = waits > 0 ? (totalNs - busyNs) / waits : 0;
  return {
    totalNs,
    busyNs,
    starvedNs: time.starvedNs * scale,
    blockedNs: time.blockedNs * scale,
    limitedNs: time.limitedNs * scale,
    idleNs: waits > 0 ? time.idleNs * scale : totalNs - busyNs,
  };
}
