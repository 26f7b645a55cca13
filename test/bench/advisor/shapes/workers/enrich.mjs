// A worker with a connection of its own, whose driver blocks the thread while the database works.
import { parentPort } from 'node:worker_threads';

const cell = new Int32Array(new SharedArrayBuffer(4));
parentPort.on('message', ({ id, durationMs }) => {
  Atomics.wait(cell, 0, 0, durationMs);
  parentPort.postMessage(id);
});
