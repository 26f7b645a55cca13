/** Bins of a histogram that a person can read: edges are multiples of 1, 2 or 5 times a power of ten. */

/** Bins at most. */
const MAX_BINS = 60;

/** Edges, in nanoseconds, of bins that hold everything from `lowNs` to `highNs`; at least two. */
export function binEdges(lowNs: number, highNs: number): readonly number[] {
  // Neither end stands on an edge as a rule: a bin more for each.
  const widthNs = readableWidth((highNs - lowNs) / (MAX_BINS - 2));
  const first = Math.floor(lowNs / widthNs);
  const last = Math.max(Math.ceil(highNs / widthNs), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * widthNs);
}

function readableWidth(leastNs: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const factor of [1, 2, 5]) if (factor * unit >= leastNs) return factor * unit;
  }
}

/** Counts durations by bins. */
export class DurationBins {
  readonly edgesNs: readonly number[];
  readonly counts: number[];
  /** Durations behind the last edge. */
  beyond = 0;
  private readonly firstNs: number;
  private readonly lastNs: number;
  private readonly widthNs: number;

  constructor(edgesNs: readonly number[]) {
    this.edgesNs = edgesNs;
    this.counts = new Array<number>(edgesNs.length - 1).fill(0);
    this.firstNs = edgesNs[0] ?? 0;
    this.lastNs = edgesNs.at(-1) ?? 0;
    this.widthNs = (edgesNs[1] ?? 0) - this.firstNs;
  }

  /** Counts a duration that is not before the first edge. */
  add(durationNs: number): void {
    if (durationNs > this.lastNs) {
      this.beyond++;
      return;
    }
    const bin = Math.floor((durationNs - this.firstNs) / this.widthNs);
    const at = Math.min(bin, this.counts.length - 1);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }
}
