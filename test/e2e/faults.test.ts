// Whatever happens to a program, a thread or a connection: the program ends as it would without us, and what was recorded is there.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { finished, type BuiltSluice, type Finished } from './builtSluice.js';
import { builtWithPrograms, LiveTest, Proxy, until } from './liveSession.js';

/** What happened, and what of its executions are in the capture. */
interface Fault {
  readonly how: string;
  /** Executions of `work`, at least and at most. */
  readonly least: number;
  readonly most: number;
  /** Did the process say its last word? */
  readonly isOrderly: boolean;
}

const faults: readonly Fault[] = [
  { how: 'exit', least: 150, most: 150, isOrderly: true },
  { how: 'uncaught', least: 150, most: 150, isOrderly: true },
  { how: 'rejection', least: 150, most: 150, isOrderly: true },
  // Nobody is left who could send the last interval of the drain thread.
  { how: 'abort', least: 100, most: 150, isOrderly: false },
  { how: 'kill', least: 100, most: 150, isOrderly: false },
  { how: 'terminate', least: 175, most: 175, isOrderly: true },
  { how: 'workerThrows', least: 175, most: 175, isOrderly: true },
];

/** What a person sees of an error: not the frames, which may be ours within a stage, but the line and the message. */
function seen(stderr: string): readonly string[] {
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !/^at |^(file:\/\/)?\/.*:\d+$/.test(line));
}

describe('faults', { timeout: 400_000 }, () => {
  let sluice: BuiltSluice;
  let live: LiveTest;
  before(async () => {
    sluice = await builtWithPrograms();
  });
  after(async () => {
    await sluice.dispose();
  });
  beforeEach(async () => {
    live = await LiveTest.open(sluice);
  });
  afterEach(async () => {
    await live.close();
  });

  const startFault = (how: string, env?: NodeJS.ProcessEnv): ChildProcess =>
    live.start(['programs/faults.mjs', how], env);

  const bare = async (how: string): Promise<Finished> => {
    const child = startFault(how, { ...process.env, NODE_OPTIONS: '' });
    child.stdin?.write('go\n');
    return finished(child);
  };

  for (const { how, least, most, isOrderly } of faults) {
    it(`${how}: the program ends as ever, and its executions are in the capture`, async () => {
      const without = await bare(how);
      const child = startFault(how);
      const end = finished(child);
      await until('the first hundred', async () => (await live.executionsOf('work')) >= 100);
      child.stdin?.write('go\n');
      const run = await end;
      assert.deepEqual([run.code, run.signal], [without.code, without.signal]);
      assert.equal(run.stdout, without.stdout);
      // A core dump's text is full of addresses.
      if (how !== 'abort') assert.deepEqual(seen(run.stderr), seen(without.stderr));
      await live.ended();
      const work = await live.executionsOf('work');
      assert.ok(work >= least && work <= most, `${work} executions`);
      const { capture } = await live.report();
      assert.deepEqual(
        capture.processes.map((p) => p.ended),
        [isOrderly],
      );
      if (isOrderly) assert.equal(capture.truncatedReason, null);
      else assert.match(capture.truncatedReason ?? '', /stopped without a last word/);
      assert.deepEqual(
        live.events.filter((e) => e.kind === 'problem'),
        [],
      );
    });
  }

  for (const how of ['terminate', 'workerThrows']) {
    it(`${how}: depths that the thread held back are told after its end`, async () => {
      const child = startFault(how);
      child.stdin?.write('go\n');
      await finished(child);
      await live.ended();
      const queues = (await live.report()).pipelines.flatMap((p) => p.queues);
      assert.deepEqual(
        queues.filter((q) => q.name === 'held').map((q) => q.depth.max),
        [3],
      );
    });
  }

  it('a child that is killed: the others are complete, and it is named', async () => {
    const child = startFault('childKilled');
    const end = finished(child);
    child.stdin?.write('go\n');
    await until('the child works', async () => (await live.executionsOf('tick')) > 10);
    child.stdin?.write('kill it\n');
    assert.equal((await end).code, 0);
    await live.ended();
    const { capture } = await live.report();
    const ended = capture.processes.map(({ title, ended: isOrderly }) => `${title} ${isOrderly}`);
    assert.deepEqual(ended.sort(), ['endless.mjs false', 'faults.mjs true']);
    assert.equal(await live.executionsOf('work'), 150);
    assert.match(capture.truncatedReason ?? '', /^endless\.mjs \(pid \d+\) stopped/);
  });

  it('an engine that is away for long: a gap, neither idle nor lost, and everything is told again', async () => {
    const proxy = new Proxy(live.url);
    await proxy.open();
    const env = live.env({ SLUICE_PAUSE_MS: '200' }, proxy.url);
    const child = live.start(['programs/untilTold.mjs'], env);
    const end = finished(child);
    await until('executions', async () => (await live.executionsOf('tick')) > 20);
    await proxy.vanish();
    let paused = false;
    child.on('message', () => (paused = true));
    await until('the recording is paused', () => {
      if (!paused) child.send('are you recorded?');
      return paused;
    });
    // The session gives up on processes after a while; this one comes back all the same.
    await until('the session ends', async () => (await live.snapshot()).state === 'ended');
    const before = await live.executionsOf('tick');
    await proxy.open();
    await until('more', async () => (await live.executionsOf('tick')) > before + 20);
    assert.equal((await live.report()).capture.truncatedReason, null);
    child.stdin?.end('over\n');
    const { code, stdout } = await end;
    assert.equal(code, 0);
    await live.ended();
    await proxy.vanish();
    const { capture, notes, pipelines } = await live.report();
    assert.ok(capture.executions < Number(stdout), 'it was recorded all the time');
    assert.equal(capture.truncatedReason, null);
    assert.ok(
      notes.some((n) => /was not recorded for \d+\.\d s/.test(n)),
      notes.join('\n'),
    );
    const gaps = (await live.snapshot()).losses.filter((l) => l.records === 0);
    // One; on a machine that stands still for a moment the agent may pause twice.
    assert.ok(gaps.length > 0);
    const gapNs = gaps.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
    assert.ok(gapNs > 0);
    const [stage] = pipelines.flatMap((p) => p.stages);
    // The stage worked all the time but the gap; had that been idle time, the rate would be lower. A slow machine takes its time
    // before the first execution and behind the last one, which is no time of the stage's: then the rate is higher.
    const observedNs = capture.durationNs - gapNs;
    assert.ok(stage !== undefined);
    const ratio = stage.ratePerSec / (stage.items / (observedNs / 1e9));
    assert.ok(ratio > 0.8 && ratio < 2, `${ratio}`);
  });
});
