// Forty numbers to a slow sink, as fast as the sink's buffer allows, and again; a transform that fails.
import { once } from 'node:events';
import { Transform, Writable, type TransformOptions, type WritableOptions } from 'node:stream';
import { finish, firstHalfDone } from './support/halves.js';

const counts = { written: 0, peaks: [0, 0] };

async function half(sink: Writable, index: 0 | 1): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const hasRoom = sink.write(i);
    counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, sink.writableLength);
    if (!hasRoom) await once(sink, 'drain');
  }
  while (sink.writableLength > 0) await new Promise((resolve) => setImmediate(resolve));
}

async function main(): Promise<void> {
  const write: WritableOptions['write'] = (_chunk, _encoding, done) => {
    counts.written++;
    setImmediate(done);
  };
  const store = new Writable({ objectMode: true, highWaterMark: 3, write }); // @store
  await half(store, 0);
  const transform: TransformOptions['transform'] = (n, _encoding, done) => {
    if (n === 7) done(new Error('seven'));
    else done(null, n);
  };
  const checker = new Transform({ objectMode: true, transform }); // @checker
  checker.resume().on('error', () => undefined);
  const closed = new Promise((resolve) => checker.once('close', resolve));
  for (let i = 0; i < 8; i++) checker.write(i);
  await closed;
  await firstHalfDone();
  await half(store, 1);
  finish(counts);
}

void main();
