import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ArgType,
  EventType,
  MAX_STRING_BYTES,
  MAX_STRING_INDEX,
} from '../../../agent/wire/format.js';
import { FxtWriter, maxBlobBytes } from '../../../agent/wire/fxtWriter.js';
import { decodeNaive } from '../../support/naiveFxt.js';
import { events, readAll, records } from './fxtSupport.js';

const instant = { eventType: EventType.instant, thread: { process: 1n, thread: 2n }, ticks: 0 };

describe('tables of the writer', () => {
  it('register a string and a thread once', () => {
    const w = new FxtWriter();
    assert.equal(w.ref('a'), 1);
    assert.equal(w.ref('a'), 1);
    assert.equal(w.ref(''), 0);
    assert.equal(w.threadRef({ process: 1n, thread: 2n }), 1);
    assert.equal(w.threadRef({ process: 1n, thread: 2n }), 1);
    assert.equal(w.threadRef({ process: 12n, thread: 2n }), 2);
    assert.deepEqual(
      records(readAll([w.take()])).map((r) => r.kind),
      ['string', 'thread', 'thread'],
    );
  });

  it('outlive take and are forgotten with reset', () => {
    const w = new FxtWriter();
    w.ref('a');
    w.take();
    w.ref('a');
    assert.equal(w.length, 0);
    w.reset();
    assert.equal(w.ref('a'), 1);
    assert.equal(w.length, 16);
  });

  it('write inline what no longer fits', () => {
    const w = new FxtWriter();
    for (let i = 1; i <= MAX_STRING_INDEX; i++) assert.equal(w.ref(`s${i}`), i);
    for (let i = 1; i <= 255; i++) assert.equal(w.threadRef({ process: 0n, thread: BigInt(i) }), i);
    const name = w.ref('one more');
    const thread = w.threadRef({ process: 9n, thread: 9n });
    assert.equal(name, 'one more');
    w.event({ ...instant, thread, category: w.ref('s32767'), name });
    const bytes = w.take();
    const [event] = events(readAll([bytes]));
    assert.deepEqual([event?.category, event?.name], ['s32767', 'one more']);
    assert.deepEqual(event?.thread, { process: 9n, thread: 9n });
    assert.deepEqual(decodeNaive(bytes).problems, []);
  });

  it('copy an event as the reader hands it out', () => {
    const w = new FxtWriter();
    w.event({
      eventType: EventType.durationComplete,
      thread: { process: 1n, thread: 2n },
      category: 'stage',
      name: 'decode',
      ticks: (1n << 40n) + 5n,
      extra: (1n << 40n) + 9n,
      args: [
        { type: ArgType.string, name: 'outcome', value: 'error' },
        { type: ArgType.double, name: 'x', value: -0.5 },
      ],
    });
    const original = events(readAll([w.take()]));
    for (const event of original) assert.equal(w.internEvent(event), true);
    assert.deepEqual(events(readAll([w.take()])), original);
  });
});

describe('limits of the format', () => {
  it('cut strings behind a whole character', () => {
    const w = new FxtWriter();
    // One byte in front, so that 32,000 bytes end inside of a three-byte character.
    w.string(1, `x${'€'.repeat(20_000)}`);
    const bytes = w.take();
    const [record] = records(readAll([bytes]));
    assert.ok(record?.kind === 'string');
    assert.equal(record.value, `x${'€'.repeat(10_666)}`);
    assert.ok(Buffer.byteLength(record.value) <= MAX_STRING_BYTES);
    assert.deepEqual(decodeNaive(bytes).problems, []);
  });

  it('cut provider names at 255 bytes', () => {
    const w = new FxtWriter();
    w.providerInfo(1, 'ü'.repeat(200));
    const [record] = records(readAll([w.take()]));
    assert.ok(record?.kind === 'providerInfo');
    assert.equal(record.name, 'ü'.repeat(127));
  });

  it('refuse a record over 4095 words and leave no trace of it', () => {
    const w = new FxtWriter();
    w.magic();
    const long = 'x'.repeat(MAX_STRING_BYTES);
    assert.equal(w.event({ ...instant, category: long, name: long }), false);
    assert.equal(w.length, 8);
    const args = [{ type: ArgType.string, name: long, value: long }];
    assert.equal(w.event({ ...instant, category: 0, name: 0, args }), false);
    assert.equal(w.kernelObject({ objectType: 1, koid: 1, name: 0, args }), false);
    assert.equal(w.length, 8);
    assert.equal(w.event({ ...instant, category: long, name: 'fits' }), true);
    assert.equal(readAll([w.take()]).end.problem, null);
  });

  it('refuse an argument over 4095 words, also where the record may be larger', () => {
    const w = new FxtWriter();
    const long = 'x'.repeat(MAX_STRING_BYTES);
    const args = [{ type: ArgType.string, name: long, value: long }];
    const metadata = { ticks: 0, thread: instant.thread, args };
    const blob = { category: 0, name: 0, bytes: new Uint8Array(8), metadata };
    assert.equal(w.largeBlob(blob), false);
    assert.equal(w.length, 0);
  });

  it('say how much a blob can hold, to the byte', () => {
    const w = new FxtWriter();
    w.ref('indexed');
    for (const name of [1, 'inline', 'ümlaut-name', '']) {
      const room = maxBlobBytes(name);
      w.take();
      assert.equal(w.blob({ name, blobType: 1, bytes: new Uint8Array(room + 1) }), false);
      assert.equal(w.length, 0);
      assert.equal(w.blob({ name, blobType: 1, bytes: new Uint8Array(room).fill(1) }), true);
      assert.equal(w.length, 32_760);
    }
  });

  it('pad with zeros, whatever stood in the buffer before', () => {
    const w = new FxtWriter();
    w.blob({ name: 0, blobType: 1, bytes: new Uint8Array(1000).fill(0xff) });
    w.take();
    w.string(1, 'x');
    w.blob({ name: 'y', blobType: 1, bytes: Uint8Array.of(1) });
    assert.deepEqual(decodeNaive(w.take()).problems, []);
  });

  it('have room for 15 arguments and no more', () => {
    const w = new FxtWriter();
    const arg = { type: ArgType.uint32, name: 'n', value: 1 };
    const args = new Array<typeof arg>(15).fill(arg);
    assert.equal(w.event({ ...instant, category: 0, name: 0, args }), true);
    assert.equal(events(readAll([w.take()]))[0]?.argCount, 15);
    assert.throws(() => w.event({ ...instant, category: 0, name: 0, args: [...args, arg] }));
  });
});

describe('values', () => {
  const writeArg = (type: ArgType, value: number | bigint | string | boolean | null) => {
    const w = new FxtWriter();
    w.event({ ...instant, category: 0, name: 0, args: [{ type, name: '', value }] });
    return events(readAll([w.take()]))[0]?.args[0]?.value;
  };

  it('that do not fit their type are a bug of the caller', () => {
    for (const [type, value] of [
      [ArgType.uint32, -1],
      [ArgType.uint32, 2 ** 32],
      [ArgType.uint32, 0.5],
      [ArgType.int32, 2 ** 31],
      [ArgType.int32, NaN],
      [ArgType.uint64, 1],
      [ArgType.uint32, 1n],
      [ArgType.null, 'text'],
      [ArgType.boolean, null],
      [ArgType.string, true],
    ] as const) {
      assert.throws(() => writeArg(type, value), /Sluice bug/, `${type} ${String(value)}`);
    }
  });

  it('survive at their edges', () => {
    assert.ok(Number.isNaN(writeArg(ArgType.double, NaN)));
    assert.ok(Object.is(writeArg(ArgType.double, -0), -0));
    assert.equal(writeArg(ArgType.double, 5e-324), 5e-324);
    assert.equal(writeArg(ArgType.int64, -(1n << 63n)), -(1n << 63n));
    assert.equal(writeArg(ArgType.uint64, -1n), (1n << 64n) - 1n);
    assert.equal(writeArg(ArgType.string, '\ud800'), '\ufffd');
  });

  it('of time may be numbers as long as these are exact', () => {
    const w = new FxtWriter();
    w.event({ ...instant, category: 0, name: 0, ticks: Number.MAX_SAFE_INTEGER });
    const [event] = events(readAll([w.take()]));
    assert.deepEqual([event?.ticksHi, event?.ticksLo], [0x1fffff, 0xffffffff]);
    for (const ticks of [-1, 1.5, 2 ** 53, NaN]) {
      assert.throws(() => w.event({ ...instant, category: 0, name: 0, ticks }), /Sluice bug/);
    }
  });
});

describe('append', () => {
  it('takes whole records that were encoded elsewhere', () => {
    const [a, b] = [new FxtWriter(), new FxtWriter()];
    a.magic();
    b.append(a.take());
    b.initialization(1e9);
    assert.deepEqual(
      records(readAll([b.take()])).map((r) => r.kind),
      ['traceInfo', 'initialization'],
    );
    assert.throws(() => {
      b.append(new Uint8Array(7));
    }, /Sluice bug/);
  });
});
