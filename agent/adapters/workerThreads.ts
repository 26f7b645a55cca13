/**
 * Plain worker threads: the workers that are started at one place of the source are a stage of kind `cpu`. Each message to
 * a worker is an execution, measured in the worker while its listeners are busy with it; messages on their way are the
 * stage's queue, and the answers another one, handled in this thread. A worker that gets no message at all was started for
 * one piece of work: then its life is the execution, recorded when it ends.
 *
 * Other ports than the one between a worker and its parent are left alone: they change hands, and the work that is done for
 * their messages belongs to no place that could be named. Workers of pools that an adapter knows, and the agent's own, are
 * not counted here.
 */
import type { EventEmitter } from 'node:events';
import path from 'node:path';
import workerThreads from 'node:worker_threads';
import { isDrainStart } from '../src/drainThread.js';
import type { SourcePosition } from '../wire/manifest.js';
import {
  asClass,
  isClass,
  type AdapterContext,
  type AnyClass,
  type BuiltinAdapter,
} from './adapter.js';
import { patchMethod } from './construct.js';
import { canEmit, emitMessage, Handling } from './messageHandlers.js';
import { baseName, nameAt } from './naming.js';
import { Places } from './places.js';
import { takeWorkerMark, withMark } from './workerMark.js';
import { currentOwner } from './workerOwner.js';
import { watchParentPort } from './workerThreadsInside.js';
import { WorkerSite, type WorkerTap } from './workerThreadsSite.js';

type Call = (...args: never[]) => object;
type Post = (this: object, ...args: unknown[]) => unknown;
type Emit = (this: EventEmitter, event: unknown, ...args: unknown[]) => unknown;

function nameOf(file: unknown, options: unknown, source: SourcePosition | undefined): string {
  const isCode = Reflect.get(Object(options) as object, 'eval') === true;
  const text = file instanceof URL ? file.href : String(file);
  if (isCode || text.startsWith('data:')) return nameAt(source) ?? 'worker';
  const base = baseName(text);
  return path.basename(base, path.extname(base)) || 'worker';
}

function placeOf(source: SourcePosition | undefined): string {
  return source === undefined ? 'an unknown place' : `${baseName(source.file)}:${source.line}`;
}

/** The workers of this thread. */
class Workers {
  readonly #context: AdapterContext;
  readonly #sites = new Places<WorkerSite>();
  readonly #taps = new WeakMap<object, WorkerTap>();
  readonly #sources = new WeakMap<WorkerSite, SourcePosition>();

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  get active(): boolean {
    return this.#context.recorder.active;
  }

  tapOf(worker: object): WorkerTap | undefined {
    return this.#taps.get(worker);
  }

  construct(
    [file, options]: readonly unknown[],
    source: SourcePosition | undefined,
    create: () => object,
  ): object {
    const data: unknown = Reflect.get(Object(options) as object, 'workerData');
    if (currentOwner() !== undefined || isDrainStart(data)) return create();
    const name = nameOf(file, options, source);
    const { recorder } = this.#context;
    const site = this.#sites.at(source, name, (unique) => new WorkerSite(recorder, unique, source));
    if (source !== undefined) this.#sources.set(site, source);
    const { mark, tap } = site.starting();
    let worker: object;
    try {
      worker = withMark(mark, create);
    } catch (error) {
      tap.discard();
      throw error;
    }
    this.#taps.set(worker, tap);
    site.started(tap);
    return worker;
  }

  noteBlind(tap: WorkerTap): void {
    const place = placeOf(this.#sources.get(tap.site));
    this.#context.recorder.note(
      `worker-blind:${place}`.slice(0, 64),
      `The worker thread started at ${place} is given an execArgv or env of its own, so it runs without the agent: what it ` +
        'does is not shown. Pass process.execArgv and process.env along to see it.',
    );
  }
}

function patchPost(prototype: object, workers: Workers): void {
  patchMethod<Post>(
    prototype,
    'postMessage',
    (original) =>
      function (this: object, ...args) {
        const tap = workers.tapOf(this);
        if (tap === undefined) return Reflect.apply(original, this, args);
        tap.posting();
        try {
          const result: unknown = Reflect.apply(original, this, args);
          tap.site.noteDepth();
          return result;
        } catch (error) {
          tap.notPosted();
          throw error;
        }
      },
  );
}

function patchEmit(prototype: object, workers: Workers, context: AdapterContext): void {
  patchMethod<Emit>(
    prototype,
    'emit',
    (original) =>
      function (this: EventEmitter, event, ...args) {
        const tap = workers.tapOf(this);
        if (tap === undefined) return Reflect.apply(original, this, [event, ...args]);
        if (event === 'message') {
          tap.answered();
          if (workers.active) {
            tap.site.noteDepth();
            tap.site.noteReplies();
            if (canEmit(this)) {
              return emitMessage(this, args, new Handling(context.recorder, tap.site.replyStage()));
            }
          }
        } else if (event === 'online' && !tap.online()) workers.noteBlind(tap);
        else if (event === 'error') tap.failed();
        else if (event === 'exit') tap.ended();
        return Reflect.apply(original, this, [event, ...args]);
      },
  );
}

/**
 * What programs see as `Worker`. An ordinary function and no proxy, because V8 reads the class names in stack traces from
 * `prototype.constructor`, and only from a real function.
 */
function standIn(original: AnyClass, workers: Workers, context: AdapterContext): AnyClass {
  // A property's name survives the bundler, and V8 takes the name of the function from it.
  const holder = {
    Worker: function (this: unknown, ...args: never[]): object {
      const target: unknown = new.target;
      // As a class does: an error.
      if (!isClass(target)) return Reflect.apply(original as unknown as Call, this, args);
      const derived = target === (Worker as unknown) ? original : target;
      const create = (): object => Reflect.construct(original, args, derived);
      return workers.construct(args, context.callerPosition(Worker), create);
    },
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- a constructor, which gets its `this` from `new`
  const { Worker } = holder;
  Object.setPrototypeOf(Worker, Object.getPrototypeOf(original) as object);
  for (const key of Reflect.ownKeys(original)) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    if (property === undefined) continue;
    // A function's `prototype` cannot be defined anew with other attributes than its own, but it can be set.
    if (key === 'prototype') Reflect.set(Worker, key, original.prototype);
    else Object.defineProperty(Worker, key, property);
  }
  Object.defineProperty(Worker, 'prototype', { writable: false });
  const { prototype } = original as { prototype: object };
  Object.defineProperty(prototype, 'constructor', { value: Worker });
  return Worker as unknown as AnyClass;
}

/** Worker threads that this thread starts, and this thread itself where it is one. */
export const workerThreadsAdapter: BuiltinAdapter = {
  builtin: 'node:worker_threads',
  install: (context) => {
    const mark = takeWorkerMark();
    if (mark !== undefined) watchParentPort(context.recorder, mark);
    const original = asClass(workerThreads.Worker);
    const prototype = original.prototype as object;
    const workers = new Workers(context);
    patchPost(prototype, workers);
    patchEmit(prototype, workers, context);
    Reflect.set(workerThreads, 'Worker', standIn(original, workers, context));
  },
};
