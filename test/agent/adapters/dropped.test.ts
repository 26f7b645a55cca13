/** Programs that make a queue for each request: what they drop is collected, and what they make later is recorded. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WeakGroup } from '../../../agent/adapters/weakGroup.js';
import { BuiltAgent, type Capture } from './agentSession.js';

const COUNT = 10_000;
const limiters = ['queued', 'limited', 'fast', 'tasks', 'neck'];

describe('WeakGroup', () => {
  it('reaches each member, up to a thousand', () => {
    const group = new WeakGroup<{ n: number }>();
    const members = Array.from({ length: 1500 }, (_, n) => ({ n }));
    const reached: number[] = [];
    for (const member of members) group.add(member);
    group.forEach(({ n }) => reached.push(n));
    assert.deepEqual(
      reached,
      members.slice(0, 1000).map(({ n }) => n),
    );
  });
});

describe('queues, limiters and streams that the program drops', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it(`are collected, ${COUNT} of each kind, and later ones are recorded`, async () => {
    const { capture, stdout, stderr, code } = await agent.run({
      program: 'dropped.mjs',
      nodeArgs: ['--expose-gc'],
      args: [String(COUNT)],
    });
    assert.deepEqual([stderr, code], ['', 0]);
    const kinds = ['pQueue', 'pLimit', 'fastq', 'async', 'bottleneck', 'transform'];
    const all = Object.fromEntries(kinds.map((kind) => [kind, COUNT]));
    assert.deepEqual(JSON.parse(stdout), all);
    for (const name of limiters) {
      assert.equal(capture.executionsOf(name).length, COUNT + 1, name);
      assert.equal(queueIds(capture, `${name} queue`), 1, name);
    }
    // More streams in a second than are looked at; the last one is alone in its own.
    const streams = capture.executionsOf('doubled');
    const [before = 0, last = 0] = streams.slice(-2).map(({ startNs }) => startNs);
    assert.ok(last - before > 1e9, `${streams.length} executions`);
  });
});

/** Rows that a queue takes in the picture. */
function queueIds(capture: Capture, name: string): number {
  return new Set(capture.of('queue').flatMap((queue) => (queue.name === name ? [queue.id] : [])))
    .size;
}
