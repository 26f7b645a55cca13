/**
 * The pace of a source that is held up by a full queue: the time that it takes from one item to the next by itself.
 *
 * A source that sends in bursts by the clock (on for so long, off for so long) sends fewer in a burst the longer it is held
 * up. The bursts that were seen are then filled up to the length that the clock gives them.
 */
import type { OperatingPoint } from '../measure/operatingPoint.js';
import type { ServiceSamples } from '../simulation/workload.js';
import { coefficientOfVariation, mean, median } from '../statistics/quantile.js';

/** A gap so many times the median ends a burst. */
const BREAK = 20;
const MIN_BURSTS = 4;
/** Bursts that begin at times as regular as this follow a clock. */
const REGULAR = 0.1;
/** Items that a burst is filled up with at most, as a multiple of those it had. */
const MAX_FILL = 8;

/** The samples of the first stage with the source's own pace in their waits. */
export function withPace(
  { sourceGapsNs, stages }: OperatingPoint,
  samples: ServiceSamples,
): ServiceSamples {
  const startNs = stages[0]?.sampled.startNs;
  if (sourceGapsNs === null || startNs === undefined) return samples;
  const waitNs = samples.waitNs.map((wait, i) => wait + (sourceGapsNs[i] ?? 0));
  const paced = { cpuNs: samples.cpuNs, waitNs };
  const breaks = breaksIn(sourceGapsNs);
  const periods = breaks
    .slice(1)
    .map((at, i) => (startNs[at] ?? 0) - (startNs[breaks[i] ?? 0] ?? 0));
  const isClock = periods.length >= MIN_BURSTS && coefficientOfVariation(periods) <= REGULAR;
  return isClock ? filled(paced, breaks, mean(periods)) : paced;
}

/** Indexes of the samples before which there was a break. */
function breaksIn(gapsNs: Float64Array): readonly number[] {
  const usual = median([...gapsNs]);
  return [...gapsNs.keys()].filter((i) => (gapsNs[i] ?? 0) > BREAK * Math.max(usual, 1));
}

/** Each burst repeated from its start until it and the break before it take a whole period. */
function filled(
  { cpuNs, waitNs }: ServiceSamples,
  breaks: readonly number[],
  periodNs: number,
): ServiceSamples {
  const cpu: number[] = [];
  const wait: number[] = [];
  for (const [n, from] of breaks.slice(0, -1).entries()) {
    const length = (breaks[n + 1] ?? from) - from;
    let leftNs = periodNs;
    for (let k = 0; k < length * MAX_FILL; k++) {
      // Behind the break itself, what follows it is repeated.
      const i = k === 0 ? from : from + 1 + ((k - 1) % Math.max(length - 1, 1));
      const takesNs = (cpuNs[i] ?? 0) + (waitNs[i] ?? 0);
      if (k >= length && takesNs > leftNs) break;
      leftNs -= takesNs;
      cpu.push(cpuNs[i] ?? 0);
      wait.push(waitNs[i] ?? 0);
    }
  }
  return { cpuNs: Float64Array.from(cpu), waitNs: Float64Array.from(wait) };
}
