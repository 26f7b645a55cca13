import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../extension/core/statistics/random.js';
import { blockOrder, blocksNeeded } from '../../../../extension/core/trials/blockOrder.js';
import { blockTiming, defaultTiming } from '../../../../extension/core/trials/blockTiming.js';
import { drawingBytes, modelOf } from '../../../support/pipelineText.js';

describe('blocks of a trial', () => {
  it('come by turns, as many of each side, and by chance', () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const order = blockOrder(5, new Random(seed));
      assert.equal(order.length, 10);
      assert.equal(order.filter((side) => side === 'a').length, 5);
      for (const at of [0, 4]) {
        assert.match(order.slice(at, at + 4).join(''), /^(abba|baab)$/);
      }
      orders.add(order.join(''));
      assert.deepEqual(order, blockOrder(5, new Random(seed)));
    }
    assert.equal(orders.size, 8);
  });

  it('are four against four, and more where more was tried', () => {
    assert.deepEqual(
      [0, 1, 5, 6, 22, 23].map((before) => blocksNeeded(before, 0.05)),
      [4, 5, 5, 6, 6, 7],
    );
    assert.equal(blocksNeeded(1e9, 0.05), 12);
  });

  it('are long enough for thirty items and for what is under way', () => {
    assert.deepEqual(blockTiming({ throughputPerSec: 1000, residenceNs: 1e6 }), {
      warmUpNs: 100e6,
      blockNs: 500e6,
    });
    assert.deepEqual(blockTiming({ throughputPerSec: 10, residenceNs: 200e6 }), {
      warmUpNs: 600e6,
      blockNs: 3e9,
    });
    assert.equal(
      blockTiming({ throughputPerSec: 1000, residenceNs: 3600e9 })?.warmUpNs,
      defaultTiming.maxWarmUpNs,
    );
    assert.equal(blockTiming({ throughputPerSec: 0.5, residenceNs: null }), null);
    assert.equal(blockTiming({ throughputPerSec: 0, residenceNs: null }), null);
  });
});

describe('figures of a block', () => {
  it('count what ended in it', () => {
    const model = modelOf(
      drawingBytes(`
      read source x1 | aabbccddee
      work io x2     | --aaaaccCC
      work io x2     | ----bbbb--
    `),
    );
    const at = (step: number): number => model.extentNs[0] + step * 1e6;
    const whole = model.blockFigures('drawn', { fromNs: at(0), toNs: at(11) });
    assert.equal(whole?.completions, 4);
    const block = model.blockFigures('drawn', { fromNs: at(5), toNs: at(9) });
    assert.ok(block !== null);
    // a, b and c of work, and c and d of read.
    assert.deepEqual([block.completions, block.executions, block.errors], [3, 5, 0]);
    assert.equal(block.throughputPerSec, 750);
    assert.equal(block.latencyBy, 'items');
    assert.equal(model.blockFigures('no such', { fromNs: 0, toNs: 1 }), null);
  });
});
