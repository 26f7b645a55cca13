/** What more workers bring: Amdahl's law, and the Universal Scalability Law fitted to what was measured. */
import type { Interval } from '../report/report.js';
import { median, quantileOfSorted } from '../statistics/quantile.js';
import { Random } from '../statistics/random.js';
import { fitUslParameters, uslRate, type UslParameters, type UslPoint } from './uslFit.js';

export type { UslPoint } from './uslFit.js';

/** 1 / (s + (1 - s) / n): how much faster n workers are when a share s of the work is not divided (Amdahl, AFIPS 1967). */
export function amdahlSpeedup(n: number, serialShare: number): number {
  return 1 / (serialShare + (1 - serialShare) / n);
}

export interface UslFit {
  /** Contention: share of the work for which workers wait for each other. 95 % interval, at least 0. */
  readonly alpha: Interval;
  /** Coherency: what each pair of workers costs. Above 0 there is a number of workers beyond which more do less. */
  readonly beta: Interval;
  /** Items per second of one worker. */
  readonly gammaPerSec: Interval;
  /** Workers with the highest rate; null: the data do not show that there is one. */
  readonly peak: number | null;
  /** The largest number of workers that was measured. */
  readonly largestN: number;
  /** Items per second with n workers, 95 %. null below 1 and beyond twice what was measured: nothing is known there. */
  predict(n: number): Interval | null;
}

/** Workers at most, times of two, beyond those that were measured. */
const MAX_EXTRAPOLATION = 2;
const REPLICATES = 300;
/** Points used; of more, as many that stand evenly in the list. */
const MAX_POINTS = 500;
/** Noise that is taken for granted, as a share: repeated runs of one program differ by that even when few points do not. */
const LEAST_NOISE = 0.005;
/** And when there are no more points than parameters, so that they say nothing about noise. */
const ASSUMED_NOISE = 0.03;

/**
 * X(n) = gamma n / (1 + alpha (n - 1) + beta n (n - 1)) (Gunther, Guerrilla Capacity Planning, 2007), by least squares of
 * relative errors with alpha and beta at least 0. Intervals by parametric bootstrap: the fitted rates with noise as large as
 * the residuals. null below three different n.
 */
export function fitUsl(
  points: readonly UslPoint[],
  { seed }: { readonly seed: number },
): UslFit | null {
  const used = usable(points);
  const workers = [...new Set(used.map((p) => p.n))];
  const fit = workers.length < 3 ? null : fitUslParameters(used);
  if (fit === null) return null;
  const replicates = replicatesOf(used, fit, seed);
  const interval = (value: (p: UslParameters) => number): Interval => {
    const sorted = Float64Array.from(replicates, value).sort();
    const mid = value(fit);
    return {
      low: Math.min(quantileOfSorted(sorted, 0.025), mid),
      mid,
      high: Math.max(quantileOfSorted(sorted, 0.975), mid),
    };
  };
  const beta = interval((p) => p.beta);
  const largestN = Math.max(...workers);
  return {
    alpha: interval((p) => p.alpha),
    beta,
    gammaPerSec: interval((p) => p.gammaPerSec),
    peak: beta.low > 0 && isRetrograde(used, largestN) ? peakOf(fit) : null,
    largestN,
    predict: (n) =>
      n >= 1 && n <= MAX_EXTRAPOLATION * largestN ? interval((p) => uslRate(p, n)) : null,
  };
}

/** n* = sqrt((1 - alpha) / beta); 1 when more than one worker never pays. */
function peakOf({ alpha, beta }: UslParameters): number {
  return Math.max(Math.sqrt(Math.max(1 - alpha, 0) / beta), 1);
}

function usable(points: readonly UslPoint[]): readonly UslPoint[] {
  const sound = points.filter(
    ({ n, ratePerSec }) =>
      n >= 1 && ratePerSec > 0 && Number.isFinite(n) && Number.isFinite(ratePerSec),
  );
  const kept = Math.min(sound.length, MAX_POINTS);
  return sound.filter((_, i) => kept === sound.length || (i * kept) % sound.length < kept);
}

/** Did fewer workers do more than the most did? */
function isRetrograde(points: readonly UslPoint[], largestN: number): boolean {
  const rateOf = (n: number): number =>
    median(points.filter((p) => p.n === n).map((p) => p.ratePerSec));
  const atMost = rateOf(largestN);
  return points.some((p) => p.n < largestN && rateOf(p.n) > atMost);
}

function replicatesOf(
  points: readonly UslPoint[],
  fit: UslParameters,
  seed: number,
): readonly UslParameters[] {
  const random = new Random(seed);
  const noise = noiseOf(points, fit);
  return Array.from({ length: REPLICATES }, () => {
    const drawn = points.map(({ n }) => ({
      n,
      ratePerSec: uslRate(fit, n) * Math.exp(noise * random.normal()),
    }));
    return fitUslParameters(drawn) ?? fit;
  });
}

/** 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom, over that of the normal distribution. */
const WIDER = [6.48, 2.195, 1.624, 1.417, 1.312, 1.248, 1.206, 1.177, 1.154, 1.137];

/** Deviation of the logarithms; wider where few residuals tell it, as Student's t is. */
function noiseOf(points: readonly UslPoint[], fit: UslParameters): number {
  const free = points.length - 3;
  if (free < 1) return ASSUMED_NOISE;
  const squares = points.reduce(
    (sum, { n, ratePerSec }) => sum + Math.log(ratePerSec / uslRate(fit, n)) ** 2,
    0,
  );
  return Math.max(Math.sqrt(squares / free) * (WIDER[free - 1] ?? 1.1), LEAST_NOISE);
}
