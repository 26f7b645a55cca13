/**
 * One literal trace per record and argument type, put down by hand from the specification's bit tables, read and written.
 * Words are printed as the specification prints numbers: bit 63 on the left.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArgType, EventType } from '../../../agent/wire/format.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import type { FxtArg, FxtRecord } from '../../../agent/wire/records.js';
import { decodeNaive } from '../../support/naiveFxt.js';
import { concat, events, readAll, records, words } from './fxtSupport.js';

const thread = { process: 0x1234n, thread: 0x5678n };

/** "abc" under index 1, "item" under 2, the thread under 1 and 0xab: what the records below refer to. */
const tables = concat(
  words('0000000300010022 0000000000636261'),
  words('0000000400020022 000000006d657469'),
  words('0000000000010033 0000000000001234 0000000000005678'),
  words('0000000000ab0033 0000000000001234 0000000000005678'),
);

interface Case {
  readonly name: string;
  readonly hex: string;
  readonly record: FxtRecord;
  readonly write: (w: FxtWriter) => boolean;
}

const cases: readonly Case[] = [
  {
    name: 'magic number',
    hex: '0016547846040010',
    record: { kind: 'traceInfo', infoType: 0, data: 0x16547846n },
    write: (w) => w.magic(),
  },
  {
    name: 'trace info of another type',
    hex: 'fedcba9876 54 0010',
    record: { kind: 'traceInfo', infoType: 5, data: 0xfedcba9876n },
    write: (w) => w.traceInfo(5, 0xfedcba9876n),
  },
  {
    name: 'provider info',
    hex: '0 03 deadbeef 1 002 0 | 0000000000787466',
    record: { kind: 'providerInfo', provider: 0xdeadbeef, name: 'ftx' },
    write: (w) => w.providerInfo(0xdeadbeef, 'ftx'),
  },
  {
    name: 'provider section',
    hex: '000 deadbeef 2 001 0',
    record: { kind: 'providerSection', provider: 0xdeadbeef },
    write: (w) => w.providerSection(0xdeadbeef),
  },
  {
    name: 'provider event',
    hex: '00 0 00000007 3 001 0',
    record: { kind: 'providerEvent', provider: 7, event: 0 },
    write: (w) => w.providerEvent(7, 0),
  },
  {
    name: 'initialization',
    hex: '0000000000000021 000000003b9aca00',
    record: { kind: 'initialization', ticksPerSecond: 1_000_000_000n },
    write: (w) => w.initialization(1e9),
  },
  {
    name: 'string',
    hex: '0000 0009 7fff 003 2 | 3837363534333231 0000000000000039',
    record: { kind: 'string', index: 0x7fff, value: '123456789' },
    write: (w) => w.string(0x7fff, '123456789'),
  },
  {
    name: 'thread',
    hex: '0000000000ff0033 8000000000000001 ffffffffffffffff',
    record: {
      kind: 'thread',
      index: 255,
      thread: { process: 0x8000000000000001n, thread: 0xffffffffffffffffn },
    },
    write: (w) => w.thread(255, { process: (1n << 63n) | 1n, thread: (1n << 64n) - 1n }),
  },
  {
    name: 'blob, indexed name',
    hex: '00 01 0005 0001 002 5 | 000000ff00030201',
    record: { kind: 'blob', name: 'abc', blobType: 1, bytes: Uint8Array.of(1, 2, 3, 0, 255) },
    write: (w) => w.blob({ name: 1, blobType: 1, bytes: Uint8Array.of(1, 2, 3, 0, 255) }),
  },
  {
    name: 'blob, inline name',
    hex: '00 03 0001 8002 003 5 | 0000000000007978 0000000000000007',
    record: { kind: 'blob', name: 'xy', blobType: 3, bytes: Uint8Array.of(7) },
    write: (w) => w.blob({ name: 'xy', blobType: 3, bytes: Uint8Array.of(7) }),
  },
  {
    name: 'large blob without metadata',
    hex: '00000 1 0 00000004 f | 00000000 8002 0001 | 0000000000007978 0000000000000000',
    record: { kind: 'largeBlob', category: 'abc', name: 'xy', bytes: new Uint8Array(0) },
    write: (w) => w.largeBlob({ category: 1, name: 'xy', bytes: new Uint8Array(0) }),
  },
  {
    name: 'large blob with metadata',
    hex: `00000 0 0 00000006 f | 00000 01 1 0001 0000
      00000000000000ff  00000007 0002 001 2  0000000000000002 0000000000000aff`,
    record: {
      kind: 'largeBlob',
      category: '',
      name: 'abc',
      metadata: {
        ticks: 255n,
        thread,
        args: [{ type: ArgType.uint32, name: 'item', value: 7 }],
      },
      bytes: Uint8Array.of(0xff, 0x0a),
    },
    write: (w) =>
      w.largeBlob({
        category: '',
        name: 1,
        metadata: { ticks: 255, thread: 1, args: [{ type: ArgType.uint32, name: 2, value: 7 }] },
        bytes: Uint8Array.of(0xff, 0x0a),
      }),
  },
  {
    name: 'userspace object, indexed process',
    hex: '00000 0 0001 01 002 6 | 00007fffdeadbeef',
    record: {
      kind: 'userspaceObject',
      pointer: 0x7fffdeadbeefn,
      process: 0x1234n,
      name: 'abc',
      args: [],
    },
    write: (w) => w.userspaceObject({ pointer: 0x7fffdeadbeefn, process: 1, name: 1 }),
  },
  {
    name: 'userspace object, inline process and name, one argument',
    hex: `00000 1 8001 00 005 6 | 0000000000000008 0000000000000042 0000000000000061
      00000001 0002 001 9`,
    record: {
      kind: 'userspaceObject',
      pointer: 8n,
      process: 0x42n,
      name: 'a',
      args: [{ type: ArgType.boolean, name: 'item', value: true }],
    },
    write: (w) =>
      w.userspaceObject({
        pointer: 8,
        process: 0x42n,
        name: 'a',
        args: [{ type: ArgType.boolean, name: 2, value: true }],
      }),
  },
  {
    name: 'kernel object: a thread of a process',
    hex: '00000 1 0001 02 004 7 | 0000000000005678 | 00000000 0002 002 8 0000000000001234',
    record: {
      kind: 'kernelObject',
      objectType: 2,
      koid: 0x5678n,
      name: 'abc',
      args: [{ type: ArgType.koid, name: 'item', value: 0x1234n }],
    },
    write: (w) =>
      w.kernelObject({
        objectType: 2,
        koid: 0x5678,
        name: 1,
        args: [{ type: ArgType.koid, name: 2, value: 0x1234n }],
      }),
  },
  {
    name: 'context switch',
    hex: '1 00000 3 abcd 1 005 8 | 0000000000000064 0000000000000001 0000000000000002 | fffffffe 0002 001 1',
    record: {
      kind: 'contextSwitch',
      cpu: 0xabcd,
      outgoingState: 3,
      ticks: 100n,
      outgoingThread: 1n,
      incomingThread: 2n,
      args: [{ type: ArgType.int32, name: 'item', value: -2 }],
    },
    write: (w) =>
      w.contextSwitch({
        cpu: 0xabcd,
        outgoingState: 3,
        ticks: 100,
        outgoingThread: 1,
        incomingThread: 2,
        args: [{ type: ArgType.int32, name: 2, value: -2 }],
      }),
  },
  {
    name: 'thread wakeup',
    hex: '2 000000 0005 0 003 8 | 0000000000000064 0000000000000009',
    record: { kind: 'threadWakeup', cpu: 5, ticks: 100n, wakingThread: 9n, args: [] },
    write: (w) => w.threadWakeup({ cpu: 5, ticks: 100, wakingThread: 9 }),
  },
  {
    name: 'legacy context switch, one thread indexed and one inline',
    hex: '0 1f 20 00 01 4 07 004 8 | 0000000000000064 0000000000000009 000000000000000a',
    record: {
      kind: 'legacyContextSwitch',
      cpu: 7,
      outgoingState: 4,
      outgoing: thread,
      incoming: { process: 9n, thread: 10n },
      outgoingPriority: 0x20,
      incomingPriority: 0x1f,
      ticks: 100n,
    },
    write: (w) =>
      w.legacyContextSwitch({
        cpu: 7,
        outgoingState: 4,
        outgoing: 1,
        incoming: { process: 9n, thread: 10n },
        outgoingPriority: 0x20,
        incomingPriority: 0x1f,
        ticks: 100,
      }),
  },
  {
    name: 'legacy context switch, thread indexes that cross the middle of the header',
    hex: '0 00 00 01 ab 0 00 002 8 | 0000000000000064',
    record: {
      kind: 'legacyContextSwitch',
      cpu: 0,
      outgoingState: 0,
      outgoing: thread,
      incoming: thread,
      outgoingPriority: 0,
      incomingPriority: 0,
      ticks: 100n,
    },
    write: (w) =>
      w.legacyContextSwitch({
        cpu: 0,
        outgoingState: 0,
        outgoing: 0xab,
        incoming: 1,
        outgoingPriority: 0,
        incomingPriority: 0,
        ticks: 100,
      }),
  },
  {
    name: 'log',
    hex: '000000 01 0002 003 9 | 0000000000000064 0000000000006968',
    record: { kind: 'log', ticks: 100n, thread, message: 'hi' },
    write: (w) => w.log({ ticks: 100, thread: 1, message: 'hi' }),
  },
];

describe('records of the specification', () => {
  for (const { name, hex, record, write } of cases) {
    it(name, () => {
      const result = readAll([tables, words(hex)]);
      assert.deepEqual(result.end.problem, null);
      assert.deepEqual(records(result).at(-1), record);
      const w = new FxtWriter();
      assert.equal(write(w), true);
      assert.deepEqual(w.take(), words(hex));
      assert.deepEqual(decodeNaive(concat(tables, words(hex))).problems, []);
    });
  }
});

describe('events of the specification', () => {
  const types = Object.entries(EventType);
  for (const [name, eventType] of types) {
    it(name, () => {
      const plain = name === 'instant' || name === 'durationBegin' || name === 'durationEnd';
      // name 2, category 1, thread 1, no arguments, type, 3 or 2 words
      const hex = plain
        ? `0002 0001 01 0 ${eventType} 002 4 | 8000000000000001`
        : `0002 0001 01 0 ${eventType.toString(16)} 003 4 | 8000000000000001 fedcba9876543210`;
      const [event] = events(readAll([tables, words(hex)], { provider: 9 }));
      assert.deepEqual(event, {
        eventType,
        provider: 9,
        thread,
        category: 'abc',
        name: 'item',
        ticksHi: 0x80000000,
        ticksLo: 1,
        extraHi: plain ? 0 : 0xfedcba98,
        extraLo: plain ? 0 : 0x76543210,
        args: [],
        argCount: 0,
      });
      const w = new FxtWriter();
      const extra = 0xfedcba9876543210n;
      w.event({ eventType, thread: 1, category: 1, name: 2, ticks: (1n << 63n) | 1n, extra });
      assert.deepEqual(w.take(), words(hex));
    });
  }

  it('has the execution of the format comment: 4 words, 32 bytes', () => {
    const hex =
      '0001 0001 01 1 4 004 4 | 0000000000000064 | 00000007 0002 001 2 | 00000000000000c8';
    const [event] = events(readAll([tables, words(hex)]));
    assert.deepEqual(event?.args, [{ type: ArgType.uint32, name: 'item', value: 7 }]);
    assert.deepEqual([event.ticksLo, event.extraLo], [100, 200]);
  });

  it('has thread, category and name inline, in this order', () => {
    const hex = `8002 8001 00 0 0 006 4 | 0000000000000064 0000000000001234 0000000000005678
      0000000000000063 0000000000006e6e`;
    const [event] = events(readAll([words(hex)]));
    assert.deepEqual([event?.thread, event?.category, event?.name], [thread, 'c', 'nn']);
    const w = new FxtWriter();
    w.event({ eventType: EventType.instant, thread, category: 'c', name: 'nn', ticks: 100 });
    assert.deepEqual(w.take(), words(hex));
  });
});

describe('arguments of the specification', () => {
  const header = (count: number, size: number): string => `0001 0001 01 ${count} 0 00${size} 4`;
  const args: readonly (readonly [string, FxtArg])[] = [
    ['00000000 0002 001 0', { type: ArgType.null, name: 'item', value: null }],
    ['80000000 0002 001 1', { type: ArgType.int32, name: 'item', value: -(2 ** 31) }],
    ['ffffffff 0002 001 2', { type: ArgType.uint32, name: 'item', value: 2 ** 32 - 1 }],
    ['00000000 0002 002 3 | fffffffffffffffe', { type: ArgType.int64, name: 'item', value: -2n }],
    [
      '00000000 0002 002 4 | ffffffffffffffff',
      { type: ArgType.uint64, name: 'item', value: (1n << 64n) - 1n },
    ],
    ['00000000 0002 002 5 | 3ff8000000000000', { type: ArgType.double, name: 'item', value: 1.5 }],
    ['0000 0001 0002 001 6', { type: ArgType.string, name: 'item', value: 'abc' }],
    [
      '00000000 0002 002 7 | 00007fff00000000',
      { type: ArgType.pointer, name: 'item', value: 0x7fff00000000n },
    ],
    ['00000000 0002 002 8 | 0000000000000007', { type: ArgType.koid, name: 'item', value: 7n }],
    ['00000001 0002 001 9', { type: ArgType.boolean, name: 'item', value: true }],
  ];
  const tableRefs: Readonly<Record<string, number>> = { abc: 1, item: 2 };
  for (const [hex, arg] of args) {
    it(`type ${arg.type}`, () => {
      const size = words(hex).length / 8 + 2;
      const bytes = words(`${header(1, size)} 0000000000000064 ${hex}`);
      assert.deepEqual(events(readAll([tables, bytes]))[0]?.args, [arg]);
      const w = new FxtWriter();
      const value = arg.value === 'abc' ? 1 : arg.value;
      w.event({
        eventType: EventType.instant,
        thread: 1,
        category: 1,
        name: 1,
        ticks: 100,
        args: [{ type: arg.type, name: tableRefs[arg.name] ?? 0, value }],
      });
      assert.deepEqual(w.take(), bytes);
    });
  }

  it('name and text inline, padded each on its own', () => {
    const arg = '0000 8009 8002 004 6 | 0000000000006e6e 3837363534333231 0000000000000039';
    const bytes = words(`${header(1, 6)} 0000000000000064 ${arg}`);
    assert.deepEqual(events(readAll([tables, bytes]))[0]?.args, [
      { type: ArgType.string, name: 'nn', value: '123456789' },
    ]);
  });
});
