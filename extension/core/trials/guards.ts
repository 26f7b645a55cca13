/** Does a candidate break what must not break? */
import { formatCount, formatDurationNs, formatPercent, formatRate } from '../format.js';
import { median } from '../statistics/quantile.js';
import type { BlockFigures } from './blockFigures.js';
import { metricOf, type Guard, type GuardMetric } from './objective.js';

/** A figure this far beyond its limit needs no second block. */
const FAR_BEYOND = 1.5;
/** Where the limit was passed before the trial: so much is still "no worse". */
const NO_WORSE = 1.05;

const names: Readonly<Record<GuardMetric, string>> = {
  p50: 'p50 latency',
  p95: 'p95 latency',
  p99: 'p99 latency',
  errorShare: 'share of failures',
  rssBytes: 'memory',
  loopDelayNs: 'event-loop delay',
  ratePerSec: 'throughput',
};

/** A figure as people read it. */
export function formatMetric(metric: GuardMetric, value: number): string {
  switch (metric) {
    case 'errorShare':
      return formatPercent(value);
    case 'rssBytes':
      return `${formatCount(Math.round(value / 2 ** 20))} MiB`;
    case 'ratePerSec':
      return formatRate(value);
    default:
      return formatDurationNs(value);
  }
}

/** Blocks of both settings so far, by side. */
export interface Sides {
  readonly a: readonly BlockFigures[];
  readonly b: readonly BlockFigures[];
}

/**
 * Why the candidate must be taken back; null: nothing broken. By medians over blocks. A single block of the candidate counts
 * only when it is far beyond the limit, unless `isLast`: then there is nothing more to wait for. A limit that was passed
 * before the trial already is kept by whoever does not make it worse.
 */
export function brokenGuard(
  guards: readonly Guard[],
  sides: Sides,
  isLast: boolean,
): string | null {
  for (const guard of guards) {
    const before = middle(sides.a, guard.metric);
    const after = middle(sides.b, guard.metric);
    const limit = limitOf(guard, before);
    if (after === null || limit === null) continue;
    const isFloor = guard.metric === 'ratePerSec';
    const isBroken = isFloor ? after < limit : after > limit;
    const isFar = isFloor ? after * FAR_BEYOND < limit : after > limit * FAR_BEYOND;
    if (!isBroken || (!isLast && sides.b.length < 2 && !isFar)) continue;
    const value = formatMetric(guard.metric, after);
    return `${names[guard.metric]} ${value}, ${isFloor ? 'at least' : 'at most'} ${formatMetric(guard.metric, limit)} allowed`;
  }
  return null;
}

function limitOf({ metric, limit }: Guard, before: number | null): number | null {
  if (limit.kind === 'relative') {
    return before === null ? null : limit.ratio * before + limit.plus;
  }
  if (before === null) return limit.value;
  return metric === 'ratePerSec'
    ? Math.min(limit.value, before / NO_WORSE)
    : Math.max(limit.value, before * NO_WORSE);
}

function middle(blocks: readonly BlockFigures[], metric: GuardMetric): number | null {
  const values = blocks.flatMap((block) => metricOf(block, metric) ?? []);
  return values.length === 0 ? null : median(values);
}
