import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { decodeNaive, type NaiveRecord } from '../../support/naiveFxt.js';
import { anyTrace, cutAt, indexed, inline, readAll, writeTrace, type Item } from './fxtSupport.js';
import { naiveForm } from './naiveForm.js';

const withoutTables = (items: readonly Item[]): Item[] =>
  items.filter(
    (i) => i.type === 'event' || (i.record.kind !== 'string' && i.record.kind !== 'thread'),
  );

const withoutPlace = ({ type, fields, args }: NaiveRecord) => ({ type, fields, args });

function write(items: readonly Item[], useTables: boolean): Uint8Array {
  const w = new FxtWriter();
  return writeTrace(w, items, useTables ? indexed(w) : inline);
}

/** Byte ranges of records, from the naive decoder. */
const ranges = (bytes: Uint8Array) => decodeNaive(bytes).records.map((r) => [r.at, r.at + r.bytes]);

describe('encode and decode', () => {
  it('is the identity for every record and argument type, inline and indexed', () => {
    fc.assert(
      fc.property(anyTrace(), fc.boolean(), (items, useTables) => {
        const bytes = write(items, useTables);
        const { items: got, end } = readAll([bytes]);
        assert.deepEqual(withoutTables(got), items);
        assert.deepEqual(end, { validBytes: bytes.length, problem: null, unknownRecords: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with the naive decoder, which finds nothing wrong', () => {
    fc.assert(
      fc.property(anyTrace(), fc.boolean(), (items, useTables) => {
        const bytes = write(items, useTables);
        const naive = decodeNaive(bytes);
        assert.deepEqual(naive.problems, []);
        assert.deepEqual(readAll([bytes]).items.map(naiveForm), naive.records.map(withoutPlace));
      }),
      { numRuns: 300 },
    );
  });
});

describe('chunks', () => {
  it('may be cut anywhere and begin at any address', () => {
    fc.assert(
      fc.property(
        anyTrace(),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.integer({ min: 0, max: 7 }),
        (items, useTables, cuts, shift) => {
          const bytes = write(items, useTables);
          const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
          shifted.set(bytes);
          assert.deepEqual(readAll(cutAt(shifted, cuts)), readAll([bytes]));
        },
      ),
    );
  });

  it('may be single bytes', () => {
    fc.assert(
      fc.property(anyTrace(6), (items) => {
        const bytes = write(items, true);
        assert.deepEqual(readAll(Array.from(bytes, (b) => Uint8Array.of(b))), readAll([bytes]));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a trace that is cut short', () => {
  it('keeps every record before the cut, at every byte, and says where it ended', () => {
    fc.assert(
      fc.property(anyTrace(5), fc.boolean(), (items, useTables) => {
        const bytes = write(items, useTables);
        const whole = readAll([bytes]).items;
        const ends = ranges(bytes).map(([, end]) => end ?? 0);
        for (let cut = 0; cut <= bytes.length; cut++) {
          const { items: got, end } = readAll([bytes.subarray(0, cut)]);
          const kept = ends.filter((e) => e <= cut);
          const valid = kept.at(-1) ?? 0;
          assert.deepEqual(got, whole.slice(0, kept.length));
          assert.equal(end.validBytes, valid);
          assert.equal(end.problem?.atByte, cut === valid ? undefined : valid);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('input that is no trace', () => {
  it('never throws, is read in bounded work, and what was valid adds up', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (junk, cuts) => {
          const { items, end } = readAll(cutAt(junk, cuts));
          assert.ok(end.validBytes <= junk.length);
          assert.ok(items.length <= end.validBytes / 8);
          assert.equal(end.problem === null, end.validBytes === junk.length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is judged as the naive decoder judges it, whatever bytes of a trace are changed', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        anyTrace(8),
        fc.boolean(),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (items, useTables, changes) => {
          const bytes = write(items, useTables);
          if (bytes.length === 0) return;
          for (const { at, to } of changes) bytes[at % bytes.length] = to;
          const naive = decodeNaive(bytes);
          const { items: got, end } = readAll([bytes]);
          const last = naive.records.at(-1);
          assert.equal(end.validBytes, last === undefined ? 0 : last.at + last.bytes);
          // The reader says nothing of records that set index 0, the naive decoder does.
          const said = naive.records.filter((r) => r.fields['index'] !== 0n);
          assert.deepEqual(got.map(naiveForm), said.map(unknownIsEmpty).map(withoutPlace));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

const unknownIsEmpty = (r: NaiveRecord): NaiveRecord =>
  r.type === 'unknown' ? { ...r, fields: {} } : r;
