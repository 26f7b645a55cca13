/** The part of a range that figures of a pipeline are about. */
import type { Window } from '../analysis/pipelineAnalysis.js';

/** Figures are about the time from a pipeline's first execution to its last, as those of the report are. */
export interface StatsPart extends Window {
  /** What ended before this ended in the part: `toNs`, but for the very end of the pipeline, which belongs to it. */
  readonly endNs: number;
  /** It is all of the pipeline's time: then all that is known counts, also of executions whose records are lost. */
  readonly isWhole: boolean;
}

/** The part of [fromNs, toNs) that lies in a pipeline's window. */
export function partOf({ fromNs, toNs }: Window, window: Window): StatsPart {
  const from = Math.max(fromNs, window.fromNs);
  const to = Math.max(Math.min(toNs, window.toNs), from);
  return {
    fromNs: from,
    toNs: to,
    endNs: toNs >= window.toNs && toNs > fromNs ? justAfter(to) : to,
    isWhole: fromNs <= window.fromNs && toNs >= window.toNs,
  };
}

/** A moment behind another one with nothing between them. */
function justAfter(ns: number): number {
  return ns + Math.max(Math.abs(ns) * Number.EPSILON, 1e-6);
}
