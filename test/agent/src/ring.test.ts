import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as esbuild from 'esbuild';
import { EventType } from '../../../agent/wire/format.js';
import { eventHeaderHi, eventHeaderLo } from '../../../agent/wire/eventWords.js';
import { NO_TOTALS } from '../../../agent/src/laneTotals.js';
import { Ref } from '../../../agent/src/names.js';
import {
  COUNT_EXECUTION,
  COUNT_RECORD,
  createRing,
  plainHeader,
  RingReader,
  RingWriter,
} from '../../../agent/src/ring.js';

const SMALL = 16 * 1024;
const stageLo = eventHeaderLo(EventType.durationComplete, 3, 0, 1);
const stageHi = eventHeaderHi(Ref.stage, 100);
const row = { plain: plainHeader(1, 100), totals: NO_TOTALS };
const spanHi = eventHeaderHi(Ref.span, 101);

/** Writes an execution (or, with `isSpan`, a span) that carries `n` in both of its times. */
function write(ring: RingWriter, n: number, isSpan = false): void {
  if (!isSpan) {
    ring.execution(row, n, 0);
    return;
  }
  const at = ring.claim(3);
  ring.words.set([stageLo, spanHi, n, 0, n, 0], at);
  ring.publish(3, COUNT_RECORD);
}

/** Reads everything up to the present head; returns the numbers that `write` put in. */
function readAll(reader: RingReader, head = reader.head): number[] {
  const target = new DataView(new ArrayBuffer(RingReader.maxReadBytes));
  const numbers: number[] = [];
  for (;;) {
    const bytes = reader.read(head, target, 0);
    if (bytes === 0) return numbers;
    for (let at = 0; at < bytes; at += 24) {
      const n = target.getInt32(at + 8, true);
      assert.equal(target.getInt32(at + 16, true), n, 'torn record');
      numbers.push(n);
    }
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

describe('ring', () => {
  it('hands over what was written, in order, once', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    assert.deepEqual(readAll(reader), []);
    for (let n = 0; n < 5; n++) write(writer, n);
    assert.deepEqual(readAll(reader), [0, 1, 2, 3, 4]);
    assert.deepEqual(readAll(reader), []);
    assert.deepEqual(reader.takeLoss(), { records: 0, executions: 0 });
  });

  it('goes round many times without loss when it is read in time', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    const seen: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      write(writer, n);
      if (n % 333 === 0) seen.push(...readAll(reader));
    }
    seen.push(...readAll(reader));
    assert.deepEqual(seen, range(0, 20_000));
    assert.deepEqual(reader.takeLoss(), { records: 0, executions: 0 });
  });

  it('keeps the newest records and counts the lost ones exactly', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    for (let n = 0; n < 10; n++) write(writer, n);
    assert.equal(readAll(reader).length, 10);
    // Every third is a span, so that records and executions differ.
    for (let n = 10; n < 5000; n++) write(writer, n, n % 3 === 0);
    const seen = readAll(reader);
    const first = seen[0] ?? -1;
    assert.deepEqual(seen, range(first, 5000));
    assert.ok(seen.length > 300, `only ${seen.length} of about 680 are left`);
    const lost = range(10, first);
    assert.deepEqual(reader.takeLoss(), {
      records: lost.length,
      executions: lost.filter((n) => n % 3 !== 0).length,
    });
    assert.deepEqual(reader.takeLoss(), { records: 0, executions: 0 });
  });

  it('reads no further than the head that was noted', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    write(writer, 1);
    const noted = reader.head;
    write(writer, 2);
    assert.deepEqual(readAll(reader, noted), [1]);
    assert.deepEqual(readAll(reader), [2]);
  });

  it('reads nothing when it was lapped beyond the noted head, and goes on from there', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    write(writer, 0);
    const noted = reader.head;
    for (let n = 1; n < 3000; n++) write(writer, n);
    assert.deepEqual(readAll(reader, noted), []);
    const seen = readAll(reader);
    assert.deepEqual(seen, range(3000 - seen.length, 3000));
    assert.equal(reader.takeLoss().executions, 3000 - seen.length);
  });

  it('takes records of different sizes up to the largest, never across a block', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    const target = new DataView(new ArrayBuffer(RingReader.maxReadBytes));
    for (let i = 0; i < 500; i++) {
      const words = 3 + ((i * 7) % 508);
      const at = writer.claim(words);
      writer.words.fill(0, at, at + words * 2);
      writer.words[at] = eventHeaderLo(EventType.durationComplete, words, 0, 1);
      writer.words[at + 1] = stageHi;
      writer.publish(words, COUNT_EXECUTION);
      assert.equal(reader.read(reader.head, target, 0), words * 8);
      assert.equal(reader.read(reader.head, target, 0), 0);
    }
    assert.deepEqual(reader.takeLoss(), { records: 0, executions: 0 });
  });

  it('says how far the reader is behind, and when the writer is done', () => {
    const buffer = createRing(SMALL);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    assert.equal(reader.closed, false);
    for (let n = 0; n < 510; n++) write(writer, n);
    assert.ok(Math.abs(reader.backlog(reader.head) - 0.5) < 0.01);
    for (let n = 0; n < 3400; n++) write(writer, n);
    assert.ok(reader.backlog(reader.head) > 1);
    writer.close();
    assert.equal(reader.closed, true);
  });

  it('refuses a size that is no power of two or too small', () => {
    assert.throws(() => createRing(100_000));
    assert.throws(() => createRing(1024));
  });

  it('accounts for every record when two threads race', { timeout: 120_000 }, async () => {
    const buffer = createRing(SMALL);
    const made = 400_000;
    // Bundled, because tsx does not reach into worker threads on Node 20.
    const { outputFiles } = await esbuild.build({
      entryPoints: [fileURLToPath(new URL('./support/ringProducer.ts', import.meta.url))],
      bundle: true,
      platform: 'node',
      write: false,
    });
    const worker = new Worker(outputFiles[0]?.text ?? '', {
      eval: true,
      execArgv: [],
      workerData: { buffer, made },
    });
    let failure: unknown;
    worker.once('error', (error) => (failure = error));
    const reader = new RingReader(buffer);
    const target = new DataView(new ArrayBuffer(RingReader.maxReadBytes));
    let executions = 0;
    let spans = 0;
    let last = -1;
    let isDone = false;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    while (!isDone) {
      assert.equal(failure, undefined);
      isDone = reader.closed;
      const head = reader.head;
      for (;;) {
        const bytes = reader.read(head, target, 0);
        if (bytes === 0) break;
        for (let at = 0; at < bytes; at += 24) {
          const n = target.getInt32(at + 8, true);
          assert.ok(n > last && n < made, `${n} after ${last}`);
          assert.equal(target.getInt32(at + 16, true), n, 'torn record');
          last = n;
          if (n % 3 === 0) spans++;
          else executions++;
        }
      }
      // Now and then slow, so that the writer laps the reader.
      if (last % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      else await new Promise((resolve) => setImmediate(resolve));
    }
    await exited;
    const loss = reader.takeLoss();
    assert.equal(last, made - 1, 'the newest record is there');
    assert.equal(executions + spans + loss.records, made);
    assert.equal(executions + loss.executions, made - Math.ceil(made / 3));
    assert.ok(executions > 0);
  });
});
