/**
 * A lane as boxes, at a cost that follows the pixels and not the executions.
 *
 * The lane is walked stretch by stretch (`LaneSweep`), so boxes are exactly the stretches that the numbers are made of. What
 * is at least a pixel wide is a box of its own. Narrower stretches are added up per pixel column and come out as at most two
 * boxes, the busy share and the most frequent kind of waiting. A column with more than `DENSE` executions is not walked: its
 * busy time is the difference of two prefix sums, found by binary search, and its free time is divided as the stage's free
 * state divides the column.
 */
import type { FreeStateTimeline, FreeWeights } from '../analysis/freeState.js';
import { LaneSweep } from '../analysis/laneSweep.js';
import { ExecutionFlag, type Lane } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import { BoxFlag, BoxKind } from '../panel/messages.js';
import type { BoxList } from './boxes.js';

/** Executions or changes of state in one pixel from which on they are not looked at one by one. */
const DENSE = 32;

/** What to draw: the lane in [fromNs, toNs), where a pixel is `pxNs` wide. */
export interface LanePicture {
  readonly fromNs: number;
  readonly toNs: number;
  readonly pxNs: number;
  /** Left edge of pixel 0. */
  readonly originNs: number;
  /** What free lanes of the stage do, within [freeFromNs, freeToNs) only; null: nobody knows. */
  readonly timeline: FreeStateTimeline | null;
  readonly freeFromNs: number;
  readonly freeToNs: number;
}

/** Time per state that has been added up in the pixel column at hand. */
interface Column {
  fromNs: number;
  toNs: number;
  busy: number;
  starved: number;
  blocked: number;
  limited: number;
  /** Executions, so that one narrow box can be told from several. */
  count: number;
  hasFailed: boolean;
}

type WaitState = 'starved' | 'blocked' | 'limited';

/** Adds the boxes of level 0: executions and waiting. */
export function paintLane(lane: Lane, picture: LanePicture, boxes: BoxList): void {
  new LanePainter(lane, picture, boxes).paint();
}

class LanePainter {
  private readonly lane: Lane;
  private readonly picture: LanePicture;
  private readonly boxes: BoxList;
  private readonly column: Column = emptyColumn();
  private readonly before: FreeWeights = { blocked: 0, starved: 0 };
  private readonly after: FreeWeights = { blocked: 0, starved: 0 };

  constructor(lane: Lane, picture: LanePicture, boxes: BoxList) {
    this.lane = lane;
    this.picture = picture;
    this.boxes = boxes;
  }

  paint(): void {
    const { fromNs, toNs } = this.picture;
    const sweep = new LaneSweep(this.lane, fromNs);
    sweep.seek(fromNs);
    let checkedUntilNs = -Infinity;
    while (sweep.atNs < toNs) {
      const atNs = sweep.atNs;
      if (atNs >= checkedUntilNs) {
        checkedUntilNs = Math.min(this.columnEnd(atNs), toNs);
        const denseToNs = this.denseUntil(atNs, checkedUntilNs);
        if (denseToNs > atNs) {
          this.addDense(atNs, denseToNs);
          sweep.seek(denseToNs);
          continue;
        }
      }
      this.stretch(sweep, atNs);
    }
    this.flush();
  }

  private stretch(sweep: LaneSweep, atNs: number): void {
    const activity = sweep.step(this.picture.toNs);
    if (activity === 'free') this.paintFree(atNs, sweep.atNs);
    else if (activity === 'busy') this.paintBusy(atNs, sweep);
    else this.paintState(atNs, sweep.atNs, activity, 1);
  }

  private columnEnd(ns: number): number {
    const { originNs, pxNs } = this.picture;
    const end = originNs + (Math.floor((ns - originNs) / pxNs) + 1) * pxNs;
    // Rounding may put the end of a column on its start.
    return end > ns ? end : ns + pxNs;
  }

  /** Where a dense run from `atNs` ends: at the end of the column or before an execution that is wide; `atNs`: not dense. */
  private denseUntil(atNs: number, columnEndNs: number): number {
    const { executions } = this.lane;
    const first = executions.startNs.lowerBound(atNs);
    const last = executions.startNs.lowerBound(columnEndNs) - 1;
    if (last - first < DENSE) return atNs;
    const isWide = executions.durationNs.at(last) >= this.picture.pxNs;
    return isWide ? executions.startNs.at(last) : columnEndNs;
  }

  private addDense(fromNs: number, toNs: number): void {
    const { executions, waits } = this.lane;
    const ran = Math.min(timeWithin(executions, fromNs, toNs), toNs - fromNs);
    const waited = Math.min(timeWithin(waits, fromNs, toNs), toNs - fromNs);
    const isNested = waited > 0 && this.waitsAreNested(fromNs);
    const first = firstEndingAfter(executions, fromNs);
    const last = executions.startNs.lowerBound(toNs);
    const hasFailed = executions.flaggedBefore(last) > executions.flaggedBefore(first);
    this.reach(fromNs, toNs);
    const { column } = this;
    column.busy += isNested ? Math.max(ran - waited, 0) : ran;
    column.count += last - first;
    column.hasFailed ||= hasFailed;
    if (waited > 0) column[this.waitStateNear(fromNs)] += waited;
    const freeNs = toNs - fromNs - ran - (isNested ? 0 : waited);
    if (freeNs > 0) this.addFree(fromNs, toNs, freeNs / (toNs - fromNs));
  }

  private waitsAreNested(ns: number): boolean {
    const { executions, waits } = this.lane;
    const startNs = waits.startNs.at(waits.startNs.lowerBound(ns));
    const around = executions.startNs.upperBound(startNs) - 1;
    return around >= 0 && executions.endNs(around) > startNs;
  }

  /** Kind of the next wait: a lane nearly always waits for one thing only. */
  private waitStateNear(ns: number): WaitState {
    const { waits } = this.lane;
    const index = Math.min(waits.startNs.lowerBound(ns), waits.length - 1);
    return (['starved', 'blocked', 'limited'] as const)[waits.first.at(index)] ?? 'starved';
  }

  private paintBusy(fromNs: number, sweep: LaneSweep): void {
    const hasFailed =
      (this.lane.executions.second.at(sweep.runningExecution) & ExecutionFlag.failed) !== 0;
    const toNs = sweep.atNs;
    if (toNs - fromNs >= this.picture.pxNs) {
      this.flush();
      const flags = hasFailed ? BoxFlag.error : 0;
      this.boxes.add({ fromNs, toNs, kind: BoxKind.busy, level: 0, share: 1, flags, name: 0 });
      return;
    }
    this.column.count++;
    this.inColumns(fromNs, toNs, (lengthNs) => {
      this.column.busy += lengthNs;
      this.column.hasFailed ||= hasFailed;
    });
  }

  private paintState(fromNs: number, toNs: number, state: WaitState, weight: number): void {
    if (toNs - fromNs >= this.picture.pxNs) {
      this.flush();
      const kind = BoxKind[state];
      this.boxes.add({ fromNs, toNs, kind, level: 0, share: weight, flags: 0, name: 0 });
      return;
    }
    this.inColumns(fromNs, toNs, (lengthNs) => {
      this.column[state] += lengthNs * weight;
    });
  }

  /** Divides free time as the stage's timeline says. */
  private paintFree(fromNs: number, toNs: number): void {
    const { timeline, freeFromNs, freeToNs, pxNs } = this.picture;
    let atNs = Math.max(fromNs, freeFromNs);
    const endNs = Math.min(toNs, freeToNs);
    if (timeline === null || atNs >= endNs) {
      this.flush();
      return;
    }
    while (atNs < endNs) {
      const segment = timeline.segmentAt(atNs);
      const nextNs = Math.min(timeline.nextChange(segment), endNs);
      if (nextNs - atNs >= pxNs || nextNs === endNs) {
        this.paintSegment(segment, atNs, nextNs);
        atNs = nextNs;
      } else {
        const stopNs = Math.min(this.columnEnd(atNs), endNs);
        this.reach(atNs, stopNs);
        this.addFree(atNs, stopNs, 1);
        atNs = stopNs;
      }
    }
  }

  private paintSegment(segment: number, fromNs: number, toNs: number): void {
    const { before } = this;
    this.picture.timeline?.weights(segment, before);
    const { blocked, starved } = before;
    if (blocked === 0 && starved === 0) this.paintNothing(fromNs, toNs);
    else if (blocked >= starved) this.paintState(fromNs, toNs, 'blocked', blocked);
    else this.paintState(fromNs, toNs, 'starved', starved);
  }

  private paintNothing(fromNs: number, toNs: number): void {
    if (toNs - fromNs >= this.picture.pxNs) this.flush();
    else this.inColumns(fromNs, toNs, () => undefined);
  }

  /** Adds a share of the stretch's blocked and starved time to the column. */
  private addFree(fromNs: number, toNs: number, share: number): void {
    const { timeline } = this.picture;
    if (timeline === null) return;
    timeline.timeBefore(fromNs, this.before);
    timeline.timeBefore(toNs, this.after);
    this.column.blocked += share * (this.after.blocked - this.before.blocked);
    this.column.starved += share * (this.after.starved - this.before.starved);
  }

  /** Calls `add` with the length of each part of the stretch that lies in one column, that column being current. */
  private inColumns(fromNs: number, toNs: number, add: (lengthNs: number) => void): void {
    let atNs = fromNs;
    while (atNs < toNs) {
      const nextNs = Math.min(this.columnEnd(atNs), toNs);
      this.reach(atNs, nextNs);
      add(nextNs - atNs);
      atNs = nextNs;
    }
  }

  /** Makes [fromNs, toNs), which lies in one column, part of the current one. */
  private reach(fromNs: number, toNs: number): void {
    const { column } = this;
    if (column.toNs > column.fromNs && fromNs >= this.columnEnd(column.fromNs)) {
      const { count } = column;
      this.flush();
      // An execution that reaches over the edge was counted before its first part.
      column.count = Math.min(count, 1);
    }
    if (column.toNs <= column.fromNs) column.fromNs = fromNs;
    column.toNs = toNs;
  }

  private flush(): void {
    const { column, boxes } = this;
    const { fromNs, toNs, busy, count, hasFailed } = column;
    const lengthNs = toNs - fromNs;
    if (lengthNs > 0) {
      const state = mostFrequentWait(column);
      const share = column[state] / lengthNs;
      // Written out: spreading a common part would cost more than all the rest of a dense picture.
      if (share * 255 >= 0.5) {
        const kind = BoxKind[state];
        const flags = BoxFlag.merged;
        boxes.add({ fromNs, toNs, kind, level: 0, share, flags, name: 0 });
      }
      if (busy > 0) {
        const flags = (hasFailed ? BoxFlag.error : 0) | (count > 1 ? BoxFlag.merged : 0);
        const busyShare = busy / lengthNs;
        boxes.add({ fromNs, toNs, kind: BoxKind.busy, level: 0, share: busyShare, flags, name: 0 });
      }
    }
    reset(column);
  }
}

function emptyColumn(): Column {
  return {
    fromNs: 0,
    toNs: 0,
    busy: 0,
    starved: 0,
    blocked: 0,
    limited: 0,
    count: 0,
    hasFailed: false,
  };
}

function reset(column: Column): void {
  column.fromNs = column.toNs = 0;
  column.busy = column.starved = column.blocked = column.limited = 0;
  column.count = 0;
  column.hasFailed = false;
}

function mostFrequentWait({ starved, blocked, limited }: Column): WaitState {
  if (blocked >= starved && blocked >= limited) return 'blocked';
  return starved >= limited ? 'starved' : 'limited';
}

/** First interval that ends after `ns`; exact while intervals do not overlap. */
function firstEndingAfter(table: IntervalTable, ns: number): number {
  const index = table.startNs.upperBound(ns) - 1;
  return index >= 0 && table.endNs(index) > ns ? index : index + 1;
}

/** Time that non-overlapping intervals spend in [fromNs, toNs). */
function timeWithin(table: IntervalTable, fromNs: number, toNs: number): number {
  const first = firstEndingAfter(table, fromNs);
  const end = table.startNs.lowerBound(toNs);
  if (end <= first) return 0;
  const sum = table.durationBefore(end) - table.durationBefore(first);
  return (
    sum - Math.max(fromNs - table.startNs.at(first), 0) - Math.max(table.endNs(end - 1) - toNs, 0)
  );
}
