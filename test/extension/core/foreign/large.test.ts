/** Files beyond the longest string of V8: 536,870,888 characters. Nothing may ever hold all of one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { ForeignImport } from '../../../../extension/core/foreign/foreignImport.js';

const MAX_STRING = 536_870_888;
const CHUNK_BYTES = 256 * 1024;
/** Events of one page; pages differ in the leading digits of their times only. */
const EVENTS = 5000;
const FIRST_PAGE = 1000;

/** A page of events, and where the digits stand that number the page. */
function page(): { readonly bytes: Buffer; readonly digits: readonly number[] } {
  const events = Array.from({ length: EVENTS }, (_, i) => {
    const ts = `${FIRST_PAGE}${String(i * 20).padStart(8, '0')}.125`;
    const name = `aten::operation_${i % 97}`;
    return `{"ph":"X","cat":"cpu_op","name":"${name}","pid":448,"tid":${448 + (i % 4)},"ts":${ts},"dur":7.5,"args":{"External id":${i},"Sequence number":${i},"shape":[[16,3,64,64],[32,3,3,3]]}}`;
  });
  const bytes = Buffer.from(`${events.join(',\n')},\n`);
  const digits: number[] = [];
  for (let at = bytes.indexOf('"ts":'); at >= 0; at = bytes.indexOf('"ts":', at + 1)) {
    digits.push(at + '"ts":'.length);
  }
  return { bytes, digits };
}

describe('a Chrome trace beyond the longest string', () => {
  it('is imported whole, with memory for its slices and for nothing else', (context) => {
    const counts = { executions: 0, spans: 0, lastNs: 0, biggestPiece: 0 };
    const reader = new FxtReader({
      event: (event) => {
        if (event.category === 'stage') counts.executions++;
        if (event.category === 'span') counts.spans++;
        counts.lastNs = Math.max(counts.lastNs, event.extraHi * 2 ** 32 + event.extraLo);
      },
      record: () => undefined,
    });
    const take = (pieces: Iterable<Uint8Array>): void => {
      for (const piece of pieces) {
        counts.biggestPiece = Math.max(counts.biggestPiece, piece.length);
        assert.ok(reader.push(piece));
      }
    };
    const run = new ForeignImport('large.json');
    const { bytes, digits } = page();
    const before = process.memoryUsage.rss();
    let peak = before;
    let total = 0;
    let pages = 0;
    const startMs = performance.now();
    take(run.push(Buffer.from('{"schemaVersion":1,"traceEvents":[\n')));
    while (total <= MAX_STRING + 4e6) {
      const number = Buffer.from(String(FIRST_PAGE + pages));
      for (const at of digits) bytes.set(number, at);
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        take(run.push(bytes.subarray(at, at + CHUNK_BYTES)));
      }
      total += bytes.length;
      pages++;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    take(run.push(Buffer.from('{"ph":"M","name":"x","pid":1}],"displayTimeUnit":"ms"}')));
    const readMs = performance.now() - startMs;
    take(run.end());
    peak = Math.max(peak, process.memoryUsage.rss());
    const seconds = (performance.now() - startMs) / 1000;
    context.diagnostic(
      `${(total / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s (read at ${(total / 1e3 / readMs).toFixed(0)} MB/s), rss +${((peak - before) / 1e6).toFixed(0)} MB`,
    );
    assert.equal(reader.end().problem, null);
    assert.deepEqual(run.outcome, {
      kind: 'read',
      format: 'chrome',
      problem: null,
      emptyReason: null,
    });
    const events = pages * EVENTS;
    assert.ok(total > MAX_STRING);
    assert.deepEqual([counts.executions, counts.spans], [events, events]);
    const lastUs = (pages - 1) * 1e8 + (EVENTS - 1) * 20 + 7.5;
    assert.equal(counts.lastNs, lastUs * 1000);
    assert.ok(counts.biggestPiece < 1024 * 1024, `a piece of ${counts.biggestPiece} bytes`);
    // 24 bytes a slice, half as much again for growth, and what the collector leaves lying about.
    assert.ok(peak - before < 60 * events + 150e6, `rss grew by ${peak - before} bytes`);
  });
});
