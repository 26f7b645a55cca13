// Trials on a running program: what is better stays, what is worse is taken back at once.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { defaultTiming } from '../../extension/core/trials/blockTiming.js';
import type { TrialRecord } from '../../extension/core/trials/record.js';
import type { TrialOptions } from '../../extension/core/trials/tuning.js';
import { finished, type BuiltSluice, type Finished } from './builtSluice.js';
import { builtWithPrograms, LiveTest, until } from './liveSession.js';

const options: TrialOptions = {
  objective: { kind: 'throughput' },
  guards: [],
  minEffect: 0.05,
  alpha: 0.05,
  timing: { ...defaultTiming, minBlockNs: 400e6 },
  seed: 1,
  isFarAllowed: false,
};

describe('a trial on a running program', () => {
  let sluice: BuiltSluice;
  let live: LiveTest;
  const children: ChildProcess[] = [];
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
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await live.close();
  });

  const start = async (
    ...args: string[]
  ): Promise<{ knob: string; end: () => Promise<Finished> }> => {
    const child = live.start(['programs/pool.mjs', ...args]);
    children.push(child);
    const end = finished(child);
    const knob = async (): Promise<string | undefined> =>
      (await live.report()).pipelines.flatMap((p) => p.knobs)[0]?.id;
    await until('the knob', async () => (await knob()) !== undefined);
    return {
      knob: (await knob()) ?? '',
      end: async () => {
        child.kill('SIGTERM');
        return end;
      },
    };
  };

  const tryOut = async (
    knob: string,
    to: number,
    more: Partial<TrialOptions> = {},
  ): Promise<TrialRecord> =>
    live.engine.call('startTrial', {
      session: live.session,
      pipeline: null,
      moves: [{ knob, to }],
      why: 'test',
      options: { ...options, ...more },
    });

  const blocksOfB = ({ blocks }: TrialRecord): number =>
    blocks.filter(({ side }) => side === 'b').length;

  it('keeps what is better', async (t) => {
    const { knob, end } = await start('2', 'scales');
    const record = await tryOut(knob, 4);
    t.diagnostic(record.reason);
    assert.equal(record.verdict, 'kept', record.reason);
    assert.ok((record.effect?.mid ?? 0) > 0.5, record.reason);
    assert.equal((await end()).stdout, '{"workers":4}\n');
  });

  it('takes back what is worse within two blocks', async (t) => {
    const { knob, end } = await start('4', 'thrashes');
    // Of the guards, p99 alone would be as quick.
    const guards = [{ metric: 'p99', limit: { kind: 'relative', ratio: 1000, plus: 0 } }] as const;
    const record = await tryOut(knob, 8, { guards });
    t.diagnostic(record.reason);
    assert.equal(record.verdict, 'rolledBack', record.reason);
    assert.match(record.reason, /throughput fell/);
    // The second may have begun while the records of the first were on their way.
    assert.ok(blocksOfB(record) <= 2, record.reason);
    assert.equal((await end()).stdout, '{"workers":4}\n');
  });

  it('honours a limit on p99', async (t) => {
    const { knob, end } = await start('2', 'late');
    const guards = [{ metric: 'p99', limit: { kind: 'absolute', value: 200e6 } }] as const;
    const record = await tryOut(knob, 4, { guards });
    t.diagnostic(record.reason);
    assert.equal(record.verdict, 'rolledBack', record.reason);
    assert.match(record.reason, /p99 latency/);
    assert.equal((await end()).stdout, '{"workers":2}\n');
  });

  it('stops at once when told, one at a time', async () => {
    const { knob, end } = await start('2', 'scales');
    const trial = tryOut(knob, 4);
    await assert.rejects(tryOut(knob, 3), /under way already/);
    await until('the candidate', async () => (await live.snapshot()).knobChanges.length > 0);
    await live.engine.call('stopTrials', { session: live.session, why: 'asked' });
    const record = await trial;
    assert.equal(record.verdict, 'aborted');
    assert.equal((await end()).stdout, '{"workers":2}\n');
  });

  it('is over when the program is', async () => {
    const { knob } = await start('2', 'scales', '4');
    const record = await tryOut(knob, 4).catch((error: unknown) => String(error));
    assert.match(typeof record === 'string' ? record : record.reason, /has ended/);
  });

  it('refuses what cannot be', async () => {
    const { knob, end } = await start('2', 'scales');
    await assert.rejects(tryOut(knob, 5), /more than one step/);
    await assert.rejects(tryOut(knob, 2), /is 2 already/);
    await end();
  });
});
