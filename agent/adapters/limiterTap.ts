/** What is watched of one limiter: its tasks while they run, how many wait, and the time in which it is held back. */
import type { ExecutionDetail, Recorder } from '../src/probe.js';
import type { Callable } from './construct.js';
import { endOf, handOver, handOverMany, waitedNs, type HandOver } from './handover.js';
import type { LimiterSite } from './limiterSite.js';
import { onSettled } from './settled.js';

/** A limiter as its members show it, or as its adapter counts. */
export interface LimiterView {
  /** Tasks in it that do not run. */
  readonly size: () => number;
  /** Tasks running; undefined: the tap's own count. */
  readonly running?: (() => number) | undefined;
  readonly concurrency: () => number;
  /** The knob that sets it; absent: `concurrency`. */
  readonly concurrencyKnob?: string;
  /** Tasks that one execution takes; absent: 1. */
  readonly batchSize?: () => number;
  /** `size` counts only tasks that found no free place; absent: a free place takes one as soon as the library gets to it. */
  readonly isOverflow?: boolean;
  /** Paused, or under a rate limit. */
  readonly isHeld: () => boolean;
}

/** One run of a task. */
export interface Execution {
  readonly slot: number;
  readonly startNs: number;
  readonly items: number;
  readonly handed: HandOver | undefined;
  isOpen: boolean;
}

/** Of a task that is called. */
export interface CallOptions {
  readonly items?: number;
  /** How the task came. */
  readonly handed?: HandOver | undefined;
  /** Gets the execution before the task runs. */
  readonly began?: (execution: Execution) => void;
}

/** Watches one limiter. Methods other than those that call the task do not throw. */
export class LimiterTap {
  readonly site: LimiterSite;
  readonly #recorder: Recorder;
  readonly #view: LimiterView;
  #running = 0;
  #depth = 0;
  #concurrency: number;
  #batchSize: number | undefined;
  /** Since when tasks wait although a slot is free. */
  #heldSinceNs: number | undefined;

  constructor(recorder: Recorder, site: LimiterSite, view: LimiterView) {
    this.#recorder = recorder;
    this.site = site;
    this.#view = view;
    this.#concurrency = view.concurrency();
    this.#batchSize = view.batchSize?.();
  }

  /** Is there anybody to record for? */
  get active(): boolean {
    return this.#recorder.active;
  }

  /** The program hands a task over; call it in the program's own async context. */
  handOver(): HandOver | undefined {
    return handOver(this.#recorder, this.site.stage);
  }

  /** The same for a call that handles many items; see `handOverMany`. */
  handOverMany(isQueue: boolean): () => HandOver | undefined {
    return handOverMany(this.#recorder, this.site.stage, isQueue);
  }

  /** A task came: more may wait now, or the limiter holds it back. */
  noteArrival(): void {
    if (!this.#recorder.active) return;
    this.noteDepth();
    if (this.#heldSinceNs !== undefined || this.#depth === 0 || !this.#view.isHeld()) return;
    if (this.#runningNow() < this.#view.concurrency()) this.#heldSinceNs = this.#recorder.now();
  }

  /** Records how many wait if it is another number than before. */
  noteDepth(atNs?: number): void {
    if (!this.#recorder.active) return;
    const waiting = this.#waiting();
    if (waiting === 0 && this.#view.size() === 0) this.#heldSinceNs = undefined;
    if (waiting === this.#depth) return;
    this.site.depthChanged(waiting - this.#depth, atNs ?? this.#recorder.now());
    this.#depth = waiting;
  }

  /** A task starts that handles so many items; `handed` tells how the first of them came. */
  begin(items = 1, handed?: HandOver): Execution {
    const startNs = this.#recorder.now();
    const slot = this.site.stage.begin();
    this.#running++;
    this.site.began();
    this.#noteSettings();
    if (this.#heldSinceNs !== undefined) {
      this.site.recordHold(slot, this.#heldSinceNs, startNs);
      const isFull = this.#runningNow() >= this.#concurrency;
      if (isFull || this.#view.size() === 0) this.#heldSinceNs = undefined;
    }
    this.noteDepth(startNs);
    return { slot, startNs, items, handed, isOpen: true };
  }

  /** The task is over; the first call counts. */
  finish(execution: Execution, isFailed: boolean): void {
    if (!execution.isOpen) return;
    execution.isOpen = false;
    const endNs = this.#recorder.now();
    const { slot, startNs, items, handed } = execution;
    this.#running--;
    this.site.ended(slot, endNs);
    this.site.stage.end(slot, startNs, endNs, detailOf(items, isFailed, waitedNs(handed, startNs)));
    endOf(handed);
    const mayHold = this.#heldSinceNs === undefined && this.#view.size() > 0;
    if (mayHold && this.#view.isHeld()) this.#heldSinceNs = endNs;
  }

  /** Calls a task that returns a promise or a result, and returns what the library should wait for instead. */
  call(task: Callable, self: unknown, args: readonly unknown[], how: CallOptions = {}): unknown {
    if (!this.#recorder.active) return Reflect.apply(task, self, args);
    const { handed } = how;
    const execution = this.begin(how.items, handed);
    how.began?.(execution);
    let result: unknown;
    let hasReturned = false;
    // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
    try {
      result =
        handed?.arrival === undefined
          ? Reflect.apply(task, self, args)
          : handed.arrival.run(() => Reflect.apply(task, self, args));
      hasReturned = true;
    } finally {
      if (!hasReturned) this.finish(execution, true);
    }
    return onSettled(result, (isFailed) => {
      this.finish(execution, isFailed);
    });
  }

  /**
   * Calls a task whose last argument is the library's callback; an error as its first argument means failure. A task that
   * throws has failed; one that calls back later all the same is not recorded twice. `args` is changed.
   */
  callBack(task: Callable, self: unknown, args: unknown[], how: CallOptions = {}): unknown {
    const callback = args.at(-1);
    if (!this.#recorder.active || typeof callback !== 'function') {
      return Reflect.apply(task, self, args);
    }
    const { handed } = how;
    const execution = this.begin(how.items, handed);
    const finish = (error: unknown): void => {
      this.finish(execution, error !== undefined && error !== null && error !== false);
    };
    // Two named parameters, because that is what the libraries' own callbacks show.
    const watched = function (this: unknown, error: unknown, result: unknown): unknown {
      finish(error);
      // eslint-disable-next-line prefer-rest-params -- passes on exactly what came
      const given = arguments.length === 2 ? [error, result] : arguments;
      return Reflect.apply(callback, this, given);
    };
    let hasReturned = false;
    try {
      args[args.length - 1] = watched;
      const result: unknown =
        handed?.arrival === undefined
          ? Reflect.apply(task, self, args)
          : handed.arrival.run(() => Reflect.apply(task, self, args));
      hasReturned = true;
      return result;
    } finally {
      if (!hasReturned) this.finish(execution, true);
    }
  }

  #runningNow(): number {
    return this.#view.running?.() ?? this.#running;
  }

  /** Tasks beyond those that start by themselves as soon as the limiter gets to it. */
  #waiting(): number {
    const size = this.#view.size();
    if (size === 0 || this.#view.isOverflow === true || this.#view.isHeld()) return size;
    const free = Math.max(0, this.#view.concurrency() - this.#runningNow());
    return free === 0 ? size : Math.max(0, size - free * (this.#view.batchSize?.() ?? 1));
  }

  /** Settings are plain properties of some libraries: looking at them now and then is the only way to learn of a change. */
  #noteSettings(): void {
    const concurrency = this.#view.concurrency();
    if (concurrency !== this.#concurrency) {
      this.#concurrency = concurrency;
      this.site.noticed(this.#view.concurrencyKnob ?? 'concurrency', 'parallelism', concurrency);
    }
    const batchSize = this.#view.batchSize?.();
    if (batchSize !== undefined && batchSize !== this.#batchSize) {
      this.#batchSize = batchSize;
      this.site.noticed('payload', 'batchSize', batchSize);
    }
  }
}

const detail: Writable<ExecutionDetail> = {
  item: undefined,
  items: 1,
  failed: false,
  waitedNs: undefined,
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The same object each time: it is read at once. */
function detailOf(
  items: number,
  failed: boolean,
  waited: number | undefined,
): ExecutionDetail | undefined {
  if (items === 1 && !failed && waited === undefined) return undefined;
  detail.items = items;
  detail.failed = failed;
  detail.waitedNs = waited;
  return detail;
}
