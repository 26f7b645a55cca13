/**
 * What a gauge was in any stretch of time, in logarithmic time: a picture asks for each of its pixels.
 *
 * A sample speaks about the time since the sample before it. Where that is longer than usual, samples are missing and the
 * last one speaks about one usual step only, unless the event loop hung for so long and so could not be asked earlier:
 *
 *     samples     |    |    |                |    |         steps of 250 ms, then nothing, then again
 *     known    ---------------          ----------          in between: a gap
 */
import { F64Column } from '../model/columns.js';
import { MaxPyramid } from '../model/maxPyramid.js';
import type { GaugeSeries } from '../model/series.js';

/** In place of a value: nothing is known of the time, though there are samples before and behind it. */
export const GAUGE_GAP = -1;

/** Steps without a sample that are still no gap. */
const MAX_STEPS = 3;
/** The agent's own pace; assumed where too few samples tell another one. */
const USUAL_STEP_NS = 250e6;
/** Steps that are looked at to tell what is usual: threads that take turns to be asked slow down as they become more. */
const STEPS_SEEN = 5;

/** How several values of one stretch become one. */
export type Fold = 'max' | 'mean';

/** Follows one series; asking again costs what is new. */
export class GaugeHistory {
  readonly #series: GaugeSeries;
  readonly #delaysNow: () => GaugeSeries | undefined;
  readonly #fromNs = new F64Column();
  readonly #knownBeforeNs = new F64Column();
  readonly #sumBefore = new F64Column();
  readonly #columns = [this.#fromNs, this.#knownBeforeNs, this.#sumBefore];
  #max: MaxPyramid;
  #epoch = 0;
  #seen = 0;

  /** `delaysNow`: longest delays of the event loop of the thread, for samples that the loop has to turn for. */
  constructor(series: GaugeSeries, delaysNow: () => GaugeSeries | undefined) {
    this.#series = series;
    this.#delaysNow = delaysNow;
    this.#max = new MaxPyramid(series.value);
  }

  /** The value of [fromNs, toNs); NaN before the first and behind the last sample, GAUGE_GAP in between where unknown. */
  valueIn(fromNs: number, toNs: number, fold: Fold): number {
    this.#refresh();
    const { atNs, value } = this.#series;
    const first = atNs.upperBound(fromNs);
    const last = this.#fromNs.lowerBound(toNs) - 1;
    if (first > last) return first === atNs.length || last < 0 ? NaN : GAUGE_GAP;
    if (first === last) return value.at(first);
    return fold === 'max' ? this.#max.max(first, last + 1) : this.#mean(first, last, fromNs, toNs);
  }

  /** The sample that speaks about a moment, with that time; null where none does. */
  sampleAt(atNs: number): { readonly value: number; fromNs: number; toNs: number } | null {
    this.#refresh();
    const index = this.#series.atNs.lowerBound(atNs);
    const fromNs = this.#fromNs.at(index);
    if (!(fromNs <= atNs)) return null;
    return { value: this.#series.value.at(index), fromNs, toNs: this.#series.atNs.at(index) };
  }

  /** Over everything known; null without a sample. `fromNs` and `toNs`: the time from the first to the last. */
  total(): { readonly mean: number; max: number; fromNs: number; toNs: number } | null {
    this.#refresh();
    const { length } = this.#series.atNs;
    if (length === 0) return null;
    const [fromNs, toNs] = [this.#fromNs.at(0), this.#series.atNs.at(length - 1)];
    const mean = length === 1 ? this.#series.value.at(0) : this.#mean(0, length - 1, fromNs, toNs);
    return { mean, max: this.#max.max(0, length), fromNs, toNs };
  }

  /** How much of [fromNs, toNs) is known, in nanoseconds. */
  knownIn(fromNs: number, toNs: number): number {
    this.#refresh();
    const first = this.#series.atNs.upperBound(fromNs);
    const last = this.#fromNs.lowerBound(toNs) - 1;
    return first > last ? 0 : this.#knownNs(first, last, fromNs, toNs);
  }

  /** Time that samples [first, last] speak about within [fromNs, toNs). */
  #knownNs(first: number, last: number, fromNs: number, toNs: number): number {
    if (first === last) return this.#overlapNs(first, fromNs, toNs);
    const inside = this.#knownBeforeNs.at(last) - this.#knownBeforeNs.at(first + 1);
    return inside + this.#overlapNs(first, fromNs, toNs) + this.#overlapNs(last, fromNs, toNs);
  }

  #overlapNs(index: number, fromNs: number, toNs: number): number {
    const until = Math.min(this.#series.atNs.at(index), toNs);
    return Math.max(until - Math.max(this.#fromNs.at(index), fromNs), 0);
  }

  #mean(first: number, last: number, fromNs: number, toNs: number): number {
    const { value } = this.#series;
    const knownNs = this.#knownNs(first, last, fromNs, toNs);
    if (knownNs <= 0) return value.at(last);
    const edges =
      value.at(first) * this.#overlapNs(first, fromNs, toNs) +
      value.at(last) * this.#overlapNs(last, fromNs, toNs);
    return (this.#sumBefore.at(last) - this.#sumBefore.at(first + 1) + edges) / knownNs;
  }

  #refresh(): void {
    const { atNs, value, epoch } = this.#series;
    const seen = atNs.length + (this.#delaysNow()?.atNs.length ?? 0);
    if (epoch === this.#epoch && seen === this.#seen) return;
    if (epoch !== this.#epoch) this.#max = new MaxPyramid(value);
    // What came now may tell more about the sample that was the last: its delay, or how long steps are.
    const keep = epoch === this.#epoch ? this.#fromNs.length - 1 : 0;
    [this.#epoch, this.#seen] = [epoch, seen];
    for (const column of this.#columns) column.truncate(Math.max(keep, 0));
    for (let i = this.#fromNs.length; i < atNs.length; i++) {
      const before = i - 1;
      const lengthNs = i === 0 ? 0 : atNs.at(before) - this.#fromNs.at(before);
      this.#knownBeforeNs.push(i === 0 ? 0 : this.#knownBeforeNs.at(before) + lengthNs);
      this.#sumBefore.push(i === 0 ? 0 : this.#sumBefore.at(before) + lengthNs * value.at(before));
      this.#fromNs.push(this.#startOf(i));
    }
  }

  /** Since when sample i knows. */
  #startOf(i: number): number {
    const { atNs } = this.#series;
    const at = atNs.at(i);
    if (i === 0) return at - Math.min(atNs.length > 1 ? atNs.at(1) - at : Infinity, USUAL_STEP_NS);
    const usualNs = this.#usualStepBefore(i);
    const stepNs = at - atNs.at(i - 1);
    const isWhole = stepNs <= MAX_STEPS * usualNs || this.#hungFor(at, stepNs - usualNs);
    return isWhole ? atNs.at(i - 1) : at - usualNs;
  }

  /** The median of the steps before sample i. */
  #usualStepBefore(i: number): number {
    const { atNs } = this.#series;
    const steps: number[] = [];
    for (let k = i - 1; k > 0 && steps.length < STEPS_SEEN; k--)
      steps.push(atNs.at(k) - atNs.at(k - 1));
    steps.sort((a, b) => a - b);
    return steps[steps.length >> 1] ?? USUAL_STEP_NS;
  }

  /** Did the event loop hang so long that it explains a late sample? Measured to the tick, so not to the nanosecond. */
  #hungFor(atNs: number, lateNs: number): boolean {
    const delays = this.#delaysNow();
    if (delays === undefined) return false;
    const { atNs: times, value } = delays;
    const index = times.upperBound(atNs) - 1;
    return times.at(index) === atNs && value.at(index) >= 0.9 * lateNs;
  }
}
