/** The side of a stream that is written to: one execution is one `_write`, `_writev` or `_transform` until its callback. */
import { Transform, Writable } from 'node:stream';
import type { ExecutionDetail, Recorder } from '../src/probe.js';
import type { StreamStage } from './streamSite.js';
import { wrapOwn, type StreamTap } from './streamTap.js';

type Anything = (...args: unknown[]) => unknown;

/** One run; a stream has at most one under way. */
interface Execution {
  readonly slot: number;
  readonly startNs: number;
  readonly items: number;
  isOpen: boolean;
}

const failedOne: ExecutionDetail = { item: undefined, items: 1, failed: true };

function hasFailed(error: unknown): boolean {
  return error !== undefined && error !== null;
}

/** Watches one stream. */
export class WriteWatch {
  readonly #tap: StreamTap;
  readonly #recorder: Recorder;
  readonly #stage: StreamStage;
  #running: Execution | undefined;
  /** Since when the transform holds its callback back, because what it made is not read. */
  #blockedSinceNs: number | undefined;

  constructor(tap: StreamTap, stage: StreamStage) {
    this.#tap = tap;
    this.#recorder = tap.recorder;
    this.#stage = stage;
    // A transform may override `_write` and never come to `_transform`.
    const write: unknown = Reflect.get(tap.stream, '_write');
    if (tap.shape === 'transform' && write === Reflect.get(Transform.prototype, '_write')) {
      this.#wrap('_transform', () => 1);
    } else {
      // Node's own `_write` leads to `_writev`.
      if (write !== Reflect.get(Writable.prototype, '_write')) this.#wrap('_write', () => 1);
      this.#wrap('_writev', ([chunks]) => (Array.isArray(chunks) ? chunks.length : 1));
    }
  }

  /** The execution under way has a slot, on which a wait can be recorded. */
  get runningSlot(): number | undefined {
    return this.#running?.slot;
  }

  recordWait(slot: number, sinceNs: number, untilNs: number): void {
    this.#stage.probe.wait(slot, 'output', sinceNs, untilNs);
  }

  /** Somebody reads: a transform that held its callback back goes on. */
  readAgain(): void {
    const sinceNs = this.#blockedSinceNs;
    if (sinceNs === undefined) return;
    this.#blockedSinceNs = undefined;
    this.#stage.recordBlocked(sinceNs, this.#recorder.now());
  }

  /** The stream is destroyed. Whatever was under way does not count as done. */
  close(): void {
    this.readAgain();
    if (this.#running !== undefined) this.#finish(this.#running, true);
  }

  #wrap(name: string, itemsOf: (args: readonly unknown[]) => number): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the wrapper's own `this` is the stream
    const watch = this;
    wrapOwn(
      this.#tap.stream,
      name,
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          const callback = args.at(-1);
          if (!watch.#recorder.active || typeof callback !== 'function') {
            return Reflect.apply(original, this, args);
          }
          const execution = watch.#begin(itemsOf(args));
          args[args.length - 1] = watch.#callback(execution, callback as Anything);
          let hasReturned = false;
          // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
          try {
            const result = Reflect.apply(original, this, args);
            hasReturned = true;
            return result;
          } finally {
            if (!hasReturned) watch.#finish(execution, true);
          }
        },
    );
  }

  #begin(items: number): Execution {
    const startNs = this.#recorder.now();
    this.#tap.noteInput(startNs);
    const execution = { slot: this.#stage.probe.begin(), startNs, items, isOpen: true };
    this.#running = execution;
    return execution;
  }

  #callback(execution: Execution, callback: Anything): Anything {
    return (...args) => {
      const endNs = this.#finish(execution, hasFailed(args[0]));
      const result = Reflect.apply(callback, undefined, args);
      this.#tap.noteInput();
      // Node takes the next chunk at once, or later: in both cases this one is over. A transform whose output is full
      // keeps it instead.
      const isHeld = this.#running === undefined && this.#tap.shape === 'transform';
      if (endNs !== undefined && isHeld && isWriting(this.#tap.stream._writableState)) {
        this.#blockedSinceNs = endNs;
      }
      return result;
    };
  }

  /** Returns the time, unless the execution was over before. */
  #finish(execution: Execution, isFailed: boolean): number | undefined {
    if (!execution.isOpen) return undefined;
    execution.isOpen = false;
    if (this.#running === execution) this.#running = undefined;
    const { slot, startNs, items } = execution;
    const endNs = this.#recorder.now();
    this.#stage.ended(slot, endNs);
    this.#stage.probe.end(slot, startNs, endNs, detailOf(items, isFailed));
    return endNs;
  }
}

function isWriting(state: object | undefined): boolean {
  return state !== undefined && Reflect.get(state, 'writing') === true;
}

function detailOf(items: number, failed: boolean): ExecutionDetail | undefined {
  if (items !== 1) return { item: undefined, items, failed };
  return failed ? failedOne : undefined;
}
