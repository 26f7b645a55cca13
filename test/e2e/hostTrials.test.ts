// The editor's own logic on running programs: what it tries is in effect in them, and what is worse is taken back.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { readJournal } from '../../extension/core/trials/record.js';
import { defaultWish } from '../../extension/core/trials/wish.js';
import { Journals } from '../../extension/host/trials/journals.js';
import { TrialRuns } from '../../extension/host/trials/trialRuns.js';
import { finished, type BuiltSluice, type Finished } from './builtSluice.js';
import { builtWithPrograms, LiveTest, until } from './liveSession.js';

describe('trials of the editor on a running program', () => {
  let sluice: BuiltSluice;
  let live: LiveTest;
  let runs: TrialRuns;
  let journals: Journals;
  const problems: string[] = [];
  const children: ChildProcess[] = [];
  before(async () => {
    sluice = await builtWithPrograms();
  });
  after(async () => {
    await sluice.dispose();
  });
  beforeEach(async () => {
    live = await LiveTest.open(sluice);
    journals = new Journals({
      startedOf: () => ({ command: ['node', 'pool.mjs'], cwd: sluice.folder }),
      folders: () => [sluice.folder],
      isTrusted: () => true,
      report: (problem) => problems.push(problem),
    });
    runs = new TrialRuns({
      call: (call, input) => live.engine.call(call, input),
      journal: (session, record, report) => {
        journals.add(session, record, report);
      },
    });
    live.engine.onEvent((event) => {
      runs.apply(event);
    });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await live.close();
    assert.deepEqual(problems.splice(0), []);
  });

  const start = async (
    ...args: string[]
  ): Promise<{ knob: string; end: () => Promise<Finished> }> => {
    const child = live.start(args);
    children.push(child);
    const end = finished(child);
    const knobs = async () => (await live.report()).pipelines.flatMap((p) => p.knobs);
    await until('the knob', async () => (await knobs()).length > 0);
    return {
      knob: (await knobs())[0]?.id ?? '',
      end: async () => {
        child.kill('SIGTERM');
        return end;
      },
    };
  };
  const valueOf = async (): Promise<number | null | undefined> =>
    (await live.report()).pipelines.flatMap((p) => p.knobs)[0]?.value;
  const untilValue = async (value: number | null): Promise<void> => {
    await until(`the value ${value}`, async () => (await valueOf()) === value);
  };

  it('keeps what is better, says how far it is, and writes it down', async (t) => {
    const { knob, end } = await start('programs/pool.mjs', '2', 'scales');
    const steps = new Set<string>();
    runs.onDidChange((session) => {
      const running = runs.state(session).running;
      if (running !== null) steps.add(running.step);
    });
    const record = await runs.tryLive(live.session, { moves: [{ knob, to: 4 }], why: 'test' });
    t.diagnostic(record?.reason ?? 'stopped');
    assert.equal(record?.verdict, 'kept', record?.reason);
    const said = [...steps].join('\n');
    assert.match(said, /program varies, 1 of 6/);
    assert.match(said, /block 8 of 8/);
    assert.equal((await end()).stdout, '{"workers":4}\n');
    await journals.flush();
    const journal = path.join(sluice.folder, '.sluice/trials.jsonl');
    const { entries } = readJournal(readFileSync(journal, 'utf8'));
    assert.deepEqual(
      entries.map(({ verdict, cwd }) => [verdict, cwd]),
      [['kept', sluice.folder]],
    );
  });

  it('takes back a regression that was planted', async (t) => {
    const { knob, end } = await start('programs/pool.mjs', '4', 'thrashes');
    const record = await runs.tryLive(live.session, { moves: [{ knob, to: 16 }], why: 'test' });
    t.diagnostic(record?.reason ?? 'stopped');
    assert.equal(record?.verdict, 'rolledBack', record?.reason);
    assert.equal(runs.state(live.session).rows[0]?.verdict, 'rolledBack');
    assert.equal((await end()).stdout, '{"workers":4}\n');
  });

  it('goes back to the start after several changes, and stops the trial that runs for it', async () => {
    const { knob, end } = await start('programs/pool.mjs', '2', 'scales');
    for (const value of [3, 5, 6]) {
      await runs.setKnob(live.session, knob, value);
      await untilValue(value);
    }
    const trial = runs.tryLive(live.session, { moves: [{ knob, to: 8 }], why: 'test' });
    await until('the candidate', async () => (await live.snapshot()).knobChanges.at(-1)?.to === 8);
    const returned = await runs.revert(live.session, null);
    assert.deepEqual(
      returned.map(({ value }) => value),
      [2],
    );
    const record = await trial;
    assert.ok(record === null || record.verdict === 'aborted');
    await untilValue(2);
    assert.equal((await end()).stdout, '{"workers":2}\n');
  });

  it('sets a queue without a limit, and takes the limit away again', async () => {
    const { knob, end } = await start('programs/unlimited.mjs');
    await untilValue(null);
    await runs.setKnob(live.session, knob, 3);
    await untilValue(3);
    await runs.revert(live.session, knob);
    await untilValue(null);
    assert.equal((await end()).stdout, '{"concurrency":"Infinity"}\n');
  });

  it('searches by itself within its time', async (t) => {
    const { end } = await start('programs/pool.mjs', '2', 'scales');
    const result = await runs.tune(live.session, { ...defaultWish, timeSec: 20 });
    t.diagnostic(result?.reason ?? 'stopped');
    const { tuned, rows } = runs.state(live.session);
    assert.ok(tuned !== null && tuned.kept >= 1, tuned?.reason);
    assert.equal(rows.length, tuned.trials);
    const workers = tuned.knobs[0]?.after;
    assert.equal((await end()).stdout, `{"workers":${workers}}\n`);
  });
});
