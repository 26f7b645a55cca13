import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PipelineReport, Report } from '../../extension/core/report/report.js';
import { BuiltAgent } from '../agent/adapters/agentSession.js';
import { BuiltSluice, finished } from './builtSluice.js';
import { LiveTest, until } from './liveSession.js';

const nodeMajor = Number(process.versions.node.split('.')[0]);

describe('links between stages that nobody declared', { timeout: 600_000 }, () => {
  let sluice: BuiltSluice;
  let agent: BuiltAgent;
  before(async () => {
    sluice = await BuiltSluice.create('everything');
    agent = await BuiltAgent.create();
    const programs = fileURLToPath(new URL('programs', import.meta.url));
    for (const { folder } of [sluice, agent]) {
      await cp(programs, path.join(folder, 'programs'), { recursive: true });
    }
  });
  after(async () => {
    await sluice.dispose();
    await agent.dispose();
  });

  async function pipelineOf(
    program: string,
    env: NodeJS.ProcessEnv = {},
    args: readonly string[] = [],
  ): Promise<PipelineReport> {
    const command = ['run', '--json', '--', process.execPath, `programs/${program}`, ...args];
    const done = await sluice.run(command, env);
    assert.equal(done.code, 0, done.stderr);
    assert.equal(done.stderr, '');
    const json = done.stdout.slice(done.stdout.indexOf('{'));
    const [only, ...others] = (JSON.parse(json) as Report).pipelines;
    assert.ok(only !== undefined && others.length === 0);
    return only;
  }

  /** How often each link was seen, as the agent declared it last. */
  async function linksSeen(
    program: string,
    args: readonly string[] = [],
  ): Promise<Record<string, number>> {
    const { capture, code, stderr } = await agent.run({
      program: path.join(agent.folder, 'programs', program),
      args,
    });
    assert.deepEqual([code, stderr], [0, '']);
    return Object.fromEntries(
      capture.of('link').map(({ from, to, seen }) => [`${from}>${to}`, seen]),
    );
  }

  const shown = ({ links }: PipelineReport): string[] =>
    links.map(({ from, to, known }) => `${from}>${to} ${known}`).sort();
  const order = ({ stages }: PipelineReport): string[] => stages.map(({ name }) => name);

  it('are learned from stages of the API that items pass in sequence', async () => {
    assert.deepEqual(await linksSeen('learnSequence.mjs'), {
      'read>parse': 40,
      'parse>write': 40,
    });
    const pipeline = await pipelineOf('learnSequence.mjs');
    assert.deepEqual(shown(pipeline), ['parse>write learned', 'read>parse learned']);
    assert.deepEqual(order(pipeline), ['read', 'parse', 'write']);
  });

  it('are learned from a loop, whose way back is none', async () => {
    assert.deepEqual(await linksSeen('learnLoop.mjs'), { 'load>store': 30, 'store>load': 29 });
    const pipeline = await pipelineOf('learnLoop.mjs');
    assert.deepEqual(shown(pipeline), ['load>store learned']);
    assert.deepEqual(order(pipeline), ['load', 'store']);
  });

  it('are learned from one p-queue to the next', async () => {
    assert.deepEqual(await linksSeen('learnQueues.mjs'), { 'first>second': 40 });
    const pipeline = await pipelineOf('learnQueues.mjs');
    assert.ok(shown(pipeline).includes('first>second learned'));
    assert.deepEqual(order(pipeline), ['first', 'second']);
    const queue = pipeline.queues.find(({ to }) => to === 'second');
    assert.deepEqual([queue?.from, queue?.inferred], ['first', 'learned']);
    assert.ok(queue?.waitNs !== null && queue?.waitNs !== undefined && queue.waitNs.p95 > 0);
  });

  it('are learned from p-limit to the threads of Piscina', async () => {
    assert.deepEqual(await linksSeen('learnPools.mjs'), { 'fetching>sum': 40 });
    const pipeline = await pipelineOf('learnPools.mjs');
    assert.ok(shown(pipeline).includes('fetching>sum learned'));
    assert.deepEqual(order(pipeline), ['fetching', 'sum']);
  });

  const passedOnByItem = [
    ...['p-queue', 'p-limit', 'limitFunction', 'fastq', 'fastq with callbacks', 'async'],
    ...['async with priorities', 'bottleneck', 'workerpool', 'tinypool'],
  ];
  for (const library of passedOnByItem) {
    it(`are learned through ${library}, item by item`, async () => {
      const seen = await linksSeen('learnLibraries.mjs', [library]);
      assert.deepEqual(seen, { 'read>work': 20, 'work>write': 20 });
    });
  }

  for (const library of ['p-map', 'p-limit map', 'mapLimit']) {
    it(`are learned through ${library}`, async () => {
      const seen = await linksSeen('learnLibraries.mjs', [library]);
      const pipeline = await pipelineOf('learnLibraries.mjs', {}, [library]);
      assert.deepEqual(
        shown(pipeline),
        ['read>work learned', 'work>write learned'],
        JSON.stringify(seen),
      );
    });
  }

  it('are learned from one operator of RxJS to the next', async () => {
    const pipeline = await pipelineOf('learnRxjs.mjs');
    assert.deepEqual(shown(pipeline), ['read>work learned', 'work>write learned']);
    assert.deepEqual(order(pipeline), ['read', 'work', 'write']);
  });

  it('are not learned with SLUICE_LEARN=0', async () => {
    const pipeline = await pipelineOf('learnSequence.mjs', { SLUICE_LEARN: '0' });
    assert.deepEqual(shown(pipeline), []);
  });

  it('are learned again when somebody asks, and not where the environment forbids it', async (t) => {
    if (nodeMajor >= 24) {
      t.skip('the program tells by its async hooks that it learns no more');
      return;
    }
    const live = await LiveTest.open(sluice);
    const { session } = live;
    const args = ['--expose-internals', 'programs/learnAsked.mjs'];
    try {
      const child = live.start(args);
      const end = finished(child);
      await once(child, 'message');
      const linked = async (): Promise<boolean> =>
        (await live.report()).pipelines.some((each) => each.links.length > 0);
      await until('an execution', async () => (await live.executionsOf('read')) > 700);
      assert.equal(await linked(), false);
      assert.equal(await live.engine.call('learnTopology', { session, durationMs: 60_000 }), null);
      await until('a link', linked);
      const [pipeline] = (await live.report()).pipelines;
      assert.ok(pipeline !== undefined);
      assert.deepEqual(shown(pipeline), ['read>parse learned']);
      child.send('end');
      assert.equal((await end).code, 0);

      const deaf = live.start(args, live.env({ SLUICE_LEARN: '0' }));
      const deafEnd = finished(deaf);
      await once(deaf, 'message');
      await until('it joins', async () => (await live.snapshot()).state === 'live');
      const asked = live.engine.call('learnTopology', { session, durationMs: 1000 });
      await assert.rejects(asked, /does not learn: SLUICE_LEARN=0/);
      deaf.send('end');
      assert.equal((await deafEnd).code, 0);
      await live.ended();
      const none = live.engine.call('learnTopology', { session, durationMs: 1000 });
      await assert.rejects(none, /no process is connected/);
    } finally {
      await live.close();
    }
  });

  it('cost nothing once they are learned: no async context is followed any more', async (t) => {
    if (nodeMajor >= 24) {
      t.skip('stores of async context are no async hooks there, and cost nothing');
      return;
    }
    const run = {
      program: path.join(agent.folder, 'programs/learnEnds.mjs'),
      nodeArgs: ['--expose-internals'],
    };
    const learned = await agent.run(run);
    assert.equal(learned.stdout, 'before 0\nlearning 1\nover 0\nlater 0\n', learned.stderr);
    const off = await agent.run({ ...run, env: { SLUICE_LEARN: '0' } });
    assert.equal(off.stdout, 'before 0\nlearning 0\nover 0\nlater 0\n', off.stderr);
    const dormant = await agent.runDormant(run);
    assert.equal(dormant.stdout, 'before 0\nlearning 0\nover 0\nlater 0\n', dormant.stderr);
  });
});
