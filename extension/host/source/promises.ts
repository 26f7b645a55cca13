/**
 * What was promised when a suggestion was written into the source, kept until a run under the new values shows whether it
 * came true. Pure: the caller stores promises and brings reports.
 */
import type { Interval, KnobReport, PipelineReport, Report } from '../../core/report/report.js';
import { knobKey } from './facts.js';

/** A change that was written, and what it was to bring. */
export interface SourcePromise {
  readonly atUnixMs: number;
  readonly pipeline: string;
  readonly changes: readonly {
    readonly key: string;
    readonly name: string;
    readonly from: number | null;
    readonly to: number;
  }[];
  /** Predicted / present throughput; null: nothing was predicted (a value of the user's own). */
  readonly gain: Interval | null;
  readonly throughputPerSec: number;
  /** Logical cores of the machine; null: not known. */
  readonly cores: number | null;
}

/** What a later run says of a promise. */
export interface PromiseOutcome {
  /** `concurrency 4 → 12, maxThreads 1 → 2` */
  readonly text: string;
  readonly predicted: Interval;
  /** Measured / former throughput. */
  readonly observed: number | null;
  /** `unclear`: another machine, or too little was seen. */
  readonly verdict: 'held' | 'missed' | 'unclear';
  readonly why: string | null;
}

/** Promises that are kept at most: older ones have been forgotten by their users as well. */
export const MAX_PROMISES = 50;
/** Two runs of one setting differ by so much on a quiet machine. */
const RUN_NOISE = 0.03;
/** A steady part that is shorter says little. */
const MIN_STEADY_NS = 3e9;

/** Throughput that changes are compared by: that of the steady part where it is known. */
export function throughputOf({ steady, throughputPerSec }: PipelineReport): number {
  return steady?.throughputPerSec ?? throughputPerSec;
}

/** The promise of changing these knobs of a pipeline. */
export function promiseOf(
  pipeline: PipelineReport,
  moves: readonly { readonly knob: KnobReport; readonly to: number }[],
  gain: Interval | null,
  cores: number | null,
): SourcePromise {
  return {
    atUnixMs: Date.now(),
    pipeline: pipeline.name,
    changes: moves.map(({ knob, to }) => ({
      key: knobKey(pipeline.name, knob),
      name: knob.name,
      from: knob.value,
      to,
    })),
    gain,
    throughputPerSec: throughputOf(pipeline),
    cores,
  };
}

/** Does this run have the values that were written? */
export function isUnder(promise: SourcePromise, { pipelines }: Report): PipelineReport | null {
  const pipeline = pipelines.find(({ name }) => name === promise.pipeline);
  if (pipeline === undefined) return null;
  const values = new Map(pipeline.knobs.map((knob) => [knobKey(pipeline.name, knob), knob.value]));
  return promise.changes.every(({ key, to }) => values.get(key) === to) ? pipeline : null;
}

/** The outcome of a promise by a run under its values; null: there is nothing to say (yet). */
export function outcomeOf(promise: SourcePromise, report: Report): PromiseOutcome | null {
  const pipeline = isUnder(promise, report);
  const { gain } = promise;
  if (pipeline === null || gain === null || promise.throughputPerSec <= 0) return null;
  const text = promise.changes
    .map(({ name, from, to }) => `${name} ${from ?? 'unlimited'} → ${to}`)
    .join(', ');
  const unclear = (why: string): PromiseOutcome => ({
    text,
    predicted: gain,
    observed: null,
    verdict: 'unclear',
    why,
  });
  const cores = report.capture.environment?.cores ?? null;
  if (promise.cores !== null && cores !== null && cores !== promise.cores) {
    return unclear(`This run had ${cores} cores, the one before ${promise.cores}.`);
  }
  const { steady } = pipeline;
  if (steady === null || steady.toNs - steady.fromNs < MIN_STEADY_NS) return null;
  const observed = steady.throughputPerSec / promise.throughputPerSec;
  const isHeld = observed >= gain.low * (1 - RUN_NOISE);
  return { text, predicted: gain, observed, verdict: isHeld ? 'held' : 'missed', why: null };
}

/** Promises out of storage; what is malformed is left out. */
export function readPromises(stored: unknown): readonly SourcePromise[] {
  return Array.isArray(stored) ? stored.filter(isPromise).slice(-MAX_PROMISES) : [];
}

function isPromise(value: unknown): value is SourcePromise {
  if (typeof value !== 'object' || value === null) return false;
  const changes: unknown = Reflect.get(value, 'changes');
  const gain: unknown = Reflect.get(value, 'gain');
  return (
    typeof Reflect.get(value, 'pipeline') === 'string' &&
    typeof Reflect.get(value, 'throughputPerSec') === 'number' &&
    Array.isArray(changes) &&
    changes.every((change: unknown) => isChange(change)) &&
    (gain === null || isInterval(gain))
  );
}

function isChange(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'key') === 'string' &&
    typeof Reflect.get(value, 'name') === 'string' &&
    typeof Reflect.get(value, 'to') === 'number'
  );
}

function isInterval(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['low', 'mid', 'high'].every((key) => typeof Reflect.get(value, key) === 'number')
  );
}
