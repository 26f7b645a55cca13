import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Learning, type FollowedStage } from '../../../../agent/src/learning/learning.js';
import { LearnOrders, orderLearning } from '../../../../agent/src/learning/order.js';
import type { ThreadLink } from '../../../../agent/src/threadLink.js';
import { PocketDrain } from '../support/pocketDrain.js';

let nowNs = 1e12;

describe('learning in a thread', () => {
  let drain: PocketDrain;
  let link: ThreadLink;
  let learning: Learning;
  beforeEach(() => {
    drain = new PocketDrain();
    link = drain.attach();
    learning = new Learning(() => nowNs, true);
  });
  afterEach(() => {
    learning.detach();
    drain.recorder.detach();
    drain.dispose();
  });
  const stageOf = (name: string): FollowedStage => {
    const stage = { name, pipeline: undefined, isFollowed: false };
    learning.add(stage);
    return stage;
  };
  const call = async (stage: FollowedStage): Promise<void> => {
    const arrival = stage.isFollowed ? learning.arrive(stage) : undefined;
    await turn();
    arrival?.end();
  };
  const links = (): string[] =>
    drain
      .drain()
      .declared('link')
      .map(({ from, to, seen }) => `${from}>${to} ${seen}`);

  it('follows nothing while nobody records, and all stages when it begins', async () => {
    const [read, parse] = [stageOf('read'), stageOf('parse')];
    assert.deepEqual([read.isFollowed, parse.isFollowed], [false, false]);
    assert.equal(learning.arrive(read), undefined);
    learning.attach(link);
    assert.deepEqual([read.isFollowed, parse.isFollowed], [true, true]);
    await call(read);
    await call(parse);
    assert.ok(learning.isLearning);
    learning.detach();
    assert.ok(!learning.isLearning);
    assert.deepEqual([read.isFollowed, parse.isFollowed], [false, false]);
  });

  it('declares links once a second while it learns, and what changed when it ends', async () => {
    learning.attach(link);
    const [read, parse, write] = [stageOf('read'), stageOf('parse'), stageOf('write')];
    await call(read);
    await call(parse);
    learning.tick();
    assert.deepEqual(links(), ['read>parse 1']);
    await call(read);
    await call(parse);
    nowNs += 0.5e9;
    learning.tick();
    assert.deepEqual(links(), ['read>parse 1']);
    nowNs += 10e9;
    learning.tick();
    assert.ok(!learning.isLearning);
    assert.deepEqual(links(), ['read>parse 1', 'read>parse 2', 'parse>read 1']);
    // What was called is known; what was not is news when it comes.
    assert.deepEqual([read.isFollowed, parse.isFollowed, write.isFollowed], [false, false, true]);
    await call(write);
    assert.deepEqual([read.isFollowed, write.isFollowed], [true, true]);
  });

  it('ends by itself in a thread whose event loop does not turn', () => {
    learning.attach(link);
    const [read, parse] = [stageOf('read'), stageOf('parse')];
    for (let n = 0; n < 600; n++) {
      if (read.isFollowed) learning.arrive(read)?.end();
      if (parse.isFollowed) learning.arrive(parse)?.end();
    }
    assert.ok(!learning.isLearning);
    assert.equal(read.isFollowed, false);
    assert.match(links().join(), /read>parse 5\d\d/);
  });

  it('begins again when it is ordered to, each order once', async () => {
    learning.attach(link);
    const read = stageOf('read');
    await call(read);
    nowNs += 11e9;
    learning.tick();
    assert.deepEqual([learning.isLearning, read.isFollowed], [false, false]);
    orderLearning(link.control.words, nowNs, 5000);
    learning.tick();
    assert.deepEqual([learning.isLearning, read.isFollowed], [true, true]);
    nowNs += 6e9;
    learning.tick();
    assert.deepEqual([learning.isLearning, read.isFollowed], [false, false]);
  });

  it('never begins where the environment forbids it', () => {
    const none = new Learning(() => nowNs, false);
    const stage = { name: 'read', pipeline: undefined, isFollowed: false };
    none.add(stage);
    none.attach(link);
    orderLearning(link.control.words, nowNs, 5000);
    none.tick();
    assert.ok(!stage.isFollowed && !none.isLearning);
    assert.equal(none.arrive(stage), undefined);
  });
});

describe('orders to learn', () => {
  const words = new Int32Array(new SharedArrayBuffer(256));

  it('are taken once, for what is left of them, also where the milliseconds overflow', () => {
    for (const startMs of [1, 2 ** 31 - 100, 2 ** 32 - 100, 2 ** 33 + 5]) {
      const orders = new LearnOrders();
      orderLearning(words, startMs * 1e6, 5000);
      assert.equal(orders.take(words, (startMs + 1000) * 1e6), 4000e6);
      assert.equal(orders.take(words, (startMs + 1000) * 1e6), undefined);
      const late = new LearnOrders();
      assert.equal(late.take(words, (startMs + 6000) * 1e6), undefined);
    }
  });
});
