/**
 * Time from end to end where single items cannot be followed: by Little's law (Little 1961), L = X W, applied to each queue.
 *
 * An item that arrives at a queue waits L / X on average, the time-weighted mean depth over the rate at which items pass. It
 * then takes the stage's mean service time. Along a path these add up, also where a stage makes several items of one; where
 * paths part and join, the longest counts. The law gives means and nothing else: no percentiles.
 */
import type { MeanLatency, PipelineReport, QueueReport, StageReport } from '../report/report.js';
import type { Stage } from '../model/entities.js';
import type { Pipeline } from './topology.js';

type Measured = Pick<PipelineReport, 'stages' | 'queues'>;

/** What one stage adds: the wait in the queues before it and its service; `hasQueue`: at least one queue was seen. */
interface Residence {
  readonly meanNs: number;
  readonly hasQueue: boolean;
}

/** Mean time from entering the first queue to leaving the last stage; null when a stage on the way did nothing, and for a pool
 * and an imported trace, which no item passes through. */
export function meanLatency(pipeline: Pipeline, { stages, queues }: Measured): MeanLatency | null {
  if (pipeline.isShared || pipeline.isImported) return null;
  const residences = new Map<Stage, Residence>();
  for (const [i, stage] of pipeline.stages.entries()) {
    const report = stages[i];
    const residence = report === undefined ? null : residenceOf(report, queues);
    if (residence === null) return null;
    residences.set(stage, residence);
  }
  const last = pipeline.stages.at(-1);
  if (last === undefined) return null;
  const path = longestPath(pipeline, last, residences);
  // Where items wait between two stages and no queue was seen, the wait is missing.
  const isAtLeast = path.some((stage, i) => i > 0 && residences.get(stage)?.hasQueue !== true);
  const meanNs = sum(path.map((stage) => residences.get(stage)?.meanNs ?? 0));
  return { meanNs, by: 'littlesLaw', isAtLeast };
}

function residenceOf(stage: StageReport, queues: readonly QueueReport[]): Residence | null {
  if (stage.serviceNs === null || stage.ratePerSec <= 0) return null;
  const before = queues.filter((queue) => queue.to === stage.name && countsItems(queue));
  const depth = sum(before.map(({ depth: { mean }, itemsPerEntry = 1 }) => mean * itemsPerEntry));
  return {
    meanNs: (depth / stage.ratePerSec) * 1e9 + stage.serviceNs.mean,
    hasQueue: before.length > 0,
  };
}

/** The depth of a stream's buffer may be in bytes, and its name then says so: how many items wait there is not known. */
function countsItems({ name }: QueueReport): boolean {
  return !name.endsWith('(bytes)');
}

/** The stages of the longest way to `last`. Without any link, the stages follow each other in their order. */
function longestPath(
  { stages, links }: Pipeline,
  last: Stage,
  residences: ReadonlyMap<Stage, Residence>,
): readonly Stage[] {
  if (links.length === 0) return stages;
  const best = new Map<Stage, { readonly path: readonly Stage[]; readonly ns: number }>();
  // Stages stand in topological order, so what leads to a stage is known by then; a way back is left out.
  for (const stage of stages) {
    const own = residences.get(stage)?.meanNs ?? 0;
    const ways = links.flatMap((link) => {
      const way = link.to === stage ? best.get(link.from) : undefined;
      if (way === undefined) return [];
      // What runs inside of another stage is part of that one's time.
      return [link.isInside ? way : { path: [...way.path, stage], ns: way.ns + own }];
    });
    const alone = { path: [stage], ns: own };
    best.set(stage, ways.length === 0 ? alone : ways.reduce((a, b) => (b.ns > a.ns ? b : a)));
  }
  return best.get(last)?.path ?? [last];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
