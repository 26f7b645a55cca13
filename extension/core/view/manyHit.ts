/** What is at a place where single executions cannot be told apart: all of them together. */
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import { LaneSums } from '../analysis/laneSums.js';
import { sharesOf, type LaneTime } from '../analysis/laneTime.js';
import { LaneWalk } from '../analysis/laneWalk.js';
import { generatorJob, runJob } from '../job.js';
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT } from '../model/blocks.js';
import { ExecutionFlag, laneLabel, type Lane } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { HitReply } from '../panel/hit.js';
import { stageRowLabel, type StageRowTarget } from './rowTargets.js';
import { freeWindow } from './view.js';

type ManyHit = Extract<HitReply['hit'], { kind: 'many' }>;

/** As many executions within the tolerance are still looked at one by one. */
const MAX_SINGLE = 3;

/** A stretch of time. */
export interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
}

/** The moment with the tolerance around it; never without length. */
export function stretchAt(atNs: number, toleranceNs: number): Stretch {
  const halfNs = Math.max(toleranceNs, 0.5);
  return { fromNs: atNs - halfNs, toNs: atNs + halfNs };
}

/** Executions that begin in a stretch. */
interface Begun {
  executions: number;
  failed: number;
  longestNs: number | null;
}

/** All lanes of a stage row; null where the pipeline did not run. */
export function stagesHit(target: StageRowTarget, stretch: Stretch): ManyHit | null {
  const { analysis, stages } = target;
  const { drawnWindow } = analysis;
  const fromNs = Math.max(stretch.fromNs, drawnWindow.fromNs);
  const toNs = Math.min(stretch.toNs, drawnWindow.toNs);
  if (!(toNs > fromNs)) return null;
  const begun: Begun = { executions: 0, failed: 0, longestNs: null };
  const time = { totalNs: 0, busyNs: 0, starvedNs: 0, blockedNs: 0, limitedNs: 0, idleNs: 0 };
  for (const stage of stages) {
    for (const lane of stage.lanes) addBegun(lane.executions, stretch, begun);
    const part = analysis.laneTimeIn(stage, { fromNs, toNs }, false);
    addTime(time, runJob(generatorJob(part)));
  }
  return {
    kind: 'many',
    label: stageRowLabel(target),
    ...stretch,
    ...begun,
    shares: sharesOf(time),
  };
}

function addTime(sum: { -readonly [K in keyof LaneTime]: number }, time: LaneTime): void {
  sum.totalNs += time.totalNs;
  sum.busyNs += time.busyNs;
  sum.starvedNs += time.starvedNs;
  sum.blockedNs += time.blockedNs;
  sum.limitedNs += time.limitedNs;
  sum.idleNs += time.idleNs;
}

/**
 * A lane where there are too many to point at one; null where there are not, or where the one at the moment is so long that it
 * is pointed at for sure.
 */
export function crowdHit(
  { lane, analysis }: { readonly lane: Lane; readonly analysis: PipelineAnalysis },
  atNs: number,
  stretch: Stretch,
): ManyHit | null {
  const { executions, stage } = lane;
  executions.settle();
  const { startNs } = executions;
  const begin = startNs.lowerBound(stretch.fromNs);
  if (startNs.lowerBound(stretch.toNs) - begin <= MAX_SINGLE) return null;
  const last = startNs.upperBound(atNs) - 1;
  const isLong = executions.durationNs.at(last) > stretch.toNs - stretch.fromNs;
  if (last >= 0 && isLong && executions.endNs(last) > atNs) return null;
  const begun: Begun = { executions: 0, failed: 0, longestNs: null };
  addBegun(executions, stretch, begun);
  const label = `${stage?.name ?? lane.name} · ${laneLabel(lane, atNs)}`;
  return { kind: 'many', label, ...stretch, ...begun, shares: laneShares(lane, analysis, stretch) };
}

function laneShares(lane: Lane, analysis: PipelineAnalysis, stretch: Stretch): ManyHit['shares'] {
  const timeline = lane.stage === null ? null : analysis.fold(lane.stage).timeline;
  const sums = new LaneSums();
  const { fromNs, toNs } = stretch;
  new LaneWalk(lane, { timeline, ...freeWindow(lane, analysis) }).walk(fromNs, toNs, sums);
  const totalNs = toNs - fromNs;
  const { busyNs, limitedNs } = sums;
  const starvedNs = sums.recordedStarvedNs + sums.freeStarvedNs;
  const blockedNs = sums.recordedBlockedNs + sums.freeBlockedNs;
  const idleNs = Math.max(totalNs - busyNs - limitedNs - starvedNs - blockedNs, 0);
  return sharesOf({ totalNs, busyNs, limitedNs, starvedNs, blockedNs, idleNs });
}

/** Adds the executions that begin in a stretch; a block that lies in it is told from its summary if none failed. */
function addBegun(table: IntervalTable, { fromNs, toNs }: Stretch, begun: Begun): void {
  table.settle();
  const behind = table.startNs.lowerBound(toNs);
  for (let index = table.startNs.lowerBound(fromNs); index < behind;) {
    const base = index - (index & BLOCK_MASK);
    const end = Math.min(behind - base, BLOCK_ROWS);
    const { rows, extremes } = table.summary(index >>> BLOCK_SHIFT);
    const isWhole = index === base && end === rows;
    begun.executions += end - (index - base);
    if (isWhole && (extremes.anySecond & ExecutionFlag.failed) === 0) {
      begun.longestNs = Math.max(begun.longestNs ?? 0, extremes.longestNs);
    } else addRows(table, { block: index >>> BLOCK_SHIFT, from: index - base, to: end }, begun);
    index = base + end;
  }
}

function addRows(
  table: IntervalTable,
  { block: at, from, to }: { readonly block: number; readonly from: number; readonly to: number },
  begun: Begun,
): void {
  const { data, secondAll } = table.block(at);
  const { durationNs, second } = data;
  let longestNs = begun.longestNs ?? 0;
  for (let i = from; i < to; i++) {
    const word = second === null ? secondAll : (second[i] ?? 0);
    if ((word & ExecutionFlag.failed) !== 0) begun.failed++;
    longestNs = Math.max(longestNs, durationNs[i] ?? 0);
  }
  begun.longestNs = longestNs;
}
