/** What is watched of one p-queue: its tasks while they run, its depth, and the time in which it is held back. */
import type { ExecutionDetail, Recorder } from '../src/probe.js';
import { endOf, handOver, waitedNs, type HandOver } from './handover.js';
import type { PQueueSite } from './pQueueSite.js';

/** A task as the program gives it to `add`. */
export type Task = (...args: unknown[]) => unknown;

/** The options of `add` that can end a task before its promise does. */
export interface GuardOptions {
  readonly timeout?: unknown;
  readonly signal?: unknown;
}

/** A queue as its public members show it. */
export interface QueueView {
  /** Tasks waiting, not running. */
  readonly size: () => number;
  /** Tasks running. */
  readonly pending: () => number;
  readonly concurrency: () => number;
  /** Paused, or at its rate limit. */
  readonly isHeld: () => boolean;
  /** Default timeout of tasks, in milliseconds. */
  readonly timeoutMs: () => unknown;
}

/** What is known of a task before it runs. */
interface HowToRun {
  readonly timeoutMs: unknown;
  readonly signal: Execution['signal'];
  readonly handed: HandOver | undefined;
}

/** One run of a task. */
interface Execution {
  readonly slot: number;
  readonly startNs: number;
  readonly signal: { readonly aborted: boolean } | undefined;
  readonly handed: HandOver | undefined;
  timer: NodeJS.Timeout | undefined;
  isOpen: boolean;
}

/** The same object for all executions: it is read at once. */
const detail: { -readonly [K in keyof ExecutionDetail]: ExecutionDetail[K] } = {
  item: undefined,
  items: 1,
  failed: false,
  waitedNs: undefined,
};
/** Longer delays overflow a Node timer. */
const MAX_TIMER_MS = 0x7fff_ffff;
// Taken once: a promise of the program may carry a `then` of its own, which `await` would not call either.
// eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
const { then } = Promise.prototype;

function isAbortSignal(value: unknown): value is { readonly aborted: boolean } {
  return typeof value === 'object' && value !== null && 'aborted' in value;
}

/** Watches one queue. Methods other than the task itself allocate nothing and do not throw. */
export class QueueTap {
  readonly site: PQueueSite;
  readonly #recorder: Recorder;
  readonly #view: QueueView;
  #depth = 0;
  /** Since when tasks wait although a slot is free: paused or at the rate limit. */
  #heldSinceNs: number | undefined;
  /** Executions that a timeout or an abort may end. */
  readonly #guarded = new Set<Execution>();

  constructor(recorder: Recorder, site: PQueueSite, view: QueueView) {
    this.#recorder = recorder;
    this.site = site;
    this.#view = view;
  }

  /** Is there anybody to record for? */
  get active(): boolean {
    return this.#recorder.active;
  }

  /** The same task, recorded when it runs. Call it where the program adds the task, in its own async context. */
  watched(task: Task, options: GuardOptions | undefined): Task {
    const timeoutMs =
      options !== undefined && 'timeout' in options ? options.timeout : this.#view.timeoutMs();
    const signal = isAbortSignal(options?.signal) ? options.signal : undefined;
    const handed = handOver(this.#recorder, this.site.stage);
    return (...args) => this.#run(task, args, { timeoutMs, signal, handed });
  }

  /** A task was added: the queue may be longer now, or held back. */
  noteArrival(): void {
    this.noteDepth();
    if (this.#heldSinceNs !== undefined || this.#view.size() === 0) return;
    if (this.#view.pending() < this.#view.concurrency()) this.#heldSinceNs = this.#recorder.now();
  }

  /** Records the depth if it is another one than before. */
  noteDepth(atNs?: number): void {
    if (!this.#recorder.active) return;
    const size = this.#view.size();
    if (size === this.#depth) return;
    this.site.depthChanged(size - this.#depth, atNs ?? this.#recorder.now());
    this.#depth = size;
    if (size === 0) this.#heldSinceNs = undefined;
  }

  /** p-queue has just failed a task: those whose signal is aborted are over, whatever their promises do. */
  sweepAborted(): void {
    for (const execution of this.#guarded) {
      if (execution.signal?.aborted === true) this.#finish(execution, true);
    }
  }

  /** The program or Sluice changed the concurrency. */
  concurrencyChanged(value: number): void {
    this.site.concurrencyChanged(value);
  }

  #run(task: Task, args: unknown[], how: HowToRun): unknown {
    if (!this.#recorder.active) return Reflect.apply(task, undefined, args);
    const execution = this.#begin(how);
    let result: unknown;
    try {
      result =
        how.handed?.arrival === undefined
          ? Reflect.apply(task, undefined, args)
          : how.handed.arrival.run(() => Reflect.apply(task, undefined, args));
    } catch (error) {
      this.#finish(execution, true);
      throw error;
    }
    if ((typeof result !== 'object' || result === null) && typeof result !== 'function') {
      this.#finish(execution);
      return result;
    }
    const settled = Promise.resolve(result);
    void Reflect.apply(then, settled, [
      () => {
        this.#finish(execution);
      },
      () => {
        this.#finish(execution, true);
      },
    ]);
    return settled;
  }

  #begin({ timeoutMs, signal, handed }: HowToRun): Execution {
    const startNs = this.#recorder.now();
    const slot = this.site.stage.begin();
    if (this.#heldSinceNs !== undefined) {
      this.site.recordHold(slot, this.#heldSinceNs, startNs);
      if (this.#view.size() === 0 || this.#view.pending() >= this.#view.concurrency()) {
        this.#heldSinceNs = undefined;
      }
    }
    this.noteDepth(startNs);
    const execution: Execution = {
      slot,
      startNs,
      signal,
      handed,
      timer: undefined,
      isOpen: true,
    };
    if (signal !== undefined) this.#guarded.add(execution);
    if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= MAX_TIMER_MS) {
      // Created just before p-queue's own timer of the same length, hence fires just before it.
      execution.timer = setTimeout(() => {
        this.#finish(execution, true);
      }, timeoutMs).unref();
    }
    return execution;
  }

  #finish(execution: Execution, isFailed = false): void {
    if (!execution.isOpen) return;
    execution.isOpen = false;
    const endNs = this.#recorder.now();
    this.site.ended(execution.slot, endNs);
    detail.failed = isFailed;
    detail.waitedNs = waitedNs(execution.handed, execution.startNs);
    this.site.stage.end(execution.slot, execution.startNs, endNs, detail);
    endOf(execution.handed);
    if (execution.timer !== undefined) clearTimeout(execution.timer);
    if (execution.signal !== undefined) this.#guarded.delete(execution);
    if (this.#heldSinceNs === undefined && this.#view.size() > 0 && this.#view.isHeld()) {
      this.#heldSinceNs = endNs;
    }
  }
}
