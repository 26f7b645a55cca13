/** The way of an item through its pipeline. */
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import type { Pipeline } from '../analysis/topology.js';
import { BLOCK_ROWS } from '../model/blocks.js';
import { ExecutionFlag, itemsOf, laneLabel, type Lane, type Stage } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import { MAX_LISTED, type ItemReply, type ItemVisit, type QueryOf } from '../panel/query.js';
import { Foremost, type Placed } from './foremost.js';
import { blocksWith, holds, isNamed, type Holding } from './itemRows.js';
import { distanceNs, isFailed, journeysOf, nearest, type Journey, type Visit } from './journeys.js';
import type { QuerySource } from './source.js';
import { stageEntries, type StageEntry } from './stageRows.js';

/** Executions of one number that are looked at, the nearest ones to the moment; more than that, and it is no item's. */
const MAX_VISITS = 20_000;
/** Executions of a lane overlap in foreign traces only. */
const MAX_OVERLAPPING = 1000;

type Path = NonNullable<ItemReply['path']>;
interface PlacedVisit extends Placed, Visit {}

/** Answers `itemAt`: the item of the execution at a moment on a lane. */
export function* answerItemAt(
  source: QuerySource,
  { seq, row, atNs }: QueryOf<'itemAt'>,
): Generator<undefined, ItemReply> {
  const none: ItemReply = { kind: 'itemPath', seq, path: null };
  const { prepared } = source;
  const target = prepared.targets.get(row);
  if (target?.kind !== 'lane') return none;
  const { lane, analysis } = target;
  const { executions } = lane;
  executions.settle();
  const at = runningAt(executions, atNs);
  if (at === null || (executions.second.at(at) & ExecutionFlag.hasItem) === 0) return none;
  const item = executions.first.at(at);
  const startNs = executions.startNs.at(at);
  const journeys = yield* journeysIn(analysis, item, startNs);
  const journey =
    journeys.find(({ visits }) => visits.some((v) => v.lane === lane && v.startNs === startNs)) ??
    nearest(journeys, atNs);
  const entries = stageEntries(prepared, null);
  return { ...none, path: pathOf(journey, { item, journeys, analysis, entries }) };
}

/** Answers `itemPath`: of all pipelines that know the number, the way that is nearest to the moment. */
export function* answerItemPath(
  source: QuerySource,
  { seq, item, atNs }: QueryOf<'itemPath'>,
): Generator<undefined, ItemReply> {
  const { prepared } = source;
  const entries = stageEntries(prepared, null);
  let path: Path | null = null;
  let bestNs = Infinity;
  for (const analysis of prepared.analyses) {
    const journeys = yield* journeysIn(analysis, item, atNs);
    const journey = nearest(journeys, atNs);
    if (journey === null || distanceNs(journey, atNs) >= bestNs) continue;
    bestNs = distanceNs(journey, atNs);
    path = pathOf(journey, { item, journeys, analysis, entries });
  }
  return { kind: 'itemPath', seq, path };
}

/** The execution that runs at a moment, or is nothing but that moment; the innermost, should there be several. */
function runningAt(executions: IntervalTable, atNs: number): number | null {
  const last = executions.startNs.upperBound(atNs) - 1;
  const first = Math.max(executions.firstEndingFrom(atNs), last - MAX_OVERLAPPING);
  for (let i = last; i >= first; i--) {
    if (executions.endNs(i) > atNs || executions.startNs.at(i) === atNs) return i;
  }
  return null;
}

/** All ways in a pipeline of items with that number. */
function* journeysIn(
  { pipeline }: PipelineAnalysis,
  item: number,
  atNs: number,
): Generator<undefined, readonly Journey[]> {
  const found = new Foremost<PlacedVisit>(MAX_VISITS);
  for (const stages of byName(pipeline)) {
    const lanes = stages.flatMap((stage) => stage.lanes);
    const wanted = (yield* isNamed(lanes, item)) ? 'named' : 'batch';
    for (const stage of stages) {
      for (const lane of [...stage.lanes])
        yield* visitsOn(lane, stage, { item, atNs, wanted, found });
    }
  }
  const visits = [...found.inOrder()].sort(
    (a, b) => a.startNs - b.startNs || b.durationNs - a.durationNs || a.row - b.row,
  );
  yield;
  return yield* journeysOf(visits);
}

/** Stages of one name in several processes do the same. */
function byName({ stages }: Pipeline): readonly (readonly Stage[])[] {
  const names = new Map<string, Stage[]>();
  for (const stage of stages) {
    const same = names.get(stage.name);
    if (same === undefined) names.set(stage.name, [stage]);
    else same.push(stage);
  }
  return [...names.values()];
}

function* visitsOn(
  lane: Lane,
  stage: Stage,
  search: {
    readonly item: number;
    readonly atNs: number;
    readonly wanted: Holding;
    readonly found: Foremost<PlacedVisit>;
  },
): Generator<undefined, void> {
  const { item, atNs, wanted, found } = search;
  const { executions, rowId } = lane;
  for (const span of blocksWith(executions, item)) {
    if (span !== null) {
      const block = executions.block(span.block);
      const { startNs, durationNs, second, waited } = block.data;
      for (let i = span.from; i < span.to; i++) {
        if (holds(block, i, item) !== wanted) continue;
        const visit = {
          lane,
          stage,
          startNs: startNs[i] ?? 0,
          durationNs: durationNs[i] ?? 0,
          word: second === null ? block.secondAll : (second[i] ?? 0),
          waited: waited?.[i] ?? 0,
        };
        const key = Math.abs(visit.startNs - atNs);
        found.offer({ ...visit, key, row: rowId, index: span.block * BLOCK_ROWS + i });
      }
    }
    yield;
  }
}

interface PathContext {
  readonly item: number;
  readonly journeys: readonly Journey[];
  readonly analysis: PipelineAnalysis;
  readonly entries: readonly StageEntry[];
}

function pathOf(journey: Journey | null, context: PathContext): Path | null {
  if (journey === null) return null;
  const { item, journeys, analysis } = context;
  const { pipeline } = analysis;
  const visits = journey.visits
    .slice(0, MAX_LISTED)
    .map((visit, i) => visitOf(visit, journey.visits.slice(0, i), context));
  return { item, pipeline: pipeline.name, visits, journeys: journeys.length };
}

function visitOf(
  visit: Visit,
  before: readonly Visit[],
  { analysis, entries }: PathContext,
): ItemVisit {
  const { lane, stage, startNs, durationNs, word, waited } = visit;
  const entry = entries.find(({ target }) => target.stages.includes(stage));
  const [queue, ...others] = analysis.pipeline.queues.filter(({ to }) => to === stage);
  return {
    row: lane.rowId,
    stageRow: entry?.rowId ?? stage.rowId,
    stage: entry?.label ?? stage.name,
    lane: laneLabel(lane, startNs),
    startNs,
    durationNs,
    failed: isFailed(visit),
    items: itemsOf(word),
    waitedNs: waited === 0 ? sinceLeft(visit, before, analysis.pipeline) : (waited - 1) * 1000,
    queue: queue === undefined || others.length > 0 ? null : queue.queue.name,
  };
}

/**
 * Time since the item left the stages that lead here, or an attempt that failed; where none of these is known, any stage. null:
 * it was nowhere before, or it is still there, because this stage is part of that one.
 */
function sinceLeft(
  { stage, startNs }: Visit,
  before: readonly Visit[],
  { links }: Pipeline,
): number | null {
  const leading = new Set(
    links.filter(({ to }) => to.name === stage.name).map(({ from }) => from.name),
  );
  leading.add(stage.name);
  const direct = before.filter((visit) => leading.has(visit.stage.name));
  let leftNs = -Infinity;
  for (const visit of direct.length > 0 ? direct : before) {
    leftNs = Math.max(leftNs, visit.startNs + visit.durationNs);
  }
  return leftNs <= startNs && leftNs !== -Infinity ? startNs - leftNs : null;
}
