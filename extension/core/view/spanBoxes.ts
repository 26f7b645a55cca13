/** The user's nested spans and GPU work of a lane, as boxes on the levels below the executions. */
import type { Lane } from '../model/entities.js';
import { BoxFlag, BoxKind } from '../panel/view.js';
import type { BoxList } from './boxes.js';
import { isGpu, levelOf, settleSpans } from './spans.js';

/** Spans starting in one pixel from which on they are one box. */
const DENSE = 64;
/** Steps back to find what surrounds the left edge; deeper surroundings start at the edge unseen. */
const MAX_BACK = 100_000;

/** What to draw: the spans in [fromNs, toNs), where a pixel is `pxNs` wide and pixel 0 begins at `originNs`. */
export interface SpanPicture {
  readonly fromNs: number;
  readonly toNs: number;
  readonly pxNs: number;
  readonly originNs: number;
}

/** Adds the boxes of the levels from 1 on. `nameOf` gives a name's index in the reply. */
export function paintSpans(
  lane: Lane,
  picture: SpanPicture,
  boxes: BoxList,
  nameOf: (name: number) => number,
): void {
  settleSpans(lane);
  const { spans } = lane;
  const { fromNs, toNs, pxNs, originNs } = picture;
  /** Per level, up to where a narrow box has been drawn: its neighbours in the same pixel are in it already. */
  const drawnToNs: number[] = [];
  let checkedToNs = -Infinity;
  for (let i = firstVisible(lane, fromNs); i < spans.length; i++) {
    const startNs = spans.startNs.at(i);
    if (startNs >= toNs) break;
    const endNs = spans.endNs(i);
    if (endNs <= fromNs) continue;
    const word = spans.second.at(i);
    const level = levelOf(word);
    const shownNs = Math.max(startNs, fromNs);
    const columnEndNs = originNs + (Math.floor((shownNs - originNs) / pxNs) + 1) * pxNs;
    const kind = isGpu(word) ? BoxKind.gpu : BoxKind.span;
    const name = nameOf(spans.first.at(i));
    if (endNs - startNs >= pxNs) {
      const box = { fromNs: shownNs, toNs: Math.min(endNs, toNs), kind, level, name };
      boxes.add({ ...box, share: 1, flags: 0 });
    } else if (startNs >= (drawnToNs[level] ?? -Infinity)) {
      drawnToNs[level] = columnEndNs;
      const box = { fromNs: shownNs, toNs: Math.min(columnEndNs, toNs), kind, level, name };
      boxes.add({ ...box, share: Math.min((endNs - shownNs) / pxNs, 1), flags: BoxFlag.merged });
    }
    if (shownNs < checkedToNs) continue;
    checkedToNs = columnEndNs;
    const next = spans.startNs.lowerBound(columnEndNs, i);
    if (next - i > DENSE) i = lastWideBefore(lane, { next, after: i, pxNs });
  }
}

/** The last spans that start in a dense pixel may reach out of it: go on with the first of them. */
function lastWideBefore(
  lane: Lane,
  { next, after, pxNs }: { readonly next: number; readonly after: number; readonly pxNs: number },
): number {
  let i = next - 1;
  while (i > after && next - i <= DENSE && lane.spans.durationNs.at(i) >= pxNs) i--;
  return i;
}

function firstVisible(lane: Lane, fromNs: number): number {
  const { spans } = lane;
  let i = spans.startNs.lowerBound(fromNs);
  const stop = Math.max(i - MAX_BACK, 0);
  // A span on level 1 has nothing around it, and one that ended ends everything before it.
  if (i > stop) i--;
  while (i > stop && levelOf(spans.second.at(i)) !== 1) i--;
  return i;
}
