/** Workloads that a test can say in a line. */
import { Random } from '../../../../extension/core/statistics/random.js';
import type {
  Arrivals,
  Flow,
  ServiceSamples,
  SimulatedStage,
  Workload,
} from '../../../../extension/core/simulation/workload.js';

export const MS = 1e6;
export const S = 1e9;

/** A stage, but for its name and what is as usual: one lane, any number of items before it, on to the next stage. */
export interface StageOptions extends Partial<
  Omit<SimulatedStage, 'name' | 'samples' | 'next' | 'batch'>
> {
  /** Every execution waits as long, or as long as one of these. */
  readonly waitMs?: number | readonly number[];
  readonly cpuMs?: number | readonly number[];
  /** In place of both. */
  readonly samples?: ServiceSamples;
  readonly batch?: { readonly min?: number; readonly max: number; readonly lingerMs?: number };
  /** Names of the next stages, or how many items each gets; not given: the stage that follows. */
  readonly to?: readonly string[] | Readonly<Record<string, number>>;
}

type NamedStage = Omit<SimulatedStage, 'next' | 'heldUntil'> & {
  readonly to: StageOptions['to'];
  readonly heldUntil: number | null;
};

/** `stage('decode', { lanes: 4, waitMs: 10 })`. */
export function stage(name: string, options: StageOptions = {}): NamedStage {
  const { waitMs = 0, cpuMs = 0, samples, batch, to, ...rest } = options;
  return {
    name,
    lanes: 1,
    queueCapacity: null,
    batchCost: null,
    loop: null,
    ratePerSec: null,
    contention: null,
    laneShares: null,
    heldUntil: null,
    ...rest,
    samples: samples ?? samplesOf(cpuMs, waitMs),
    batch:
      batch === undefined
        ? null
        : {
            min: batch.min ?? 1,
            max: batch.max,
            lingerNs: batch.lingerMs === undefined ? null : batch.lingerMs * MS,
          },
    to,
  };
}

/** A workload of these stages, saturated if it is not said otherwise. */
export function workload(
  stages: readonly NamedStage[],
  options: Partial<Omit<Workload, 'stages'>> = {},
): Workload {
  const indexOf = (name: string): number => stages.findIndex((other) => other.name === name);
  const flowsOf = (to: StageOptions['to'], i: number): Flow[] => {
    if (to === undefined) return i + 1 < stages.length ? [{ to: i + 1, itemsPerItem: 1 }] : [];
    const named: (readonly [string, number])[] = isList(to)
      ? to.map((name) => [name, 1] as const)
      : Object.entries(to);
    return named.map(([name, itemsPerItem]) => ({ to: indexOf(name), itemsPerItem }));
  };
  return {
    arrivals: saturated(),
    cores: null,
    loops: 0,
    ...options,
    stages: stages.map(({ to, ...own }, i) => ({ ...own, next: flowsOf(to, i) })),
  };
}

export function saturated(inFlight: number | null = null): Arrivals {
  return { kind: 'saturated', inFlight };
}

/** Poisson arrivals. */
export function poisson(perSec: number): Arrivals {
  return { kind: 'open', gapsNs: exponential(S / perSec, 4711) };
}

export function every(ms: number): Arrivals {
  return { kind: 'open', gapsNs: Float64Array.of(ms * MS) };
}

export function closed(customers: number, thinkMs: number): Arrivals {
  return { kind: 'closed', customers, thinkNs: thinkMs * MS };
}

/** Waits that are exponentially distributed. */
export function exponentialWait(meanMs: number, seed = 1): ServiceSamples {
  const waitNs = exponential(meanMs * MS, seed);
  return { cpuNs: new Float64Array(waitNs.length), waitNs };
}

/** Computing times that are exponentially distributed. */
export function exponentialCpu(meanMs: number, seed = 1): ServiceSamples {
  const cpuNs = exponential(meanMs * MS, seed);
  return { cpuNs, waitNs: new Float64Array(cpuNs.length) };
}

/** One value of each 20,000th of the distribution, shuffled, and scaled so that the mean is exact. */
export function exponential(mean: number, seed: number): Float64Array {
  const count = 20_000;
  const values = Float64Array.from({ length: count }, (_, i) => -Math.log(1 - (i + 0.5) / count));
  const random = new Random(seed);
  for (let i = count - 1; i > 0; i--) {
    const other = random.below(i + 1);
    const value = values[i] ?? 0;
    values[i] = values[other] ?? 0;
    values[other] = value;
  }
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => (value * mean * count) / sum);
}

function samplesOf(
  cpuMs: number | readonly number[],
  waitMs: number | readonly number[],
): ServiceSamples {
  const length = Math.max(isList(cpuMs) ? cpuMs.length : 1, isList(waitMs) ? waitMs.length : 1);
  const column = (ms: number | readonly number[]): Float64Array =>
    Float64Array.from({ length }, (_, i) => (isList(ms) ? (ms[i] ?? 0) : ms) * MS);
  return { cpuNs: column(cpuMs), waitNs: column(waitMs) };
}

/** What `Array.isArray` does not say of lists that may not be changed. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
