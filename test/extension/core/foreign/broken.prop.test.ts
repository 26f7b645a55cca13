/** Files that end too early or are garbled: never an exception, one sentence about what and where, and all that came before. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { fileBytes, importBytes, type Imported } from '../../../support/imported.js';

const folder = fileURLToPath(new URL('../../../fixtures/foreign/', import.meta.url));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const otlp = utf8(
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shöp' } }] },
        scopeSpans: [
          {
            scope: { name: 'a' },
            spans: Array.from({ length: 20 }, (_, i) => ({
              name: `span ${i % 3}`,
              traceId: `t${i}`,
              startTimeUnixNano: `179085702600000${1000 + i}`,
              endTimeUnixNano: `179085702600000${2000 + i}`,
            })),
          },
        ],
      },
    ],
  }),
);

/** Small files of each kind, whole. */
const files: Readonly<Record<string, Uint8Array>> = {
  kineto: fileBytes(`${folder}kineto.json.gz`).subarray(0, 120_000),
  chromium: fileBytes(`${folder}chromium.json.gz`).subarray(0, 150_000),
  cpuprofile: fileBytes(`${folder}busy.cpuprofile`),
  sampled: fileBytes(`${folder}busy.speedscope.json`),
  evented: fileBytes(`${folder}threads.speedscope.json.gz`).subarray(0, 100_000),
  otlp,
  array: utf8(
    '[{"ph":"X","name":"a","ts":1,"dur":2,"pid":1,"tid":1},{"ph":"X","name":"é","ts":4,"dur":2}]',
  ),
};

/** What a broken file must come to. */
function check({ outcome, model, events, profiles }: Imported, bytes: Uint8Array): void {
  if (outcome.kind === 'refused') {
    assert.notEqual(outcome.found, '');
    assert.equal(outcome.found.includes('\n'), false);
    assert.equal(events.length + profiles.length, 0);
    return;
  }
  const { problem } = outcome;
  if (problem !== null) {
    assert.ok(problem.atByte >= 0 && problem.atByte <= bytes.length);
    assert.equal(/[\n]|undefined|\[object/.test(problem.reason), false, problem.reason);
  }
  for (const e of events)
    if (e.category !== 'gauge') assert.ok(e.extra >= e.startNs && e.startNs >= 0);
  const report = model.report();
  assert.equal(
    report.notes.some((note) => /skipped|bug/i.test(note)),
    false,
    report.notes.join(),
  );
}

describe('a broken file', () => {
  for (const [name, whole] of Object.entries(files)) {
    it(`of ${name}, cut short anywhere, shows what was whole before the cut`, () => {
      const all = importBytes(whole, 30_000);
      fc.assert(
        fc.property(
          fc.nat(whole.length),
          fc.integer({ min: 100, max: 50_000 }),
          (length, chunk) => {
            const bytes = whole.subarray(0, length);
            const imported = importBytes(bytes, chunk);
            check(imported, bytes);
            const shown = imported.events.length + imported.profiles.length;
            assert.ok(shown <= all.events.length + all.profiles.length + 100);
          },
        ),
        { numRuns: 40 },
      );
    });

    it(`of ${name}, garbled anywhere, is read up to there or past it`, () => {
      const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
          const bytes = whole.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          check(importBytes(bytes, 10_000), bytes);
        }),
        { numRuns: 40 },
      );
    });
  }

  it('says where a Chrome trace breaks off, and keeps every event before', () => {
    const events = Array.from({ length: 100 }, (_, i) =>
      JSON.stringify({ ph: 'X', name: 'a', ts: i * 10, dur: 5, pid: 1, tid: 1 }),
    );
    const text = `{"traceEvents":[${events.join(',')}]}`;
    for (const whole of [0, 1, 50, 99]) {
      const start = '{"traceEvents":['.length + events.slice(0, whole).join(',').length;
      const { outcome, model } = importBytes(utf8(text).subarray(0, start + 20));
      assert.ok(outcome.kind === 'read');
      assert.deepEqual(outcome.problem, {
        atByte: start + (whole === 0 ? 0 : 1),
        reason: 'the file ends inside of "traceEvents"',
      });
      assert.equal(model.report().capture.executions, whole);
    }
    const cut = importBytes(utf8(text.slice(0, -1)));
    assert.ok(cut.outcome.kind === 'read' && cut.model.report().capture.executions === 100);
    assert.match(cut.outcome.problem?.reason ?? '', /the file ends inside of the JSON text/);
  });

  it('that goes wrong between two events says what stands there', () => {
    const good = '{"ph":"X","name":"a","ts":1,"dur":5}';
    const { outcome, model } = importBytes(utf8(`{"traceEvents":[${good} garbage ${good}]}`));
    assert.ok(outcome.kind === 'read');
    assert.deepEqual(outcome.problem, {
      atByte: 16 + good.length + 1,
      reason: '"garbage " stands where a comma should be',
    });
    assert.equal(model.report().capture.executions, 1);
  });

  it('with something behind its end is read up to there', () => {
    const { outcome } = importBytes(
      utf8('{"traceEvents":[{"ph":"X","ts":1,"dur":1}]} {"traceEvents":[]}'),
    );
    assert.ok(outcome.kind === 'read');
    assert.match(outcome.problem?.reason ?? '', /something follows behind the end/);
  });
});
