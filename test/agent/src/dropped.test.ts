// Queues and knobs that the program drops: nothing of its is kept alive, and their ids go to the next ones.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PocketDrain } from './support/pocketDrain.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Runs the collector and what it has to call until the condition holds. */
async function collected(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    collect();
    await sleep(5);
    if (condition()) return;
    // What a condition has looked at through a WeakRef lives on until the end of its job.
    await sleep(5);
  }
  throw new Error(`never happened: ${what}`);
}

describe('what the program drops', () => {
  let drain: PocketDrain;
  beforeEach(() => {
    drain = new PocketDrain();
    drain.attach();
  });
  afterEach(() => {
    drain.dispose();
  });

  it('queues of one name share few ids, and the last depths are told', async () => {
    const made = 300;
    for (let i = 0; i < made; i++) {
      drain.recorder.queue({ name: 'request queue', via: 'test' }).depth(7);
      if (i % 50 === 49) {
        // A row that stands at 0 again is one whose queue was let go.
        await collected('the queues are let go', () => {
          const depths = drain.drain().of('queue', 'request queue');
          return depths.filter((d) => d.args['depth'] === 0).length >= i - 1;
        });
      }
    }
    const ids = new Set(
      drain
        .drain()
        .declared('queue')
        .map((q) => q.id),
    );
    assert.ok(ids.size < 60, `${ids.size} ids for ${made} queues`);
  });

  it('a queue that is in use is never let go', async () => {
    const kept = drain.recorder.queue({ name: 'kept', via: 'test' });
    kept.depth(3);
    for (let i = 0; i < 100; i++) drain.recorder.queue({ name: 'dropped', via: 'test' });
    await collected('others', () => {
      const before = drain.control.queues.size;
      drain.recorder.queue({ name: 'dropped', via: 'test' });
      return drain.control.queues.size === before;
    });
    kept.depth(5);
    drain.recorder.flush();
    const capture = drain.drain();
    const id = capture.declared('queue').find((q) => q.name === 'kept')?.id;
    assert.deepEqual(
      capture.of('queue', 'kept').map((e) => e.args['depth']),
      [3, 5],
    );
    assert.equal(capture.declared('queue').filter((q) => q.id === id).length, 1);
  });

  it('a knob ends with its owner, whom nothing of ours keeps alive', async () => {
    const seen: number[] = [];
    const declare = (): WeakRef<object> => {
      const pool = { size: 1, ballast: new Uint8Array(1000) };
      drain.recorder.knob({
        name: 'size',
        kind: 'parallelism',
        stage: 's',
        value: 1,
        min: 1,
        owner: pool,
        // Refers to what it sets, as setters do.
        apply: (value) => {
          pool.size = value;
          seen.push(value);
        },
        via: 'test',
      });
      return new WeakRef(pool);
    };
    const pools = Array.from({ length: 50 }, declare);
    await collected('the pools', () => pools.every((pool) => pool.deref() === undefined));
    const isLive = (): boolean[] => [
      ...new Map(
        drain
          .drain()
          .declared('knob')
          .map((k) => [k.id, k.live]),
      ).values(),
    ];
    await collected('the knobs', () => isLive().every((live) => !live));
    assert.equal(isLive().length, 50);
    const next = declare();
    assert.equal(drain.control.knobs.size, 50, 'its id was one of those that were free');
    assert.equal(isLive().filter(Boolean).length, 1);
    assert.ok(next.deref() !== undefined);
  });
});
