/** What is at a moment on a row: exact, from the same stretches that the picture is made of. */
import type { StageSamples } from '../analysis/cpuAttribution.js';
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import { LaneSweep, type LaneActivity } from '../analysis/laneSweep.js';
import { ExecutionFlag, itemsOf, laneLabel, type Lane, type Queue } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { TraceStore } from '../model/store.js';
import type { HitReply, HitRequest } from '../panel/hit.js';
import { cpuHit, timeIn } from './cpuBoxes.js';
import { gaugeHit } from './gaugeHit.js';
import { levelOf, settleSpans } from './spans.js';
import { crowdHit, stagesHit, stretchAt } from './manyHit.js';
import type { Prepared, RowTarget } from './rowTargets.js';
import { freeWindow } from './view.js';

type Hit = HitReply['hit'];

/** Answers a hit request; `hit` is null where there is nothing. */
export function answerHit(store: TraceStore, { targets }: Prepared, request: HitRequest): HitReply {
  const target = targets.get(request.row);
  const { seq } = request;
  return { seq, hit: target === undefined ? null : hitOn(store, target, request) };
}

function hitOn(
  store: TraceStore,
  target: RowTarget,
  { atNs, toleranceNs, level, range }: HitRequest,
): Hit {
  switch (target.kind) {
    case 'stages':
      return stagesHit(target, stretchAt(atNs, toleranceNs));
    case 'queues':
      return queuesHit(target.queues, atNs, store.newestNs);
    case 'gauge':
      return gaugeHit(store, target.gauge, atNs, toleranceNs);
    case 'cpu': {
      const at = { atNs, level: level ?? 0, range: range ?? { fromNs: atNs, toNs: atNs } };
      return functionHit(store, target.row, at);
    }
    case 'lane':
      return laneHit(store, target, atNs, Math.max(toleranceNs, 0));
  }
}

/** Several queues at once have no one depth. */
function queuesHit([queue, ...others]: readonly Queue[], atNs: number, newestNs: number): Hit {
  return queue === undefined || others.length > 0 ? null : depthHit(queue, atNs, newestNs);
}

function laneHit(
  store: TraceStore,
  target: Extract<RowTarget, { kind: 'lane' }>,
  atNs: number,
  reach: number,
): Hit {
  const { lane, analysis } = target;
  return (
    crowdHit(target, atNs, stretchAt(atNs, reach)) ??
    activityHit(lane, atNs, null) ??
    nearestExecution(lane, atNs, reach) ??
    spanHit(store, lane, atNs, reach) ??
    activityHit(lane, atNs, analysis)
  );
}

function functionHit(
  store: TraceStore,
  row: StageSamples,
  at: { atNs: number; level: number; range: { fromNs: number; toNs: number } },
): Hit {
  const found = cpuHit(row, at.atNs, at.level);
  const f = found === null ? undefined : store.cpu.table.functions[found.functionId];
  if (found === null || f === undefined) return null;
  const { startNs, endNs, isShared } = found;
  return {
    kind: 'function',
    name: f.name,
    stage: row.stage.name,
    lane: `${row.samples.thread} CPU`,
    source: f.source,
    startNs,
    durationNs: endNs - startNs,
    ...timeIn(row, found.functionId, at.range),
    isShared,
  };
}

function depthHit({ name, series }: Queue, atNs: number, newestNs: number): Hit {
  const index = series.atNs.upperBound(atNs) - 1;
  if (index < 0 || atNs > newestNs) return null;
  return { kind: 'depth', queue: name, atNs: series.atNs.at(index), depth: series.depth.at(index) };
}

/** The stretch at the moment: an execution, a recorded wait or, with an analysis, what a free lane waits for. */
function activityHit(lane: Lane, atNs: number, analysis: PipelineAnalysis | null): Hit {
  const { waits } = lane;
  const sweep = new LaneSweep(lane, atNs);
  sweep.seek(atNs);
  const activity: LaneActivity = sweep.step(Infinity);
  if (activity === 'busy') return executionHit(lane, sweep.runningExecution);
  if (activity === 'free') return analysis === null ? null : freeHit(lane, atNs, analysis);
  const wait = lastStarted(waits, atNs);
  return {
    kind: 'wait',
    lane: laneLabel(lane),
    state: activity,
    startNs: waits.startNs.at(wait),
    durationNs: waits.durationNs.at(wait),
  };
}

function executionHit(lane: Lane, index: number): Hit {
  const { executions } = lane;
  const word = executions.second.at(index);
  return {
    kind: 'execution',
    stage: lane.stage?.name ?? lane.name,
    lane: laneLabel(lane, executions.startNs.at(index)),
    startNs: executions.startNs.at(index),
    durationNs: executions.durationNs.at(index),
    item: (word & ExecutionFlag.hasItem) === 0 ? null : executions.first.at(index),
    items: itemsOf(word),
    failed: (word & ExecutionFlag.failed) !== 0,
  };
}

/** The execution whose edge is nearest to the moment, within the tolerance. */
function nearestExecution(lane: Lane, atNs: number, toleranceNs: number): Hit {
  const { executions } = lane;
  const before = lastStarted(executions, atNs);
  const gapBefore = before < 0 ? Infinity : Math.max(atNs - executions.endNs(before), 0);
  const gapBehind = executions.startNs.at(before + 1) - atNs;
  if (gapBefore <= toleranceNs && !(gapBehind < gapBefore)) return executionHit(lane, before);
  return gapBehind <= toleranceNs ? executionHit(lane, before + 1) : null;
}

/** The innermost span around the moment. */
function spanHit(store: TraceStore, lane: Lane, atNs: number, toleranceNs: number): Hit {
  settleSpans(lane);
  const { spans } = lane;
  let index = lastStarted(spans, atNs + toleranceNs);
  while (index >= 0 && spans.endNs(index) + toleranceNs < atNs) {
    if (levelOf(spans.second.at(index)) === 1) return null;
    index--;
  }
  if (index < 0) return null;
  return {
    kind: 'span',
    name: store.spanNames[spans.first.at(index)] ?? '',
    lane: laneLabel(lane, spans.startNs.at(index)),
    startNs: spans.startNs.at(index),
    durationNs: spans.durationNs.at(index),
  };
}

function freeHit(lane: Lane, atNs: number, analysis: PipelineAnalysis): Hit {
  const { freeFromNs, freeToNs } = freeWindow(lane, analysis);
  if (lane.stage === null || atNs < freeFromNs || atNs >= freeToNs) return null;
  const { timeline } = analysis.fold(lane.stage);
  const segment = timeline.segmentAt(atNs);
  const weights = { blocked: 0, starved: 0 };
  timeline.weights(segment, weights);
  if (weights.blocked === 0 && weights.starved === 0) return null;
  const { executions } = lane;
  const before = lastStarted(executions, atNs);
  const lastEndNs = before < 0 ? -Infinity : executions.endNs(before);
  const nextStartNs = executions.startNs.at(before + 1);
  const startNs = Math.max(timeline.fromNs(segment), lastEndNs, freeFromNs);
  const endNs = Math.min(
    timeline.nextChange(segment),
    Number.isNaN(nextStartNs) ? Infinity : nextStartNs,
    freeToNs,
  );
  return {
    kind: 'wait',
    lane: laneLabel(lane),
    state: weights.blocked >= weights.starved ? 'blocked' : 'starved',
    startNs,
    durationNs: endNs - startNs,
  };
}

function lastStarted(table: IntervalTable, atNs: number): number {
  return table.startNs.upperBound(atNs) - 1;
}
