/**
 * A log-linear histogram with the bucket layout of HdrHistogram at three significant digits: values below 2048 are exact,
 * larger ones are kept to 1 part in 1024. Recording is one `clz32` and one add, about a fiftieth of hdr-histogram-js in
 * plain JavaScript, which matters because every execution goes through here. Histograms made by HdrHistogram (the agent's
 * summaries) are decoded by hdr-histogram-js and fall into the same buckets.
 *
 * Weights need not be whole: a queue's depth is weighted with the time spent at it.
 */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  JsHistogram,
  type Histogram,
} from 'hdr-histogram-js';
import { fail, ok, type Result } from '../../../agent/wire/result.js';

const SUB_BUCKET_BITS = 11;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const HALF = SUB_BUCKETS >> 1;
const TWO_32 = 4_294_967_296;

/** The bucket of a value: 1,024 to each doubling above 2,048. */
export function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value < 0 ? 0 : value | 0;
  if (value < TWO_32) {
    const whole = value >>> 0;
    const exponent = 32 - SUB_BUCKET_BITS - Math.clz32(whole);
    return exponent * HALF + (whole >>> exponent);
  }
  const exponent = 64 - SUB_BUCKET_BITS - Math.clz32(Math.floor(value / TWO_32));
  return exponent * HALF + Math.floor(value / 2 ** exponent);
}

/** Largest whole value that falls into the bucket. */
export function highestOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const exponent = Math.floor(bucket / HALF) - 1;
  return (bucket - exponent * HALF + 1) * 2 ** exponent - 1;
}

/** Weighted counts of non-negative values. */
export class LogHistogram {
  /** Sum of all weights. */
  weight = 0;
  /** Sum of value x weight, exact (not from the buckets). */
  sum = 0;
  /** Largest value recorded; 0 when empty. */
  max = 0;
  private counts = new Float64Array(0);
  private used = 0;

  record(value: number, weight = 1): void {
    const bucket = bucketOf(value);
    // Written out for the usual case: every execution goes through here.
    if (bucket < this.used) this.counts[bucket] = (this.counts[bucket] ?? 0) + weight;
    else this.addToBucket(bucket, weight);
    this.weight += weight;
    this.sum += value * weight;
    if (value > this.max) this.max = value;
  }

  /** Records the values [from, to) of a column, each with weight 1. */
  recordAll(values: Uint32Array | Float64Array, from: number, to: number): void {
    let { sum, max } = this;
    for (let i = from; i < to; i++) {
      const value = values[i] ?? 0;
      const bucket = bucketOf(value);
      if (bucket < this.used) this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
      else this.addToBucket(bucket, 1);
      sum += value;
      if (value > max) max = value;
    }
    this.weight += to - from;
    this.sum = sum;
    this.max = max;
  }

  /** Mean of the values; 0 when empty. */
  get mean(): number {
    return this.weight === 0 ? 0 : this.sum / this.weight;
  }

  /**
   * The smallest recordable value that at least `share` (0..1) of the weight does not exceed; 0 when empty. HdrHistogram's
   * rule: the highest value of the bucket, but never above the true maximum.
   */
  quantile(share: number): number {
    const goal = Math.max(this.weight * share, Number.MIN_VALUE);
    let reached = 0;
    for (let bucket = 0; bucket < this.used; bucket++) {
      reached += this.counts[bucket] ?? 0;
      // Sums of fractional weights may miss the goal by their rounding error.
      if (reached >= goal * (1 - 1e-12)) return Math.min(highestOf(bucket), this.max);
    }
    return this.max;
  }

  /** Adds everything of another histogram. */
  add(other: LogHistogram): void {
    for (let bucket = 0; bucket < other.used; bucket++) {
      const weight = other.counts[bucket] ?? 0;
      if (weight !== 0) this.addToBucket(bucket, weight);
    }
    this.weight += other.weight;
    this.sum += other.sum;
    this.max = Math.max(this.max, other.max);
  }

  /** Forgets everything. */
  reset(): void {
    this.counts.fill(0);
    this.used = this.weight = this.sum = this.max = 0;
  }

  /** An independent copy. */
  clone(): LogHistogram {
    const copy = new LogHistogram();
    copy.add(this);
    return copy;
  }

  /**
   * Adds an HDR histogram (V2, compressed, base64). Sums are taken from the middle of its buckets. A text that does not
   * decode adds nothing and says why.
   */
  addEncoded(base64: string): Result<null> {
    let decoded: Histogram;
    try {
      decoded = decodeFromCompressedBase64(base64);
    } catch (error) {
      return fail(`histogram does not decode: ${String(error).slice(0, 200)}`);
    }
    if (!(decoded instanceof JsHistogram)) return fail('histogram is of an unknown kind');
    const values = decoded.recordedValuesIterator;
    values.reset();
    while (values.hasNext()) {
      const step = values.next();
      this.record(step.valueIteratedTo, step.countAddedInThisIterationStep);
    }
    return ok(null);
  }

  /** As an HDR histogram (V2, compressed, base64), for exports: same buckets, weights as whole numbers. */
  encoded(): string {
    const histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: Math.max(this.max, 2),
      numberOfSignificantValueDigits: 3,
    });
    for (let bucket = 0; bucket < this.used; bucket++) {
      const weight = Math.round(this.counts[bucket] ?? 0);
      if (weight > 0) {
        histogram.recordValueWithCount(Math.min(highestOf(bucket), this.max), weight);
      }
    }
    return encodeIntoCompressedBase64(histogram);
  }

  private addToBucket(bucket: number, weight: number): void {
    if (bucket >= this.counts.length) {
      const larger = new Float64Array(Math.max(bucket + 1, this.counts.length * 2, 256));
      larger.set(this.counts);
      this.counts = larger;
    }
    this.counts[bucket] = (this.counts[bucket] ?? 0) + weight;
    if (bucket >= this.used) this.used = bucket + 1;
  }
}
