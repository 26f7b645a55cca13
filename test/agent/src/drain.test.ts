import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { BlobName } from '../../../agent/wire/format.js';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { nowNs } from '../../../agent/src/clock.js';
import { Frame, type FullFrame } from '../../../agent/src/drain/frame.js';
import { writeLines } from '../../../agent/src/drain/lines.js';
import { LossBook } from '../../../agent/src/drain/losses.js';
import { StageTotals } from '../../../agent/src/drain/totals.js';
import { RingReader } from '../../../agent/src/ring.js';
import { AGENT_VERSION } from '../../../agent/src/version.js';

describe('lines', () => {
  it('never splits a line, and keeps blobs small', () => {
    const writer = new FxtWriter();
    const values = Array.from({ length: 400 }, (_, i) => ({ i, text: 'ü'.repeat((i * 37) % 900) }));
    assert.equal(writeLines(writer, BlobName.summary, values), 0);
    const blobs: Uint8Array[] = [];
    const reader = new FxtReader({
      event: () => undefined,
      record: (record) => {
        if (record.kind === 'blob') blobs.push(record.bytes);
      },
    });
    reader.push(writer.take());
    assert.equal(reader.end().problem, null);
    assert.ok(blobs.length > 5);
    const lines = blobs.flatMap((bytes) => {
      assert.ok(bytes.length <= 24 * 1024);
      const text = new TextDecoder('utf8', { fatal: true }).decode(bytes);
      assert.ok(text.endsWith('\n'));
      return text.trimEnd().split('\n');
    });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      values,
    );
  });

  it('leaves out, and counts, a line that no record can hold', () => {
    const writer = new FxtWriter();
    assert.equal(writeLines(writer, BlobName.manifest, [1, 'x'.repeat(40_000), 2]), 1);
  });
});

describe('totals', () => {
  it('are exact, with a histogram that others can read, and start over', () => {
    const totals = new StageTotals('s', null);
    assert.equal(totals.take(0, 1), undefined);
    for (let i = 1; i <= 1000; i++) {
      totals.add({ durationNs: i * 1000, items: 2, failed: i % 10 === 0 });
    }
    totals.add({ durationNs: 1e15, items: 1, failed: false });
    const line = totals.take(5, 6);
    assert.ok(line !== undefined);
    const { histogram, ...rest } = line;
    assert.deepEqual(rest, {
      stage: 's',
      pipeline: null,
      fromNs: 5,
      toNs: 6,
      executions: 1001,
      items: 2001,
      errors: 100,
      busyNs: 500_500_000 + 1e15,
      covered: null,
    });
    const decoded = decodeFromCompressedBase64(histogram);
    assert.equal(decoded.totalCount, 1001);
    assert.ok(Math.abs(decoded.getValueAtPercentile(50) / 500_000 - 1) < 0.01);
    assert.equal(totals.take(6, 7), undefined);
  });
});

describe('frames', () => {
  const tally = { records: 2, executions: 1 };

  /** Fills the frame with `value` up to `length`; returns it taken. */
  function taken(frame: Frame, value: number, length: number, isKept = false): FullFrame {
    while (frame.length < length) {
      new Uint8Array(frame.view.buffer).fill(value, frame.length, frame.length + 1024);
      frame.add(1024, tally);
    }
    const full = frame.take(isKept);
    assert.ok(full !== undefined);
    return full;
  }

  it('lend their memory until it is read by nobody, or copy it', () => {
    const frame = new Frame();
    assert.equal(frame.take(false), undefined);
    const large = taken(frame, 1, 200 * 1024);
    const small = taken(frame, 2, 10 * 1024);
    const kept = taken(frame, 3, 200 * 1024, true);
    assert.deepEqual(large.tally, { records: 400, executions: 200 });
    assert.deepEqual(small.tally, { records: 20, executions: 10 });
    large.done();
    small.done();
    const next = taken(frame, 4, 200 * 1024);
    // Its successor is collected in the memory that came back.
    assert.equal(frame.view.buffer, large.bytes.buffer);
    for (const [full, value] of [
      [small, 2],
      [kept, 3],
      [next, 4],
    ] as const) {
      assert.ok(full.bytes.every((byte) => byte === value));
    }
  });

  it('are full before one more read would not fit', () => {
    const frame = new Frame();
    let adds = 1;
    while (!frame.add(RingReader.maxReadBytes, tally)) adds++;
    assert.ok(adds * RingReader.maxReadBytes <= frame.view.byteLength);
    assert.ok((adds + 1) * RingReader.maxReadBytes > frame.view.byteLength);
  });
});

describe('losses', () => {
  it('add up by place and stage until they are told', () => {
    const book = new LossBook();
    const loss = { where: 'ring', stage: 's', pipeline: null, fromNs: 10, toNs: 20 } as const;
    book.add({ ...loss, records: 0, executions: 0 });
    book.add({ ...loss, records: 3, executions: 2 });
    book.add({ ...loss, records: 1, executions: 1, fromNs: 5, toNs: 7 });
    book.add({ ...loss, where: 'socket', records: 1, executions: 0 });
    assert.deepEqual(book.take(), [
      { kind: 'loss', ...loss, records: 4, executions: 3, fromNs: 5, toNs: 20 },
      { kind: 'loss', ...loss, where: 'socket', records: 1, executions: 0 },
    ]);
    assert.deepEqual(book.take(), []);
  });
});

it('the clock is CLOCK_MONOTONIC and does not run backwards', () => {
  let smallest = Infinity;
  for (let i = 0; i < 1000; i++) {
    const before = Number(process.hrtime.bigint());
    const now = nowNs();
    const after = Number(process.hrtime.bigint());
    // On a busy machine most brackets are wide; the narrowest one tells.
    if (after - before < smallest) {
      smallest = after - before;
      const outside = Math.max(before - now, now - after, 0);
      assert.ok(outside < 100_000, `${outside} ns off`);
    }
    assert.ok(nowNs() >= now);
  }
});

it('the agents say the version of their package', () => {
  const json = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(AGENT_VERSION, json.version);
  for (const file of ['sluice_agent/_version.py', 'pyproject.toml']) {
    const text = readFileSync(`agent/python/${file}`, 'utf8');
    assert.match(text, new RegExp(`^version = "${json.version}"$`, 'im'));
  }
});
