/** What the status bar says of a session. */
import { formatRate } from '../../core/format.js';
import type { Report } from '../../core/report/report.js';

/** `1.20k/s · tokenise`: throughput of the first pipeline and what holds it back. */
export function statusText(report: Report): string {
  const pipeline = report.pipelines[0];
  if (pipeline === undefined) return 'recording';
  if (pipeline.isImported) return 'imported';
  const { bottleneck } = pipeline;
  const holder = bottleneck.kind === 'none' ? '' : ` · ${bottleneck.stage ?? bottleneck.kind}`;
  return `${formatRate(pipeline.throughputPerSec)}${holder}`;
}
