/** Which knob is worth turning first. */
import type { KnobReport, PipelineReport, StageReport } from '../report/report.js';

/** Knobs of the bottleneck first, then those of the queues around it, then the others by how busy their stage is. */
export function rankedKnobs(
  pipeline: PipelineReport,
  knobs: readonly KnobReport[],
): readonly KnobReport[] {
  const { stage } = pipeline.bottleneck;
  const distance = (knob: KnobReport): number => {
    if (stage === null) return 2;
    if (knob.stage !== null && isNamed(stage, knob.stage)) return 0;
    const queue = pipeline.queues.find(({ name }) => name === knob.queue);
    return queue !== undefined && (queue.from === stage || queue.to === stage) ? 1 : 2;
  };
  const busy = (knob: KnobReport): number => stageOf(pipeline, knob)?.utilization ?? 0;
  return [...knobs].sort((a, b) => distance(a) - distance(b) || busy(b) - busy(a));
}

/** The stage that a knob tunes, or that empties the queue that it tunes. */
function stageOf(pipeline: PipelineReport, knob: KnobReport): StageReport | undefined {
  const queue = pipeline.queues.find(({ name }) => name === knob.queue);
  const name = knob.stage ?? queue?.to ?? null;
  return name === null ? undefined : pipeline.stages.find((stage) => isNamed(stage.name, name));
}

/** A stage that several processes have stands in the report as `name (pid 12)`. */
function isNamed(label: string, name: string): boolean {
  return label === name || label.startsWith(`${name} (pid `);
}
