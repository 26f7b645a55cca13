/** Executions of a stage in a stretch of time, as columns in order of start. */
import { BLOCK_MASK, BLOCK_SHIFT } from '../model/blocks.js';
import { ExecutionFlag, itemsOf, usedLanes, type Lane, type Stage } from '../model/entities.js';
import { spansOf } from '../query/rowScan.js';
import { BesideTime } from './besideTime.js';
import { MAX_SAMPLES, type ExecutionColumns } from './operatingPoint.js';
import type { Stretch } from './steadyWindow.js';

/** What ended in a stretch. */
export interface StageCounts {
  readonly executions: number;
  readonly items: number;
  readonly errors: number;
  /** By lane: time in which it ran something within the stretch, and items of executions that ended. */
  readonly laneBusyNs: readonly number[];
  readonly laneItems: readonly number[];
}

/** Counts what ended in a stretch, lane by lane, in steps. */
export function* countIn(stage: Stage, stretch: Stretch): Generator<undefined, StageCounts> {
  const counts = { executions: 0, items: 0, errors: 0 };
  const laneBusyNs: number[] = [];
  const laneItems: number[] = [];
  for (const lane of usedLanes(stage)) {
    let busyNs = 0;
    let items = 0;
    const beside = new BesideTime(lane);
    for (const row of rowsIn(lane, stretch)) {
      if (row === null) {
        yield;
        continue;
      }
      const { startNs, endNs, word } = row;
      const [fromNs, toNs] = [Math.max(startNs, stretch.fromNs), Math.min(endNs, stretch.toNs)];
      if (toNs > fromNs) busyNs += toNs - fromNs - beside.waitsIn(fromNs, toNs);
      if (endNs < stretch.fromNs || endNs >= stretch.toNs) continue;
      counts.executions++;
      items += itemsOf(word);
      if ((word & ExecutionFlag.failed) !== 0) counts.errors++;
    }
    counts.items += items;
    laneBusyNs.push(busyNs);
    laneItems.push(items);
  }
  return { ...counts, laneBusyNs, laneItems };
}

interface Row {
  startNs: number;
  endNs: number;
  word: number;
}

/** Rows that touch a stretch; null after each block. The row is the same object each time. */
function* rowsIn(lane: Lane, { fromNs, toNs }: Stretch): Generator<Row | null> {
  const { executions } = lane;
  executions.settle();
  const row: Row = { startNs: 0, endNs: 0, word: 0 };
  const first = executions.firstEndingFrom(fromNs);
  const behind = executions.startNs.lowerBound(toNs);
  for (const { block, from, to } of spansOf(first, behind)) {
    const { data, secondAll } = executions.block(block);
    const { startNs, durationNs, second } = data;
    for (let i = from; i < to; i++) {
      row.startNs = startNs[i] ?? 0;
      row.endNs = row.startNs + (durationNs[i] ?? 0);
      row.word = second === null ? secondAll : (second[i] ?? 0);
      yield row;
    }
    yield null;
  }
}

/** Where a lane's rows that started in a stretch begin and end. */
function rangeIn({ executions }: Lane, { fromNs, toNs }: Stretch): readonly [number, number] {
  executions.settle();
  return [executions.startNs.lowerBound(fromNs), executions.startNs.lowerBound(toNs)];
}

/** How many executions of a stage started in a stretch; costs a look-up a lane. */
export function startedIn(stage: Stage, stretch: Stretch): number {
  return usedLanes(stage).reduce((sum, lane) => {
    const [from, to] = rangeIn(lane, stretch);
    return sum + Math.max(to - from, 0);
  }, 0);
}

/** The newest executions that started in a stretch and ended in it, at most `limit`, in order of start, in steps. */
export function* sampleIn(
  stage: Stage,
  stretch: Stretch,
  limit = MAX_SAMPLES,
): Generator<undefined, ExecutionColumns> {
  const count = startedIn(stage, stretch);
  const lengthNs = stretch.toNs - stretch.fromNs;
  const share = Math.min(limit / Math.max(count, 1), 1);
  const part = { fromNs: stretch.toNs - share * lengthNs, toNs: stretch.toNs };
  const start: number[] = [];
  const duration: number[] = [];
  const besideNs: number[] = [];
  const items: number[] = [];
  const waited: number[] = [];
  const lanes: number[] = [];
  for (const [number, lane] of usedLanes(stage).entries()) {
    const { executions } = lane;
    const [from, to] = rangeIn(lane, part);
    const beside = new BesideTime(lane);
    for (let i = from; i < to; i++) {
      const { data, secondAll } = executions.block(i >>> BLOCK_SHIFT);
      const row = i & BLOCK_MASK;
      const startNs = data.startNs[row] ?? 0;
      const durationNs = data.durationNs[row] ?? 0;
      if (row === BLOCK_MASK) yield;
      if (startNs + durationNs >= part.toNs) continue;
      start.push(startNs);
      duration.push(durationNs);
      besideNs.push(beside.of(startNs, durationNs));
      items.push(itemsOf(data.second === null ? secondAll : (data.second[row] ?? 0)));
      const waitedUs = executions.waited.at(i) - 1;
      waited.push(waitedUs >= 0 ? waitedUs * 1000 : NaN);
      lanes.push(Math.min(number, 0xffff));
    }
  }
  const order = Uint32Array.from(start.keys()).sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0));
  const picked =
    (values: readonly number[]) =>
    (i: number): number =>
      values[i] ?? 0;
  return {
    startNs: Float64Array.from(order, picked(start)),
    durationNs: Float64Array.from(order, picked(duration)),
    besideNs: Float64Array.from(order, picked(besideNs)),
    items: Uint32Array.from(order, picked(items)),
    waitedNs: Float64Array.from(order, picked(waited)),
    lane: Uint16Array.from(order, picked(lanes)),
  };
}
