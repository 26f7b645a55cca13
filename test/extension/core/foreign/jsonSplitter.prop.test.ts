/** The splitter against `JSON.parse`: any document, cut anywhere, gives the same values; anything else a reason and a place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  JsonSplitter,
  type JsonHandler,
  type JsonKind,
  type JsonPath,
  type Treatment,
} from '../../../../extension/core/foreign/jsonSplitter.js';
import { BadElements, parseElements } from '../../../../extension/core/foreign/jsonValues.js';
import { decodeUtf8 } from '../../../../agent/wire/utf8.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Builds the document again out of what it is handed, entering `depth` levels. */
class Rebuilder implements JsonHandler {
  readonly hasManyDocuments = false;
  readonly log: [string, unknown][] = [];
  readonly ends: string[] = [];
  readonly #treatment: (path: JsonPath, kind: JsonKind) => Treatment;

  constructor(treatment: (path: JsonPath, kind: JsonKind) => Treatment) {
    this.#treatment = treatment;
  }

  treat(path: JsonPath, kind: JsonKind): Treatment {
    return this.#treatment(path, kind);
  }

  value(path: JsonPath, bytes: Uint8Array): void {
    this.log.push([path.join('/'), JSON.parse(decodeUtf8(bytes))]);
  }

  elements(path: JsonPath, bytes: Uint8Array, atByte: number): void {
    const bad = new BadElements('elements');
    for (const value of parseElements(bytes, atByte, bad)) this.log.push([path.join('/'), value]);
    assert.equal(bad.note, null);
  }

  leave(path: JsonPath): void {
    this.ends.push(path.join('/'));
  }

  tooLong(): void {
    assert.fail('nothing is too long here');
  }
}

function kindOfValue(value: unknown): JsonKind {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object' && value !== null) return 'object';
  return typeof value === 'string' ? 'string' : 'scalar';
}

/** What a rebuilder should have been handed. */
function expected(
  value: unknown,
  path: readonly string[],
  treatment: (path: JsonPath, kind: JsonKind) => Treatment,
): [string, unknown][] {
  const treated = treatment(path, kindOfValue(value));
  const key = path.join('/');
  if (treated === 'skip') return [];
  if (treated === 'elements' && Array.isArray(value)) {
    return value.map((element: unknown) => [key, element]);
  }
  if (treated === 'enter' && Array.isArray(value)) {
    return value.flatMap((element) => expected(element, [...path, '*'], treatment));
  }
  if (treated === 'enter' && typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([k, v]) => expected(v, [...path, k], treatment));
  }
  return treated === 'value' ? [[key, value]] : [];
}

/** Depends on the place only, so that both sides ask the same. */
const treatments = ['enter', 'elements', 'value', 'skip'] as const;
const treatmentOf =
  (seed: number) =>
  (path: JsonPath, kind: JsonKind): Treatment => {
    if (path.length === 0 && (kind === 'object' || kind === 'array')) return 'enter';
    const hash = path.join('/').length + path.length * 7 + kind.length + seed;
    const wanted = treatments[hash % treatments.length] ?? 'skip';
    return kind === 'scalar' || kind === 'string' ? (hash % 3 === 0 ? 'skip' : 'value') : wanted;
  };

function feed(handler: JsonHandler, bytes: Uint8Array, cuts: readonly number[]): JsonSplitter {
  const splitter = new JsonSplitter(handler);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.max(from, Math.min(cut, bytes.length));
    splitter.push(bytes.subarray(from, to));
    from = to;
  }
  return splitter;
}

// `-0` is written as 0, and `__proto__` is no key that JSON.parse gives back.
const json = fc
  .jsonValue({ noUnicodeString: false, maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')) as unknown);

describe('the splitter', () => {
  it('hands over what JSON.parse finds, wherever the document is cut', () => {
    fc.assert(
      fc.property(
        json,
        fc.nat(100),
        fc.array(fc.nat(400), { maxLength: 12 }),
        fc.constantFrom(undefined, 1),
        (value, seed, cuts, indent) => {
          const treatment = treatmentOf(seed);
          const rebuilder = new Rebuilder(treatment);
          const bytes = utf8(JSON.stringify(value, null, indent));
          const splitter = feed(
            rebuilder,
            bytes,
            cuts.toSorted((a, b) => a - b),
          );
          assert.equal(splitter.end(), null);
          assert.deepEqual(rebuilder.log, expected(value, [], treatment));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gives the same for every single cut, within characters and escapes too', () => {
    const value = {
      'ключ "\\': ['né\\', '😀\u0000"', { a: [1, -2.5e3, null, true] }],
      b: [[], {}],
    };
    const bytes = utf8(JSON.stringify(value));
    const treatment = treatmentOf(3);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const rebuilder = new Rebuilder(treatment);
      assert.equal(feed(rebuilder, bytes, [cut]).end(), null);
      assert.deepEqual(rebuilder.log, expected(value, [], treatment), `cut at ${cut}`);
    }
  });

  it('says that a document is cut short, and hands over what was whole before', () => {
    const value = { a: 1, list: [{ x: 1 }, { x: 2 }, { x: 3 }], z: 'end' };
    const bytes = utf8(JSON.stringify(value));
    const wanted = (path: JsonPath, kind: JsonKind): Treatment =>
      path.length === 0 ? 'enter' : kind === 'array' ? 'elements' : 'value';
    const whole = expected(value, [], wanted);
    for (let length = 1; length < bytes.length; length++) {
      const rebuilder = new Rebuilder(wanted);
      const problem = feed(rebuilder, bytes.subarray(0, length), []).end();
      assert.ok(problem !== null && problem.atByte <= length);
      assert.match(problem.reason, /^the file ends inside of /);
      assert.deepEqual(rebuilder.log, whole.slice(0, rebuilder.log.length));
    }
  });

  it('lets a root array end without its bracket, behind an element or a comma', () => {
    for (const text of ['[{"a":1}', '[{"a":1},', '[{"a":1},\n', '[{"a":1}]', '[{"a":1},]']) {
      const rebuilder = new Rebuilder(() => 'elements');
      assert.equal(feed(rebuilder, utf8(text), []).end(), null, text);
      assert.deepEqual(rebuilder.log, [['', { a: 1 }]]);
    }
    const problem = feed(new Rebuilder(() => 'elements'), utf8('[{"a":1},{"a"'), []).end();
    assert.deepEqual(problem, { atByte: 9, reason: 'the file ends inside of the JSON text' });
  });

  it('names what is wrong, and where', () => {
    for (const [text, atByte, reason] of [
      ['{"a" 1}', 5, /"1}" stands where a colon should be/],
      ['{"a":1 "b":2}', 7, /stands where a comma should be/],
      ['{a:1}', 1, /stands where a key in quotes should be/],
      ['{"a":1}}', 7, /stands where a value should be/],
      ['{"a":1} {"a":1}', 8, /something follows behind the end/],
      ['{"a":?}', 5, /stands where a value should be/],
      ['', 0, /there is nothing in it/],
      [' \n', 2, /there is nothing in it/],
    ] as const) {
      const splitter = feed(new Rebuilder(treatmentOf(0)), utf8(text), []);
      const problem = splitter.end();
      assert.equal(problem?.atByte, atByte, text);
      assert.match(problem.reason, reason);
    }
  });

  it('does not follow nesting without end, and holds no value without end', () => {
    const deep = '['.repeat(100_000);
    const splitter = new JsonSplitter(new Rebuilder(() => 'value'));
    splitter.push(utf8(deep));
    assert.match(splitter.end()?.reason ?? '', /nested too deeply/);
    const entered = new JsonSplitter(new Rebuilder(() => 'enter'));
    entered.push(utf8(deep));
    assert.match(entered.end()?.reason ?? '', /nested too deeply/);
    const long: number[] = [];
    const handler: JsonHandler = {
      hasManyDocuments: false,
      treat: (path) => (path.length === 0 ? 'enter' : 'value'),
      value: (path, bytes) => long.push(path.length, bytes.length),
      elements: () => undefined,
      leave: () => undefined,
      tooLong: (path, atByte) => long.push(-path.length, atByte),
    };
    const bounded = new JsonSplitter(handler);
    bounded.push(utf8('{"a":"'));
    const part = new Uint8Array(8 * 1024 * 1024).fill(0x61);
    for (let i = 0; i < 10; i++) bounded.push(part);
    bounded.push(utf8('","b":1}'));
    assert.equal(bounded.end(), null);
    assert.deepEqual(long, [-1, 5, 1, 1]);
  });

  it('never throws, whatever comes', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '1', 'null', ' ', '"a"', '\ufeff'),
        fc.string({ maxLength: 5 }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(pieces, fc.nat(50), fc.array(fc.nat(60)), (texts, seed, cuts) => {
        const handler: JsonHandler = {
          hasManyDocuments: seed % 2 === 0,
          treat: treatmentOf(seed),
          value: () => undefined,
          elements: () => undefined,
          leave: () => undefined,
          tooLong: () => undefined,
        };
        const bytes = utf8(texts.join(''));
        const problem = feed(
          handler,
          bytes,
          cuts.toSorted((a, b) => a - b),
        ).end();
        if (problem !== null) assert.ok(problem.atByte <= bytes.length && problem.reason !== '');
      }),
      { numRuns: 3000 },
    );
  });
});
