/** The rows of the panel: which there are, in which order, and with which figures. */
import type { CpuAttribution } from '../analysis/cpuAttribution.js';
import { stageLabel, type LinkedQueue, type Pipeline } from '../analysis/topology.js';
import { kindOf, laneLabel, pidOf, type Lane, type Queue, type Stage } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import type { PanelRow, QueueRow, StageRow } from '../panel/rows.js';
import type { PipelineReport, QueueReport, StageReport, StateShares } from '../report/report.js';
import { MAX_CPU_LEVELS } from './cpuBoxes.js';
import type { RowGroup, RowGroups } from './rowGroups.js';
import { settleSpans } from './spans.js';

/** What rows are made from: pipelines with their reports, in the same order. */
export interface RowInput {
  readonly pipelines: readonly Pipeline[];
  readonly reports: readonly PipelineReport[];
  readonly cpu: CpuAttribution;
  readonly groups: RowGroups;
}

/** Rows in drawing order: each pipeline's stages, each queue behind the stage that fills it. */
export function panelRows(input: RowInput): readonly PanelRow[] {
  return input.pipelines.flatMap((pipeline, i) => rowsOf(pipeline, input.reports[i], input));
}

function rowsOf(
  pipeline: Pipeline,
  report: PipelineReport | undefined,
  { cpu, groups }: RowInput,
): readonly PanelRow[] {
  const rest = new Set(groups.queues(pipeline));
  const rows: PanelRow[] = [];
  const drawQueues = (isHere: (link: LinkedQueue) => boolean): void => {
    for (const group of [...rest].filter(({ members }) => members.some(isHere))) {
      rest.delete(group);
      rows.push(queueRow(group, pipeline, report));
    }
  };
  for (const group of groups.stages(pipeline)) {
    const isMember = (stage: Stage | null): boolean =>
      stage !== null && group.members.includes(stage);
    drawQueues(({ to, from }) => isMember(to) && from === null);
    const row = stageRow(group, pipeline, { cpu, report });
    if (row !== null) rows.push(row);
    drawQueues(({ from }) => isMember(from));
  }
  drawQueues(() => true);
  return rows;
}

function stageRow(
  { rowId, members }: RowGroup<Stage>,
  pipeline: Pipeline,
  { cpu, report }: { readonly cpu: CpuAttribution; readonly report: PipelineReport | undefined },
): StageRow | null {
  const [first] = members;
  if (first === undefined) return null;
  const isJoined = members.length > 1;
  return {
    kind: 'stage',
    id: rowId,
    pipeline: pipeline.name,
    stage: isJoined ? first.name : stageLabel(first, pipeline),
    process: pidOf(first.process),
    stageKind: kindOf(first),
    lanes: members.flatMap((stage) => laneRows(stage, cpu, isJoined)),
    joined: isJoined ? joinedStages(members, pipeline, report) : null,
  };
}

function laneRows(stage: Stage, cpu: CpuAttribution, isJoined: boolean): StageRow['lanes'] {
  const lanes = [...stage.lanes].sort((a, b) => compareLanes(a, b));
  const where = isJoined ? ` (pid ${pidOf(stage.process)})` : '';
  return [
    ...lanes.map((lane) => {
      settleSpans(lane);
      return { id: lane.rowId, label: laneLabel(lane) + where, levels: lane.levels };
    }),
    ...cpu.rowsOf(stage).map((row) => ({
      id: row.rowId,
      label: `${row.samples.thread} CPU${where}`,
      levels: Math.min(row.levels, MAX_CPU_LEVELS),
      kind: 'cpu' as const,
    })),
  ];
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

/** Figures of several stages together: counts add up, shares are those of all their lane time. */
function joinedStages(
  stages: readonly Stage[],
  pipeline: Pipeline,
  report: PipelineReport | undefined,
): StageRow['joined'] {
  const labels = new Set(stages.map((stage) => stageLabel(stage, pipeline)));
  const parts = (report?.stages ?? []).filter(({ name }) => labels.has(name));
  const [first] = parts;
  if (first === undefined) return null;
  const service = new LogHistogram();
  for (const stage of stages) service.add(stage.service);
  const sum = (of: (part: StageReport) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const lanes = sum(({ parallelism }) => parallelism);
  const share = (of: (part: StageReport) => number): number =>
    lanes === 0 ? 0 : sum((part) => of(part) * part.parallelism) / lanes;
  const shareOf = (state: keyof StateShares): number => share(({ shares }) => shares[state]);
  return {
    processes: stages.length,
    report: {
      ...first,
      name: stages[0]?.name ?? first.name,
      parallelism: lanes,
      executions: sum(({ executions }) => executions),
      lost: sum(({ lost }) => lost),
      items: sum(({ items }) => items),
      errors: sum(({ errors }) => errors),
      ratePerSec: sum(({ ratePerSec }) => ratePerSec),
      trueRatePerSec: sum(({ trueRatePerSec }) => trueRatePerSec ?? 0),
      utilization: share(({ utilization }) => utilization),
      serviceNs:
        service.weight === 0
          ? null
          : {
              mean: service.mean,
              p50: service.quantile(0.5),
              p95: service.quantile(0.95),
              p99: service.quantile(0.99),
              max: service.max,
            },
      shares: {
        busy: shareOf('busy'),
        starved: shareOf('starved'),
        blocked: shareOf('blocked'),
        limited: shareOf('limited'),
        idle: shareOf('idle'),
      },
      cpuShare: null,
    },
  };
}

function queueRow(
  { rowId, members }: RowGroup<LinkedQueue>,
  pipeline: Pipeline,
  report: PipelineReport | undefined,
): QueueRow {
  const queues = members.map(({ queue }) => queue);
  return {
    kind: 'queue',
    id: rowId,
    pipeline: pipeline.name,
    queue: queues[0]?.name ?? '',
    capacity: largestCapacity(queues),
    maxDepth: queues.reduce((most, { series }) => Math.max(most, series.maxDepth), 0),
    joined: queues.length > 1 ? joinedQueues(queues, report) : null,
  };
}

function largestCapacity(queues: readonly Queue[]): number | null {
  const known = queues.flatMap(({ capacity }) => capacity.current ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

function joinedQueues(
  queues: readonly Queue[],
  report: PipelineReport | undefined,
): QueueRow['joined'] {
  const name = queues[0]?.name;
  const parts = (report?.queues ?? []).filter((queue) => queue.name === name);
  const mean = (values: readonly number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const full = parts.flatMap(({ fullShare }: QueueReport) => fullShare ?? []);
  return {
    queues: queues.length,
    meanDepth: mean(parts.map(({ depth }) => depth.mean)),
    fullShare: full.length === 0 ? null : mean(full),
  };
}
