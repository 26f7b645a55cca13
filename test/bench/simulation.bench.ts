/** What a simulation costs, against a plain heap that as many events go through. */
import { simulate } from '../../extension/core/simulation/simulation.js';
import type { Workload } from '../../extension/core/simulation/workload.js';
import {
  exponentialCpu,
  exponentialWait,
  saturated,
  stage,
  workload,
} from '../extension/core/simulation/workloads.js';
import type { BenchRow } from './bench.js';
import { quantile } from './support/quantile.js';

const ITEMS = 100_000;
const STAGES = 6;
const LANES = 4;
const ROUNDS = 7;

/** Six stages of four lanes and queues of 16 between them, all of them about as fast. */
function stagesOf(cpuMs: number): Workload['stages'] {
  return workload(
    Array.from({ length: STAGES }, (_, i) => {
      const { waitNs } = exponentialWait(10 - cpuMs + (i % 3), i + 1);
      const cpuNs = exponentialCpu(cpuMs, i + 11).cpuNs;
      return stage(`stage ${i}`, { lanes: LANES, queueCapacity: 16, samples: { cpuNs, waitNs } });
    }),
  ).stages;
}

/** As many times pushed to and popped from a heap as executions end in the simulation, with as many in it. */
function floorRun(): number {
  const heap: number[] = [];
  let at = 0;
  for (let i = 0; i < STAGES * LANES; i++) push(heap, i);
  for (let i = 0; i < ITEMS * STAGES; i++) {
    at = pop(heap);
    push(heap, at + 1 + ((i * 7919) % 97));
  }
  return at;
}

function push(heap: number[], time: number): void {
  let at = heap.length;
  heap.push(time);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = heap[parent] ?? 0;
    if (above <= time) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = time;
}

function pop(heap: number[]): number {
  const least = heap[0] ?? 0;
  const last = heap.pop() ?? 0;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
    if ((heap[child] ?? 0) >= last) break;
    heap[at] = heap[child] ?? 0;
    at = child;
  }
  if (heap.length > 0) heap[at] = last;
  return least;
}

function seconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** Least of the rounds: what else the machine does only adds to it. */
export function bench(): Promise<BenchRow[]> {
  const options = { items: ITEMS, warmUpItems: 1000, seed: 1 };
  const plain: Workload = { arrivals: saturated(), cores: null, loops: 0, stages: stagesOf(0) };
  const shared: Workload = { ...plain, cores: 16, stages: stagesOf(4) };
  const floors: number[] = [];
  const none: number[] = [];
  const cases = [
    { name: 'lanes and queues alone', of: plain, max: 20, times: [...none] },
    { name: 'and shared cores', of: shared, max: 30, times: [...none] },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    floors.push(seconds(floorRun));
    for (const { of, times } of cases) times.push(seconds(() => simulate(of, options)));
  }
  const floor = quantile(floors, 0);
  const rows = cases.map(({ name, of, max, times }) => {
    const took = quantile(times, 0);
    return {
      name: `simulating ${ITEMS.toLocaleString('en-US')} items through ${of.stages.length} stages, ${name}`,
      value: took / floor,
      unit: 'x a heap of as many executions',
      max,
      note: `${took.toFixed(2)} s`,
    };
  });
  return Promise.resolve(rows);
}
