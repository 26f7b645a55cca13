/**
 * Piscina inside its worker threads: what a task costs is measured where it runs, so a busy main thread does not count.
 *
 * Piscina's worker takes tasks from a port of its own in two ways: from `message` events, and, while it has nothing to
 * do, from `receiveMessageOnPort` after sleeping in `Atomics.wait`. It posts the answer on the same port. So three
 * functions see everything: the port's `message` listener, `worker_threads.receiveMessageOnPort` and the port's
 * `postMessage`. The port arrives with the first message of the parent, which is the only thing we wait for.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import workerThreads, { type MessagePort, type Transferable } from 'node:worker_threads';
import type { ExecutionDetail, Recorder, StageProbe } from '../src/probe.js';
import { knows, type Adapter } from './adapter.js';
import { piscinaStageName, VIA } from './piscinaStage.js';

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

/** Is the thread's script Piscina's own worker, of a version that the adapter knows? */
function isPiscinaWorker(script: string | undefined, adapter: Adapter): boolean {
  const folder = /^(.*[/\\]piscina)[/\\]dist[/\\](?:src[/\\])?worker\.js$/.exec(script ?? '')?.[1];
  if (folder === undefined) return false;
  try {
    const json: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return knows(adapter, field(json, 'version'));
  } catch {
    // Without a readable version it is one that we do not know; the main thread says so.
    return false;
  }
}

/** Records the tasks of one worker thread. */
class TaskTap {
  readonly #recorder: Recorder;
  readonly #stages = new Map<string, StageProbe>();
  readonly #running = new Map<unknown, Execution>();
  #last: { readonly stage: StageProbe; readonly endNs: number } | undefined;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The worker has taken a task from its port. */
  taken(message: unknown): void {
    if (!this.#recorder.active) return;
    const filename = field(message, 'filename');
    if (typeof filename !== 'string') return;
    const stage = this.#stage(filename, field(message, 'name'));
    const startNs = this.#recorder.now();
    const slot = stage.begin();
    // Nothing ran since: the thread was waiting for this task.
    if (this.#running.size === 0 && this.#last?.stage === stage) {
      stage.wait(slot, 'input', this.#last.endNs, startNs);
    }
    this.#running.set(field(message, 'taskId'), { stage, slot, startNs });
  }

  /** The worker has posted the answer, or failed to. */
  answered(response: unknown, isPosted: boolean): void {
    const taskId = field(response, 'taskId');
    const execution = this.#running.get(taskId);
    if (execution === undefined) return;
    this.#running.delete(taskId);
    const { stage, slot, startNs } = execution;
    const endNs = this.#recorder.now();
    const isOk = isPosted && field(response, 'error') === null;
    stage.end(slot, startNs, endNs, isOk ? undefined : failed);
    this.#last = { stage, endNs };
  }

  #stage(filename: string, handler: unknown): StageProbe {
    const name = piscinaStageName(filename, typeof handler === 'string' ? handler : undefined);
    const known = this.#stages.get(name);
    if (known !== undefined) return known;
    const stage = this.#recorder.stage({ name, kind: 'cpu', via: VIA });
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
    let isPosted = false;
    try {
      post(response, transfer);
      isPosted = true;
    } finally {
      tap.answered(response, isPosted);
    }
  };
}

/**
 * Watches this thread if it turns out to be one of Piscina's. Call it before the thread's script runs. In any other
 * worker thread it undoes itself at the first `message` listener.
 */
export function watchPiscinaWorker(recorder: Recorder, adapter: Adapter): void {
  const parent = workerThreads.parentPort;
  if (parent === null) return;
  const inherited = parent.on.bind(parent) as (event: string, listener: Listener) => MessagePort;
  Reflect.defineProperty(parent, 'on', {
    configurable: true,
    writable: true,
    value: (event: string, listener: Listener) => {
      if (event !== 'message') return inherited(event, listener);
      Reflect.deleteProperty(parent, 'on');
      if (!isPiscinaWorker(process.argv[1], adapter)) return inherited(event, listener);
      return inherited(event, function (this: unknown, message) {
        const port = field(message, 'port');
        if (port instanceof workerThreads.MessagePort) watchPort(port, new TaskTap(recorder));
        return Reflect.apply(listener, this, [message]);
      });
    },
  });
}
