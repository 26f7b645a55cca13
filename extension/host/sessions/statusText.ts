/** What the status bar says of a session. */
import { counted } from '../../core/counted.js';
import { formatDurationNs, formatPercent, formatRate } from '../../core/format.js';
import type { PipelineReport, Report } from '../../core/report/report.js';

/** `1.20k/s · tokenise`: throughput of the first pipeline and what holds it back. */
export function statusText(report: Report): string {
  const pipeline = report.pipelines[0];
  if (pipeline === undefined) return 'recording';
  if (pipeline.isImported) return 'imported';
  const { bottleneck } = pipeline;
  const holder = bottleneck.kind === 'none' ? '' : ` · ${bottleneck.stage ?? bottleneck.kind}`;
  return `${formatRate(pipeline.throughputPerSec)}${holder}`;
}

/** More pipelines than these are counted only. */
const MAX_PIPELINES = 4;

/** Lines below the title of the tooltip: what each pipeline does, why, and what would help. Plain text. */
export function statusDetails(report: Report): readonly string[] {
  const { capture, pipelines } = report;
  const shown = pipelines.slice(0, MAX_PIPELINES).flatMap(pipelineDetails);
  const more = pipelines.length - MAX_PIPELINES;
  return [
    `${formatDurationNs(capture.durationNs)}, ${counted(capture.executions, 'execution')}` +
      (capture.lost.records === 0 ? '' : `, ${counted(capture.lost.records, 'record')} lost`),
    ...shown,
    ...(more > 0 ? [`and ${counted(more, 'pipeline')} more`] : []),
  ];
}

function pipelineDetails(pipeline: PipelineReport): string[] {
  const { name, bottleneck, suggestions, knobs, throughputPerSec } = pipeline;
  const stage = pipeline.stages.find((s) => s.name === bottleneck.stage);
  const busy = stage === undefined ? '' : `, ${formatPercent(stage.utilization)} busy`;
  const holder =
    bottleneck.kind === 'none'
      ? ''
      : `, held back by ${bottleneck.stage ?? bottleneck.kind}${busy}`;
  const best = suggestions[0];
  const knob = knobs.find((k) => k.id === best?.knob || k.name === best?.knob);
  const advice =
    best === undefined
      ? []
      : [
          `Suggestion: ${knob?.name ?? best.knob} ${best.from} → ${best.to}, ` +
            `predicted ${formatRate(best.predicted.throughputPerSec.mid)}`,
        ];
  return [`${name}: ${formatRate(throughputPerSec)}${holder}`, ...advice];
}
