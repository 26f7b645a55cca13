/** What stands behind the row ids that the panel asks by. */
import type { CpuAttribution, StageSamples } from '../analysis/cpuAttribution.js';
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import { stageLabel } from '../analysis/topology.js';
import type { Lane, Queue, Stage } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import type { GaugeRows, GaugeTarget } from './gaugeRows.js';
import type { RowGroups } from './rowGroups.js';

/** All lanes of a stage together, or of the stages of that name in several processes. */
export interface StageRowTarget {
  readonly kind: 'stages';
  readonly stages: readonly Stage[];
  readonly analysis: PipelineAnalysis;
}

/** What a stage row is called: joined stages share a name, a single one may need its pid. */
export function stageRowLabel({ stages, analysis }: StageRowTarget): string {
  const [first, second]: readonly (Stage | undefined)[] = stages;
  if (first === undefined) return '';
  return second === undefined ? stageLabel(first, analysis.pipeline) : first.name;
}

/** A queue, or the queues of that name in several processes. */
export interface QueueRowTarget {
  readonly kind: 'queues';
  readonly queues: readonly Queue[];
  readonly analysis: PipelineAnalysis;
}

/** What stands behind a row id. */
export type RowTarget =
  | { readonly kind: 'lane'; readonly lane: Lane; readonly analysis: PipelineAnalysis }
  | { readonly kind: 'cpu'; readonly row: StageSamples }
  | { readonly kind: 'gauge'; readonly gauge: GaugeTarget }
  | StageRowTarget
  | QueueRowTarget;

/** What pictures are made from, up to date. */
export interface Prepared {
  readonly analyses: readonly PipelineAnalysis[];
  readonly cpu: CpuAttribution;
  readonly targets: ReadonlyMap<number, RowTarget>;
}

/** What rows are made from. */
export interface RowSources {
  readonly analyses: readonly PipelineAnalysis[];
  readonly cpu: CpuAttribution;
  readonly gauges: GaugeRows;
  readonly groups: RowGroups;
}

/** Lanes, stages, CPU samples, queues and gauges by row id. */
export function rowTargets(
  store: TraceStore,
  { analyses, cpu, gauges, groups }: RowSources,
): ReadonlyMap<number, RowTarget> {
  const targets = new Map<number, RowTarget>();
  for (const analysis of analyses) {
    const { pipeline } = analysis;
    for (const stage of pipeline.stages) {
      for (const lane of stage.lanes) targets.set(lane.rowId, { kind: 'lane', lane, analysis });
      for (const row of cpu.rowsOf(stage)) targets.set(row.rowId, { kind: 'cpu', row });
    }
    for (const { rowId, members } of groups.stages(pipeline)) {
      targets.set(rowId, { kind: 'stages', stages: members, analysis });
    }
    for (const { rowId, members } of groups.queues(pipeline)) {
      const queues = members.map(({ queue }) => queue);
      targets.set(rowId, { kind: 'queues', queues, analysis });
    }
  }
  for (const gauge of gauges.targets(store)) targets.set(gauge.rowId, { kind: 'gauge', gauge });
  return targets;
}
