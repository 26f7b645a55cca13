/** What the report's curve of a knob says of a value. Pure. */
import type { PipelineReport } from '../../core/report/report.js';
import { throughputOf } from './promises.js';

/** Predicted / present throughput at a value, straight between the points of the curve; null: it is beyond them. */
export function predictedGain(
  pipeline: PipelineReport,
  knob: string,
  value: number,
): number | null {
  const present = throughputOf(pipeline);
  const curve = pipeline.whatIf?.knobs.find((c) => c.knob === knob)?.points ?? [];
  const points = [...curve].sort((a, b) => a.at - b.at);
  const above = points.findIndex(({ at }) => at >= value);
  const right = points[above];
  if (present <= 0 || right === undefined) return null;
  if (right.at === value) return right.throughputPerSec / present;
  const left = points[above - 1];
  if (left === undefined) return null;
  const share = (value - left.at) / (right.at - left.at);
  const between = left.throughputPerSec + share * (right.throughputPerSec - left.throughputPerSec);
  return between / present;
}
