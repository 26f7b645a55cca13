// Many processes, threads that hang, readers that are slow.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { finished, type BuiltSluice } from './builtSluice.js';
import { builtWithPrograms, LiveTest, Proxy, until } from './liveSession.js';

describe('processes and threads of a session', { timeout: 400_000 }, () => {
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

  it('follows a tree of processes through shells and launchers, with threads in each', async () => {
    const script = 'programs/tree.mjs';
    const run = await live.run(['programs/npx-cli.mjs', process.execPath, script, '3']);
    assert.deepEqual(run, { code: 0, signal: null, stdout: '', stderr: '' });
    await live.ended();
    const { capture } = await live.report();
    // The launcher only starts the program that is meant.
    assert.deepEqual(
      capture.processes.map(({ title, ended }) => ({ title, ended })),
      Array.from({ length: 4 }, () => ({ title: 'tree.mjs', ended: true })),
    );
    assert.equal(new Set(capture.processes.map((p) => p.pid)).size, 4);
    for (let level = 0; level <= 3; level++) {
      assert.equal(await live.executionsOf(`main ${level}`), 10 * (level + 1));
      assert.equal(await live.executionsOf(`worker ${level}`), 10 * (level + 1));
    }
    assert.equal(capture.truncatedReason, null);
  });

  it('hears from worker threads while the main thread hangs', async () => {
    const free = path.join(sluice.folder, 'free');
    const child = live.start(['programs/blockedMain.mjs', free]);
    let printed = '';
    child.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
    const end = finished(child);
    await until('the main thread hangs', () => printed.includes('blocked'));
    const before = await live.executionsOf('work');
    await until(
      'records of the worker thread',
      async () => (await live.executionsOf('work')) > before + 100,
    );
    assert.equal(await live.executionsOf('freed'), 0);
    await writeFile(free, '');
    assert.equal((await end).code, 0);
    await live.ended();
    assert.equal(await live.executionsOf('freed'), 1);
  });

  it('does not hold up a program that makes more than anybody reads', async () => {
    const proxy = new Proxy(live.url);
    await proxy.open();
    const child = live.start(['programs/flood.mjs'], live.env({}, proxy.url));
    let printed = '';
    child.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
    const made = (): number => Number(printed.trimEnd().split('\n').at(-1) ?? 0);
    const end = finished(child);
    await until('the connection', async () => (await live.executionsOf('work')) > 0);
    proxy.pause();
    const atPause = made();
    // 24 bytes each: far more than all buffers on the way can hold.
    await until('progress while nobody reads', () => made() >= atPause + 4_000_000);
    proxy.resume();
    child.stdin?.end('over\n');
    assert.equal((await end).code, 0);
    await proxy.vanish();
    await live.ended();
    const { capture } = await live.report();
    assert.equal(capture.executions, made());
    assert.ok(capture.lost.records > 0, 'nothing was lost: the test proves nothing');
  });

  for (const how of ['the API', 'a preload']) {
    it(`sees worker threads that load the agent by ${how} in a program that does not`, async () => {
      const register = path.join(sluice.folder, 'dist/agent/register.cjs');
      const env = { ...live.env(), NODE_OPTIONS: '' };
      const more = how === 'the API' ? [] : [register];
      const child = live.start(['programs/workersOnly.mjs', ...more], env);
      const end = finished(child);
      for (const name of ['one', 'two']) {
        await until(`stage ${name}`, async () => (await live.executionsOf(`work ${name}`)) === 30);
      }
      const { session } = live;
      const knobs = (await live.report()).pipelines.flatMap((p) => p.knobs);
      assert.equal(new Set(knobs.map((k) => k.id)).size, 2);
      const knob = knobs.find((k) => k.name === 'size one')?.id ?? '';
      assert.equal(await live.engine.call('setKnob', { session, knob, value: 7 }), null);
      child.stdin?.end('end\n');
      assert.deepEqual(await end, { code: 0, signal: null, stdout: '[0,0]\n', stderr: '' });
      await live.ended();
      assert.equal(await live.executionsOf('work one'), 37);
      assert.equal(await live.executionsOf('work two'), 31);
      const { capture, notes } = await live.report();
      assert.deepEqual(
        capture.processes.map((p) => [
          /^(workersOnly\.mjs|node) \(worker \d\)$/.test(p.title),
          p.ended,
        ]),
        [
          [true, true],
          [true, true],
        ],
      );
      assert.equal(new Set(capture.processes.map((p) => p.title)).size, 2);
      assert.ok(notes.some((n) => n.includes('in worker threads only')));
    });
  }
});
