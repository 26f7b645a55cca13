/** The reader of single events against `JSON.parse`: what it accepts, it reads the same; what it does not, comes by the other way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChromeEvent, ChromeEventReader } from '../../../../extension/core/foreign/chromeEvent.js';
import { readFallback } from '../../../../extension/core/foreign/chromeFallback.js';
import { Texts } from '../../../../extension/core/foreign/texts.js';
import { decodeUtf8 } from '../../../../agent/wire/utf8.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function shown(event: ChromeEvent, texts: Texts): Record<string, unknown> {
  const { bytes, argsFrom, argsTo, phase, tsUs, tsNs, durUs, durNs, pid, tid } = event;
  const args = decodeUtf8(bytes.subarray(argsFrom, argsTo));
  return {
    ...{ phase, tsUs, tsNs: tsNs + 0, durUs, durNs: durNs + 0, pid, tid },
    name: texts.text(event.name),
    category: texts.text(event.category),
    id: event.id,
    args: args === '' ? null : (JSON.parse(args) as unknown),
  };
}

const micros = fc.tuple(fc.nat(2 ** 32), fc.nat(999)).map(([us, ns]) => us + ns / 1000);
const event = fc.record(
  {
    ph: fc.constantFrom('X', 'B', 'E', 'M', 'C', 'i', 'toolong', ''),
    name: fc.string({ unit: 'binary' }),
    cat: fc.constantFrom('cpu_op', 'a,b', 'né'),
    ts: fc.oneof(micros, fc.integer(), fc.constant('12.5')),
    // Written with an exponent, which is left to JSON.parse.
    dur: fc.oneof(micros, fc.constantFrom(1e21, 1.5e-7)),
    pid: fc.oneof(fc.nat(), fc.integer(), fc.constant('Spans')),
    tid: fc.oneof(fc.nat(), fc.constant('a "thread"'), fc.constant(null)),
    id: fc.oneof(fc.nat(), fc.constant('0x1f')),
    args: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    bp: fc.constant('e'),
    tts: fc.nat(),
  },
  { requiredKeys: ['ph'] },
);

describe('an event of a Chrome trace', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(event, fc.constantFrom(undefined, 2), (value, indent) => {
        const bytes = utf8(` ${JSON.stringify(value, null, indent)},`).subarray(1);
        const texts = new Texts();
        const reader = new ChromeEventReader(texts);
        const end = reader.read(bytes, 0);
        const other = new ChromeEvent();
        const fallback = readFallback(other, bytes, texts);
        assert.equal(fallback.reason, null);
        if (end < 0) return;
        assert.equal(end, fallback.length);
        const [mine, theirs] = [shown(reader.event, texts), shown(other, texts)];
        // JSON has no -0, and a text with half a surrogate pair is U+FFFD as bytes.
        assert.deepEqual(JSON.parse(JSON.stringify(mine)), JSON.parse(JSON.stringify(theirs)));
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps nanoseconds of times since 1970, which a double cannot hold', () => {
    const texts = new Texts();
    const reader = new ChromeEventReader(texts);
    reader.read(utf8('{"ph":"X","ts":1790857026000123.457,"dur":0.0016}'), 0);
    assert.deepEqual([reader.event.tsUs, reader.event.tsNs], [1790857026000123, 457]);
    assert.deepEqual([reader.event.durUs, reader.event.durNs], [0, 2]);
    reader.read(utf8('{"ph":"X","ts":-3.25,"dur":7}'), 0);
    assert.deepEqual([reader.event.tsUs, reader.event.tsNs, reader.event.durUs], [-3, -250, 7]);
  });

  it('may hold NaN and infinities, which JSON has not', () => {
    const texts = new Texts();
    const event = new ChromeEvent();
    const text = '{"ph":"X","ts":1,"args":{"a":NaN,"b":[-Infinity, inf],"c":"NaN"}}';
    assert.deepEqual(readFallback(event, utf8(text), texts), { length: text.length, reason: null });
    assert.deepEqual(shown(event, texts)['args'], { a: null, b: [null, null], c: 'NaN' });
  });

  it('never throws, and never runs on without an end', () => {
    const garbage = fc.string({ maxLength: 40 }).map((text) => `{"ph":"X",${text}`);
    fc.assert(
      fc.property(garbage, (text) => {
        const texts = new Texts();
        const bytes = utf8(text);
        const reader = new ChromeEventReader(texts);
        assert.ok(reader.read(bytes, 0) <= bytes.length);
        const { length } = readFallback(new ChromeEvent(), bytes, texts);
        assert.ok(length > 0 && length <= bytes.length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('texts of an import', () => {
  it('are found again by their bytes', () => {
    const texts = new Texts();
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 50 }), (words) => {
        for (const word of words) {
          const literal = utf8(JSON.stringify(word));
          const id = texts.idOfBytes(literal, 1, literal.length - 1);
          assert.equal(texts.text(id), word);
          assert.equal(texts.idOf(word), id);
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(texts.count > 1000, 'the table has grown');
  });

  it('are cut when they are long, and have a bound', () => {
    const texts = new Texts();
    const long = texts.text(texts.idOf('x'.repeat(10_000)));
    assert.ok(long.length <= 4001 && long.endsWith('…'));
    for (let i = 0; i < 210_000; i++) texts.idOf(`name ${i}`);
    assert.equal(texts.text(texts.idOf('one more')), '(other)');
  });
});
