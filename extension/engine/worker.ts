/** Entry point of the engine's worker thread (dist/engine.cjs). */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../agent/wire/result.js';
import { Engine, type EngineOptions } from './engine.js';
import type { FromEngineWorker, ToEngineWorker } from './engineClient.js';
import type { EngineReply } from './protocol.js';

assert(parentPort !== null, 'the engine worker runs on the main thread');
const port = parentPort;

const post = (message: FromEngineWorker, transfer: ArrayBuffer[] = []): void => {
  port.postMessage(message, transfer);
};

const engine = new Engine(
  (event) => {
    post({ kind: 'event', event });
  },
  // Whoever started the worker is this project's own code.
  workerData as EngineOptions,
);

port.on('message', (message: ToEngineWorker) => {
  if (message.kind === 'request') {
    // `handle` never rejects.
    void engine.handle(message.request).then((reply) => {
      post({ kind: 'reply', reply }, buffersOf(reply));
    });
    return;
  }
  void engine.dispose().then(() => {
    post({ kind: 'disposed' });
    port.close();
  });
});

/** Buffers that the reply gives away: pictures are moved to the host, not copied. */
function buffersOf(reply: EngineReply): ArrayBuffer[] {
  if (reply.kind !== 'ok' || typeof reply.output !== 'object' || reply.output === null) return [];
  const buffer: unknown = Reflect.get(reply.output, 'buffer');
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
