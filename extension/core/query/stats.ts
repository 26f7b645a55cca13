/** Figures of a range: the report's, for any part of the session. */
import { percentilesOf, type PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import type { Queue, Stage } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import { mean } from '../statistics/quantile.js';
import type {
  DurationHistogram,
  QueryOf,
  QueueStats,
  StageStats,
  StatsReply,
} from '../panel/query.js';
import { spansOf } from './rowScan.js';
import type { QuerySource } from './source.js';
import { durationHistogram, stageFigures } from './stageStats.js';
import { partOf, type StatsPart } from './statsPart.js';
import { stageEntries, stageEntry } from './stageRows.js';

/** Answers `stats`. */
export function* answerStats(
  source: QuerySource,
  query: QueryOf<'stats'>,
): Generator<undefined, StatsReply> {
  const { seq, fromNs, toNs, row } = query;
  const rates = new Map<Stage, number>();
  const stages: StageStats[] = [];
  let histogram: DurationHistogram | null = null;
  for (const { rowId } of stageEntries(source.prepared, null)) {
    // Asked for again: while the last one was worked out, the session may have learned more about this one.
    const entry = stageEntry(source.prepared, rowId);
    if (entry === null) continue;
    const part = partOf(query, entry.target.analysis.drawnWindow);
    const figures = yield* stageFigures(source, entry, part);
    stages.push(figures.stats);
    for (const [stage, rate] of figures.rates) rates.set(stage, rate);
    if (rowId === row) histogram = yield* durationHistogram(entry, figures.service, part);
    yield;
  }
  const queues: QueueStats[] = [];
  for (const rowId of source.prepared.targets.keys()) {
    const stats = yield* queueStats(source, rowId, query);
    if (stats === null) continue;
    queues.push(stats);
    yield;
  }
  const pipelines: StatsReply['pipelines'][number][] = [];
  for (const analysis of source.prepared.analyses) {
    const { name, stages: members } = analysis.pipeline;
    const last = members.at(-1);
    const throughputPerSec = last === undefined ? 0 : (rates.get(last) ?? 0);
    const latencyNs = yield* latencyIn(analysis, partOf(query, analysis.drawnWindow));
    pipelines.push({ name, throughputPerSec, latencyNs });
  }
  return { kind: 'stats', seq, fromNs, toNs, pipelines, stages, queues, histogram };
}

/** Times from end to end of the items that left in the part. */
export function* latencyIn(
  analysis: PipelineAnalysis,
  { fromNs, endNs, isWhole }: StatsPart,
): Generator<undefined, StatsReply['pipelines'][number]['latencyNs']> {
  const followed = analysis.followedItems();
  if (followed === null) return null;
  if (isWhole) return percentilesOf(followed.all);
  const { single } = followed;
  single.settle();
  const times = new LogHistogram();
  const first = single.startNs.lowerBound(fromNs);
  for (const { block, from, to } of spansOf(first, single.startNs.lowerBound(endNs))) {
    const { durationNs } = single.block(block).data;
    times.recordAll(durationNs, from, to);
    yield;
  }
  return times.weight === 0 ? null : percentilesOf(times);
}

/** Figures of a queue row; null: it is another kind of row. Of several queues the means, as in the panel's header. */
function* queueStats(
  source: QuerySource,
  row: number,
  range: QueryOf<'stats'>,
): Generator<undefined, QueueStats | null> {
  const target = source.prepared.targets.get(row);
  if (target?.kind !== 'queues' || target.queues.length === 0) return null;
  const parts: QueueStats[] = [];
  for (const queue of target.queues)
    parts.push(yield* oneQueue(target.analysis, { queue, row, range }));
  const full = parts.flatMap(({ fullShare }) => fullShare ?? []);
  return {
    row,
    meanDepth: mean(parts.map(({ meanDepth }) => meanDepth)),
    maxDepth: parts.reduce((most, { maxDepth }) => Math.max(most, maxDepth), 0),
    fullShare: full.length === 0 ? null : mean(full),
    emptyShare: mean(parts.map(({ emptyShare }) => emptyShare)),
    knownShare: mean(parts.map(({ knownShare }) => knownShare)),
  };
}

function* oneQueue(
  analysis: PipelineAnalysis,
  {
    queue,
    row,
    range,
  }: { readonly queue: Queue; readonly row: number; readonly range: QueryOf<'stats'> },
): Generator<undefined, QueueStats> {
  const part = partOf(range, analysis.drawnWindow);
  const { fromNs, toNs } = part;
  const sums = yield* analysis.depthSumsIn(queue, part);
  const { knownNs, depthNs, maxDepth, emptyNs, fullNs } = sums;
  const isKnown = knownNs > 0;
  return {
    row,
    meanDepth: isKnown ? depthNs / knownNs : 0,
    maxDepth,
    fullShare: isKnown && queue.capacity.current !== null ? fullNs / knownNs : null,
    // As in the report: of a queue that nobody filled, nothing else is known.
    emptyShare: isKnown ? emptyNs / knownNs : 1,
    knownShare: isKnown ? knownNs / (toNs - fromNs) : 0,
  };
}
