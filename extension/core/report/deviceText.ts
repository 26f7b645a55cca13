/** A device's time in words, the same in the report, the panel and the findings. */
import { formatPercent } from '../format.js';
import type { GpuReport } from './report.js';

/**
 * What the device did, and for which share of the time. Gaps between kernels are known only where kernels were timed; else the
 * driver told how long kernels ran.
 */
export function deviceShares(gpu: GpuReport): readonly (readonly [string, string])[] {
  const isTimed = gpu.passes > 0;
  return [
    [isTimed ? 'computes' : 'computes (as its driver says)', formatPercent(gpu.kernelShare)],
    ...(isTimed ? [['between kernels', formatPercent(gpu.kernelWaitShare)] as const] : []),
    ['launches and ends', formatPercent(gpu.otherShare)],
    ['nothing submitted', formatPercent(gpu.hostWaitShare)],
  ];
}
