/** What a device did, as lines of the details of its stage. */
import { formatCount, formatDurationNs, formatPercent } from '../extension/core/format.js';
import type { GpuReport } from '../extension/core/report/report.js';

/** Name and value of each line; none for a stage on which nothing was timed. */
export function gpuLines(gpu: GpuReport | undefined): readonly (readonly [string, string])[] {
  if (gpu === undefined) return [];
  const first = `${formatDurationNs(gpu.firstRunNs)} in ${formatCount(gpu.firstRuns)}`;
  return [
    ['device computes', formatPercent(gpu.kernelShare)],
    ['between kernels', formatPercent(gpu.kernelWaitShare)],
    ['launches and ends', formatPercent(gpu.otherShare)],
    ['nothing submitted', formatPercent(gpu.hostWaitShare)],
    ['passes', formatCount(gpu.passes)],
    ...(gpu.firstRuns === 0 ? [] : [['first runs', first] as const]),
  ];
}
