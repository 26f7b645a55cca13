import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { BlobName } from '../../../agent/wire/format.js';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { nowNs } from '../../../agent/src/clock.js';
import { writeLines } from '../../../agent/src/drain/lines.js';
import { LossBook } from '../../../agent/src/drain/losses.js';
import { StageTotals } from '../../../agent/src/drain/totals.js';
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

it('the agent says the version of its package', () => {
  const json = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(AGENT_VERSION, json.version);
});
