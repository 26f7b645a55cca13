/**
 * Piscina and Tinypool inside their worker threads: what a task costs is measured where it runs, so a busy main thread does
 * not count.
 *
 * Their worker takes tasks from a port of its own in two ways: from `message` events, and, while it has nothing to
 * do, from `receiveMessageOnPort` after sleeping in `Atomics.wait`. It posts the answer on the same port. So three
 * functions see everything: the port's `message` listener, `worker_threads.receiveMessageOnPort` and the port's
 * `postMessage`. The port arrives with the first message of the parent, which is the only thing we wait for.
 */
import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { type MessagePort, type Transferable } from 'node:worker_threads';
import type { Recorder } from '../src/probe.js';
import { field, PoolTasks } from './poolTasks.js';
import type { PoolMark } from './piscinaStage.js';

type Listener = (this: unknown, message: unknown) => unknown;

function watchPort(port: MessagePort, tap: PoolTasks): void {
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
  // Tinypool's worker is an ES module and has imported the function already.
  syncBuiltinESMExports();

  const post = port.postMessage.bind(port);
  port.postMessage = (response: unknown, transfer?: readonly Transferable[]) => {
    tap.answering(response);
    post(response, transfer);
  };
}

/** Watches this worker thread of a pool. Call it before the thread's script runs. */
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
        if (port instanceof workerThreads.MessagePort)
          watchPort(port, new PoolTasks(recorder, mark));
        return Reflect.apply(listener, this, [message]);
      });
    },
  });
}
