/**
 * Lane time beyond a stage's declared parallelism: where threads come and go, more lanes may run at once for a while than were
 * declared, and that time is lane time as well.
 */
import type { Lane, Stage } from '../model/entities.js';
import { usedLanes } from '../model/entities.js';
import type { FreeStateTimeline, FreeWeights } from './freeState.js';
import { LaneWalk, type LaneSink } from './laneWalk.js';

/** Lane time, and how much of it lies where the stage's free lanes are blocked, starved. In nanoseconds. */
export interface SpentTime extends FreeWeights {
  totalNs: number;
}

/** Starts and ends of what lanes do, collected from one lane after the other. */
class Boundaries implements LaneSink {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  execution(startNs: number, durationNs: number): void {
    this.busy(startNs, startNs + durationNs);
  }

  started(): void {
    // Only time counts.
  }

  busy(fromNs: number, toNs: number): void {
    this.starts.push(fromNs);
    this.ends.push(toNs);
  }

  waited(fromNs: number, toNs: number): void {
    this.busy(fromNs, toNs);
  }

  free(): void {
    // Not running.
  }
}

/** Rows that are read at once: 16 bytes each for the time that it takes. */
const ROWS_AT_ONCE = 250_000;
/** Of a lane, rows between two possible cuts; of all lanes, rows between two cuts, to which every lane adds some. */
const ROWS_PER_CUT = 1024;
const ROWS_PER_STEP = 4096;
const ROWS_PER_LANE = 16;
/** An execution that takes longer than this makes everything be read once more when it arrives. */
const PATIENCE_NS = 60e9;

interface ReadLane {
  readonly epoch: number;
  readonly executions: number;
  readonly waits: number;
}

/** Adds up the excess of one stage; what is settled is read once. */
export class ExcessTime {
  private readonly stage: Stage;
  private readonly timeline: FreeStateTimeline;
  private readonly fromNs: number;
  private readonly version: number;
  private readonly lanes = new Map<Lane, ReadLane>();
  private readonly settled: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };
  private settledNs: number;
  private readonly before: FreeWeights = { blocked: 0, starved: 0 };
  private readonly after: FreeWeights = { blocked: 0, starved: 0 };

  constructor(stage: Stage, timeline: FreeStateTimeline, fromNs: number) {
    this.stage = stage;
    this.timeline = timeline;
    this.fromNs = fromNs;
    this.settledNs = fromNs;
    this.version = stage.parallelism.version;
  }

  /** Whether what was read still holds: the window begins where it did, and nothing came late. */
  isGood(fromNs: number): boolean {
    if (fromNs !== this.fromNs || this.version !== this.stage.parallelism.version) return false;
    return usedLanes(this.stage).every((lane) => {
      const { executions, waits } = lane;
      const read = this.lanes.get(lane);
      if (read !== undefined && read.epoch !== executions.epoch + waits.epoch) return false;
      const isLate =
        executions.startNs.at(read?.executions ?? 0) < this.settledNs ||
        waits.startNs.at(read?.waits ?? 0) < this.settledNs;
      return !isLate;
    });
  }

  /** The excess in [from, toNs). Records older than `settledNs` are taken as complete. */
  read(settledNs: number, toNs: number): SpentTime {
    const untilNs = Math.max(Math.min(settledNs, this.lastCommonNs(settledNs)), this.settledNs);
    this.addSettled(untilNs);
    for (const lane of usedLanes(this.stage)) {
      const executions = lane.executions.startNs.lowerBound(untilNs);
      const waits = lane.waits.startNs.lowerBound(untilNs);
      lane.executions.claim(executions);
      lane.waits.claim(waits);
      const epoch = lane.executions.epoch + lane.waits.epoch;
      this.lanes.set(lane, { epoch, executions, waits });
    }
    const upToNow = { ...this.settled };
    this.add(upToNow, untilNs, toNs);
    return upToNow;
  }

  /** The excess in [from, toNs) once, in steps of a few thousand rows. */
  *inSteps(toNs: number): Generator<undefined, SpentTime> {
    const spent: SpentTime = { totalNs: 0, blocked: 0, starved: 0 };
    let atNs = this.fromNs;
    for (const untilNs of [...cutsOf(usedLanes(this.stage), atNs, toNs), toNs]) {
      this.add(spent, atNs, untilNs);
      atNs = untilNs;
      yield;
    }
    return spent;
  }

  /** Behind the last execution of a lane one may still be running: it will arrive with a start in the past. */
  private lastCommonNs(settledNs: number): number {
    const ends = usedLanes(this.stage).map(({ executions }) => executions.lastEndNs);
    return Math.min(...ends.filter((ns) => ns > settledNs - PATIENCE_NS));
  }

  private addSettled(untilNs: number): void {
    const fromNs = this.settledNs;
    const rows = usedLanes(this.stage).reduce(
      (sum, lane) => sum + lane.executions.length - (this.lanes.get(lane)?.executions ?? 0),
      0,
    );
    const parts = Math.max(Math.ceil(rows / ROWS_AT_ONCE), 1);
    for (let i = 1; i <= parts; i++) {
      const partNs = i === parts ? untilNs : fromNs + ((untilNs - fromNs) * i) / parts;
      this.add(this.settled, this.settledNs, partNs);
      this.settledNs = partNs;
    }
  }

  private add(spent: SpentTime, fromNs: number, toNs: number): void {
    if (!(toNs > fromNs)) return;
    const found = new Boundaries();
    const free = { timeline: null, freeFromNs: fromNs, freeToNs: toNs };
    for (const lane of usedLanes(this.stage)) new LaneWalk(lane, free).walk(fromNs, toNs, found);
    const starts = Float64Array.from(found.starts).sort();
    const ends = Float64Array.from(found.ends).sort();
    this.sweep(spent, fromNs, { starts, ends });
  }

  private sweep(
    spent: SpentTime,
    fromNs: number,
    { starts, ends }: { readonly starts: Float64Array; readonly ends: Float64Array },
  ): void {
    const steps = this.stage.parallelism.steps.map((step) => step.fromNs);
    const changes = steps.filter((ns) => ns > fromNs);
    let [start, end, change, running] = [0, 0, 0, 0];
    let atNs = fromNs;
    while (end < ends.length) {
      const startNs = starts[start] ?? Infinity;
      const endNs = ends[end] ?? Infinity;
      const changeNs = changes[change] ?? Infinity;
      const nextNs = Math.min(startNs, endNs, changeNs);
      const allowed = this.stage.parallelism.at(atNs);
      const lanes = allowed === null ? 0 : running - allowed;
      if (lanes > 0 && nextNs > atNs) this.addSpan(spent, lanes, atNs, nextNs);
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

  private addSpan(spent: SpentTime, lanes: number, fromNs: number, toNs: number): void {
    this.timeline.timeBefore(fromNs, this.before);
    this.timeline.timeBefore(toNs, this.after);
    spent.totalNs += lanes * (toNs - fromNs);
    spent.blocked += lanes * (this.after.blocked - this.before.blocked);
    spent.starved += lanes * (this.after.starved - this.before.starved);
  }
}

/** Moments that divide a stretch into parts with about as many executions. */
function cutsOf(lanes: readonly Lane[], fromNs: number, toNs: number): readonly number[] {
  const starts: number[] = [];
  for (const { executions } of lanes) {
    const { startNs } = executions;
    const behind = startNs.lowerBound(toNs);
    for (let i = startNs.lowerBound(fromNs) + ROWS_PER_CUT; i < behind; i += ROWS_PER_CUT) {
      starts.push(startNs.at(i));
    }
  }
  starts.sort((a, b) => a - b);
  const every = Math.ceil((ROWS_PER_STEP + ROWS_PER_LANE * lanes.length) / ROWS_PER_CUT);
  return starts.filter((_, i) => (i + 1) % every === 0);
}
