import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, it } from 'node:test';
import { Learner, type LearnedStage } from '../../../../agent/src/learning/learner.js';

let nowNs = 0;
let learner = new Learner(() => nowNs);

afterEach(() => {
  learner.stop();
  learner = new Learner(() => nowNs);
});

const stageOf = (name: string): LearnedStage => ({ name, pipeline: undefined });

/** A stage as the API wraps it: called by the program, ended when its promise settles. */
function stage<A extends unknown[], T>(
  name: string,
  fn: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  const self = stageOf(name);
  return async (...args) => {
    learner.meet(self);
    const arrival = learner.arrive(self);
    const result = arrival === undefined ? fn(...args) : arrival.run(async () => fn(...args));
    return result.finally(() => arrival?.end());
  };
}

/** A queue that runs one task at a time, each in the context of the one before it, as promise queues do. */
function queueStage(name: string): (task: () => Promise<unknown>) => Promise<unknown> {
  const self = stageOf(name);
  let tail: Promise<unknown> = Promise.resolve();
  return async (task) => {
    learner.meet(self);
    const arrival = learner.arrive(self);
    tail = tail.then(async () => {
      try {
        return await (arrival === undefined ? task() : arrival.run(task));
      } finally {
        arrival?.end();
      }
    });
    return tail;
  };
}

function linksSeen(): Record<string, number> {
  return Object.fromEntries(
    learner.takeNews().map(({ from, to, seen }) => [`${from.name}>${to.name}`, seen]),
  );
}

describe('learner', () => {
  const read = stage('read', async (n: number) => {
    await turn();
    return n;
  });
  const parse = stage('parse', async (n: number) => {
    await turn();
    return n + 1;
  });
  const write = stage('write', async () => turn());

  it('follows items through awaits, however many are under way', async () => {
    const one = async (n: number): Promise<void> => {
      const text = await read(n);
      await turn();
      await parse(text);
      await write();
    };
    await Promise.all(Array.from({ length: 20 }, async (_, n) => one(n)));
    assert.deepEqual(linksSeen(), { 'read>parse': 20, 'parse>write': 20 });
  });

  it('sees a loop’s way back as what it is, once less', async () => {
    for (let n = 0; n < 5; n++) await parse(await read(n));
    assert.deepEqual(linksSeen(), { 'read>parse': 5, 'parse>read': 4 });
  });

  it('follows work that a stage hands on to a queue', async () => {
    const store = queueStage('store');
    const all: Promise<unknown>[] = [];
    const fetch = stage('fetch', async (n: number) => {
      await turn();
      all.push(store(async () => sleep(1, n)));
    });
    await Promise.all(Array.from({ length: 10 }, async (_, n) => fetch(n)));
    await Promise.all(all);
    assert.deepEqual(linksSeen(), { 'fetch>store': 10 });
  });

  it('says when a stage runs inside of a stage', async () => {
    const outer = stage('outer', async (n: number) => parse(n));
    await Promise.all([outer(1), outer(2)]);
    const [link] = learner.takeNews();
    assert.deepEqual(
      [link?.from.name, link?.to.name, link?.seen, link?.inside],
      ['outer', 'parse', 2, 2],
    );
    await write();
    assert.equal(linksSeen()['outer>write'], 1);
  });

  it('counts work that is handed on and over at once', async () => {
    const store = stage('store', async () => turn());
    const fetch = stage('fetch', async (n: number) => {
      await turn();
      // Not awaited, and done before fetch is.
      void store();
      await sleep(20, n);
    });
    await Promise.all([fetch(1), fetch(2), fetch(3)]);
    assert.equal(linksSeen()['fetch>store'], 3);
  });

  it('keeps a queue’s tasks apart although each starts the next', async () => {
    const first = queueStage('first');
    const second = queueStage('second');
    const one = async (): Promise<void> => {
      await first(async () => turn());
      await second(async () => turn());
    };
    await Promise.all([one(), one(), one(), one()]);
    assert.deepEqual(linksSeen(), { 'first>second': 4 });
  });

  it('leaves the program’s own async context alone', async () => {
    const own = new AsyncLocalStorage<number>();
    const seen = await Promise.all(
      [1, 2, 3].map(async (n) =>
        own.run(n, async () => {
          await read(n);
          await parse(n);
          return own.getStore();
        }),
      ),
    );
    assert.deepEqual(seen, [1, 2, 3]);
    own.disable();
  });

  it('stops when it has seen enough, or its time is over', async () => {
    await read(1);
    assert.ok(learner.isLearning);
    learner.tick();
    assert.ok(learner.isLearning, 'one call is not enough');
    nowNs += 10e9;
    learner.tick();
    assert.ok(!learner.isLearning);
    await parse(1);
    assert.ok(learner.isLearning, 'a new stage is news');
    for (let n = 0; n < 1000; n++) await parse(n);
    learner.tick();
    assert.ok(!learner.isLearning);
    await parse(1);
    assert.ok(!learner.isLearning, 'no news');
  });

  it('does not begin again for ever, but when it is asked', async () => {
    for (let n = 0; n < 30; n++) {
      await stage(`stage ${n}`, async () => turn())();
      nowNs += 10e9;
      learner.tick();
    }
    await stage('late', async () => turn())();
    assert.ok(!learner.isLearning);
    learner.learn(5e9);
    for (let n = 0; n < 2000; n++) await parse(await read(n));
    learner.tick();
    assert.ok(learner.isLearning, 'it was asked for a time, whatever it sees');
    nowNs += 5e9;
    learner.tick();
    assert.ok(!learner.isLearning);
    assert.equal(linksSeen()['read>parse'], 2000);
  });
});
