import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf, type Capture } from './agentSession.js';
import { withoutStacks } from './withoutStacks.js';

function itemsOf(capture: Capture, stage: string): number {
  return capture.executionsOf(stage).reduce((sum, { items }) => sum + items, 0);
}

/** Notes that say that Sluice did not find what it expected. */
function shapeNotes(capture: Capture): string[] {
  return capture
    .of('note')
    .map(({ code }) => code)
    .filter((code) => code.startsWith('builtin-') || code.startsWith('streams-'));
}

describe('node:stream', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records what is read, transformed and written, with the queues between', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'streamBasics.mjs' });
    assert.equal(stderr, '');
    assert.equal(stdout, (await agent.runBare({ program: 'streamBasics.mjs' })).stdout);
    assert.deepEqual(shapeNotes(capture), []);
    assert.deepEqual(
      ['numbers', 'decoder', 'store'].map((name) => {
        const { stageKind, parallelism, via, source } = capture.stage(name);
        return [stageKind, parallelism, via, source?.line, itemsOf(capture, name)];
      }),
      [
        ['source', 1, 'node:stream', 22, 40],
        ['cpu', 1, 'node:stream', 29, 40],
        ['sink', 1, 'node:stream', 31, 36],
      ],
    );
    for (const name of ['numbers', 'decoder', 'store']) {
      assert.equal(peakOf(capture.executionsOf(name)), 1, name);
    }
    assert.deepEqual(
      ['numbers output', 'decoder queue', 'decoder output', 'store queue'].map((name) => {
        const { capacity, from, to } = capture.queue(name);
        return [capacity, from, to];
      }),
      [
        [4, 'numbers', 'decoder'],
        [4, 'numbers', 'decoder'],
        [4, 'decoder', 'store'],
        [2, 'decoder', 'store'],
      ],
    );
    assert.equal(Math.max(...capture.depthsOf('store queue')), 2);
    for (const { name } of capture.of('queue')) {
      if (name.startsWith('Hash')) continue;
      assert.equal(capture.depthsOf(name).at(-1), 0, name);
    }
  });

  it('shows who stands still because nobody takes its output', async () => {
    const { capture } = await agent.run({ program: 'streamBasics.mjs' });
    const laneOf = (stage: string): bigint | undefined => capture.executionsOf(stage)[0]?.lane;
    for (const stage of ['numbers', 'decoder']) {
      const waits = capture.waits.filter(({ lane }) => lane === laneOf(stage));
      assert.ok(waits.every(({ name }) => name === 'output'));
      // The sink takes 36 times at least 2 ms; the little buffers swallow a few of them.
      const blockedNs = waits.reduce((sum, { startNs, endNs }) => sum + endNs - startNs, 0);
      assert.ok(blockedNs > 36e6, `${stage} is blocked for ${blockedNs} ns`);
      for (const wait of waits) {
        const inside = capture
          .executionsOf(stage)
          .filter((e) => e.startNs < wait.endNs && e.endNs > wait.startNs);
        assert.equal(inside.length, 0, 'a lane is not busy while it is blocked');
      }
    }
    const sinkLane = laneOf('store');
    assert.equal(capture.waits.filter(({ lane }) => lane === sinkLane).length, 0);
  });

  it('takes streams of Node into a pipeline of the program, in bytes', async () => {
    const { capture } = await agent.run({ program: 'streamBasics.mjs' });
    const file = 'streamBasics.mjs';
    const kinds = capture
      .of('stage')
      .filter(({ name }) => /^(?:Read|Write)Stream|^Gzip|^Hash/.test(name))
      .map(({ name, stageKind }) => [name, stageKind]);
    assert.deepEqual(kinds, [
      [`WriteStream ${file}:46`, 'sink'],
      [`ReadStream ${file}:48`, 'source'],
      [`Gzip ${file}:48`, 'cpu'],
      [`WriteStream ${file}:48`, 'sink'],
      [`ReadStream ${file}:50`, 'source'],
      [`Hash ${file}:50`, 'cpu'],
    ]);
    // 300,000 bytes in pieces of 64 KiB.
    assert.equal(itemsOf(capture, `ReadStream ${file}:48`), 5);
    const queue = capture.queue(`Gzip ${file}:48 queue (bytes)`);
    assert.deepEqual([queue.from, queue.to], [`ReadStream ${file}:48`, `Gzip ${file}:48`]);
    assert.equal(Math.max(...capture.depthsOf(queue.name)), 65_536);
  });

  it('counts batches, operators, errors and both sides of a duplex', async () => {
    const { capture } = await agent.run({ program: 'streamBasics.mjs' });
    assert.deepEqual(
      capture.executionsOf('batched').map(({ items }) => items),
      [1, 9],
    );
    const double = capture.executionsOf('double');
    assert.deepEqual([double.length, peakOf(double)], [6, 3]);
    const concurrency = capture.knob('concurrency');
    assert.equal(concurrency.live, false);
    assert.match(concurrency.remark ?? '', /Not live/);
    assert.equal(capture.executionsOf('filter streamBasics.mjs:77').length, 6);
    assert.deepEqual(
      capture.executionsOf('fails').map(({ isFailed }) => isFailed),
      [false, true],
    );
    assert.deepEqual([itemsOf(capture, 'echo writes'), itemsOf(capture, 'echo reads')], [3, 3]);
  });

  it('changes the high-water mark of a running stream', async () => {
    const { capture, stdout, code } = await agent.run({
      program: 'streamLive.mjs',
      meanwhile: async ({ capture: live, setKnob, until, tell }) => {
        const depths = (): number[] => live.depthsOf('store queue');
        await until('a full buffer', () => depths().includes(3));
        assert.ok(!depths().some((depth) => depth > 3));
        const knob = live.of('knob').filter(({ name }) => name === 'highWaterMark');
        assert.deepEqual(knob.map(({ queue, live: isLive }) => [queue, isLive]).sort(), [
          ['numbers output', true],
          ['store queue', true],
        ]);
        await setKnob('highWaterMark', 9);
        await until('a fuller buffer', () => depths().includes(9));
        await setKnob('highWaterMark', 1);
        const before = depths().length;
        await until('100 more depths', () => depths().length > before + 100);
        assert.ok(
          !depths()
            .slice(-50)
            .some((depth) => depth > 1),
        );
        tell('over');
      },
    });
    assert.deepEqual([stdout, code], ['done\n', 0]);
    assert.deepEqual(
      capture.of('queue').flatMap(({ name, capacity }) => (name === 'store queue' ? capacity : [])),
      [3, 9, 1],
    );
  });

  it('is not flooded by streams of Node, and streams of one place are one stage', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'streamMany.mjs' });
    assert.deepEqual([stdout, stderr], ['packed\ntrue true\nprinted\n', '']);
    const stages = capture.of('stage').filter(({ via }) => via === 'node:stream');
    assert.deepEqual(
      [...new Set(stages.map(({ name }) => name))],
      ['IncomingMessage streamMany.mjs:15', 'shout', 'Readable streamMany.mjs:32'],
    );
    assert.equal(itemsOf(capture, 'shout'), 5);
    assert.equal(capture.stage('shout').parallelism, null);
    assert.equal(capture.depthsOf('shout queue (bytes)').at(-1), 0);
  });

  it('changes nothing of order, errors, back-pressure and looks', async () => {
    const run = { program: 'same/streams.mjs' };
    const bare = withoutStacks(await agent.runBare(run));
    assert.equal(bare.code, 1, 'it ends with an error that nobody handles');
    assert.match(bare.stderr, /Error: nobody listens\n.*streams\.mjs:180:62\)\n/);
    const { capture, ...recorded } = await agent.run(run);
    assert.deepEqual(withoutStacks(recorded), bare);
    assert.deepEqual(withoutStacks(await agent.runDormant(run)), bare);
    assert.deepEqual(shapeNotes(capture), []);
    assert.ok(capture.executions.length > 20);
  });
});
