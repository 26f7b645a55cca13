/** The worker threads that are started at one place: their stage, and the queues of messages to and from them. */
import type { QueueProbe, Recorder, StageProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import { FAILED } from './runningTasks.js';
import { Count, COUNTS, sharedWords, type WorkerMark } from './workerMark.js';
import { VIA } from './workerThreadsInside.js';

/**
 * The worker takes messages whenever it likes, and the depth is written by this thread: when it posts, when an answer comes,
 * and, as long as messages wait, every now and then.
 */
const LOOK_AGAIN_MS = 20;
// Taken once: tests of the program may put clocks of their own in its place.
const { setTimeout } = globalThis;

/** The stage of one place. */
export class WorkerSite {
  readonly recorder: Recorder;
  readonly stage: StageProbe;
  readonly #source: SourcePosition | undefined;
  readonly #queue: QueueProbe;
  #replies: { readonly queue: QueueProbe; readonly stage: StageProbe } | undefined;
  readonly #workers = new Set<WorkerTap>();
  /** As many as there ever were at once: workers that have ended leave the stage as wide as it was. */
  readonly #most = sharedWords(1);
  #isLooking = false;

  constructor(recorder: Recorder, name: string, source: SourcePosition | undefined) {
    this.recorder = recorder;
    this.#source = source;
    this.stage = recorder.stage({ name, kind: 'cpu', via: VIA, source });
    const to = this.stage.name;
    this.#queue = recorder.queue({ name: `${to} queue`, to, via: VIA, source });
    if (recorder.active) this.#queue.depth(0);
  }

  /** A worker is about to be started: its mark, and what will watch it. */
  starting(): { readonly mark: WorkerMark; readonly tap: WorkerTap } {
    const counts = sharedWords(COUNTS);
    const tap = new WorkerTap(this, counts);
    this.#most[0] = Math.max(this.#most[0] ?? 0, this.#workers.size + 1);
    const mark = { stage: this.stage.name, most: this.#most, source: this.#source, counts };
    return { mark, tap };
  }

  started(tap: WorkerTap): void {
    this.#workers.add(tap);
    this.stage.setParallelism(this.#most[0]);
  }

  ended(tap: WorkerTap): void {
    if (this.#workers.delete(tap)) this.noteDepth();
  }

  /** The handling of answers, here. */
  replyStage(): StageProbe {
    return this.#declareReplies().stage;
  }

  /** Writes how many messages wait for workers. */
  noteDepth(): void {
    if (!this.recorder.active) return;
    let depth = 0;
    for (const worker of this.#workers) depth += worker.waiting();
    this.#queue.depth(depth);
    if (depth > 0) this.#lookAgain();
  }

  /** Writes how many answers wait for this thread. */
  noteReplies(): void {
    let depth = 0;
    for (const worker of this.#workers) depth += worker.answersWaiting();
    this.#declareReplies().queue.depth(depth);
  }

  #lookAgain(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    setTimeout(() => {
      this.#isLooking = false;
      this.noteDepth();
    }, LOOK_AGAIN_MS).unref();
  }

  #declareReplies(): { readonly queue: QueueProbe; readonly stage: StageProbe } {
    if (this.#replies !== undefined) return this.#replies;
    const from = this.stage.name;
    const source = this.#source;
    const stage = this.recorder.stage({
      name: `${from} reply`,
      kind: 'cpu',
      parallelism: 1,
      via: VIA,
      source,
    });
    const queue = this.recorder.queue({
      name: `${from} replies`,
      from,
      to: stage.name,
      via: VIA,
      source,
    });
    this.#replies = { queue, stage };
    return this.#replies;
  }
}

/** One worker. */
export class WorkerTap {
  readonly site: WorkerSite;
  readonly #counts: Int32Array;
  #posted = 0;
  #answersTaken = 0;
  #isBlind = false;
  #hasFailed = false;
  /** Its life, which is the execution when it gets no message: it was started for one piece of work. */
  #life: { readonly slot: number; readonly startNs: number } | undefined;

  constructor(site: WorkerSite, counts: Int32Array) {
    this.site = site;
    this.#counts = counts;
    if (site.recorder.active) {
      this.#life = { slot: site.stage.begin(), startNs: site.recorder.now() };
    }
  }

  /** A message is about to be posted to the worker. */
  posting(): void {
    this.#posted++;
    this.discard();
  }

  /** Its life is no execution. */
  discard(): void {
    if (this.#life === undefined) return;
    this.site.stage.cancel(this.#life.slot);
    this.#life = undefined;
  }

  /** It could not be posted. */
  notPosted(): void {
    this.#posted--;
  }

  /** An answer is about to be handled. */
  answered(): void {
    this.#answersTaken++;
  }

  /** The worker's script is about to run. False: without the agent, so nothing of it is seen. */
  online(): boolean {
    this.#isBlind = Atomics.load(this.#counts, Count.joined) === 0;
    return !this.#isBlind;
  }

  failed(): void {
    this.#hasFailed = true;
  }

  /** The worker is gone. */
  ended(): void {
    this.site.ended(this);
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    const { stage, recorder } = this.site;
    stage.end(life.slot, life.startNs, recorder.now(), this.#hasFailed ? FAILED : undefined);
  }

  waiting(): number {
    return this.#isBlind ? 0 : difference(this.#posted, this.#counts, Count.taken);
  }

  answersWaiting(): number {
    if (this.#isBlind) return 0;
    // The other way round: the worker posts, and we take.
    return Math.max(0, (Atomics.load(this.#counts, Count.replied) - this.#answersTaken) | 0);
  }
}

function difference(made: number, counts: Int32Array, index: number): number {
  return Math.max(0, (made - Atomics.load(counts, index)) | 0);
}
