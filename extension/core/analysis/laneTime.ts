/** How the lane time of a stage was spent. */
import type { BlockPool } from '../model/blocks.js';
import { usedLanes, type Lane, type Stage } from '../model/entities.js';
import type { StateShares } from '../report/report.js';
import { ExcessTime, type SpentTime } from './excessTime.js';
import { FreeStateTimeline, type FreeWeights, type Surroundings } from './freeState.js';
import { outsideGaps } from './gaps.js';
import { LaneLevels } from './laneLevels.js';
import { LaneSums } from './laneSums.js';

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

/**
 * Folds a stage's records into lane time. Each call of `read` looks only at what is not closed off (`LaneLevels`): records that
 * are older than the drain interval of an agent by far. Whatever arrives against that order makes the fold start again, so the
 * result is always that of a computation from scratch.
 */
export class StageFold {
  readonly stage: Stage;
  readonly timeline: FreeStateTimeline;
  private readonly pool: BlockPool;
  private readonly lanes = new Map<Lane, LaneLevels>();
  private readonly before: FreeWeights = { blocked: 0, starved: 0 };
  private readonly after: FreeWeights = { blocked: 0, starved: 0 };
  private excess: ExcessTime | null = null;

  constructor(stage: Stage, surroundings: Surroundings, pool: BlockPool) {
    this.stage = stage;
    this.pool = pool;
    this.timeline = new FreeStateTimeline(surroundings);
  }

  /** Queue records came late and changed what was settled: make a new fold. */
  get isStale(): boolean {
    return this.timeline.isStale;
  }

  /** Lets go of all levels, when another fold takes this one's place. */
  dispose(): void {
    for (const levels of this.lanes.values()) levels.dispose();
    this.lanes.clear();
  }

  /** Levels of detail of a lane; up to date as of the last `advance`. */
  levelsOf(lane: Lane): LaneLevels {
    let levels = this.lanes.get(lane);
    if (levels === undefined || levels.isStale) {
      levels?.dispose();
      levels = new LaneLevels(lane, this.timeline, this.pool);
      this.lanes.set(lane, levels);
    }
    return levels;
  }

  /**
   * Takes in what has arrived up to `toNs`. Records older than `settledNs` are taken as complete; `isFinal`: all are, and none
   * will follow.
   */
  advance(settledNs: number, toNs: number, isFinal: boolean): void {
    const lanes = usedLanes(this.stage).map((lane) => this.levelsOf(lane));
    // Side by side through time: all lanes need the same part of the timeline at the same time, while it is there.
    for (const untilNs of this.timeline.steps(Math.min(settledNs, toNs), toNs)) {
      for (const lane of lanes) lane.advance(untilNs);
    }
    if (isFinal) for (const lane of lanes) lane.advance(settledNs, true);
  }

  /** Lane time in [fromNs, toNs), as of the last `advance`. */
  read(fromNs: number, settledNs: number, toNs: number): LaneTime {
    const window = { fromNs, settledNs, toNs };
    const used = usedLanes(this.stage);
    const excess = this.mayExceed(used.length) ? this.settledExcess(window) : noExcess;
    const sums = new LaneSums();
    for (const lane of used) sums.addAll(this.levelsOf(lane).sumsIn(fromNs, toNs));
    return this.laneTime(window, excess, sums);
  }

  /** Lane time in any other stretch, as of the last `advance`, in steps. */
  *readRange(fromNs: number, toNs: number): Generator<undefined, LaneTime> {
    const used = usedLanes(this.stage);
    const excess = this.mayExceed(used.length)
      ? yield* new ExcessTime(this.stage, this.timeline, fromNs).inSteps(toNs)
      : noExcess;
    const sums = new LaneSums();
    for (const [i, lane] of used.entries()) {
      if (i % LANES_PER_STEP === LANES_PER_STEP - 1) yield;
      sums.addAll(this.levelsOf(lane).sumsIn(fromNs, toNs));
    }
    return this.laneTime({ fromNs, toNs }, excess, sums);
  }

  private laneTime({ fromNs, toNs }: Window, excess: SpentTime, sums: LaneSums): LaneTime {
    const lanes = usedLanes(this.stage).length;
    const declared = this.declaredTime(fromNs, toNs);
    const totalNs = declared.totalNs + excess.totalNs;
    const { busyNs, limitedNs, recordedStarvedNs, recordedBlockedNs } = sums;
    const occupiedNs = busyNs + limitedNs + recordedStarvedNs + recordedBlockedNs;
    const freeNs = Math.max(totalNs - occupiedNs, 0);
    // Of the time in which lanes may be free, they are: the whole of it less what lanes did not spend freely.
    const whole: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };
    this.addSpan(whole, { fromNs, toNs, lanes });
    const freeBlocked = declared.blocked + excess.blocked - whole.blocked + sums.freeBlockedNs;
    const freeStarved = declared.starved + excess.starved - whole.starved + sums.freeStarvedNs;
    // Differences of large sums: rounding must not leave a share below 0 or a sum above the whole.
    const blocked = clamp(freeBlocked, 0, freeNs);
    const starved = clamp(freeStarved, 0, freeNs - blocked);
    return {
      totalNs,
      busyNs,
      starvedNs: recordedStarvedNs + starved,
      blockedNs: recordedBlockedNs + blocked,
      limitedNs,
      idleNs: freeNs - blocked - starved,
    };
  }

  /** Parallelism integrated over the window, and over its blocked and its starved parts. */
  private declaredTime(windowNs: number, toNs: number): SpentTime {
    const spent: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };
    const lanes = usedLanes(this.stage).length;
    const { steps } = this.stage.parallelism;
    for (const [i, { fromNs, value }] of steps.entries()) {
      const start = Math.max(fromNs, windowNs);
      const end = Math.min(steps[i + 1]?.fromNs ?? toNs, toNs);
      for (const part of outsideGaps(this.stage.process.gaps, start, end)) {
        this.addSpan(spent, { ...part, lanes: value ?? lanes });
      }
    }
    return spent;
  }

  /** Lanes never overlap with themselves: with no more lanes than the least parallelism nothing can be too many. */
  private mayExceed(lanes: number): boolean {
    const { steps } = this.stage.parallelism;
    return lanes > Math.min(...steps.map(({ value }) => value ?? Infinity));
  }

  /** Lane time beyond the declared parallelism: lanes that ran at once and were one too many. */
  private settledExcess({ fromNs, settledNs, toNs }: SettledWindow): SpentTime {
    if (this.excess?.isGood(fromNs) !== true) {
      this.excess = new ExcessTime(this.stage, this.timeline, fromNs);
    }
    return this.excess.read(Math.min(settledNs, toNs), toNs);
  }

  private addSpan(spent: SpentTime, span: Span): void {
    this.timeline.timeBefore(span.fromNs, this.before);
    this.timeline.timeBefore(span.toNs, this.after);
    spent.totalNs += span.lanes * (span.toNs - span.fromNs);
    spent.blocked += span.lanes * (this.after.blocked - this.before.blocked);
    spent.starved += span.lanes * (this.after.starved - this.before.starved);
  }
}

const noExcess: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };

/** Lanes that are read between two steps. */
const LANES_PER_STEP = 16;

interface Window {
  readonly fromNs: number;
  readonly toNs: number;
}

interface SettledWindow extends Window {
  readonly settledNs: number;
}

interface Span {
  readonly fromNs: number;
  readonly toNs: number;
  readonly lanes: number;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Lane time as shares; they add up to 1. */
export function sharesOf(time: LaneTime): StateShares {
  const { totalNs } = time;
  // No lane time at all (an instant, or parallelism 0): nobody did anything.
  if (totalNs <= 0) return { busy: 0, starved: 0, blocked: 0, limited: 0, idle: 1 };
  return {
    busy: time.busyNs / totalNs,
    starved: time.starvedNs / totalNs,
    blocked: time.blockedNs / totalNs,
    limited: time.limitedNs / totalNs,
    idle: time.idleNs / totalNs,
  };
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
