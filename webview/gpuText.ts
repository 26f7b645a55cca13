/** What a device did, as lines of the details of its stage. */
import { formatCount, formatDurationNs } from '../extension/core/format.js';
import { deviceShares } from '../extension/core/report/deviceText.js';
import type { GpuReport } from '../extension/core/report/report.js';

/** Name and value of each line; none for a stage on which nothing was timed. */
export function gpuLines(gpu: GpuReport | undefined): readonly (readonly [string, string])[] {
  if (gpu === undefined) return [];
  const first = `${formatDurationNs(gpu.firstRunNs)} in ${formatCount(gpu.firstRuns)}`;
  return [
    ...deviceShares(gpu).map(
      ([what, share], i) => [i === 0 ? `device ${what}` : what, share] as const,
    ),
    ...(gpu.passes === 0 ? [] : [['passes', formatCount(gpu.passes)] as const]),
    ...(gpu.firstRuns === 0 ? [] : [['first runs', first] as const]),
  ];
}
