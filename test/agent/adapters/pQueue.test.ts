import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf, type Injection } from './agentSession.js';

const nodeMajor = Number(process.versions.node.split('.')[0]);

describe('p-queue', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const injection of ['--import', '--require', 'NODE_OPTIONS'] satisfies Injection[]) {
    it(`records every task, injected by ${injection}`, async () => {
      const { capture, stdout, stderr, code } = await agent.run({
        program: 'pQueueBasics.mjs',
        injection,
      });
      assert.equal(stderr, '');
      assert.equal(code, 0);
      assert.equal(stdout, '[0,1,2,3,4,"five",6,7,8,9,10,11]\n');
      const executions = capture.executionsOf('read');
      assert.equal(executions.length, 12);
      assert.equal(executions.filter(({ isFailed }) => isFailed).length, 1);
      assert.ok(executions.every((e) => e.endNs - e.startNs >= 4_000_000));
      assert.equal(peakOf(executions), 3);
      assert.equal(new Set(executions.map(({ lane }) => lane)).size, 3);
    });
  }

  it('declares stage, queue and knobs with their places', async () => {
    const { capture } = await agent.run({ program: 'pQueueBasics.mjs' });
    const [stage] = capture.of('stage');
    assert.equal(stage?.name, 'read');
    assert.equal(stage.stageKind, 'io');
    assert.equal(stage.parallelism, 3);
    assert.equal(stage.via, 'p-queue');
    const { source } = stage;
    assert.ok(source?.file.endsWith('pQueueBasics.mjs'));
    assert.deepEqual([source?.line, source?.column], [5, 19]);

    const queue = capture.queue('read queue');
    assert.deepEqual([queue.to, queue.capacity], ['read', 4]);
    const knob = capture.knob('concurrency');
    assert.deepEqual(
      [knob.stage, knob.value, knob.min, knob.max, knob.live, knob.remark, knob.source],
      ['read', 3, 1, null, true, null, stage.source],
    );
    const limit = capture.knob('onSizeLessThan');
    assert.deepEqual(
      [limit.queue, limit.knobKind, limit.value, limit.live, limit.source?.line],
      ['read queue', 'queueDepth', 4, true, 8],
    );
  });

  it('follows the depth up to the limit and down to nothing', async () => {
    const { capture } = await agent.run({ program: 'pQueueBasics.mjs' });
    const depths = capture.depthsOf('read queue');
    assert.equal(Math.max(...depths), 4);
    assert.equal(depths.at(-1), 0);
  });

  it('ends what a timeout or an abort ends, and forgets what was cleared', async () => {
    const { capture, stdout } = await agent.run({ program: 'pQueueEnds.mjs' });
    assert.equal(stdout, 'TimeoutError\nAbortError AbortError\n0 0\n');
    const executions = capture.executionsOf('push');
    assert.deepEqual(
      executions.map(({ isFailed }) => isFailed),
      [true, true, false],
    );
    assert.ok(executions[0] !== undefined && executions[0].endNs - executions[0].startNs >= 19e6);
    assert.equal(peakOf(executions), 1);
    const depths = capture.depthsOf('push queue');
    assert.equal(Math.max(...depths), 3);
    assert.equal(depths.at(-1), 0);
  });

  it('shows a rate limit and a pause as waiting for a limit', async () => {
    const { capture } = await agent.run({ program: 'pQueueHeld.mjs' });
    assert.equal(capture.executionsOf('api').length, 5);
    assert.equal(capture.executionsOf('paused').length, 2);
    assert.match(capture.knob('concurrency').remark ?? 'none', /none|Unbounded/);
    assert.match(capture.of('knob')[0]?.remark ?? '', /Unbounded/);
    assert.ok(capture.waits.every(({ name }) => name === 'limit'));
    const longNs = capture.waits.map((w) => w.endNs - w.startNs).filter((ns) => ns > 20e6);
    assert.ok(longNs.length >= 3, `two windows and a pause, got ${longNs.join(', ')}`);
  });

  it('names stages after what they are assigned to, and queues of one place are one stage', async () => {
    const { capture } = await agent.run({ program: 'pQueuePlaces.mjs' });
    const names = [...new Set(capture.of('stage').map(({ name }) => name))];
    assert.deepEqual(names, ['Upload', 'resize', 'p-queue pQueuePlaces.mjs:8']);
    assert.equal(capture.executionsOf('p-queue pQueuePlaces.mjs:8').length, 50);
    assert.equal(capture.executionsOf('Upload').length, 1);
    assert.equal(capture.stage('p-queue pQueuePlaces.mjs:8').parallelism, null);
  });

  it('changes the concurrency of a running program, both ways', async () => {
    const { capture, code } = await agent.run({
      program: 'pQueueLive.mjs',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        const executed = (n: number) => (): boolean => live.executions.length >= n;
        await until('20 executions', executed(20));
        await setKnob('concurrency', 6);
        await until('60 more', executed(live.executions.length + 60));
        await setKnob('concurrency', 1);
        await until('20 more', executed(live.executions.length + 20));
        await assert.rejects(setKnob('concurrency', 0), /not between 1/);
        await setKnob('concurrency', 7);
      },
    });
    assert.equal(code, 0);
    const changes = capture.of('knobChange').filter(({ by }) => by === 'sluice');
    assert.deepEqual(
      changes.map(({ to }) => to),
      [6, 1, 7],
    );
    const [raisedNs = 0, loweredNs = 0, endNs = 0] = changes.map(({ atNs }) => atNs);
    const between = (fromNs: number, toNs: number): number =>
      peakOf(capture.executionsOf('work').filter((e) => e.startNs >= fromNs && e.endNs < toNs));
    assert.equal(between(0, raisedNs), 2);
    assert.equal(between(raisedNs, loweredNs), 6);
    assert.equal(between(loweredNs, endNs), 1);
    assert.equal(capture.stage('work').parallelism, 7);
  });

  it('tells who changed the concurrency', async () => {
    const { capture } = await agent.run({
      program: 'pQueueLive.mjs',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        await until('the knob', () => live.of('knob').length > 0);
        await setKnob('concurrency', 9);
        await until('an answer', () => live.of('knobChange').length === 2);
        await setKnob('concurrency', 7);
      },
    });
    assert.deepEqual(
      capture.of('knobChange').map(({ from, to, by }) => [from, to, by]),
      [
        [2, 9, 'sluice'],
        [9, 4, 'program'],
        [4, 7, 'sluice'],
      ],
    );
  });

  it('changes how far the producer may run ahead', async () => {
    const { capture } = await agent.run({
      program: 'pQueueLive.mjs',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        await until('a full queue', () => live.depths.some(({ depth }) => depth === 10));
        await setKnob('onSizeLessThan', 25);
        await until('a fuller queue', () => live.depths.some(({ depth }) => depth === 25));
        await setKnob('concurrency', 7);
      },
    });
    assert.equal(Math.max(...capture.depthsOf('work queue')), 25);
    assert.equal(capture.queue('work queue').capacity, 25);
  });

  it('is found by CommonJS programs, through import()', async () => {
    const { capture, stdout } = await agent.run({ program: 'pQueueDynamic.cjs' });
    assert.equal(stdout, '[ 1, 2, 3 ]\n');
    assert.equal(capture.executionsOf('fetch').length, 3);
  });

  it('is found by CommonJS programs, through require()', { skip: nodeMajor < 22 }, async () => {
    const { capture, stdout } = await agent.run({
      program: 'pQueueRequire.cjs',
      injection: '--require',
    });
    assert.equal(stdout, '[ 1, 2 ]\n');
    assert.equal(capture.executionsOf('fetch').length, 2);
  });

  it('is found in worker threads', async () => {
    const { capture, stdout, stderr } = await agent.run({
      program: 'workerQueue.mjs',
      injection: 'NODE_OPTIONS',
    });
    assert.equal(stderr, '');
    assert.equal(stdout, '[ 1, 2 ]\nexit 0\n');
    assert.equal(capture.executionsOf('thread').length, 2);
  });

  it('leaves an unknown version alone, with one note', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-future-'));
    try {
      const library = path.join(folder, 'node_modules/p-queue');
      await mkdir(library, { recursive: true });
      const manifest = {
        name: 'p-queue',
        version: '11.2.3',
        type: 'module',
        exports: './index.js',
      };
      await writeFile(path.join(library, 'package.json'), JSON.stringify(manifest));
      await writeFile(
        path.join(library, 'index.js'),
        'export default class PQueue { add(f) { return f(); } }',
      );
      const program = path.join(folder, 'main.mjs');
      await writeFile(
        program,
        "import PQueue from 'p-queue';\nconsole.log(new PQueue().add(() => 8), PQueue.toString());\n",
      );
      const { capture, stdout, code } = await agent.run({ program });
      assert.equal(code, 0);
      assert.equal(stdout, '8 class PQueue { add(f) { return f(); } }\n');
      assert.equal(capture.of('stage').length, 0);
      const notes = capture.of('note').filter((n) => n.code === 'library-version:p-queue');
      assert.equal(notes.length, 1);
      assert.match(
        notes[0]?.message ?? '',
        /^p-queue 11\.2\.3 is not profiled: Sluice knows versions 7 to 10/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
