/** Nesting levels of the user's spans on a lane. Level 0 is the execution itself, so spans begin at 1. */
import { SPAN_GPU, type Lane } from '../model/entities.js';

/** Deeper nesting is drawn on the last level. */
const MAX_LEVEL = 200;

/** Level of a span, from its second word. */
export const levelOf = (word: number): number => word & 0xff;

/** Whether a span is work on a GPU, from its second word. */
export const isGpu = (word: number): boolean => (word & SPAN_GPU) !== 0;

/**
 * Gives every span that came since the last call its level. Inner spans come before outer ones, so levels are only known
 * once the table is in order; what is in order already is left alone.
 */
export function settleSpans(lane: Lane): void {
  const { spans } = lane;
  const moved = spans.settle();
  let from = Math.min(moved, lane.leveledSpans);
  if (from >= spans.length) return;
  // Go back to a span that has nothing around it: from there on levels follow from the spans alone.
  while (from > 0 && levelOf(spans.second.at(from)) !== 1) from--;
  const openEnds: number[] = [];
  for (let i = from; i < spans.length; i++) {
    const startNs = spans.startNs.at(i);
    while ((openEnds.at(-1) ?? Infinity) <= startNs) openEnds.pop();
    openEnds.push(spans.endNs(i));
    const level = Math.min(openEnds.length, MAX_LEVEL);
    spans.setSecond(i, (spans.second.at(i) & ~0xff) | level);
    lane.levels = Math.max(lane.levels, level + 1);
  }
  lane.leveledSpans = spans.length;
}
