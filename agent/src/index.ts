/**
 * Declare a pipeline and let Sluice watch it.
 *
 *     import { pipeline } from 'sluice';
 *
 *     const p = pipeline('thumbnails');
 *     const decode = p.stage('decode', { kind: 'cpu', parallelism: 4 }, async (file: string) => ...);
 *     await decode('a.jpg');
 *
 * What comes back from `stage` has the same call signature, results, errors and `this`. When nobody watches, a call costs a
 * boolean check. Nothing here throws, prints, or keeps the process alive; a wrong option is corrected and shown to whoever
 * watches. To be watched, start the program with `sluice run` or from the editor.
 */
import type { KnobKind, StageKind } from '../wire/manifest.js';
import { ApiPipeline } from './apiPipeline.js';
import { threadRecorder } from './runtime.js';

export type { KnobKind, StageKind } from '../wire/manifest.js';

/** Any function that can be a stage. */
export type StageFunction = (this: never, ...args: never[]) => unknown;

/** What to know about a stage. `F` is the stage's function. */
export interface StageSettings<F extends StageFunction = StageFunction> {
  /** What it spends its time on: `source`, `cpu` (default), `io`, `gpu` or `sink`. */
  readonly kind?: StageKind;
  /** How many executions may run at once, over all threads; left out: not known. */
  readonly parallelism?: number;
  /** Identity of the item that a call works on (uint32), from the call's arguments; makes items traceable through stages. */
  readonly item?: (...args: Parameters<F>) => number;
  /** How many items a call handles at once, from its arguments; left out: one. */
  readonly items?: (...args: Parameters<F>) => number;
  /**
   * When the item came that a call works on, as `performance.now()` gave it in this thread (milliseconds), from the call's
   * arguments; shows how long items waited before the stage and how long they are under way in all. A time in the future
   * counts as no wait; what is no finite number is left out.
   */
  readonly arrived?: (...args: Parameters<F>) => number;
}

/** What to know about a queue. */
export interface QueueSettings {
  /** How many items it holds at most; left out: unlimited. */
  readonly capacity?: number;
  /** Name of the stage that fills it. */
  readonly from?: string;
  /** Name of the stage that empties it. */
  readonly to?: string;
}

/** A queue's depth, told in either of two ways. */
export interface Queue {
  /** The depth is now `depth`. */
  depth(depth: number): void;
  /** One item (or `count`) more. */
  enter(count?: number): void;
  /** One item (or `count`) less. */
  leave(count?: number): void;
}

/** What to know about a knob; give `stage` or `queue`, the one that it tunes. */
export interface KnobSettings {
  readonly kind: KnobKind;
  /** Name of the stage that it tunes. */
  readonly stage?: string;
  /** Name of the queue that it tunes. */
  readonly queue?: string;
  /** The value now. */
  readonly value: number;
  readonly min: number;
  /** Left out: unlimited. */
  readonly max?: number;
  /** Sets the value in the running program. With it, Sluice can try values out; whoever tries sees the error it throws. */
  readonly apply?: (value: number) => void;
}

/** A number that the user, or Sluice on the user's behalf, can tune. */
export interface Knob {
  /** The value now, whoever set it. */
  readonly value: number;
  /** The program sets the value: calls `apply` with it, within `min` and `max`. Throws what `apply` throws. */
  set(value: number): void;
}

/** Stages and queues that belong together. The same name is the same pipeline, in all threads. */
export interface Pipeline {
  readonly name: string;
  /** Declares a stage and returns `fn`, watched: each call is one execution, from the call to its return or, for a promise, to its settlement. */
  stage<F extends StageFunction>(name: string, fn: F): F;
  stage<F extends StageFunction>(name: string, settings: StageSettings<F>, fn: F): F;
  /** Declares a queue; the same name is the same queue within a thread. */
  queue(name: string, settings?: QueueSettings): Queue;
  /** Declares a knob; the same name is the same knob within a thread. */
  knob(name: string, settings: KnobSettings): Knob;
  /** Runs `fn` and shows it as a span within the execution that calls it. Returns what `fn` returns. */
  span<T>(name: string, fn: () => T): T;
}

const pipelines = new Map<string, Pipeline>();
/** More pipelines than this are one too many loops around `pipeline`: they work, but are not remembered by name. */
const MAX_PIPELINES = 1000;

/** The pipeline of this name. */
export function pipeline(name: string): Pipeline {
  const known = pipelines.get(name);
  if (known !== undefined) return known;
  const created = new ApiPipeline(name, threadRecorder());
  if (pipelines.size < MAX_PIPELINES) pipelines.set(name, created);
  return created;
}
