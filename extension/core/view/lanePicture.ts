/**
 * A lane as a picture. What is wide enough to be seen by itself is a box with its own edges; everything narrower is added up
 * in columns, which show how much of their time was spent how. Columns come from the lane's levels of detail where those are
 * fine enough and from its rows where not, so the cost follows the pixels and the picture is exact at every zoom.
 */
import type { LaneLevels } from '../analysis/laneLevels.js';
import { BucketSink, Sum, sumOfWait } from '../analysis/laneSums.js';
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
  const rows = (fromNs: number, toNs: number): void => {
    walk.walk(fromNs, toNs, sink);
  };
  if (levels !== null) levels.addTo(buckets, rows);
  else {
    const fromNs = columns.first * columns.widthNs;
    rows(fromNs, fromNs + columns.count * columns.widthNs);
  }
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
