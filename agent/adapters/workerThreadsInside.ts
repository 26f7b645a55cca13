/** A plain worker thread from the inside: each message of its parent is an execution of the worker's stage. */
import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { type MessagePort } from 'node:worker_threads';
import type { Recorder, StageProbe } from '../src/probe.js';
import { Handling } from './messageHandlers.js';
import { tapPort } from './portTap.js';
import { Count, type WorkerMark } from './workerMark.js';

/** `via` of everything that concerns plain worker threads. */
export const VIA = 'worker_threads';

/** Watches this thread's parent port. Call it before the thread's script runs. */
export function watchParentPort(recorder: Recorder, mark: WorkerMark): void {
  const { parentPort: port } = workerThreads;
  if (port === null) return;
  const { stage: name, most, source, counts } = mark;
  let stage: StageProbe | undefined;
  tapPort(port, {
    taken: () => {
      Atomics.add(counts, Count.taken, 1);
      if (!recorder.active) return undefined;
      stage ??= recorder.stage({ name, kind: 'cpu', parallelism: most[0], via: VIA, source });
      return new Handling(recorder, stage);
    },
    posting: () => {
      Atomics.add(counts, Count.replied, 1);
    },
    notPosted: () => {
      Atomics.sub(counts, Count.replied, 1);
    },
  });
  countPolled(port, counts);
  Atomics.store(counts, Count.joined, 1);
}

/** Messages that are fetched and not waited for are taken, too; what is done with them cannot be seen. */
function countPolled(port: MessagePort, counts: Int32Array): void {
  const receive = workerThreads.receiveMessageOnPort;
  workerThreads.receiveMessageOnPort = function receiveMessageOnPort(from) {
    const entry = receive(from) as { message: unknown } | undefined;
    if (from === port && entry !== undefined) Atomics.add(counts, Count.taken, 1);
    return entry;
  };
  syncBuiltinESMExports();
}
