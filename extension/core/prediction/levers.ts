/** Knobs as the model knows them: what each would change in a workload, and how far it may go. */
import {
  lanesOf,
  stageOf,
  type KnobSetting,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { meanSplit } from './serviceSplit.js';
import type { BatchRule, SimulatedStage, Workload } from '../simulation/workload.js';

export type LeverKind = 'lanes' | 'queue' | 'batch';

/** A knob that the model can turn. */
export interface Lever {
  readonly knob: KnobSetting;
  readonly kind: LeverKind;
  /** Index of the stage: the one with the lanes or the batch, or the one behind the queue. */
  readonly stage: number;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Of a queue with a bound: items for which one of the knob's value makes room, with the lanes that there are. */
  readonly itemsPerValue?: number;
  /** The queue has the knob's value for each lane of this stage (its index). */
  readonly perLaneOf?: number;
}

/** What a knob changes. */
type Place = Pick<Lever, 'kind' | 'stage' | 'itemsPerValue' | 'perLaneOf'>;

/** Values of knobs, in the order of their levers. */
export type Setting = readonly number[];

/** Nothing is claimed beyond so many times what was seen (Gunther's rule for fits of the USL). */
const REACH = 2;
/** Depths and batches are known to do nothing strange, but not for ever. */
const QUEUE_REACH = 64;
const BATCH_REACH = 16;

/** Stages that compute for so much of their time are limited by cores. */
const COMPUTES = 0.7;

/** Knobs of queues whose value counts for each worker that fills them (torch's). */
const PER_WORKER = /^prefetch_factor$/;

/** Threads of a pool that only bound what others set, or that no task is given to. */
const SECONDARY = /^(min(imum)?[A-Z_]?|concurrentTasksPerWorker|idle)/i;

/** The knobs of a point that the model can turn. `seen` are all points, for the largest value that was tried. */
export function leversOf(point: OperatingPoint, seen: readonly OperatingPoint[]): readonly Lever[] {
  const levers: Lever[] = [];
  for (const knob of point.knobs) {
    const lever = leverOf(point, knob);
    if (lever === null || levers.some((l) => isSame(l, lever))) continue;
    levers.push({ ...lever, max: Math.min(lever.max, reachOf(lever, point, seen)) });
  }
  return levers;
}

const isSame = (a: Lever, b: Lever): boolean => a.kind === b.kind && a.stage === b.stage;

function leverOf(point: OperatingPoint, knob: KnobSetting): Lever | null {
  const { value, min } = knob;
  if (value === null || (value < 1 && !isInCaller(point, knob))) return null;
  const place = placeOf(point, knob, value);
  if (place === null) return null;
  const least = Math.min(Math.max(min, 1), value);
  return { ...place, knob, value, min: least, max: knob.max ?? Infinity };
}

/**
 * Workers: 0. The stage runs in the thread that asks for its results (torch's `num_workers`), and takes turns with what else
 * that does; from one worker on it has threads of its own.
 */
function isInCaller(point: OperatingPoint, { kind, value, stage: name }: KnobSetting): boolean {
  const stage = stageOf(point, name);
  const isAlone = stage !== undefined && stage.loop !== null && lanesOf(stage) === 1;
  return kind === 'parallelism' && value === 0 && isAlone;
}

/** What a knob changes; null: the model does not know. */
function placeOf(point: OperatingPoint, knob: KnobSetting, value: number): Place | null {
  if (knob.kind === 'queueDepth') return queuePlace(point, knob, value);
  const measured = stageOf(point, knob.stage);
  if (measured === undefined) return null;
  const stage = point.stages.indexOf(measured);
  if (knob.kind === 'batchSize') return { kind: 'batch', stage };
  const isOther = SECONDARY.test(knob.name) || lanesOf(measured) !== Math.max(value, 1);
  return isOther ? null : { kind: 'lanes', stage };
}

function queuePlace(
  point: OperatingPoint,
  { queue: name, name: knob }: KnobSetting,
  value: number,
): Place | null {
  const queue = point.queues.find((q) => q.name === name);
  if (queue === undefined) return null;
  const stage = point.stages.findIndex((s) => s.name === queue.to);
  if (stage < 0) return null;
  if (queue.capacity === null) return { kind: 'queue', stage };
  const from = point.stages.findIndex((s) => s.name === queue.from);
  const filling = point.stages[from];
  const lanes = PER_WORKER.test(knob) && filling !== undefined ? lanesOf(filling) : null;
  const itemsPerValue = queue.itemsPerEntry * (lanes ?? 1);
  if (queue.capacity !== value * itemsPerValue) return null;
  const place = { kind: 'queue', stage, itemsPerValue } as const;
  return lanes === null ? place : { ...place, perLaneOf: from };
}

/** How far up the model dares to speak. */
function reachOf(lever: Lever, point: OperatingPoint, seen: readonly OperatingPoint[]): number {
  const tried = seen.flatMap(({ knobs }) =>
    knobs.filter(({ name, stage, queue }) => isNamed(lever.knob, { name, stage, queue })),
  );
  const largest = Math.max(lever.value, ...tried.map(({ value }) => value ?? 0));
  if (lever.kind === 'queue') return largest * QUEUE_REACH;
  if (lever.kind === 'batch') return largest * BATCH_REACH;
  const stage = point.stages[lever.stage];
  const computing = stage === undefined ? 0 : computingShare(point, stage);
  // Nobody has seen it on threads of its own: as many as there are cores will do for computing, one for anything else.
  if (lever.value === 0) return stage?.kind === 'cpu' ? (point.cores ?? 1) : 1;
  if (computing < COMPUTES || point.cores === null) return largest * REACH;
  // Computing is understood: lanes beyond the cores only share them, and need a bit more for what they wait.
  return Math.max(lever.value, Math.ceil(point.cores / computing - 0.1));
}

/** Of the time of a stage with threads of its own, what it computes. */
function computingShare(point: OperatingPoint, stage: MeasuredStage): number {
  const { cpuNs, waitNs } = meanSplit(point, stage);
  return stage.loop === null && cpuNs > 0 ? cpuNs / (cpuNs + waitNs) : 0;
}

/** The same knob in another run: ids of processes differ. */
export function isNamed(
  knob: KnobSetting,
  { name, stage, queue }: Pick<KnobSetting, 'name' | 'stage' | 'queue'>,
): boolean {
  return knob.name === name && knob.stage === stage && knob.queue === queue;
}

/** The workload under another setting. */
export function withSetting(
  workload: Workload,
  levers: readonly Lever[],
  setting: Setting,
): Workload {
  const stages = [...workload.stages];
  for (const [i, lever] of levers.entries()) {
    const stage = stages[lever.stage];
    const value = setting[i] ?? lever.value;
    if (lever.kind === 'queue' || stage === undefined || value === lever.value) continue;
    stages[lever.stage] = turned(stage, lever, value);
  }
  // Once all lanes are as they will be.
  for (const [i, lever] of levers.entries()) {
    const stage = stages[lever.stage];
    if (lever.kind !== 'queue' || stage === undefined) continue;
    const value = setting[i] ?? lever.value;
    stages[lever.stage] = {
      ...stage,
      queueCapacity: roomAt(stage, lever, { value, workload, stages }),
    };
  }
  return { ...workload, stages };
}

/** Room before a stage whose queue has another capacity. What other queues before it add to that stays. */
function roomAt(
  { queueCapacity: room }: SimulatedStage,
  { value: before, itemsPerValue, perLaneOf }: Lever,
  {
    value,
    workload,
    stages,
  }: { value: number; workload: Workload; stages: readonly SimulatedStage[] },
): number | null {
  if (room === null || itemsPerValue === undefined) return value === before ? room : value;
  const lanesIn = (all: readonly SimulatedStage[]): number => {
    const lanes = perLaneOf === undefined ? 1 : (all[perLaneOf]?.lanes ?? 1);
    return Number.isFinite(lanes) ? Math.max(lanes, 1) : 1;
  };
  const capacity = (value * itemsPerValue * lanesIn(stages)) / lanesIn(workload.stages);
  return Math.max(room - before * itemsPerValue + Math.round(capacity), 0);
}

/** A stage with other lanes or another batch. */
function turned(
  stage: SimulatedStage,
  { kind, value: before }: Lever,
  value: number,
): SimulatedStage {
  if (kind === 'lanes') {
    const loop = before === 0 ? null : stage.loop;
    return { ...stage, loop, lanes: value, laneShares: sharesAmong(stage.laneShares, value) };
  }
  return { ...stage, batch: batchOf(stage.batch, before, value) };
}

/** With more lanes the hot one stays as hot: a key cannot be divided. The others share the rest. */
function sharesAmong(shares: readonly number[] | null, lanes: number): readonly number[] | null {
  if (shares === null) return null;
  const hot = Math.max(...shares);
  const rest = shares.reduce((sum, share) => sum + share, 0) - hot;
  return Array.from({ length: lanes }, (_, i) => (i === 0 ? hot : rest / Math.max(lanes - 1, 1)));
}

/** A stage that collects full batches goes on doing so. */
function batchOf(rule: BatchRule | null, before: number, value: number): BatchRule {
  const isCollecting = rule !== null && rule.min >= before && before > 1;
  return { min: isCollecting ? value : 1, max: value, lingerNs: rule?.lingerNs ?? null };
}

const rounded = (value: number, { min, max }: Lever): number =>
  Math.min(Math.max(Math.round(value), min), Math.max(max, min));

/** Values that are worth a look from a value on: upwards and downwards, near ones first. */
export function stepsFrom(lever: Lever, value: number): readonly number[] {
  const wanted =
    lever.kind === 'lanes'
      ? [value + 1, value * 1.5, value * 2, value - 1, value / 2]
      : [value * 2, value * 4, value / 2];
  const values = wanted.map((v) => rounded(v, lever)).filter((v) => v !== value);
  return [...new Set(values)];
}
