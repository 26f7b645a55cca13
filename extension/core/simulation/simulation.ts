/** Discrete-event simulation of a measured pipeline. What is simulated stands in `workload.ts`, how in `run.ts`. */
import { assert } from '../../../agent/wire/result.js';
import { checkWorkload } from './checkWorkload.js';
import { Run } from './run.js';
import type { SimulationOptions, SimulationResult, Workload } from './workload.js';

/** Events between two places where the work may be left: about half a millisecond. */
const EVENTS_A_STEP = 1024;

/**
 * Simulates in steps. The workload must be one that `checkWorkload` finds nothing wrong with, and the numbers of items whole
 * and at least 1 (warm-up: 0). The same workload and options give the same result.
 */
export function* simulation(
  workload: Workload,
  options: SimulationOptions,
): Generator<undefined, SimulationResult> {
  const checked = checkWorkload(workload);
  assert(checked.ok, checked.ok ? '' : `a workload that cannot be simulated: ${checked.error}`);
  const { items, warmUpItems } = options;
  assert(Number.isSafeInteger(items) && items >= 1, `${items} items to simulate`);
  assert(Number.isSafeInteger(warmUpItems) && warmUpItems >= 0, `${warmUpItems} warm-up items`);
  const run = new Run(workload, options);
  while (run.proceed(EVENTS_A_STEP)) yield;
  return run.result();
}

/** Simulates all at once; see `simulation`. */
export function simulate(workload: Workload, options: SimulationOptions): SimulationResult {
  const work = simulation(workload, options);
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}
