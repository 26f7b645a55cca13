/**
 * p-queue: a stage of kind `io` with its input queue and a live `concurrency` knob.
 *
 * Only public members are used, and no promise of the program is touched but one: what a task returns is passed through
 * `Promise.resolve`, which p-queue's own `await` does in the same microtask anyway, and our reactions are attached to it
 * before p-queue's. So an execution ends when the task settles, not when the code behind `await queue.add()` has run;
 * rejections stay unhandled exactly where they were; lazy thenables are still called once.
 *
 * Two things end a task without its promise: a timeout and an abort. For those p-queue frees its slot although the
 * promise is still open, and so do we (`Guarded` below).
 */
import { asClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { accessor, patchMethod, standIn } from './construct.js';
import { QueueTap, type GuardOptions, type QueueView, type Task } from './pQueueTap.js';
import { PQueueSites } from './pQueueSite.js';

type Add = (this: object, task: unknown, options?: GuardOptions) => unknown;
type Emit = (this: object, event: unknown, ...args: unknown[]) => unknown;
type Clear = (this: object) => unknown;
type OnSizeLessThan = (this: object, limit: number) => unknown;

/** Public getters, taken from the prototype so that a subclass that overrides one does not mislead us. */
function viewOf(prototype: object): (queue: object) => QueueView {
  const size = accessor(prototype, 'size');
  const pending = accessor(prototype, 'pending');
  const isPaused = accessor(prototype, 'isPaused');
  return (queue) => ({
    size: () => Number(size.read(queue)),
    pending: () => Number(pending.read(queue)),
    concurrency: () => Number(Reflect.get(queue, 'concurrency')),
    // `isRateLimited` is there since 9.0; before, a limit is recognised only when tasks are added to a free queue.
    isHeld: () => isPaused.read(queue) === true || Reflect.get(queue, 'isRateLimited') === true,
    timeoutMs: () => Reflect.get(queue, 'timeout') as unknown,
  });
}

function patchConcurrency(prototype: object, taps: WeakMap<object, QueueTap>): void {
  const original = Object.getOwnPropertyDescriptor(prototype, 'concurrency');
  if (original?.set === undefined) throw new Error('its concurrency cannot be set');
  Object.defineProperty(prototype, 'concurrency', {
    ...original,
    set(this: object, value: unknown) {
      original.set?.call(this, value);
      taps.get(this)?.concurrencyChanged(Number(value));
    },
  });
}

/**
 * `next` follows every task that left the queue or ended, also those that never ran; `error` every failure. From version 10
 * on a queue is an `EventTarget`.
 */
function patchEvents(prototype: object, taps: WeakMap<object, QueueTap>): void {
  const isEmitter = 'emit' in prototype;
  patchMethod<Emit>(
    prototype,
    isEmitter ? 'emit' : 'dispatchEvent',
    (original) =>
      function (this: object, ...args) {
        // Several times a task: nothing is copied.
        const [event] = args;
        const type = isEmitter ? event : (event as Event | undefined)?.type;
        if (type === 'error') taps.get(this)?.sweepAborted();
        const heard: unknown = Reflect.apply(original, this, args);
        if (type === 'next') taps.get(this)?.noteDepth();
        return heard;
      },
  );
}

function patchMethods(prototype: object, taps: WeakMap<object, QueueTap>): void {
  patchMethod<Add>(
    prototype,
    'add',
    (original) =>
      function (this: object, ...args) {
        const [task, ...rest] = args;
        const tap = taps.get(this);
        if (tap?.active !== true || typeof task !== 'function') {
          return Reflect.apply(original, this, args);
        }
        const promise: unknown = Reflect.apply(original, this, [
          tap.watched(task as Task, rest[0]),
          ...rest,
        ]);
        tap.noteArrival();
        return promise;
      },
  );
  patchEvents(prototype, taps);
  patchMethod<Clear>(
    prototype,
    'clear',
    (original) =>
      function (this: object) {
        const result: unknown = Reflect.apply(original, this, []);
        taps.get(this)?.noteDepth();
        return result;
      },
  );
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  const prototype = original.prototype as object;
  const taps = new WeakMap<object, QueueTap>();
  const sites = new PQueueSites(context);
  const view = viewOf(prototype);
  patchConcurrency(prototype, taps);
  patchMethods(prototype, taps);
  patchMethod<OnSizeLessThan>(prototype, 'onSizeLessThan', (method) => {
    const patched: OnSizeLessThan = function (this: object, limit) {
      const tap = taps.get(this);
      if (tap === undefined) return Reflect.apply(method, this, [limit]);
      if (tap.site.isNewLimit(limit)) tap.site.learnLimit(limit, context.callerPosition(patched));
      return Reflect.apply(method, this, [tap.site.limitFor(limit)]);
    };
    return patched;
  });

  return standIn(original, context, ({ source, subclass, create }) => {
    const queue = create();
    const site = sites.at(queue, source, subclass);
    taps.set(queue, new QueueTap(context.recorder, site, view(queue)));
    site.adopt(queue);
    return queue;
  });
}

/** p-queue from 7 to 10. It is an ES module; CommonJS programs get it through `require(esm)`. */
export const pQueueAdapter: Adapter = {
  library: 'p-queue',
  majors: { from: 7, before: 11 },
  exportNames: ['default'],
  instrument: (original, context) => instrument(asClass(original), context),
};
