/** Tasks of Piscina and Tinypool, followed by the messages that carry them: the same ones in threads and child processes. */
import type { Recorder, StageProbe } from '../src/probe.js';
import { piscinaStageName, type PoolMark } from './piscinaStage.js';
import { RunningTasks } from './runningTasks.js';

/** A property of whatever this is. */
export function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** Records the tasks of one worker thread or child process. */
export class PoolTasks {
  readonly #recorder: Recorder;
  readonly #mark: PoolMark;
  readonly #stages = new Map<string, StageProbe>();
  readonly #running: RunningTasks;

  constructor(recorder: Recorder, mark: PoolMark) {
    this.#recorder = recorder;
    this.#mark = mark;
    this.#running = new RunningTasks(recorder);
  }

  /** A task has been taken. */
  taken(message: unknown): void {
    if (!this.#recorder.active) return;
    const filename = field(message, 'filename');
    if (typeof filename !== 'string') return;
    this.#running.begin(field(message, 'taskId'), this.#stage(filename, field(message, 'name')));
  }

  /**
   * The worker is about to post the answer. Before and not after: the main thread may end this thread as soon as it has
   * the answer, and the execution would be lost.
   */
  answering(response: unknown): void {
    this.#running.end(field(response, 'taskId'), field(response, 'error') === null);
  }

  /** The worker is gone: what it was doing has failed. */
  gone(): void {
    this.#running.endAll();
  }

  #stage(filename: string, handler: unknown): StageProbe {
    const name = piscinaStageName(filename, typeof handler === 'string' ? handler : undefined);
    const known = this.#stages.get(name);
    if (known !== undefined) return known;
    const { via, parallelism, source } = this.#mark;
    const stage = this.#recorder.stage({
      name,
      kind: 'cpu',
      parallelism: parallelism[0] === 0 ? undefined : parallelism[0],
      via,
      source,
    });
    this.#stages.set(name, stage);
    return stage;
  }
}
