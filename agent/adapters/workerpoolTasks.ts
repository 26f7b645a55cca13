/** Tasks of workerpool, followed by the messages that carry them: the same ones in threads and child processes. */
import workerThreads from 'node:worker_threads';
import type { Recorder, StageProbe } from '../src/probe.js';
import { field } from './poolTasks.js';
import { tapPort } from './portTap.js';
import { RunningTasks } from './runningTasks.js';
import type { WorkerpoolMark } from './workerpoolMark.js';

/** `via` of everything that concerns workerpool. */
export const VIA = 'workerpool';

/** A method name is any text; a program that makes them up gets one stage for the rest. */
const MAX_METHODS = 50;
/** Asks for the names of the methods: workerpool's own question. */
const LISTING = 'methods';
/** The method that runs a function sent along. */
const OFFLOADED = 'run';
const CLEANUP = '__workerpool-cleanup__';

/** Name of the stage of a method. */
export function methodStage(pool: string, method: string): string {
  return method === OFFLOADED ? pool : `${pool}:${method}`;
}

/** Is this a method of the program's, and no question of the library's own? */
export function isMethod(method: unknown): method is string {
  return typeof method === 'string' && method !== LISTING && method !== CLEANUP;
}

/** Records the tasks of one worker. */
export class WorkerpoolTasks {
  readonly #recorder: Recorder;
  readonly #mark: WorkerpoolMark;
  readonly #stages = new Map<string, StageProbe>();
  readonly #running: RunningTasks;

  constructor(recorder: Recorder, mark: WorkerpoolMark) {
    this.#recorder = recorder;
    this.#mark = mark;
    this.#running = new RunningTasks(recorder);
  }

  /** A message has come to the worker. */
  taken(message: unknown): void {
    if (!this.#recorder.active) return;
    const method = field(message, 'method');
    if (isMethod(method)) this.#running.begin(field(message, 'id'), this.#stage(method));
  }

  /** A message goes back. Events of a task that goes on, and answers to questions of the library's own, are not its end. */
  answering(message: unknown): void {
    const isEnd = field(message, 'isEvent') !== true && field(message, 'method') === undefined;
    if (isEnd) this.#running.end(field(message, 'id'), field(message, 'error') === null);
  }

  /** The worker is gone: what it was doing has failed. */
  gone(): void {
    this.#running.endAll();
  }

  #stage(method: string): StageProbe {
    const known = this.#stages.get(method);
    if (known !== undefined) return known;
    const { stage: pool, source, parallelism } = this.#mark;
    const isFull = this.#stages.size >= MAX_METHODS;
    const stage = this.#recorder.stage({
      name: isFull ? pool : methodStage(pool, method),
      kind: 'cpu',
      parallelism: parallelism[0] === 0 ? undefined : parallelism[0],
      via: VIA,
      source,
    });
    if (!isFull) this.#stages.set(method, stage);
    return stage;
  }
}

/** Watches this thread of a workerpool. Call it before its script runs. */
export function watchWorkerpoolThread(recorder: Recorder, mark: WorkerpoolMark): void {
  const { parentPort } = workerThreads;
  if (parentPort === null) return;
  const tasks = new WorkerpoolTasks(recorder, mark);
  tapPort(parentPort, {
    taken: (message) => {
      tasks.taken(message);
      return undefined;
    },
    // Before the answer is posted, not after: the thread may be ended as soon as it is there.
    posting: (message) => {
      tasks.answering(message);
    },
    notPosted: () => undefined,
  });
}
