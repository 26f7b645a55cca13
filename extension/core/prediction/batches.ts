/** How a stage takes several items at once, and what an execution costs by their number. */
import { fitBatchCost, type BatchCost } from '../laws/batchCost.js';
import {
  serviceTimesNs,
  type KnobSetting,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { median } from '../statistics/quantile.js';
import type { BatchRule } from '../simulation/workload.js';

/** Executions of this share have as many items as the largest: then the stage waits until a batch is full. */
const FULL = 0.8;
/** A stage that has stood free for so long was waiting for more items. */
const COLLECTING = 0.1;
/** Stages with fewer items an execution than this take one at a time. */
const SINGLE = 1.05;

/** The knob that sets a stage's batch size. */
export function batchKnob(point: OperatingPoint, stage: MeasuredStage): KnobSetting | undefined {
  return point.knobs.find(
    (knob) => knob.kind === 'batchSize' && knob.stage === stage.name && knob.value !== null,
  );
}

/** Items an execution, on average. */
export function meanBatch({ items, executions }: MeasuredStage): number {
  return executions === 0 ? 1 : items / executions;
}

/** How the stage takes items; null: one at a time. */
export function batchRuleOf(point: OperatingPoint, stage: MeasuredStage): BatchRule | null {
  const knob = batchKnob(point, stage);
  const mean = meanBatch(stage);
  if (knob === undefined && mean <= SINGLE) return null;
  const { items } = stage.sampled;
  const largest = items.reduce((most, count) => Math.max(most, count), 1);
  const max = Math.max(Math.round(knob?.value ?? largest), 1);
  return { min: isCollecting(stage, max) ? max : 1, max, lingerNs: null };
}

/**
 * Whether it waits for a full batch, rather than taking what is there: nearly all batches were full, and that although it had
 * time to take smaller ones.
 */
export function isCollecting({ sampled, shares }: MeasuredStage, max: number): boolean {
  const { items } = sampled;
  const full = items.reduce((count, n) => count + (n >= max ? 1 : 0), 0);
  return max > 1 && full >= FULL * items.length && shares.starved + shares.idle > COLLECTING;
}

/** Executions of a batch size that its median takes. */
const MIN_OF_SIZE = 5;

/** The cost of a batch, and how it is known. */
export interface KnownBatchCost extends BatchCost {
  /** `fit` of three sizes or more; `line` through two, which is exact for what was seen and no more than a hint beyond. */
  readonly by: 'fit' | 'line';
}

/** Fixed and per-item cost by everything that was seen of the stage, also under other settings; null: one size only. */
export function batchCostOf(
  points: readonly OperatingPoint[],
  stage: MeasuredStage,
): KnownBatchCost | null {
  const bySize = new Map<number, number[]>();
  for (const point of points) {
    const seen = point.stages.find(({ name }) => name === stage.name);
    if (seen === undefined) continue;
    const timesNs = serviceTimesNs(seen);
    for (const [i, items] of seen.sampled.items.entries()) {
      const durations = bySize.get(items) ?? [];
      bySize.set(items, durations);
      durations.push(timesNs[i] ?? 0);
    }
  }
  const sizes = [...bySize].filter(([, durations]) => durations.length >= MIN_OF_SIZE);
  const fit = fitBatchCost(
    sizes.flatMap(([items, durations]) => durations.map((durationNs) => ({ items, durationNs }))),
  );
  if (fit !== null) return { fixedNs: fit.fixedNs, perItemNs: fit.perItemNs, by: 'fit' };
  const [one, two] = sizes.map(([items, durations]) => ({ items, durationNs: median(durations) }));
  if (one === undefined || two === undefined) return null;
  const slope = (two.durationNs - one.durationNs) / (two.items - one.items);
  const perItemNs = Math.min(
    Math.max(slope, 0),
    Math.min(one.durationNs / one.items, two.durationNs / two.items),
  );
  return { fixedNs: Math.max(one.durationNs - perItemNs * one.items, 0), perItemNs, by: 'line' };
}
