import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventWriter, Lane } from '../../../../agent/src/eventWriter.js';
import { Ref } from '../../../../agent/src/names.js';
import {
  OsThreads,
  osThreadId,
  readThreadTimes,
  type ThreadTimes,
} from '../../../../agent/src/os/osThreads.js';

/** Takes down the gauges that are written. */
function recording(): {
  events: EventWriter;
  written: [lane: number, ref: number, value: number][];
} {
  const written: [number, number, number][] = [];
  const events = {
    gauge: (lane: Lane, ref: number, value: number) => written.push([lane.number, ref, value]),
  };
  return { events: events as unknown as EventWriter, written };
}

const lane = (number: number): Lane => ({ number }) as Lane;

describe('threads of the operating system', () => {
  it('have their shares of running and of waiting for a core', () => {
    const times = new Map<number, ThreadTimes>([[71, { ranNs: 5e9, waitedNs: 1e9 }]]);
    const { events, written } = recording();
    const threads = new OsThreads(events, (tid) => times.get(tid));
    threads.add(3, 71, lane(9), 1e9);
    times.set(71, { ranNs: 5.2e9, waitedNs: 1.1e9 });
    threads.sample(1.25e9);
    assert.deepEqual(written, [
      [9, Ref.threadCpu, 0.8],
      [9, Ref.coreWait, 0.4],
    ]);
    // The kernel's sums run a little behind, and then a little ahead: never more than all of the time.
    times.set(71, { ranNs: 5.5e9, waitedNs: 1.1e9 });
    threads.sample(1.5e9);
    assert.deepEqual(written.slice(2), [
      [9, Ref.threadCpu, 1],
      [9, Ref.coreWait, 0],
    ]);
  });

  it('are forgotten when they have ended', () => {
    const { events, written } = recording();
    let isThere = true;
    const threads = new OsThreads(events, () => (isThere ? { ranNs: 0, waitedNs: 0 } : undefined));
    threads.add(1, 10, lane(1), 0);
    threads.add(2, 11, lane(2), 0);
    threads.remove(2);
    threads.sample(1e9);
    assert.deepEqual(
      written.map(([number]) => number),
      [1, 1],
    );
    isThere = false;
    threads.sample(2e9);
    isThere = true;
    threads.sample(3e9);
    assert.equal(written.length, 2);
  });

  it('take turns when there are many', () => {
    const { events, written } = recording();
    const threads = new OsThreads(events, () => ({ ranNs: 0, waitedNs: 0 }));
    for (let i = 1; i <= 100; i++) threads.add(i, i, lane(i), 0);
    threads.sample(1e9);
    assert.equal(new Set(written.map(([number]) => number)).size, 64);
    threads.sample(2e9);
    assert.equal(new Set(written.map(([number]) => number)).size, 100);
  });

  it('are what Linux says they are', { skip: process.platform !== 'linux' }, () => {
    const tid = osThreadId();
    assert.equal(tid, process.pid, 'the main thread has the number of the process');
    const before = readThreadTimes(tid);
    assert.ok(before !== undefined);
    // Until the kernel has seen this thread work for 50 ms, however long a busy machine takes for that.
    let ranNs = 0;
    for (let i = 0; ranNs < 50e6 && i < 1e9; i++) {
      if (i % 100_000 === 0) ranNs = (readThreadTimes(tid)?.ranNs ?? 0) - before.ranNs;
    }
    assert.ok(ranNs >= 50e6);
    assert.equal(readThreadTimes(2 ** 30), undefined);
  });
});
