/** Time in which a process was not recorded: it belongs to no state, so it is taken out of all sums. */
import type { Gap } from '../model/entities.js';

/** The parts of [from, to) that lie in no gap, in order. `gaps` are in order and do not overlap. */
export function outsideGaps(gaps: readonly Gap[], fromNs: number, toNs: number): readonly Gap[] {
  const parts: Gap[] = [];
  let atNs = fromNs;
  for (const gap of gaps) {
    if (gap.toNs <= atNs) continue;
    if (gap.fromNs >= toNs) break;
    if (gap.fromNs > atNs) parts.push({ fromNs: atNs, toNs: gap.fromNs });
    atNs = gap.toNs;
  }
  if (atNs < toNs) parts.push({ fromNs: atNs, toNs });
  return parts;
}

/** How much of [from, to) is known, in nanoseconds. */
export function knownNs(gaps: readonly Gap[], fromNs: number, toNs: number): number {
  return outsideGaps(gaps, fromNs, toNs).reduce((sum, part) => sum + part.toNs - part.fromNs, 0);
}
