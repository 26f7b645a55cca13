/** The rows of the panel: which there are, in which order, and what stands behind a row id. */
import type { Pipeline } from '../analysis/topology.js';
import { stageLabel } from '../analysis/topology.js';
import { kindOf, laneLabel, pidOf, type Lane, type Queue, type Stage } from '../model/entities.js';
import type { CpuAttribution } from '../analysis/cpuAttribution.js';
import type { PanelRow } from '../panel/messages.js';
import { MAX_CPU_LEVELS } from './cpuBoxes.js';
import { settleSpans } from './spans.js';

/** Rows in drawing order: each pipeline's stages, each queue behind the stage that fills it. */
export function panelRows(
  pipelines: readonly Pipeline[],
  cpu: CpuAttribution,
): readonly PanelRow[] {
  return pipelines.flatMap((pipeline) => {
    const rest = new Set(pipeline.queues);
    const rows: PanelRow[] = [];
    const drawQueues = (isHere: (link: Pipeline['queues'][number]) => boolean): void => {
      for (const link of [...rest].filter(isHere)) {
        rest.delete(link);
        rows.push(queueRow(link.queue, pipeline));
      }
    };
    for (const stage of pipeline.stages) {
      drawQueues(({ to, from }) => to === stage && from === null);
      rows.push(stageRow(stage, pipeline, cpu));
      drawQueues(({ from }) => from === stage);
    }
    drawQueues(() => true);
    return rows;
  });
}

function stageRow(stage: Stage, pipeline: Pipeline, cpu: CpuAttribution): PanelRow {
  const lanes = [...stage.lanes].sort((a, b) => compareLanes(a, b));
  return {
    kind: 'stage',
    id: stage.rowId,
    pipeline: pipeline.name,
    stage: stageLabel(stage, pipeline),
    process: pidOf(stage.process),
    stageKind: kindOf(stage),
    lanes: [
      ...lanes.map((lane) => {
        settleSpans(lane);
        return { id: lane.rowId, label: laneLabel(lane), levels: lane.levels };
      }),
      ...cpu.rowsOf(stage).map((row) => ({
        id: row.rowId,
        label: `${row.samples.thread} CPU`,
        levels: Math.min(row.levels, MAX_CPU_LEVELS),
        kind: 'cpu' as const,
      })),
    ],
  };
}

/** By thread and slot where they are declared, else in the order in which they appeared. */
function compareLanes(a: Lane, b: Lane): number {
  const [x, y] = [a.thread.declared, b.thread.declared];
  if (x === null || y === null) return a.rowId - b.rowId;
  const [first, second] = [
    a.thread.tenants.sortKey ?? x.thread,
    b.thread.tenants.sortKey ?? y.thread,
  ];
  const byThread = first.localeCompare(second, 'en', { numeric: true });
  return byThread !== 0 ? byThread : x.slot - y.slot || a.rowId - b.rowId;
}

function queueRow(queue: Queue, pipeline: Pipeline): PanelRow {
  return {
    kind: 'queue',
    id: queue.rowId,
    pipeline: pipeline.name,
    queue: queue.name,
    capacity: queue.capacity.current,
    maxDepth: queue.series.maxDepth,
  };
}
