/** How items come to a pipeline: whether there is always a next one, or they come by themselves. */
import { stageOf, type MeasuredStage, type OperatingPoint } from '../measure/operatingPoint.js';
import type { Arrivals } from '../simulation/workload.js';
import { roundsOf } from './rounds.js';

/** A first stage that has nothing to do for longer than this is not offered work fast enough. */
const HUNGRY_SHARE = 0.15;

/** Queues before the first stage that somebody fills. */
function inputsOf(point: OperatingPoint, first: MeasuredStage): OperatingPoint['queues'] {
  return point.queues.filter(({ to, from }) => to === first.name && from !== first.name);
}

/** Whether the first stage always has something to do. */
export function isSaturated(point: OperatingPoint): boolean {
  const [first] = point.stages;
  if (first === undefined) return true;
  const inputs = inputsOf(point, first);
  if (inputs.length > 0) return inputs.some(({ emptyShare }) => emptyShare < HUNGRY_SHARE);
  return first.shares.starved + first.shares.idle < HUNGRY_SHARE;
}

/** Items between begin and end that the program allows at once: a bounded queue that nobody takes from; null: no such limit. */
export function inFlightLimit(point: OperatingPoint): number | null {
  const limits = point.queues.flatMap(({ to, capacity, from }) =>
    to === null && from === point.stages[0]?.name && capacity !== null ? [capacity] : [],
  );
  return limits.length === 0 ? null : Math.min(...limits);
}

/** A first stage that is held up for longer than this would deliver more if it could. */
const HELD_UP = 0.1;

/**
 * Whether the first stage has a pace of its own and is held up besides: neither always ready nor free to come when it will.
 * Its pace then is part of its service, and a full queue delays it.
 */
export function isPaced(point: OperatingPoint): boolean {
  const blocked = point.stages[0]?.shares.blocked ?? 0;
  return !isSaturated(point) && point.sourceGapsNs !== null && blocked >= HELD_UP;
}

/** The arrivals of a measured pipeline. */
export function arrivalsOf(point: OperatingPoint): Arrivals {
  const [first] = point.stages;
  const saturated: Arrivals = { kind: 'saturated', inFlight: inFlightLimit(point) };
  if (first === undefined || isSaturated(point) || isPaced(point)) return saturated;
  const rounds = roundsOf(point);
  if (rounds !== null) return { kind: 'closed', ...rounds, inRounds: true };
  const gapsNs = gapsOf(first);
  return gapsNs.length < 2 ? saturated : { kind: 'open', gapsNs };
}

/** Times between arrivals: when executions began less what their items had waited; items of one execution come together. */
function gapsOf({ sampled }: MeasuredStage): Float64Array {
  const { startNs, waitedNs, items } = sampled;
  const arrivedNs = startNs.map((start, i) => start - known(waitedNs[i])).sort();
  const gaps: number[] = [];
  for (let i = 1; i < arrivedNs.length; i++) {
    gaps.push((arrivedNs[i] ?? 0) - (arrivedNs[i - 1] ?? 0));
    for (let more = 1; more < (items[i] ?? 1); more++) gaps.push(0);
  }
  return Float64Array.from(gaps);
}

/** A wait, or 0 where it is not known (NaN). */
const known = (waitNs: number | undefined): number =>
  waitNs === undefined || Number.isNaN(waitNs) ? 0 : waitNs;

/** Whether a queue of the point stands before a stage. */
export function hasQueue(point: OperatingPoint, stage: string): boolean {
  return point.queues.some(({ to }) => to === stageOf(point, stage)?.name);
}
