import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArgType, EventType } from '../../../agent/wire/format.js';
import { cloneEvent, FxtReader, startsWithMagic } from '../../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { TableLimit } from '../../../agent/wire/fxtTables.js';
import type { FxtEvent, FxtThread } from '../../../agent/wire/records.js';
import { concat, events, readAll, records, words } from './fxtSupport.js';

/** A good record in front of each broken one: it must survive, and its 24 bytes are what is valid. */
const good = words('0000 0009 0001 003 2 | 3837363534333231 0000000000000039');
const goodThread = words('0000000000010033 0000000000000001 0000000000000002');
const quiet = { event: () => undefined, record: () => undefined };

describe('a broken record stops the reader and is named', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['size 0', '0000000000000004', /^event record: its size is 0$/],
    ['large record of size 0', '000000000000000f', /^large record: its size is 0$/],
    ['large record that claims 32 GiB', '00000 0 0 ffffffff f', /claims 34359738360 bytes/],
    ['initialization without its word', '0000000000000011', /ends before its ticks per second/],
    ['clock of 0 ticks', '0000000000000021 0000000000000000', /clock of 0 ticks/],
    ['wrong magic number', '0016547847 04 0010', /magic number/],
    ['magic number with a word behind it', '0016547846 04 0020 0000000000000000', /magic number/],
    [
      'string longer than its record',
      '0000 0009 0002 002 2 | 3837363534333231',
      /9 bytes.* 8 left/,
    ],
    ['thread without its words', '0000000000010023 0000000000000001', /before its thread id/],
    ['event without time', '0001 0001 01 0 0 001 4', /before its timestamp/],
    [
      'event without end',
      '0001 0001 00 0 4 004 4 | 0000000000000000 0000000000000001 0000000000000002',
      /before its last word/,
    ],
    [
      'event with a thread nobody registered',
      '0001 0001 07 0 0 002 4 | 0000000000000000',
      /thread refers to thread 7, which was never registered/,
    ],
    [
      'event with a category nobody registered',
      '0001 0002 00 0 0 004 4 | 0000000000000000 0000000000000001 0000000000000002',
      /category refers to string 2, which was never registered/,
    ],
    [
      'event whose inline name is longer than the record',
      '8009 0001 00 0 0 005 4 | 0000000000000000 0000000000000001 0000000000000002 3837363534333231',
      /name of 9 bytes is longer than the 8 left/,
    ],
    [
      'fewer arguments than announced',
      '0001 0001 00 2 0 005 4 | 0000000000000000 0000000000000001 0000000000000002 0000000000010010',
      /before its arguments/,
    ],
    [
      'argument of size 0',
      '0001 0001 00 1 0 005 4 | 0000000000000000 0000000000000001 0000000000000002 0000000000010000',
      /argument of 0 bytes where 8 are left/,
    ],
    [
      'argument that reaches beyond the record',
      '0001 0001 00 1 0 005 4 | 0000000000000000 0000000000000001 0000000000000002 0000000000010020',
      /argument of 16 bytes where 8 are left/,
    ],
    [
      'argument whose text reaches beyond the argument but not beyond the record',
      `0001 0001 00 2 0 006 4 | 0000000000000000 0000000000000001 0000000000000002
        0000 8008 0001 001 6 | 3837363534333231`,
      /argument value of 8 bytes is longer than the 0 left/,
    ],
    ['blob longer than its record', '00 01 0009 0001 002 5 | 3837363534333231', /blob of 9 bytes/],
    [
      'large blob that claims 2^53 bytes',
      '00000 1 0 00000003 f | 00000000 0001 0001 | 0020000000000000',
      /blob of 9007199254740992 bytes is longer than the 0 left/,
    ],
    [
      'log longer than its record',
      '000000 00 0009 005 9 | 0000000000000000 0000000000000001 0000000000000002 3837363534333231',
      /log message of 9 bytes is longer than the 8 left/,
    ],
  ];
  for (const [name, hex, reason] of cases) {
    it(name, () => {
      const { items, end } = readAll([concat(good, words(hex), good)]);
      assert.equal(items.length, 1);
      assert.equal(end.validBytes, good.length);
      assert.equal(end.problem?.atByte, good.length);
      assert.match(end.problem.reason, reason);
    });
  }

  it('big-endian input is called by its name', () => {
    const { end } = readAll([words('1000044678541600')]);
    assert.deepEqual([end.validBytes, end.problem?.atByte], [0, 0]);
    assert.match(end.problem?.reason ?? '', /big-endian/);
  });

  it('what looks big-endian later on is a record like any other', () => {
    const lookalike = concat(words('1000044678541600'), new Uint8Array(0x160 * 8 - 8));
    assert.equal(readAll([good, lookalike, good]).end.problem, null);
  });

  it('nothing is read afterwards', () => {
    let seen = 0;
    const reader = new FxtReader({ event: () => seen++, record: () => seen++ });
    assert.equal(reader.push(good), true);
    assert.equal(reader.problem, null);
    assert.equal(reader.push(words('0000000000000004')), false);
    assert.notEqual(reader.problem, null);
    assert.equal(reader.push(good), false);
    assert.equal(seen, 1);
    assert.equal(reader.validBytes, good.length);
  });

  it('input that ends inside a record says how much was there', () => {
    const { end } = readAll([concat(good, good).subarray(0, good.length + 11)]);
    assert.deepEqual(end.problem, {
      atByte: good.length,
      reason: 'the input ends inside a record, 11 bytes after its start',
    });
  });

  it('nothing can be pushed after the end', () => {
    const reader = new FxtReader(quiet);
    reader.end();
    assert.equal(reader.push(good), false);
    assert.equal(reader.validBytes, 0);
  });
});

describe('what the specification lets a writer do is tolerated', () => {
  it('unknown records of every kind are stepped over and counted', () => {
    const unknown = [
      '000000000000001a', // record type 10
      '00000000000f0020 ffffffffffffffff', // metadata type 15
      '00000000000b0014', // event type 11
      'f000000000000018', // scheduling type 15
      '00000 0 1 00000002 f | ffffffffffffffff', // large type 1
      '00000 2 0 00000002 f | ffffffffffffffff', // large blob format 2
    ];
    const result = readAll([concat(...unknown.map(words), good)]);
    assert.equal(result.end.problem, null);
    assert.equal(result.end.unknownRecords, unknown.length);
    assert.deepEqual(
      records(result).map((r) => (r.kind === 'unknown' ? [r.recordType, r.words] : r.kind)),
      [[10, 1], [0, 2], [4, 1], [8, 1], [15, 2], [15, 2], 'string'],
    );
  });

  it('an argument of unknown type is left out, the next one is not', () => {
    const bytes = words(`0001 0001 01 2 0 006 4 | 0000000000000000
      00000000 7abc 003 f ffffffffffffffff ffffffffffffffff | 00000007 0001 001 2`);
    const [event] = events(readAll([good, goodThread, bytes]));
    assert.equal(event?.argCount, 1);
    assert.deepEqual(event.args, [{ type: ArgType.uint32, name: '123456789', value: 7 }]);
  });

  it('words behind the last field, of records and of arguments', () => {
    const bytes =
      words(`0001 0001 01 1 1 007 4 | 0000000000000005 00000007 0001 002 2 eeeeeeeeeeeeeeee
      0000000000000003 eeeeeeeeeeeeeeee eeeeeeeeeeeeeeee`);
    const [event] = events(readAll([good, goodThread, bytes]));
    assert.deepEqual([event?.ticksLo, event?.args[0]?.value, event?.extraLo], [5, 7, 3]);
  });

  it('index 0 is never registered', () => {
    const zeroString = words('0000 0001 0000 002 2 | 0000000000000041');
    const zeroThread = words('0000000000000033 0000000000000001 0000000000000002');
    const result = readAll([zeroString, zeroThread, words('00 01 0000 0000 001 5')]);
    assert.deepEqual(records(result), [
      { kind: 'blob', name: '', blobType: 1, bytes: new Uint8Array(0) },
    ]);
    assert.equal(result.end.validBytes, zeroString.length + zeroThread.length + 8);
  });

  it('an index that is registered again means the new string', () => {
    const w = new FxtWriter();
    for (const value of ['old', 'new']) {
      w.string(5, value);
      w.blob({ name: 5, blobType: 1, bytes: new Uint8Array(0) });
    }
    const names = records(readAll([w.take()])).flatMap((r) => (r.kind === 'blob' ? [r.name] : []));
    assert.deepEqual(names, ['old', 'new']);
  });

  it('text that is not UTF-8', () => {
    const [record] = records(readAll([words('0000 0003 0001 002 2 | 000000000041ff42')]));
    assert.deepEqual(record, { kind: 'string', index: 1, value: 'B\ufffdA' });
  });
});

describe('providers', () => {
  it('have tables of their own, kept while another one speaks', () => {
    const w = new FxtWriter();
    const say = (): boolean =>
      w.event({ eventType: EventType.instant, thread: 1, category: 0, name: 1, ticks: 0 });
    w.providerInfo(10, 'one');
    w.string(1, 'of one');
    w.thread(1, { process: 10n, thread: 1n });
    say();
    w.providerInfo(20, 'two');
    w.string(1, 'of two');
    w.thread(1, { process: 20n, thread: 1n });
    say();
    w.providerSection(10);
    say();
    w.providerEvent(20, 0);
    say();
    w.providerSection(20);
    say();
    assert.deepEqual(
      events(readAll([w.take()])).map((e) => [e.provider, e.name, e.thread.process]),
      [
        [10, 'of one', 10n],
        [20, 'of two', 20n],
        [10, 'of one', 10n],
        [10, 'of one', 10n],
        [20, 'of two', 20n],
      ],
    );
  });

  it('do not see what another one registered', () => {
    const w = new FxtWriter();
    w.string(1, 'of nobody');
    w.providerSection(1);
    const valid = w.length;
    w.blob({ name: 1, blobType: 1, bytes: new Uint8Array(0) });
    assert.equal(readAll([w.take()], { provider: 3 }).end.problem?.atByte, valid);
  });

  it('cannot be more than the bound', () => {
    const w = new FxtWriter();
    for (let i = 1; i <= TableLimit.providers; i++) w.providerSection(i);
    const { items, end } = readAll([w.take()]);
    // The provider in front of all sections counts too.
    assert.equal(items.length, TableLimit.providers - 1);
    assert.match(end.problem?.reason ?? '', /more than 4096 providers/);
  });
});

describe('threads', () => {
  const instant = { eventType: EventType.instant, category: 0, name: 0, ticks: 0 };

  it('are one object per pair and provider, indexed or inline', () => {
    const w = new FxtWriter();
    const pair: FxtThread = { process: 1n, thread: 2n };
    w.thread(1, pair);
    w.event({ ...instant, thread: 1 });
    w.event({ ...instant, thread: pair });
    w.thread(2, pair);
    w.event({ ...instant, thread: 2 });
    w.event({ ...instant, thread: { process: 2n, thread: 1n } });
    w.providerSection(5);
    w.event({ ...instant, thread: pair });
    const seen: FxtThread[] = [];
    new FxtReader({ ...quiet, event: (e) => seen.push(e.thread) }).push(w.take());
    assert.equal(new Set(seen.slice(0, 3)).size, 1);
    assert.equal(new Set(seen).size, 3);
    assert.deepEqual(seen[4], pair);
  });

  it('cannot be more than the bound', () => {
    const w = new FxtWriter();
    const reader = new FxtReader(quiet);
    for (let i = 0; i < TableLimit.threads; i++) {
      w.event({ ...instant, thread: { process: 1n, thread: BigInt(i) } });
    }
    assert.equal(reader.push(w.take()), true);
    w.event({ ...instant, thread: { process: 1n, thread: -1n } });
    assert.equal(reader.push(w.take()), false);
    assert.match(reader.problem?.reason ?? '', /more than 262144 different threads/);
  });
});

describe('bounds', () => {
  it('strings registered at once', () => {
    const value = 'x'.repeat(32_000);
    const reader = new FxtReader(quiet);
    const perProvider = 2000;
    let provider = 0;
    while (reader.problem === null && provider < 10) {
      const w = new FxtWriter();
      w.providerSection(++provider);
      for (let i = 1; i <= perProvider; i++) w.string(i, value);
      reader.push(w.take());
    }
    // 64 Mi characters are 2,097 such strings.
    assert.equal(provider, 2);
    assert.match(reader.problem?.reason ?? '', /string table/);
  });

  it('replacing strings for ever costs nothing', () => {
    const w = new FxtWriter();
    for (let i = 0; i < 100; i++) w.string(1, 'x'.repeat(32_000));
    const hundred = w.take();
    const reader = new FxtReader(quiet);
    for (let i = 0; i < 30; i++) assert.equal(reader.push(hundred), true);
  });

  it('large records', () => {
    const w = new FxtWriter();
    w.largeBlob({ category: '', name: '', bytes: new Uint8Array(1 << 20).fill(7) });
    const bytes = w.take();
    const fits = readAll([bytes], { maxLargeRecordBytes: bytes.length });
    assert.equal(fits.end.problem, null);
    const [blob] = records(fits);
    assert.ok(blob?.kind === 'largeBlob' && blob.bytes.every((b) => b === 7));
    const refused = readAll([bytes], { maxLargeRecordBytes: bytes.length - 8 });
    assert.match(refused.end.problem?.reason ?? '', /claims 1048600 bytes/);
    assert.equal(refused.items.length, 0);
  });
});

describe('handing over', () => {
  const twoEvents = (): Uint8Array => {
    const w = new FxtWriter();
    for (const value of [1, 2]) {
      w.event({
        eventType: EventType.counter,
        thread: w.threadRef({ process: 1n, thread: 1n }),
        category: w.ref('queue'),
        name: w.ref(`q${value}`),
        ticks: value,
        args: [{ type: ArgType.uint32, name: w.ref('depth'), value }],
      });
    }
    return w.take();
  };

  it('uses one event object again, and cloneEvent keeps what it was', () => {
    const seen: FxtEvent[] = [];
    const kept: FxtEvent[] = [];
    const reader = new FxtReader({
      ...quiet,
      event: (e) => {
        seen.push(e);
        kept.push(cloneEvent(e));
      },
    });
    reader.push(twoEvents());
    assert.equal(seen[0], seen[1]);
    assert.deepEqual(
      kept.map((e) => [e.name, e.args]),
      [
        ['q1', [{ type: ArgType.uint32, name: 'depth', value: 1 }]],
        ['q2', [{ type: ArgType.uint32, name: 'depth', value: 2 }]],
      ],
    );
  });

  it('gives blobs away: the chunk may be overwritten', () => {
    const w = new FxtWriter();
    w.blob({ name: 'b', blobType: 1, bytes: Uint8Array.of(1, 2, 3) });
    const chunk = w.take();
    const result = readAll([chunk]);
    chunk.fill(0);
    const [blob] = records(result);
    assert.ok(blob?.kind === 'blob');
    assert.deepEqual(blob.bytes, Uint8Array.of(1, 2, 3));
  });

  it('lets through what the sink throws', () => {
    const sink = {
      ...quiet,
      event: () => {
        throw new Error('sink is full');
      },
    };
    assert.throws(() => new FxtReader(sink).push(twoEvents()), /sink is full/);
  });
});

it('startsWithMagic', () => {
  assert.equal(startsWithMagic(words('0016547846040010')), true);
  assert.equal(startsWithMagic(words('0016547846040010').subarray(0, 7)), false);
  assert.equal(startsWithMagic(new TextEncoder().encode('{"traceEvents":[]}')), false);
});
