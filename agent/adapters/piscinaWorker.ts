/**
 * Piscina inside its worker threads: what a task costs is measured where it runs, so a busy main thread does not count.
 *
 * Piscina's worker takes tasks from a port of its own in two ways: from `message` events, and, while it has nothing to
 * do, from `receiveMessageOnPort` after sleeping in `Atomics.wait`. It posts the answer on the same port. So three
 * functions see everything: the port's `message` listener, `worker_threads.receiveMessageOnPort` and the port's
 * `postMessage`. The port arrives with the first message of the parent, which is the only thing we wait for.
 */
import workerThreads, { type MessagePort, type Transferable } from 'node:worker_threads';
import type { ExecutionDetail, Recorder, StageProbe } from '../src/probe.js';
import { piscinaStageName, VIA, type PoolMark } from './piscinaStage.js';

type Listener = (this: unknown, message: unknown) => unknown;

/** A task on its way: taken from the port, not yet answered. */
interface Execution {
  readonly stage: StageProbe;
  readonly slot: number;
  readonly startNs: number;
}

const failed: ExecutionDetail = { item: undefined, items: 1, failed: true };

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** Records the tasks of one worker thread. */
class TaskTap {
  readonly #recorder: Recorder;
  readonly #mark: PoolMark;
  readonly #stages = new Map<string, StageProbe>();
  readonly #running = new Map<unknown, Execution>();

  constructor(recorder: Recorder, mark: PoolMark) {
    this.#recorder = recorder;
    this.#mark = mark;
  }

  /** The worker has taken a task from its port. */
  taken(message: unknown): void {
    if (!this.#recorder.active) return;
    const filename = field(message, 'filename');
    if (typeof filename !== 'string') return;
    const stage = this.#stage(filename, field(message, 'name'));
    const slot = stage.begin();
    const startNs = this.#recorder.now();
    this.#running.set(field(message, 'taskId'), { stage, slot, startNs });
  }

  /**
   * The worker is about to post the answer. Before and not after: the main thread may end this thread as soon as it has
   * the answer, and the execution would be lost.
   */
  answering(response: unknown): void {
    const taskId = field(response, 'taskId');
    const execution = this.#running.get(taskId);
    if (execution === undefined) return;
    this.#running.delete(taskId);
    const { stage, slot, startNs } = execution;
    const isOk = field(response, 'error') === null;
    stage.end(slot, startNs, this.#recorder.now(), isOk ? undefined : failed);
  }

  #stage(filename: string, handler: unknown): StageProbe {
    const name = piscinaStageName(filename, typeof handler === 'string' ? handler : undefined);
    const known = this.#stages.get(name);
    if (known !== undefined) return known;
    const { parallelism, source } = this.#mark;
    const stage = this.#recorder.stage({
      name,
      kind: 'cpu',
      parallelism: parallelism[0] === 0 ? undefined : parallelism[0],
      via: VIA,
      source,
    });
    this.#stages.set(name, stage);
    return stage;
  }
}

function watchPort(port: MessagePort, tap: TaskTap): void {
  const on = port.on.bind(port) as (event: string, listener: Listener) => MessagePort;
  Reflect.defineProperty(port, 'on', {
    configurable: true,
    writable: true,
    value: (event: string, listener: Listener) =>
      on(
        event,
        event !== 'message'
          ? listener
          : function (this: unknown, message) {
              tap.taken(message);
              return Reflect.apply(listener, this, [message]);
            },
      ),
  });

  const receive = workerThreads.receiveMessageOnPort;
  workerThreads.receiveMessageOnPort = (from) => {
    const entry = receive(from) as { message: unknown } | undefined;
    if (from === port && entry !== undefined) tap.taken(entry.message);
    return entry;
  };

  const post = port.postMessage.bind(port);
  port.postMessage = (response: unknown, transfer?: readonly Transferable[]) => {
    tap.answering(response);
    post(response, transfer);
  };
}

/** Watches this worker thread of Piscina's. Call it before the thread's script runs. */
export function watchPiscinaWorker(recorder: Recorder, mark: PoolMark): void {
  const parent = workerThreads.parentPort;
  if (parent === null) return;
  const inherited = parent.on.bind(parent) as (event: string, listener: Listener) => MessagePort;
  Reflect.defineProperty(parent, 'on', {
    configurable: true,
    writable: true,
    value: (event: string, listener: Listener) => {
      if (event !== 'message') return inherited(event, listener);
      // The first listener is Piscina's: its worker script is the first code of this thread.
      Reflect.deleteProperty(parent, 'on');
      return inherited(event, function (this: unknown, message) {
        const port = field(message, 'port');
        if (port instanceof workerThreads.MessagePort) watchPort(port, new TaskTap(recorder, mark));
        return Reflect.apply(listener, this, [message]);
      });
    },
  });
}
