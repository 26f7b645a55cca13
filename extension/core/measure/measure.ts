/** The operating points of a pipeline: one for each setting of its knobs that ran long enough to be measured. */
import { perSecond, percentilesOf, type PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import type { FreeWeights } from '../analysis/breakpoints.js';
import { deviceOf } from '../analysis/deviceTime.js';
import { itemsPerEntry } from '../analysis/queueUnit.js';
import { sharesOf } from '../analysis/laneTime.js';
import { CpuFold } from '../analysis/threadTime.js';
import { stageLabel, type LinkedQueue } from '../analysis/topology.js';
import { kindOf, usedLanes, type Process, type Stage } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import type { TraceStore } from '../model/store.js';
import { epochsOf, type Epoch } from './epochs.js';
import { countIn, sampleIn, startedIn, type StageCounts } from './executions.js';
import {
  endsNs,
  type MeasuredQueue,
  type MeasuredStage,
  type OperatingPoint,
} from './operatingPoint.js';
import { steadyPart, type Stretch } from './steadyWindow.js';
import { coreUse, loopOf, loopsOf, type FoundLoop } from './threads.js';

/** Executions of all stages that a point is made of at most: the newest. More say the same and cost time. */
const MAX_EXECUTIONS = 200_000;
/** Parts of the window whose rates are told. */
const RATE_BLOCKS = 10;
/** Behind a turned knob the pipeline is on its way from one state to another. */
const SETTLE_NS = 200e6;

/** What points are made of. */
export interface Source {
  readonly store: TraceStore;
  readonly analysis: PipelineAnalysis;
}

/** All points that can be told, in the order of time; as of the last `refresh` of the analysis. In steps. */
export function* operatingPoints(source: Source): Generator<undefined, readonly OperatingPoint[]> {
  const { store, analysis } = source;
  const points: OperatingPoint[] = [];
  const window = analysis.drawnWindow;
  const whole = { fromNs: window.fromNs, toNs: Math.min(window.toNs, store.fullAtNs) };
  for (const [i, epoch] of epochsOf(store, analysis.pipeline, whole).entries()) {
    const fromNs = i === 0 ? epoch.fromNs : epoch.fromNs + SETTLE_NS;
    if (fromNs >= epoch.toNs) continue;
    const point = yield* measuredPoint(source, { ...epoch, fromNs });
    if (point !== null) points.push(point);
  }
  return points;
}

function* measuredPoint(source: Source, epoch: Epoch): Generator<undefined, OperatingPoint | null> {
  const { store, analysis } = source;
  const { stages, queues, links } = analysis.pipeline;
  const last = stages.at(-1);
  if (last === undefined) return null;
  const window = yield* steadyWindow(analysis, bounded(stages, begun(stages, epoch)));
  if (!(window.toNs > window.fromNs)) return null;
  const processes = new Set(stages.map(({ process }) => process));
  const loops = loopsOf(stages, window);
  const cpu = new Map([...processes].map((process) => [process, cpuIn(process, window)]));
  const measured: MeasuredStage[] = [];
  for (const stage of stages) {
    const fold = cpu.get(stage.process);
    measured.push(yield* measuredStage(source, stage, { window, loops, cpu: fold }));
  }
  const depths: MeasuredQueue[] = [];
  for (const link of queues) depths.push(yield* measuredQueue(analysis, link, window));
  const departures = yield* sampleIn(last, window, MAX_EXECUTIONS);
  const rates = blockRates(departures, window);
  return {
    pipeline: analysis.pipeline.name,
    window,
    throughputPerSec: measured.at(-1)?.ratePerSec ?? 0,
    blockRates: rates,
    latencyNs: latencyIn(analysis, window),
    knobs: epoch.knobs,
    stages: measured,
    queues: depths,
    links: links
      .filter(({ isInside }) => !isInside)
      .map(({ from, to }) => ({
        from: stageLabel(from, analysis.pipeline),
        to: stageLabel(to, analysis.pipeline),
      })),
    sourceGapsNs: sourceGapsNs(analysis, stages[0], measured[0]),
    loops: loops.map(({ name, cpuShare, utilization }) => ({ name, cpuShare, utilization })),
    ...coreUse(processes, window),
    lostShare: lostShare(store),
  };
}

/** From where on every stage has begun. */
function begun(stages: readonly Stage[], { fromNs, toNs }: Stretch): Stretch {
  const firsts = stages.map((stage) => stage.firstStartNs).filter((ns) => ns < toNs);
  return { fromNs: Math.max(fromNs, ...firsts), toNs };
}

/** The newest part of a stretch that does not hold too many executions. */
function bounded(stages: readonly Stage[], { fromNs, toNs }: Stretch): Stretch {
  const count = stages.reduce((sum, stage) => sum + startedIn(stage, { fromNs, toNs }), 0);
  if (count <= MAX_EXECUTIONS) return { fromNs, toNs };
  return { fromNs: toNs - ((toNs - fromNs) * MAX_EXECUTIONS) / count, toNs };
}

function* steadyWindow(
  { pipeline }: PipelineAnalysis,
  stretch: Stretch,
): Generator<undefined, Stretch> {
  const last = pipeline.stages.at(-1);
  if (last === undefined) return stretch;
  const sampled = yield* sampleIn(last, stretch, MAX_EXECUTIONS);
  return steadyPart(stretch, { atNs: endsNs(sampled), items: sampled.items });
}

function cpuIn(process: Process, { fromNs, toNs }: Stretch): CpuFold {
  const fold = new CpuFold(process, fromNs);
  fold.advance(toNs);
  return fold;
}

interface Surrounding {
  readonly window: Stretch;
  readonly loops: readonly FoundLoop[];
  readonly cpu: CpuFold | undefined;
}

function* measuredStage(
  { store, analysis }: Source,
  stage: Stage,
  { window, loops, cpu }: Surrounding,
): Generator<undefined, MeasuredStage> {
  const { pipeline } = analysis;
  const counts: StageCounts = yield* countIn(stage, window);
  const time = yield* analysis.laneTimeIn(stage, window, false);
  const lengthNs = window.toNs - window.fromNs;
  const parent = pipeline.links.find(({ to, isInside }) => isInside && to === stage)?.from;
  const device = kindOf(stage) === 'gpu' ? deviceOf(store, stage.process, window) : null;
  return {
    ...(device === null ? {} : { device }),
    name: stageLabel(stage, pipeline),
    kind: kindOf(stage),
    parallelism: stage.parallelism.at((window.fromNs + window.toNs) / 2),
    lanesSeen: Math.max(usedLanes(stage).length, 1),
    executions: counts.executions,
    items: counts.items,
    errors: counts.errors,
    ratePerSec: perSecond(counts.items, lengthNs),
    shares: sharesOf(time),
    laneBusy: counts.laneBusyNs.map((busyNs) => busyNs / lengthNs),
    laneItems: counts.laneItems,
    cpuShare: cpu?.share(stage) ?? null,
    coreWaitShare: cpu?.coreWaitShare(stage) ?? null,
    sampled: yield* sampleIn(stage, window),
    loop: loopOf(stage, loops),
    threadsStarted: threadsStarted(stage, window),
    inside: parent === undefined ? null : stageLabel(parent, pipeline),
  };
}

function threadsStarted(stage: Stage, { fromNs, toNs }: Stretch): number {
  const started = usedLanes(stage).flatMap(({ thread }) =>
    thread.tenants.all.filter((tenant) => tenant.fromNs > fromNs && tenant.fromNs < toNs),
  );
  return new Set(started.map(({ thread }) => thread)).size;
}

function* measuredQueue(
  analysis: PipelineAnalysis,
  link: LinkedQueue,
  window: Stretch,
): Generator<undefined, MeasuredQueue> {
  const { queue, from, to } = link;
  const unit = itemsPerEntry(link);
  const sums = yield* analysis.depthSumsIn(queue, window);
  const { series } = queue;
  const depthAt = (ns: number): number => {
    const index = series.atNs.upperBound(ns) - 1;
    return index < 0 ? 0 : series.depth.at(index);
  };
  const capacity = queue.capacity.at((window.fromNs + window.toNs) / 2);
  const { knownNs } = sums;
  return {
    name: queue.name,
    from: from === null ? null : stageLabel(from, analysis.pipeline),
    to: to === null ? null : stageLabel(to, analysis.pipeline),
    itemsPerEntry: unit,
    capacity: capacity === null ? null : capacity * unit,
    meanDepth: knownNs === 0 ? 0 : (sums.depthNs / knownNs) * unit,
    fullShare: capacity === null || knownNs === 0 ? null : sums.fullNs / knownNs,
    emptyShare: knownNs === 0 ? 1 : sums.emptyNs / knownNs,
    maxDepth: sums.maxDepth * unit,
    growth: (depthAt(window.toNs) - depthAt(window.fromNs)) * unit,
  };
}

/** Time between executions in which the one lane of the first stage was free, less that in which its output was full. */
function sourceGapsNs(
  analysis: PipelineAnalysis,
  stage: Stage | undefined,
  measured: MeasuredStage | undefined,
): Float64Array | null {
  if (stage === undefined || measured?.laneBusy.length !== 1) return null;
  const { startNs, durationNs } = measured.sampled;
  const { timeline } = analysis.fold(stage);
  const weights: FreeWeights = { blocked: 0, starved: 0 };
  const blockedBefore = (ns: number): number => {
    timeline.timeBefore(ns, weights);
    return weights.blocked;
  };
  return startNs.map((start, i) => {
    if (i === 0) return 0;
    const endNs = (startNs[i - 1] ?? 0) + (durationNs[i - 1] ?? 0);
    return Math.max(start - endNs - (blockedBefore(start) - blockedBefore(endNs)), 0);
  });
}

/** Items per second in parts of the window, by the departures of the last stage. */
function blockRates(
  departures: MeasuredStage['sampled'],
  { fromNs, toNs }: Stretch,
): readonly number[] {
  const rates = new Array<number>(RATE_BLOCKS).fill(0);
  const lengthNs = (toNs - fromNs) / RATE_BLOCKS;
  for (const [i, endNs] of endsNs(departures).entries()) {
    const block = Math.floor((endNs - fromNs) / lengthNs);
    if (block < 0 || block >= RATE_BLOCKS) continue;
    rates[block] = (rates[block] ?? 0) + (departures.items[i] ?? 0) / (lengthNs / 1e9);
  }
  return rates;
}

/** Times from end to end of the items that left in the window; null when they cannot be followed. */
function latencyIn(
  analysis: PipelineAnalysis,
  { fromNs, toNs }: Stretch,
): OperatingPoint['latencyNs'] {
  const single = analysis.followedItems()?.single;
  if (single === undefined) return null;
  single.settle();
  const first = single.startNs.lowerBound(fromNs);
  const behind = single.startNs.lowerBound(toNs);
  const times = new LogHistogram();
  for (let i = first; i < behind; i++) times.record(single.durationNs.at(i));
  return times.weight === 0 ? null : percentilesOf(times);
}

function lostShare({ receivedExecutions, lostExecutions }: TraceStore): number {
  const all = receivedExecutions + lostExecutions;
  return all === 0 ? 0 : lostExecutions / all;
}
