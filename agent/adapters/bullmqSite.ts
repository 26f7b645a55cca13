/**
 * The workers of one queue that are made at one place: a stage, the queue in Redis before it, and a live `concurrency`.
 */
import type { KnobProbe, QueueProbe, StageProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import type { AdapterContext } from './adapter.js';

export const VIA = 'bullmq';
/** Redis is asked for the length of the queue at most this often, and only around jobs. */
const ASK_EVERY_MS = 1000;

/** The members of a worker that are used. */
export interface Worker {
  readonly name: string;
  concurrency: number;
  /** Unix milliseconds; in the future while the rate limit holds the worker back. */
  readonly limitUntil: number;
  readonly closing: unknown;
  readonly backend: {
    readonly getCounts: (types: readonly string[]) => Promise<readonly unknown[]>;
  };
}

const ONE_LOOP =
  'All jobs of a worker share one event loop: more concurrency helps jobs that wait for something, not jobs that compute. ' +
  'Those need a processor in a file of its own (sandboxed), or more processes. It holds for each worker alone.';
const SANDBOXED =
  'Each running job has a process or thread of its own, so more than there are cores helps only jobs that wait. It holds ' +
  'for each worker alone.';

/** One run of a processor. */
export interface JobRun {
  readonly slot: number;
  readonly startNs: number;
  readonly waitedNs: number | undefined;
}

/** One place and queue name. */
export class BullmqSite {
  readonly stage: StageProbe;
  readonly #context: AdapterContext;
  readonly #workers = new Set<WeakRef<Worker>>();
  readonly #queue: QueueProbe;
  readonly #lastEndNs: number[] = [];
  #knob: KnobProbe | undefined;
  #isApplying = false;
  #running = 0;
  #nextAskMs = 0;
  #isAskPlanned = false;

  constructor(
    context: AdapterContext,
    worker: Worker,
    {
      source,
      isSandboxed,
    }: { readonly source: SourcePosition | undefined; readonly isSandboxed: boolean },
  ) {
    this.#context = context;
    const { recorder } = context;
    const kind = isSandboxed ? 'cpu' : 'io';
    const parallelism = worker.concurrency;
    this.stage = recorder.stage({ name: worker.name, kind, parallelism, via: VIA, source });
    const to = this.stage.name;
    this.#queue = recorder.queue({ name: `${to} queue`, to, via: VIA, source });
    this.#knob = recorder.knob({
      name: 'concurrency',
      kind: 'parallelism',
      stage: to,
      value: parallelism,
      min: 1,
      apply: (asked) => {
        this.#apply(Math.max(1, Math.round(asked)));
      },
      remark: isSandboxed ? SANDBOXED : ONE_LOOP,
      via: VIA,
      source,
    });
  }

  /** Takes in a worker that was just made. */
  adopt(worker: Worker): void {
    this.#workers.add(new WeakRef(worker));
    this.#update();
  }

  /** The worker takes no more jobs. */
  closed(): void {
    this.#update();
  }

  /** The program (or Sluice) set the concurrency of a worker. */
  concurrencyChanged(value: number): void {
    if (this.#isApplying) return;
    this.#update();
    this.#knob?.changed(value);
  }

  /** A job starts. */
  begin(worker: Worker): number {
    this.#running++;
    this.#askFor(worker);
    return this.stage.begin();
  }

  /** The job is over. */
  end({ slot, startNs, waitedNs }: JobRun, isFailed: boolean): void {
    const endNs = this.#context.recorder.now();
    this.#running--;
    this.#lastEndNs[slot] = endNs;
    const detail = { item: undefined, items: 1, failed: isFailed, waitedNs };
    this.stage.end(slot, startNs, endNs, detail);
  }

  /** The rate limit held the free slots back. */
  recordLimit(sinceNs: number, untilNs: number, concurrency: number): void {
    const slots: number[] = [];
    for (let free = Math.min(concurrency, 64) - this.#running; free > 0; free--) {
      slots.push(this.stage.begin());
    }
    for (const slot of slots) {
      const fromNs = Math.max(sinceNs, this.#lastEndNs[slot] ?? 0);
      if (fromNs < untilNs) {
        this.stage.wait(slot, 'limit', fromNs, untilNs);
        this.#lastEndNs[slot] = untilNs;
      }
      this.stage.cancel(slot);
    }
  }

  /** Learns from Redis how many jobs wait: on the worker's own connection, one command in a while. */
  #askFor(worker: Worker): void {
    const nowMs = Date.now();
    if (nowMs < this.#nextAskMs) {
      if (this.#isAskPlanned) return;
      this.#isAskPlanned = true;
      setTimeout(() => {
        this.#isAskPlanned = false;
        this.#askFor(worker);
      }, this.#nextAskMs - nowMs).unref();
      return;
    }
    if (worker.closing !== undefined || !this.#context.recorder.active) return;
    this.#nextAskMs = nowMs + ASK_EVERY_MS;
    void this.#ask(worker);
  }

  async #ask(worker: Worker): Promise<void> {
    try {
      const counts = await worker.backend.getCounts(['wait', 'prioritized']);
      this.#queue.depth(counts.reduce((sum: number, count) => sum + (Number(count) || 0), 0));
    } catch {
      // The connection is closing or broken, which the worker itself deals with. The depth is then not known.
    }
  }

  #apply(value: number): void {
    this.#isApplying = true;
    try {
      for (const worker of this.#live()) worker.concurrency = value;
    } finally {
      this.#isApplying = false;
    }
    this.#update();
  }

  /** Workers that take jobs; the others are forgotten. */
  #live(): Worker[] {
    const live: Worker[] = [];
    for (const reference of this.#workers) {
      const worker = reference.deref();
      if (worker === undefined || worker.closing !== undefined) this.#workers.delete(reference);
      else live.push(worker);
    }
    return live;
  }

  #update(): void {
    const live = this.#live();
    // After the last one, what was declared stays.
    if (live.length === 0) return;
    this.stage.setParallelism(live.reduce((sum, { concurrency }) => sum + concurrency, 0));
  }
}
