/** Questions that the tests of pitfalls ask. */
import assert from 'node:assert/strict';
import {
  stageOf,
  type MeasuredStage,
  type OperatingPoint,
} from '../../../../extension/core/measure/operatingPoint.js';
import type { PipelineReport } from '../../../../extension/core/report/report.js';

/** A stage that must be there. */
export function named(point: OperatingPoint, name: string): MeasuredStage {
  const stage = stageOf(point, name);
  assert.ok(stage !== undefined, `there is no stage ${name}`);
  return stage;
}

/** Asserts that what a naive estimate says is wrong by so much of the truth at least. */
export function isOff(naive: number, truth: number, share: number): void {
  const off = Math.abs(naive / truth - 1);
  assert.ok(off >= share, `the naive estimate ${naive} is no worse than ${off} (truth: ${truth})`);
}

/** Suggestions for more of something, for more throughput. */
export function raises({ suggestions }: PipelineReport): readonly string[] {
  return suggestions
    .filter(({ aim, from, to }) => aim === 'throughput' && to > from)
    .map(({ id }) => id);
}
