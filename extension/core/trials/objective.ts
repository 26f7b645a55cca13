/** What a trial is for, and what must not get worse for it. */
import type { BlockFigures } from './blockFigures.js';

/** Percentiles of latency, by name. */
export type LatencyMetric = 'p50' | 'p95' | 'p99';

/**
 * `throughput`: as many items per second as possible; `latency`: as short as possible; `cost`: as little as possible of what
 * knobs give, as long as so many items per second leave the pipeline; `time`: as short a block as possible, where a block is a
 * whole run.
 */
export type Objective =
  | { readonly kind: 'throughput' }
  | { readonly kind: 'latency'; readonly metric: LatencyMetric }
  | { readonly kind: 'cost'; readonly targetRatePerSec: number }
  | { readonly kind: 'time' };

export type GuardMetric = LatencyMetric | 'errorShare' | 'rssBytes' | 'loopDelayNs' | 'ratePerSec';

/** A limit on a figure: a value, or one that follows from how it was before: `ratio x before + plus`. */
export type Limit =
  | { readonly kind: 'absolute'; readonly value: number }
  | { readonly kind: 'relative'; readonly ratio: number; readonly plus: number };

/** `ratePerSec` must not fall below its limit; the others must not rise above. */
export interface Guard {
  readonly metric: GuardMetric;
  readonly limit: Limit;
}

/** What no trial may do, whatever it is for: in nanoseconds, bytes, shares. */
export const defaultGuards: readonly Guard[] = [
  { metric: 'errorShare', limit: { kind: 'relative', ratio: 1, plus: 0.01 } },
  { metric: 'p99', limit: { kind: 'relative', ratio: 3, plus: 50e6 } },
  { metric: 'rssBytes', limit: { kind: 'relative', ratio: 1.5, plus: 256 * 2 ** 20 } },
  { metric: 'loopDelayNs', limit: { kind: 'relative', ratio: 3, plus: 200e6 } },
];

/** A figure of a block; null: not measured. */
export function metricOf(figures: BlockFigures, metric: GuardMetric): number | null {
  switch (metric) {
    case 'p50':
    case 'p95':
    case 'p99':
      return figures.latencyNs?.[metric] ?? null;
    case 'errorShare':
      return figures.executions === 0 ? null : figures.errors / figures.executions;
    case 'ratePerSec':
      return figures.throughputPerSec;
    default:
      return figures[metric];
  }
}

/** How good a block is: items per second, or 1 / latency or 1 / time in seconds. Larger is better, 0 the worst. */
export function scoreOf(figures: BlockFigures, objective: Objective): number {
  if (objective.kind === 'time') return 1e9 / Math.max(figures.toNs - figures.fromNs, 1);
  if (objective.kind !== 'latency') return figures.throughputPerSec;
  const latencyNs = figures.latencyNs?.[objective.metric] ?? 0;
  return latencyNs > 0 ? 1e9 / latencyNs : 0;
}

/** The objective in words, as it stands in journals. */
export function objectiveText(objective: Objective): string {
  if (objective.kind === 'latency') return `latency ${objective.metric}`;
  return objective.kind === 'cost' ? `cost at ${objective.targetRatePerSec}/s` : objective.kind;
}
