/**
 * What nested span is under the pointer, from the picture itself: a hit request names a row and a moment but no level, and
 * the host answers it with the execution. Exact to a thousandth of a pixel; boxes that stand for several spans, or that
 * the picture's edge cuts, have no times of their own and give null.
 */
import { BoxFlag, BoxKind, metaFlags, metaKind } from '../../extension/core/panel/view.js';
import type { HitReply } from '../../extension/core/panel/hit.js';
import { boxMeta, boxName, boxWidth, boxX, findBox, type Picture } from './picture.js';
import { spanOf } from './timeScale.js';

type SpanHit = Extract<NonNullable<HitReply['hit']>, { kind: 'span' }>;

/** Where to look; `label` is the lane's. */
export interface SpanQuery {
  readonly row: number;
  readonly level: number;
  readonly atNs: number;
  readonly toleranceNs: number;
  readonly label: string;
}

/** The span of a level at a moment; null when the picture has none there or cannot tell. */
export function spanAt(picture: Picture, query: SpanQuery): SpanHit | null {
  const boxes = picture.lanes.get(query.row);
  if (boxes === undefined) return null;
  const nsPerPx = spanOf(picture.range) / picture.widthPx;
  const x = (query.atNs - picture.range.fromNs) / nsPerPx;
  const i = findBox(boxes, query.level, x, query.toleranceNs / nsPerPx);
  if (i < 0) return null;
  const meta = boxMeta(boxes, i);
  const [left, width] = [boxX(boxes, i), boxWidth(boxes, i)];
  const whole = left > 0 && left + width < picture.widthPx;
  const single = (metaFlags(meta) & BoxFlag.merged) === 0;
  if (metaKind(meta) !== BoxKind.span || !single || !whole) return null;
  return {
    kind: 'span',
    name: picture.names[boxName(boxes, i)] ?? '',
    lane: query.label,
    startNs: picture.range.fromNs + left * nsPerPx,
    durationNs: width * nsPerPx,
  };
}
