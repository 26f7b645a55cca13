/**
 * How long the `message` listeners of an emitter take, without touching the listeners: they stay the ones that the program
 * registered, in their order and number.
 *
 * A listener that is an async function is busy until its promise settles. That promise is nobody's but ours, since `emit`
 * drops it, so we may wait for it: a rejection is passed on by the promise that `then` returns, with the same reason, and
 * is as unhandled as before. A promise that an ordinary function returns may be known to others, who handle it; waiting for
 * it could create an unhandled rejection, so such a listener counts as done when it returns.
 */
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import type { Recorder, StageProbe } from '../src/probe.js';
import { isPlainPromise } from '../src/plainPromise.js';
import { FAILED } from './runningTasks.js';

type Listener = (...args: unknown[]) => unknown;

// Taken once: what a promise of the program has as its own `then` is none of `await`'s business either.
// eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
const { then } = Promise.prototype;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
const { rawListeners } = EventEmitter.prototype;

/** One message while its listeners are busy with it. */
export class Handling {
  readonly #recorder: Recorder;
  readonly #stage: StageProbe;
  readonly #slot: number;
  readonly #startNs: number;
  #open = 1;
  #isFailed = false;

  constructor(recorder: Recorder, stage: StageProbe) {
    this.#recorder = recorder;
    this.#stage = stage;
    this.#slot = stage.begin();
    this.#startNs = recorder.now();
  }

  /** A listener threw. */
  failed(): void {
    this.#isFailed = true;
  }

  /** One more thing to wait for. */
  opened(): void {
    this.#open++;
  }

  /** One of them is over; the last one ends the execution. */
  closed(): void {
    if (--this.#open > 0) return;
    const detail = this.#isFailed ? FAILED : undefined;
    this.#stage.end(this.#slot, this.#startNs, this.#recorder.now(), detail);
  }

  /** Waits for a promise whose rejection the caller's caller handles in any case. */
  waitFor(promise: Promise<unknown>): void {
    this.opened();
    void Reflect.apply(then, promise, [
      () => {
        this.closed();
      },
      () => {
        this.failed();
        this.closed();
      },
    ]);
  }

  /** Waits for a promise that nobody else has, and leaves its rejection unhandled. */
  waitForOwn(promise: Promise<unknown>): void {
    this.opened();
    void Reflect.apply(then, promise, [
      () => {
        this.closed();
      },
      (reason: unknown) => {
        this.failed();
        this.closed();
        throw reason;
      },
    ]);
  }
}

function isAsync(listener: Listener): boolean {
  const inner: unknown = Reflect.get(listener, 'listener') ?? listener;
  return types.isAsyncFunction(inner);
}

/** Does what `emitter.emit('message', ...args)` does and records it. Throws what a listener throws, like `emit`. */
export function emitMessage(
  emitter: EventEmitter,
  args: readonly unknown[],
  handling: Handling,
): boolean {
  try {
    const listeners = Reflect.apply(rawListeners, emitter, ['message']) as Listener[];
    for (const listener of listeners) {
      const result: unknown = Reflect.apply(listener, emitter, args);
      if (isPlainPromise(result) && isAsync(listener)) handling.waitForOwn(result);
    }
    return listeners.length > 0;
  } catch (error) {
    handling.failed();
    throw error;
  } finally {
    handling.closed();
  }
}

/** Can `emitMessage` stand in for `emit`? Not when emitters look after rejections themselves. */
export function canEmit(emitter: EventEmitter): boolean {
  return !EventEmitter.captureRejections && emitter.listenerCount('message') > 0;
}
