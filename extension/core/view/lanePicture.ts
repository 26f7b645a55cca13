/**
 * A lane as a picture. What is wide enough to be seen by itself is a box with its own edges; everything narrower is added up
 * in columns, which show how much of their time was spent how. Columns come from the lane's levels of detail where those are
 * fine enough and from its rows where not, so the cost follows the pixels and the picture is exact at every zoom.
 */
import { isUsual, LaneFill, type WideExecutions } from '../analysis/laneFill.js';
import type { LaneLevels } from '../analysis/laneLevels.js';
import { BucketSink, Sum, sumOfWait, type Buckets } from '../analysis/laneSums.js';
import { LaneWalk, type FreeTime, type LaneSink } from '../analysis/laneWalk.js';
import { ExecutionFlag, WaitKind, type Lane } from '../model/entities.js';
import { BoxFlag, BoxKind } from '../panel/view.js';
import type { BoxList } from './boxes.js';
import type { ColumnSums } from './columns.js';

/** Narrower boxes would be smeared over the edges of pixels anyway. */
const MIN_BOX_PX = 1.5;

/** What to draw: the lane in the columns, where a pixel is `pxNs` wide. */
export interface LanePicture {
  readonly lane: Lane;
  /** null: nobody knows of the lane's stage, so its rows are all there is. */
  readonly levels: LaneLevels | null;
  readonly free: FreeTime;
  readonly pxNs: number;
}

/** Adds the lane to columns and, where `boxes` are wanted, what is wide to those. */
export function paintLane(
  { lane, levels, free, pxNs }: LanePicture,
  sums: ColumnSums,
  boxes: BoxList | null,
): void {
  const { buckets, columns } = sums;
  const walk = new LaneWalk(lane, free);
  const narrow = new BucketSink(buckets);
  const sink = boxes === null ? narrow : new PictureSink(narrow, boxes, pxNs * MIN_BOX_PX);
  const wide = boxes === null ? undefined : wideBoxes(boxes, pxNs * MIN_BOX_PX);
  const rows = (fromNs: number, toNs: number): void => {
    if (isUsual(lane)) fillRows({ lane, free, walk, sink, buckets, wide }, fromNs, toNs);
    else walk.walk(fromNs, toNs, sink);
  };
  if (levels !== null) levels.addTo(buckets, rows);
  else {
    const fromNs = columns.first * columns.widthNs;
    rows(fromNs, fromNs + columns.count * columns.widthNs);
  }
}

/** Executions that are boxes of their own. */
function wideBoxes(boxes: BoxList, minNs: number): WideExecutions {
  return {
    minNs,
    add(startNs, stopNs, word) {
      const flags = (word & ExecutionFlag.failed) === 0 ? 0 : BoxFlag.error;
      boxes.addState(startNs, stopNs, BoxKind.busy, flags);
    },
  };
}

interface RowFill {
  readonly lane: Lane;
  readonly free: FreeTime;
  readonly walk: LaneWalk;
  readonly sink: LaneSink;
  readonly buckets: Buckets;
  readonly wide: WideExecutions | undefined;
}

/** A usual lane in one loop over its rows, but for what reaches over the edges. */
function fillRows(
  { lane, free, walk, sink, buckets, wide }: RowFill,
  fromNs: number,
  toNs: number,
): void {
  const { executions, waits } = lane;
  waits.settle();
  executions.settle();
  const startNs = Math.max(fromNs, free.freeFromNs);
  let first = executions.firstReaching(startNs);
  let behind = executions.startNs.lowerBound(Math.min(toNs, free.freeToNs));
  if (executions.startNs.at(first) < startNs) first++;
  if (behind > first && executions.endNs(behind - 1) > toNs) behind--;
  if (behind <= first) {
    walk.walk(fromNs, toNs, sink);
    return;
  }
  const insideNs = executions.startNs.at(first);
  const outsideNs = executions.endNs(behind - 1);
  walk.walk(fromNs, insideNs, sink);
  const fill = new LaneFill(buckets, free.timeline, insideNs, wide);
  fill.fill(lane, first, behind, outsideNs);
  walk.walk(outsideNs, toNs, sink);
}

const waitBoxes: Readonly<Record<number, number>> = {
  [WaitKind.starved]: BoxKind.starved,
  [WaitKind.blocked]: BoxKind.blocked,
  [WaitKind.limited]: BoxKind.limited,
};

/** Sorts stretches into boxes and columns. */
class PictureSink implements LaneSink {
  private readonly narrow: BucketSink;
  private readonly boxes: BoxList;
  private readonly minNs: number;

  constructor(narrow: BucketSink, boxes: BoxList, minNs: number) {
    this.narrow = narrow;
    this.boxes = boxes;
    this.minNs = minNs;
  }

  execution(startNs: number, durationNs: number, word: number): void {
    if (durationNs < this.minNs) this.narrow.execution(startNs, durationNs, word);
    else this.busy(startNs, startNs + durationNs, word);
  }

  started(startNs: number, durationNs: number, word: number): void {
    if (durationNs < this.minNs) this.narrow.started(startNs, durationNs, word);
  }

  busy(fromNs: number, toNs: number, word: number): void {
    if (toNs - fromNs < this.minNs) {
      this.narrow.busy(fromNs, toNs);
      return;
    }
    const flags = (word & ExecutionFlag.failed) === 0 ? 0 : BoxFlag.error;
    this.boxes.addState(fromNs, toNs, BoxKind.busy, flags);
  }

  waited(fromNs: number, toNs: number, kind: number): void {
    if (toNs - fromNs < this.minNs) this.narrow.spend(fromNs, toNs, sumOfWait(kind), 1);
    else this.boxes.addState(fromNs, toNs, waitBoxes[kind] ?? BoxKind.starved, 0);
  }

  free(fromNs: number, toNs: number, blocked: number, starved: number): void {
    // Stretches in which it is not certain keep their shares, which only columns can show.
    if (toNs - fromNs < this.minNs || (blocked < 1 && starved < 1)) {
      if (blocked > 0) this.narrow.spend(fromNs, toNs, Sum.blocked, blocked);
      if (starved > 0) this.narrow.spend(fromNs, toNs, Sum.starved, starved);
    } else this.boxes.addState(fromNs, toNs, blocked >= 1 ? BoxKind.blocked : BoxKind.starved, 0);
  }
}
