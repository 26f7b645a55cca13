/**
 * Jobs in libuv's thread pool, as a stage.
 *
 * Node tells neither when a thread takes a job nor when it is done with it; seen are the call and the callback. But the
 * pool takes jobs in their order and has a fixed number of threads, so both can be concluded: a job starts when it is
 * submitted or when the thread before it becomes free, whatever is later. The conclusion is as good as the callbacks are
 * punctual: while the main thread is busy, jobs seem to run on until it hears of them.
 *
 * Almost every program reads a file now and then, and a stage for that would be noise. A pool that is `isShownLate` is
 * declared only when it matters: when a job has waited for a thread for a millisecond, or after three seconds in a row with
 * 100 jobs each. Then those that wait and run are recorded from their beginning, and all later ones; jobs that ended before
 * are no loss, because they kept nothing waiting. Once declared, a pool stays.
 */
import type { QueueProbe, Recorder, StageProbe } from '../src/probe.js';
import type { StageKind } from '../wire/manifest.js';

const DEFAULT_THREADS = 4;
export const MAX_THREADS = 1024;

/** One call of the program, waiting or running in the pool. */
export interface PoolJob {
  /** libuv lets name lookups have half of the threads, so that slow servers do not stop files. */
  readonly isLookup: boolean;
  readonly submittedNs: number;
  /** 0: waits. */
  startNs: number;
  slot: number;
}

/** What makes a pool matter that nobody asked for. */
const LONG_WAIT_NS = 1e6;
const BUSY_JOBS_PER_SEC = 100;
const BUSY_SECONDS = 3;
const SECOND_NS = 1e9;

const failedOne = { item: undefined, items: 1, failed: true };

/** Threads of the pool as libuv reads them from the environment: once, when the first job comes. */
export function poolThreads(setting: string | undefined): number {
  if (setting === undefined) return DEFAULT_THREADS;
  // As `atoi` does it: leading digits count, what is no number is 0, and 0 becomes 1.
  const threads = Number.parseInt(setting, 10);
  if (Number.isNaN(threads) || threads === 0) return 1;
  return threads < 0 ? MAX_THREADS : Math.min(threads, MAX_THREADS);
}

/** What has waited longest stands first; taking it costs nothing, however many wait. */
class Fifo {
  #jobs: PoolJob[] = [];
  #head = 0;

  get size(): number {
    return this.#jobs.length - this.#head;
  }

  get first(): PoolJob | undefined {
    return this.#jobs[this.#head];
  }

  add(job: PoolJob): void {
    this.#jobs.push(job);
  }

  take(): void {
    this.#head++;
    if (this.#head < 1024 || this.#head * 2 < this.#jobs.length) return;
    this.#jobs = this.#jobs.slice(this.#head);
    this.#head = 0;
  }

  remove(job: PoolJob): void {
    const index = this.#jobs.indexOf(job, this.#head);
    if (index >= 0) this.#jobs.splice(index, 1);
  }
}

/** Tells whether jobs come in numbers, from the times at which they come. */
class Traffic {
  #secondEndNs = 0;
  #jobs = 0;
  #busySeconds = 0;

  /** A job comes at `nowNs`. True when the seconds before have been busy ones without a gap. */
  isBusy(nowNs: number): boolean {
    if (nowNs >= this.#secondEndNs) {
      const isNext = nowNs < this.#secondEndNs + SECOND_NS;
      const wasBusy = this.#jobs >= BUSY_JOBS_PER_SEC;
      this.#busySeconds = isNext && wasBusy ? this.#busySeconds + 1 : 0;
      this.#secondEndNs = isNext ? this.#secondEndNs + SECOND_NS : nowNs + SECOND_NS;
      this.#jobs = 0;
    }
    this.#jobs++;
    return this.#busySeconds >= BUSY_SECONDS;
  }
}

/** What the stage is called and belongs to. */
export interface PoolStageOptions {
  readonly name: string;
  readonly kind: StageKind;
  readonly via: string;
  /** true: declared when it matters, see above. Otherwise with the first job. */
  readonly isShownLate?: boolean;
  /** Declares what belongs to it, when it is declared itself. */
  readonly onDeclared: (stage: string, threads: number) => void;
}

/** Follows the jobs of this thread through the pool. */
export class ThreadPoolStage {
  readonly #recorder: Recorder;
  readonly #options: PoolStageOptions;
  readonly #threads: number;
  readonly #waiting = new Fifo();
  readonly #lookups = new Fifo();
  readonly #traffic = new Traffic();
  /** Those that run while nothing is declared yet. */
  readonly #early = new Set<PoolJob>();
  #running = 0;
  #runningLookups = 0;
  #stage: StageProbe | undefined;
  #queue: QueueProbe | undefined;

  constructor(recorder: Recorder, options: PoolStageOptions) {
    this.#recorder = recorder;
    this.#options = options;
    this.#threads = poolThreads(process.env['UV_THREADPOOL_SIZE']);
  }

  /** A job goes to the pool. */
  submit(isLookup: boolean): PoolJob {
    const nowNs = this.#recorder.now();
    if (this.#stage === undefined && this.#mattersAt(nowNs)) this.#declare();
    const job = { isLookup, submittedNs: nowNs, startNs: 0, slot: -1 };
    (isLookup ? this.#lookups : this.#waiting).add(job);
    this.#startWhatMay(nowNs);
    this.#noteDepth(nowNs);
    return job;
  }

  /** The job's callback is about to be called. */
  done(job: PoolJob, isFailed: boolean): void {
    const nowNs = this.#recorder.now();
    if (this.#stage === undefined && this.#hasKeptWaiting(nowNs)) this.#declare();
    // It was not this one's turn yet: something that we do not see was faster than it, or this one was never queued.
    if (job.startNs === 0) {
      (job.isLookup ? this.#lookups : this.#waiting).remove(job);
      this.#start(job, job.submittedNs);
    }
    this.#running--;
    if (job.isLookup) this.#runningLookups--;
    if (this.#stage === undefined) this.#early.delete(job);
    else this.#stage.end(job.slot, job.startNs, nowNs, isFailed ? failedOne : undefined);
    this.#startWhatMay(nowNs);
    this.#noteDepth(nowNs);
  }

  /** The call failed before anything went to the pool. */
  withdraw(job: PoolJob): void {
    if (job.startNs === 0) {
      (job.isLookup ? this.#lookups : this.#waiting).remove(job);
      return;
    }
    this.#running--;
    if (job.isLookup) this.#runningLookups--;
    if (this.#stage === undefined) this.#early.delete(job);
    else this.#stage.cancel(job.slot);
  }

  #startWhatMay(nowNs: number): void {
    while (this.#running < this.#threads) {
      const next = this.#next();
      if (next === undefined) return;
      (next.isLookup ? this.#lookups : this.#waiting).take();
      this.#start(next, nowNs);
    }
  }

  /** Whoever waits longest; lookups only while they have less than half of the threads. */
  #next(): PoolJob | undefined {
    const job = this.#waiting.first;
    const lookup = this.#lookups.first;
    const mayLookUp = this.#runningLookups < Math.ceil(this.#threads / 2);
    if (lookup === undefined || !mayLookUp) return job;
    return job === undefined || lookup.submittedNs < job.submittedNs ? lookup : job;
  }

  #start(job: PoolJob, atNs: number): void {
    job.startNs = atNs;
    if (this.#stage === undefined) this.#early.add(job);
    else job.slot = this.#stage.begin();
    this.#running++;
    if (job.isLookup) this.#runningLookups++;
  }

  #noteDepth(nowNs: number): void {
    this.#queue?.depth(this.#waiting.size + this.#lookups.size, nowNs);
  }

  /** Is the job that comes now one that the user should hear of? */
  #mattersAt(nowNs: number): boolean {
    return this.#options.isShownLate !== true || this.#traffic.isBusy(nowNs);
  }

  /** Has a job waited for long, now that another one ends? */
  #hasKeptWaiting(nowNs: number): boolean {
    const isLate = (job: PoolJob | undefined): boolean =>
      job !== undefined && nowNs - job.submittedNs >= LONG_WAIT_NS;
    return isLate(this.#waiting.first) || isLate(this.#lookups.first);
  }

  #declare(): void {
    const { name, kind, via, onDeclared } = this.#options;
    const parallelism = this.#threads;
    const stage = this.#recorder.stage({ name, kind, parallelism, via });
    this.#queue = this.#recorder.queue({ name: `${stage.name} queue`, to: stage.name, via });
    onDeclared(stage.name, parallelism);
    this.#stage = stage;
    for (const job of this.#early) job.slot = stage.begin();
    this.#early.clear();
    this.#noteDepth(this.#recorder.now());
  }
}
