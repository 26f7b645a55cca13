/**
 * Where a trace stands that does not tell the time of day (PyTorch built without Kineto, tools that count from their own
 * start): where its stretches begin just when the executions of the stage of their name do. Real work is never quite regular,
 * so the distances between its beginnings are as good as a fingerprint; where they are too regular to tell two runs, or two places
 * in one run, apart, there is no answer.
 */

/** Beginnings that are compared, the first of the trace. */
const MAX_COMPARED = 100;
const LEAST_COMPARED = 10;
/** Two tools note the same beginning with code of their own in between: so far apart at most, in nanoseconds. */
const MAX_SPREAD_NS = 2e6;
/** Clocks of whole microseconds and the tools' own code are never nearer than that. */
const LEAST_SPREAD_NS = 5000;
/** The next best place, and the irregularity of the work, must be so many times what is left between the two tools. */
const CLEARLY = 4;

/** A place that was found. */
export interface RhythmPlace {
  /** Added to the trace's times: gives those of the capture. */
  readonly shiftNs: number;
  /** How far nine of ten beginnings are apart at most, in nanoseconds. */
  readonly spreadNs: number;
  readonly compared: number;
}

/** The place of `trace` in `capture`, both the beginnings of one name in order; null: there is none, or not only one. */
export function placeByRhythm(
  capture: readonly number[],
  trace: readonly number[],
): RhythmPlace | null {
  const compared = Math.min(trace.length, MAX_COMPARED);
  if (compared < LEAST_COMPARED || capture.length < compared) return null;
  let best: RhythmPlace | null = null;
  let nextBestNs = Infinity;
  for (let from = 0; from + compared <= capture.length; from++) {
    const place = placeAt(capture, from, trace, compared);
    if (best === null || place.spreadNs < best.spreadNs) {
      nextBestNs = best?.spreadNs ?? Infinity;
      best = place;
    } else nextBestNs = Math.min(nextBestNs, place.spreadNs);
  }
  if (best === null || best.spreadNs > MAX_SPREAD_NS) return null;
  const otherwiseNs = Math.min(nextBestNs, irregularityNs(trace.slice(0, compared)));
  return otherwiseNs >= CLEARLY * Math.max(best.spreadNs, LEAST_SPREAD_NS) ? best : null;
}

function placeAt(
  capture: readonly number[],
  from: number,
  trace: readonly number[],
  compared: number,
): RhythmPlace {
  const shifts: number[] = [];
  for (let i = 0; i < compared; i++) shifts.push((capture[from + i] ?? 0) - (trace[i] ?? 0));
  const shiftNs = quantile(shifts, 0.5);
  const apart = shifts.map((shift) => Math.abs(shift - shiftNs));
  return { shiftNs, spreadNs: quantile(apart, 0.9), compared };
}

/** By how much distances between beginnings differ from the usual one: half of them by more. */
function irregularityNs(starts: readonly number[]): number {
  const distances = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
  const usual = quantile(distances, 0.5);
  return quantile(
    distances.map((distance) => Math.abs(distance - usual)),
    0.5,
  );
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
}
