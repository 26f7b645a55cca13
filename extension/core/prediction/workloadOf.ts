/** The workload of a measured pipeline: what the simulation needs to know of it. */
import {
  lanesOf,
  meanServiceNs,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import type { SimulatedStage, Workload } from '../simulation/workload.js';
import { arrivalsOf, isPaced, isSaturated } from './arrivals.js';
import { batchCostOf, batchRuleOf, meanBatch } from './batches.js';
import { contentionOf } from './contention.js';
import { placesOf, type Place } from './flows.js';
import { withPace } from './sourcePace.js';
import { meanSplit, splitSamples, type MeanSplit } from './serviceSplit.js';

/** A stage that waits for its rate limit for so long is limited by it. */
const LIMITED = 0.3;
/** Free time beside waiting items from which handing over is worth modelling. */
const HAND_OVER = 0.02;
/** Room before a stage that is known to have no bound, when the source always has more. */
const MIN_ROOM = 64;
/** Cores' worth of such computing that is more than the agent's own. */
const MIN_HIDDEN = 0.15;
/** The hot lane is so much busier than the mean of all. */
const SKEWED = 0.25;

/** Whether work goes to lanes by what it is, so that one lane is the limit while others stand free beside waiting items. */
export function isSkewed(point: OperatingPoint, stage: MeasuredStage): boolean {
  const { laneBusy, shares } = stage;
  if (laneBusy.length < 2 || shares.idle < 0.1) return false;
  const hot = Math.max(...laneBusy);
  const mean = laneBusy.reduce((sum, busy) => sum + busy, 0) / laneBusy.length;
  const waits = point.queues.some(({ to, emptyShare }) => to === stage.name && emptyShare < 0.3);
  return waits && hot >= 0.8 && hot - mean >= SKEWED;
}

/** Lane time per execution in which work waited and nobody took it, in nanoseconds. */
export function handOverNs(point: OperatingPoint, stage: MeasuredStage): number {
  const hasQueue = point.queues.some(({ to }) => to === stage.name);
  const rule = batchRuleOf(point, stage);
  const isCollecting = rule !== null && rule.min > 1;
  if (!hasQueue || isCollecting || isSkewed(point, stage) || stage.executions === 0) return 0;
  if (stage.shares.idle < HAND_OVER) return 0;
  const laneNs = lanesOf(stage) * (point.window.toNs - point.window.fromNs);
  return (stage.shares.idle * laneNs) / stage.executions;
}

/** The rate that a limiter lets through; null: none was seen at work. */
export function limitOf({ shares, ratePerSec }: MeasuredStage): number | null {
  return shares.limited >= LIMITED && ratePerSec > 0 ? ratePerSec : null;
}

/**
 * Room before a stage: of all its queues together (they stand one behind the other, a pool's own behind the program's). One
 * without a bound behind one that has it never held more than the program let it; of others a source that always has more
 * to give would fill any amount, so they get room for more than they ever held, and no end. null: unlimited.
 */
function roomBefore(point: OperatingPoint, stage: MeasuredStage): number | null {
  const queues = point.queues.filter(({ to }) => to === stage.name);
  if (!isSaturated(point)) {
    const isOpen = queues.length === 0 || queues.some(({ capacity }) => capacity === null);
    return isOpen ? null : queues.reduce((sum, { capacity }) => sum + (capacity ?? 0), 0);
  }
  // What a source that always has more is asked for when a lane is free has waited nowhere.
  if (queues.length === 0 && stage === point.stages[0]) return null;
  const isBounded = queues.some(({ capacity }) => capacity !== null);
  if (!isBounded) return Math.max(...queues.map(({ maxDepth }) => 2 * maxDepth), MIN_ROOM);
  const room = queues.reduce((sum, { capacity, maxDepth }) => sum + (capacity ?? maxDepth), 0);
  // Where too little was seen to tell that a queue counts batches, a batch that has no room in it still says so.
  const batch = batchRuleOf(point, stage)?.min ?? 1;
  return room < batch ? room * batch : room;
}

/** Lanes of a stage; a first stage that always has something to do and no declared limit has as many as it was seen with. */
function lanesFor(point: OperatingPoint, stage: MeasuredStage): number {
  if (stage.parallelism !== null) return stage.parallelism;
  return stage === point.stages[0] && isSaturated(point) ? stage.lanesSeen : Infinity;
}

/** The own part of a stage that waits for others inside of it. */
function ownShare(point: OperatingPoint, stage: MeasuredStage): number {
  const meanNs = meanServiceNs(stage);
  const inner = point.stages.filter(({ inside }) => inside === stage.name);
  if (inner.length === 0 || meanNs === 0) return 1;
  const innerNs = inner.reduce((sum, child) => sum + residenceNs(point, child), 0);
  return Math.max(1 - innerNs / meanNs, 0.01);
}

/** Mean time of an item from before a stage's queue to its end: the wait by Little's law, W = L / X. */
export function residenceNs(point: OperatingPoint, stage: MeasuredStage): number {
  const depth = point.queues
    .filter(({ to }) => to === stage.name)
    .reduce((sum, { meanDepth }) => sum + meanDepth, 0);
  const waitNs = stage.ratePerSec > 0 ? (depth / stage.ratePerSec) * 1e9 : 0;
  return waitNs + meanServiceNs(stage);
}

/** Cores that loops and stages with threads of their own keep busy. */
function knownCores(point: OperatingPoint): number {
  const lengthNs = point.window.toNs - point.window.fromNs;
  const loops = point.loops.reduce((sum, { cpuShare }) => sum + (cpuShare ?? 0), 0);
  return point.stages
    .filter(({ loop }) => loop === null)
    .reduce((sum, s) => sum + (meanSplit(point, s).cpuNs * s.executions) / lengthNs, loops);
}

/** Cores' worth of computing in threads that nobody names: libuv's, a library's, those that collect garbage. */
function hiddenCores(point: OperatingPoint): number {
  return point.cpuCores === null ? 0 : Math.max(point.cpuCores - knownCores(point), 0);
}

/** Whether a stage waits on its loop for what is computed elsewhere. */
const waitsForComputing = ({ loop, kind }: MeasuredStage): boolean =>
  loop !== null && kind === 'cpu';

/**
 * The cores for what is known to compute. What computes beside it, for nobody that waits for it (collecting garbage, say), grows
 * with it and takes its part of them.
 */
function coresFor(point: OperatingPoint): number | null {
  const known = knownCores(point);
  const hidden = hiddenCores(point);
  const isElsewhere = point.stages.some(waitsForComputing);
  if (point.cores === null || isElsewhere || hidden < MIN_HIDDEN || known <= 0) return point.cores;
  return (point.cores * known) / (known + hidden);
}

/** Computing in threads that nobody names, per execution of the stages that wait for it. */
function hiddenCpuNs(point: OperatingPoint, stage: MeasuredStage, known: MeanSplit): number {
  if (!waitsForComputing(stage)) return 0;
  const lengthNs = point.window.toNs - point.window.fromNs;
  const hidden = hiddenCores(point);
  if (hidden < 0.05) return 0;
  const alike = point.stages.filter(waitsForComputing);
  const executions = alike.reduce((sum, s) => sum + s.executions, 0);
  return Math.min((hidden * lengthNs) / Math.max(executions, 1), known.waitNs);
}

/** The workload of a point; `seen` are all points of the pipeline, this one included: what else it did tells how it scales. */
export function workloadOf(point: OperatingPoint, seen: readonly OperatingPoint[]): Workload {
  const places = placesOf(point);
  const stages = point.stages.map((stage, i) =>
    simulated(point, stage, { seen, place: places[i] ?? { next: [], heldUntil: null } }),
  );
  return {
    arrivals: arrivalsOf(point),
    stages: isPaced(point)
      ? stages.map((s, i) => (i === 0 ? { ...s, samples: withPace(point, s.samples) } : s))
      : stages,
    cores: coresFor(point),
    loops: point.loops.length,
  };
}

function simulated(
  point: OperatingPoint,
  stage: MeasuredStage,
  { seen, place }: { readonly seen: readonly OperatingPoint[]; readonly place: Place },
): SimulatedStage {
  const rule = batchRuleOf(point, stage);
  const cost = rule === null ? null : batchCostOf(seen, stage);
  const mean = meanBatch(stage);
  const known = meanSplit(point, stage);
  const hidden = hiddenCpuNs(point, stage, known);
  const own = ownShare(point, stage);
  const isKeyed = isSkewed(point, stage);
  const durationOf = (items: number): number =>
    cost === null ? 1 : cost.fixedNs + cost.perItemNs * items;
  const split = {
    cpuNs: (known.cpuNs + hidden) * own,
    waitNs: (known.waitNs - hidden) * own,
  };
  return {
    name: stage.name,
    // Keys are divided among the lanes that are there.
    lanes: isKeyed ? stage.laneItems.length : lanesFor(point, stage),
    queueCapacity: roomBefore(point, stage),
    batch: rule,
    samples: splitSamples(stage, split, {
      extraWaitNs: handOverNs(point, stage),
      scale: (i) =>
        cost === null ? 1 : durationOf(mean) / durationOf(stage.sampled.items[i] ?? 1),
    }),
    batchCost: cost === null ? null : { ...cost, sampledItems: mean },
    loop: hidden > 0 ? null : stage.loop,
    ratePerSec: limitOf(stage),
    contention: contentionOf(seen, stage),
    laneShares: isKeyed ? stage.laneItems.map((n) => n / stage.items) : null,
    ...place,
  };
}
