/**
 * The time that an import covers. One event that says it is of another year, because it is broken or because its tool writes
 * 0 where it does not know, would push everything else to a corner, and out of what a double counts in nanoseconds. So the
 * window lies around the median, and what is outside of it is left out, and counted. Should it have been the first event,
 * times are those of the others to a quarter of a microsecond: they were kept as distances from it.
 */
import type { ForeignTrace } from './foreignTrace.js';
import type { SliceTable } from './sliceTable.js';

/** Half of the window: 26 days. All of it, and times since its start, are exact as numbers. */
const REACH_NS = 2 ** 51;
/** Times that are looked at, of each track. */
const SAMPLED = 500;

/** [fromNs, toNs] in nanoseconds of the import; `fromNs` is whole, and the first time within. */
export interface TimeWindow {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Does something lie in the window as a whole? */
export function isWithin({ fromNs, toNs }: TimeWindow, startNs: number, endNs: number): boolean {
  return startNs >= fromNs && endNs <= toNs;
}

/** The window of everything collected; [0, 0] without anything. */
export function timeWindowOf(trace: ForeignTrace): TimeWindow {
  const medianNs = medianOf([...timesOf(trace, SAMPLED)]);
  const toNs = medianNs + REACH_NS;
  let fromNs = Infinity;
  for (const atNs of timesOf(trace, Infinity)) {
    if (atNs >= medianNs - REACH_NS && atNs <= toNs && atNs < fromNs) fromNs = atNs;
  }
  return Number.isFinite(fromNs) ? { fromNs: Math.floor(fromNs), toNs } : { fromNs: 0, toNs: 0 };
}

/** First and last moment of what is shown, in nanoseconds of the import. */
export function extentOf(trace: ForeignTrace): readonly [fromNs: number, toNs: number] {
  const window = timeWindowOf(trace);
  let lastNs = window.fromNs;
  for (const endNs of endsOf(trace)) {
    if (endNs > lastNs && endNs <= window.toNs) lastNs = endNs;
  }
  return [window.fromNs, lastNs];
}

function* endsOf({ processes }: ForeignTrace): Generator<number> {
  for (const { threads, slots, gauges, samples } of processes) {
    const tables = [...threads.map((t) => t.slices), ...slots.map((t) => t.executions)];
    for (const slices of tables) {
      for (let row = 0; row < slices.length; row++) {
        yield slices.startNs(row) + slices.durationNs(row);
      }
    }
    for (const { atNs } of gauges.values()) yield* atNs;
    for (const track of samples) yield track.samples.endNs;
  }
}

/** Times at which something starts: of each track all, or about so many. */
function* timesOf({ processes }: ForeignTrace, ofEach: number): Generator<number> {
  for (const { threads, slots, gauges, samples } of processes) {
    for (const track of threads) yield* startsOf(track.slices, ofEach);
    for (const track of slots) yield* startsOf(track.executions, ofEach);
    for (const { atNs } of gauges.values()) {
      const step = Math.max(Math.floor(atNs.length / ofEach), 1);
      for (let i = 0; i < atNs.length; i += step) yield atNs[i] ?? 0;
    }
    for (const track of samples) {
      const { length } = track.samples;
      const step = Math.max(Math.floor(length / ofEach), 1);
      for (let i = 0; i < length; i += step) yield track.samples.atNs(i);
    }
  }
}

function* startsOf(slices: SliceTable, ofEach: number): Generator<number> {
  const step = Math.max(Math.floor(slices.length / ofEach), 1);
  for (let row = 0; row < slices.length; row += step) yield slices.startNs(row);
}

function medianOf(times: number[]): number {
  times.sort((a, b) => a - b);
  return times[times.length >> 1] ?? 0;
}
