import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placesOf } from '../../../../extension/core/prediction/flows.js';
import type { MeasuredLink } from '../../../../extension/core/measure/operatingPoint.js';
import { measured, pointOf, queued } from '../points.js';
import { near } from '../simulation/near.js';

const links = (...pairs: readonly (readonly [string, string])[]): readonly MeasuredLink[] =>
  pairs.map(([from, to]) => ({ from, to }));

const targets = (...args: Parameters<typeof placesOf>): readonly (readonly number[])[] =>
  placesOf(...args).map(({ next }) => next.map(({ to }) => to));

describe('placesOf', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => measured(name));
  assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined);

  it('follows the links', () => {
    const found = links(['a', 'b'], ['a', 'c'], ['b', 'd'], ['c', 'd']);
    assert.deepEqual(targets(pointOf([a, b, c, d], { links: found })), [[1, 2], [3], [3], []]);
  });

  it('drops a shortcut: what comes through others does not also come directly', () => {
    const found = links(['a', 'b'], ['b', 'c'], ['a', 'c'], ['a', 'd'], ['c', 'd']);
    assert.deepEqual(targets(pointOf([a, b, c, d], { links: found })), [[1], [2], [3], []]);
  });

  it('feeds what nobody is known to feed from the stage before it', () => {
    assert.deepEqual(targets(pointOf([a, b, c], { links: [] })), [[1], [2], []]);
  });

  it('holds a stage until those inside of it are done', () => {
    const inside = { inside: 'b' };
    const nested = [a, b, measured('c', {}, inside), measured('d', {}, inside), measured('e')];
    const found = links(['a', 'b'], ['b', 'e']);
    const places = placesOf(pointOf(nested, { links: found }));
    assert.deepEqual(
      places.map(({ heldUntil }) => heldUntil),
      [null, 3, null, null, null],
    );
    assert.deepEqual(
      places.map(({ next }) => next.map(({ to }) => to)),
      [[1], [2], [3], [4], []],
    );
  });

  it('counts how many items become one, less what has piled up', () => {
    const stages = [measured('a', { executions: 1000 }), measured('b', { executions: 100 })];
    near(placesOf(pointOf(stages))[0]?.next[0]?.itemsPerItem, 0.1, 1e-9);
    const piled = { queues: [queued('a', 'b', { growth: 500, capacity: null })] };
    near(placesOf(pointOf(stages, piled))[0]?.next[0]?.itemsPerItem, 0.2, 1e-9);
  });

  it('takes what is nearly one for one', () => {
    const stages = [measured('a', { executions: 1000 }), measured('b', { executions: 970 })];
    assert.equal(placesOf(pointOf(stages))[0]?.next[0]?.itemsPerItem, 1);
  });
});
