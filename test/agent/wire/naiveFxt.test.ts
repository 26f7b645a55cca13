/** The second decoder is only worth something if it finds faults: each kind of fault, found. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ArgName,
  ArgType,
  BlobName,
  BlobType,
  Category,
  EventType,
  KernelObjectType,
} from '../../../agent/wire/format.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { decodeNaive } from '../../support/naiveFxt.js';
import { reportNaive } from '../../support/naiveReport.js';
import { words } from './fxtSupport.js';

describe('the naive decoder complains of', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['padding', '0000 0001 0001 002 2 | 0000000000000141', /padding is not zero/],
    ['reserved bits', '0001 0001 0001 002 2 | 0000000000000041', /reserved bits 47\.\.63/],
    ['spare words', '0000 0000 0001 002 2 | 0000000000000000', /8 bytes behind the last field/],
    ['record types', '000000000000001a', /unknown record type 10/],
    ['event types', '00000000000b0014', /unknown event type 11/],
    ['wrong magic', '0016547847 04 0010', /wrong magic/],
    ['size 0', '0000000000000004', /size 0/],
    ['missing strings', '00 01 0000 0001 001 5', /string 1 is not in the table/],
    ['records cut short', '0000 0001 0001 002 2', /cut short/],
  ];
  for (const [name, hex, what] of cases) {
    it(name, () => {
      const { problems } = decodeNaive(words(`0016547846040010 ${hex}`));
      assert.equal(problems.length, 1);
      assert.equal(problems[0]?.atByte, 8);
      assert.match(problems[0].what, what);
    });
  }
});

describe('the naive report', () => {
  type Span = readonly [startNs: number, endNs: number];
  const at = (w: FxtWriter, lane: bigint, [startNs, endNs]: Span, name = 'decode') =>
    w.event({
      eventType: EventType.durationComplete,
      thread: w.threadRef({ process: 7n, thread: lane }),
      category: w.ref(Category.stage),
      name: w.ref(name),
      ticks: startNs,
      extra: endNs,
    });

  it('counts and names', () => {
    const w = new FxtWriter();
    w.magic();
    w.providerInfo(1, 'p');
    const process = { objectType: KernelObjectType.process, koid: 7, name: 'app.js' };
    w.kernelObject(process);
    w.kernelObject({
      objectType: KernelObjectType.thread,
      koid: 1,
      name: 'main #0',
      args: [{ type: ArgType.koid, name: 'process', value: 7n }],
    });
    at(w, 1n, [10, 20]);
    at(w, 1n, [20, 30]);
    at(w, 1n, [30, 31], 'write');
    w.event({
      eventType: EventType.counter,
      thread: w.threadRef({ process: 7n, thread: 1n }),
      category: w.ref(Category.queue),
      name: w.ref('decoded'),
      ticks: 25,
      extra: 3,
      args: [{ type: ArgType.uint32, name: w.ref(ArgName.depth), value: 4 }],
    });
    for (const text of ['{"kind"', ':"end"}\n']) {
      const bytes = new TextEncoder().encode(text);
      w.blob({ name: w.ref(BlobName.manifest), blobType: BlobType.data, bytes });
    }
    const report = reportNaive(w.take());
    assert.deepEqual(report.problems, []);
    assert.deepEqual(report.disorder, []);
    assert.deepEqual(
      [...report.executions],
      [
        ['decode', 2],
        ['write', 1],
      ],
    );
    assert.deepEqual([...report.counters], [['queue/decoded', 1]]);
    assert.deepEqual([...report.processNames], [[7n, 'app.js']]);
    assert.deepEqual([...report.laneNames], [['7/1', 'main #0']]);
    assert.deepEqual([...report.lanesUsed], ['7/1']);
    assert.deepEqual([...report.blobs], [['1/sluice/manifest', '{"kind":"end"}\n']]);
  });

  it('sees time that runs backwards and executions that overlap, lane by lane', () => {
    const w = new FxtWriter();
    at(w, 1n, [100, 200]);
    at(w, 2n, [50, 60]);
    at(w, 1n, [150, 300]);
    at(w, 2n, [30, 40]);
    at(w, 3n, [9, 8]);
    const { disorder } = reportNaive(w.take());
    assert.equal(disorder.length, 3);
    assert.match(disorder[0] ?? '', /lane 7\/1 .* overlaps/);
    assert.match(disorder[1] ?? '', /lane 7\/2 .* before its predecessor/);
    assert.match(disorder[2] ?? '', /lane 7\/3 .* before it starts/);
  });
});
