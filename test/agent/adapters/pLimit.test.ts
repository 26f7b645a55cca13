import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf, type Capture } from './agentSession.js';

/** The last value that Sluice set or the program, and who. */
function changesOf(capture: Capture): unknown[] {
  return capture.of('knobChange').map(({ from, to, by }) => [from, to, by]);
}

describe('p-limit', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records every task of limits, map and limitFunction', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'pLimitBasics.mjs' });
    assert.equal(stderr, '');
    assert.equal(
      stdout,
      '[0,1,2,3,4,5,6,7,8,"nine","ten"]\n[10,20,30,40]\n[101,102,103,104,105]\nkept 0 0\n',
    );
    const fetched = capture.executionsOf('fetch');
    assert.equal(fetched.length, 11);
    assert.equal(fetched.filter(({ isFailed }) => isFailed).length, 1);
    assert.ok(fetched.slice(0, 9).every((e) => e.endNs - e.startNs >= 4_000_000));
    assert.equal(peakOf(fetched), 3);
    for (const [stage, count] of [
      ['map', 4],
      ['resized', 5],
    ] as const) {
      assert.equal(capture.executionsOf(stage).length, count);
      assert.equal(peakOf(capture.executionsOf(stage)), 2);
    }
    assert.equal(capture.executionsOf('drop').length, 1);
  });

  it('declares stages, queues and knobs with their places', async () => {
    const { capture } = await agent.run({ program: 'pLimitBasics.mjs' });
    const { source, ...stage } = capture.stage('fetch');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'p-limit']);
    assert.ok(source?.file.endsWith('pLimitBasics.mjs'));
    assert.deepEqual([source?.line, source?.column], [5, 20]);
    assert.equal(capture.queue('fetch queue').to, 'fetch');
    const knobs = capture.of('knob').map((k) => [k.name, k.stage, k.value, k.live, k.source?.line]);
    assert.deepEqual(knobs, [
      ['concurrency', 'fetch', 3, true, 5],
      ['concurrency', 'map', 2, true, 10],
      ['concurrency', 'resized', 2, false, 13],
      ['concurrency', 'drop', 1, true, 16],
    ]);
    assert.match(capture.of('knob')[2]?.remark ?? '', /limitFunction/);
  });

  it('follows how many wait, also when they are dropped', async () => {
    const { capture } = await agent.run({ program: 'pLimitBasics.mjs' });
    for (const [queue, highest] of [
      ['fetch queue', 8],
      ['map queue', 2],
      ['resized queue', 3],
      ['drop queue', 4],
    ] as const) {
      assert.equal(Math.max(...capture.depthsOf(queue)), highest, queue);
      assert.equal(capture.depthsOf(queue).at(-1), 0, queue);
    }
  });

  it('changes the concurrency of a running program, and tells who did', async () => {
    const { capture, code } = await agent.run({
      program: 'pLimitLive.mjs',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        const more = (n: number) => {
          const from = live.executions.length;
          return (): boolean => live.executions.length >= from + n;
        };
        await until('20 executions', more(20));
        await setKnob('concurrency', 6);
        await until('60 more', more(60));
        await setKnob('concurrency', 1);
        await until('20 more', more(20));
        await setKnob('concurrency', 9);
        await until('the program to answer', () => live.of('knobChange').length === 4);
        await setKnob('concurrency', 7);
      },
    });
    assert.equal(code, 0);
    assert.deepEqual(changesOf(capture), [
      [2, 6, 'sluice'],
      [6, 1, 'sluice'],
      [1, 9, 'sluice'],
      [9, 4, 'program'],
      [4, 7, 'sluice'],
    ]);
    const atNs = capture.of('knobChange').map((change) => change.atNs);
    const between = (fromNs = 0, toNs = 0): number =>
      peakOf(capture.executionsOf('work').filter((e) => e.startNs >= fromNs && e.endNs < toNs));
    assert.equal(between(0, atNs[0]), 2);
    assert.equal(between(atNs[0], atNs[1]), 6);
    assert.equal(between(atNs[1], atNs[2]), 1);
  });
});
