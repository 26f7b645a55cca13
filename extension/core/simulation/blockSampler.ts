/**
 * Samples drawn again in stretches (circular block bootstrap, Politis and Romano 1992): what follows on each other keeps
 * doing so, and each sample is as likely as any other.
 */
import type { Random } from '../statistics/random.js';

const LONGEST_BLOCK = 50;
/** Autocorrelation is looked for in so many samples at most: enough for lags up to 50, and quick. */
const SAMPLES_LOOKED_AT = 8192;

/** Draws indexes of `length` samples, `blockLength` in a row from each random place. */
export class BlockSampler {
  private readonly length: number;
  private readonly blockLength: number;
  private readonly random: Random;
  private at = 0;
  private left = 0;

  constructor(length: number, blockLength: number, random: Random) {
    this.length = length;
    this.blockLength = blockLength;
    this.random = random;
  }

  /** Index of the next sample. */
  next(): number {
    if (this.left === 0) {
      this.left = this.blockLength;
      this.at = this.length === 1 ? 0 : this.random.below(this.length);
    } else if (++this.at === this.length) this.at = 0;
    this.left--;
    return this.at;
  }
}

/** A sample so many times the median stands between two bursts. */
const BREAK = 20;
/** Breaks make up so much of the time, and no more than so much of the samples. */
const BREAK_TIME = 0.1;
const BREAK_SAMPLES = 0.1;

/**
 * Whether the samples are bursts with breaks between them. How many come in a burst then decides what a queue must hold, and
 * that survives only when they are drawn in the order in which they came.
 */
function hasBursts(values: Float64Array): boolean {
  const sorted = values.slice().sort();
  const median = sorted[sorted.length >>> 1] ?? 0;
  const breaks = values.filter((value) => value > BREAK * median);
  const total = values.reduce((sum, value) => sum + value, 0);
  const inBreaks = breaks.reduce((sum, value) => sum + value, 0);
  return (
    breaks.length >= 3 &&
    breaks.length <= BREAK_SAMPLES * values.length &&
    inBreaks >= BREAK_TIME * total
  );
}

/**
 * How many samples in a row belong together, 1 to 50, or all of them where they come in bursts: twice the number of lags whose autocorrelation differs from that of
 * noise (Politis and White 2004 look for the same lag, with the same threshold).
 */
export function blockLengthOf(values: Float64Array): number {
  const count = Math.min(values.length, SAMPLES_LOOKED_AT);
  if (count < 8) return 1;
  if (hasBursts(values)) return values.length;
  const centred = values.slice(0, count);
  const mean = centred.reduce((sum, value) => sum + value, 0) / count;
  for (let i = 0; i < count; i++) centred[i] = (centred[i] ?? 0) - mean;
  const variance = productSum(centred, 0);
  if (!(variance > 0)) return 1;
  const noise = 2 * Math.sqrt(Math.log10(count) / count);
  const most = Math.min(LONGEST_BLOCK, count >>> 2);
  let lag = 1;
  while (2 * lag <= most && productSum(centred, lag) > noise * variance) lag++;
  return lag === 1 ? 1 : Math.min(2 * (lag - 1), most);
}

function productSum(values: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += (values[i] ?? 0) * (values[i - lag] ?? 0);
  return sum;
}
