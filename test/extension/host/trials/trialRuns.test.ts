import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PanelSnapshot } from '../../../../extension/core/panel/snapshot.js';
import type { TrialRecord } from '../../../../extension/core/trials/record.js';
import type { TuneResult } from '../../../../extension/core/trials/tuning.js';
import { defaultWish } from '../../../../extension/core/trials/wish.js';
import type { EngineCalls } from '../../../../extension/engine/protocol.js';
import { TrialRuns } from '../../../../extension/host/trials/trialRuns.js';
import { snapshot } from '../../../webview/builders.js';
import { FakeClock, fakeEngine, pipelineOf, reportOf, sessionId, settled } from '../fakes.js';
import { recordOf, resultOf } from './records.js';

const s = sessionId('s');

/** Something that a test ends. */
class Open<T> {
  resolve: (value: T) => void = () => undefined;
  reject: (error: Error) => void = () => undefined;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

function setUp() {
  const clock = new FakeClock();
  const trial = new Open<TrialRecord>();
  const search = new Open<TuneResult>();
  const journal: TrialRecord[] = [];
  const knob = { value: 4 as number | null };
  let changes: PanelSnapshot['knobChanges'] = [];
  const engine = fakeEngine({
    snapshot: () => {
      const pipeline = pipelineOf();
      const knobs = pipeline.knobs.map((k) => ({ ...k, value: knob.value }));
      const report = reportOf({ pipelines: [{ ...pipeline, knobs }] });
      return snapshot({ state: 'live', report, knobChanges: changes });
    },
    startTrial: () => trial.promise,
    startTuning: () => search.promise,
    stopTrials: () => {
      trial.promise.catch(() => undefined);
      trial.reject(new Error('It was stopped.'));
      search.resolve(resultOf({ end: 'stopped', trials: [], effect: null }));
      return null;
    },
    setKnob: ({ value }) => {
      knob.value = value;
      return null;
    },
  });
  const runs = new TrialRuns({
    call: engine.call,
    journal: (_session, record, report) => {
      journal.push(record);
      report.catch(() => undefined);
    },
    clock,
  });
  const called = (): string[] => engine.calls.map(({ call }) => call);
  return {
    ...{ clock, trial, search, journal, knob, runs, engine, called },
    turned: (
      ...turns: readonly (readonly [atNs: number, from: number | null, to: number | null])[]
    ): void => {
      changes = turns.map(([atNs, from, to]) => ({ knob: '7:1', name: 'c', atNs, from, to }));
    },
  };
}

const request = { moves: [{ knob: '7:1', to: 8 }], why: 'it is full' };

function startTrialInput(
  engine: ReturnType<typeof setUp>['engine'],
): EngineCalls['startTrial']['in'] {
  const found = engine.calls.find(({ call }) => call === 'startTrial');
  assert.ok(found !== undefined);
  return found.input as EngineCalls['startTrial']['in'];
}

describe('trial runs', () => {
  it('tries moves together in the pipeline that they belong to, and keeps the record', async () => {
    const { runs, trial, journal, engine } = setUp();
    const told: string[] = [];
    runs.onDidChange((session) => told.push(session));
    const done = runs.tryLive(s, request);
    await settled();
    const input = startTrialInput(engine);
    assert.equal(input.pipeline, 'thumbnails');
    assert.deepEqual(input.moves, request.moves);
    assert.equal(input.options.isFarAllowed, true);
    assert.equal(input.options.objective.kind, 'throughput');
    assert.equal(runs.state(s).running?.change, 'decode.concurrency 4 → 8');
    trial.resolve(recordOf());
    assert.equal((await done)?.verdict, 'kept');
    assert.equal(runs.state(s).running, null);
    assert.deepEqual(journal, runs.trials(s));
    const [row] = runs.state(s).rows;
    assert.equal(row?.change, 'decode.concurrency 4 → 8');
    assert.ok(told.length >= 3 && told.every((session) => session === 's'));
  });

  it('runs one at a time in a session, and others beside it', async () => {
    const { runs, trial } = setUp();
    const done = runs.tryLive(s, request);
    await assert.rejects(runs.tryLive(s, request), /under way already/);
    await assert.rejects(runs.tune(s, defaultWish), /under way already/);
    const other = runs.tryLive(sessionId('other'), request);
    trial.resolve(recordOf());
    await Promise.all([done, other]);
  });

  it('refuses what changes nothing, and says so', async () => {
    const { runs, called } = setUp();
    await assert.rejects(
      runs.tryLive(s, { moves: [{ knob: '7:1', to: 4 }], why: '' }),
      /decode\.concurrency is 4 already/,
    );
    await assert.rejects(runs.tryLive(s, { moves: [], why: '' }), /needs a knob/);
    await assert.rejects(
      runs.tryLive(s, { moves: [{ knob: '9:9', to: 4 }], why: '' }),
      /no knob 9:9/,
    );
    assert.ok(!called().includes('startTrial'));
    assert.equal(runs.isRunning(s), false);
  });

  it('says how far a trial is, and how long it takes at most', async () => {
    const { runs, clock, trial } = setUp();
    const done = runs.tryLive(s, request);
    await settled();
    await clock.advance(2000);
    const step = { phase: 'blocks', block: 3, blocks: 8, leftMs: 6000 } as const;
    runs.apply({ kind: 'trialStep', session: s, step });
    await clock.advance(1000);
    const running = runs.state(s).running;
    assert.match(running?.step ?? '', /block 3 of 8/);
    assert.equal(running?.elapsedMs, 3000);
    assert.equal(running.leftMs, 5000);
    trial.resolve(recordOf());
    await done;
  });

  it('stops: what was tried is taken back by the engine, and nothing is an error', async () => {
    const { runs, called } = setUp();
    const done = runs.tryLive(s, request);
    await settled();
    await runs.stop(s);
    assert.equal(await done, null);
    assert.equal(runs.isRunning(s), false);
    assert.ok(called().includes('stopTrials'));
    await runs.stop(s);
    assert.equal(called().filter((call) => call === 'stopTrials').length, 1);
  });

  it('does not begin a trial that was stopped before the engine knew of it', async () => {
    const { runs, called } = setUp();
    const done = runs.tryLive(s, request);
    await runs.stop(s);
    assert.equal(await done, null);
    assert.ok(!called().includes('startTrial'));
  });

  it('stops the trial before a knob is set by hand', async () => {
    const { runs, called, knob } = setUp();
    const done = runs.tryLive(s, request);
    await settled();
    await runs.setKnob(s, '7:1', 6);
    assert.equal(await done, null);
    assert.deepEqual(called().slice(-2), ['stopTrials', 'setKnob']);
    assert.equal(knob.value, 6);
  });

  it('goes back to the start after many changes, and only to before the last one when asked', async () => {
    const { runs, turned, knob } = setUp();
    // 4 at the start; drawn to 8; much later drawn to 32 by way of 16.
    turned([1e9, 4, 8], [60e9, 8, 16], [60.2e9, 16, 32]);
    knob.value = 32;
    assert.deepEqual(await runs.revert(s, '7:1', 'before'), [
      { knob: '7:1', name: 'decode.concurrency', value: 8 },
    ]);
    assert.equal(knob.value, 8);
    knob.value = 32;
    await runs.revert(s, null);
    assert.equal(knob.value, 4);
    assert.deepEqual(await runs.revert(s, null), []);
  });

  it('goes back to no limit at all', async () => {
    const { runs, turned, knob } = setUp();
    turned([1e9, null, 8]);
    knob.value = 8;
    await runs.revert(s, '7:1');
    assert.equal(knob.value, null);
  });

  it('stops the trial that runs before it goes back', async () => {
    const { runs, turned, called } = setUp();
    turned([1e9, 2, 4]);
    const done = runs.tryLive(s, request);
    await settled();
    await runs.revert(s, null);
    assert.equal(await done, null);
    const order = called().filter((call) => call === 'stopTrials' || call === 'setKnob');
    assert.deepEqual(order, ['stopTrials', 'setKnob']);
  });

  it('follows a search: what it tries, the best so far, each trial once', async () => {
    const { runs, clock, search, journal, engine } = setUp();
    const done = runs.tune(s, { ...defaultWish, timeSec: 60, maxP95Ms: 50 });
    await settled();
    const input = engine.calls.at(-1)?.input as EngineCalls['startTuning']['in'];
    assert.deepEqual(input.tuning.options.guards, [
      { metric: 'p95', limit: { kind: 'absolute', value: 50e6 } },
    ]);
    const say = (text: string, record: TrialRecord | null): void => {
      runs.apply({ kind: 'trial', session: s, text, record });
    };
    say('tries decode.concurrency 4 -> 8', null);
    assert.equal(runs.state(s).running?.change, 'decode.concurrency 4 → 8');
    say('kept', recordOf());
    await clock.advance(10_000);
    const running = runs.state(s).running;
    assert.equal(running?.trials, 1);
    assert.equal(running.best, 'decode.concurrency 4 → 8: +38%');
    assert.equal(running.leftMs, 50_000);
    search.resolve(resultOf());
    await done;
    assert.equal(journal.length, 1);
    const { tuned } = runs.state(s);
    assert.equal(tuned?.kept, 1);
    assert.deepEqual(
      tuned.knobs.map(({ before, after }) => [before, after]),
      [[4, 8]],
    );
  });

  it('says what is missing in a wish', async () => {
    const { runs } = setUp();
    await assert.rejects(
      runs.tune(s, { ...defaultWish, objective: 'cost' }),
      /how many items per second/,
    );
  });

  it('forgets a closed session, and all of them with a dead engine', async () => {
    const { runs, trial } = setUp();
    const done = runs.tryLive(s, request);
    trial.resolve(recordOf());
    await done;
    runs.apply({ kind: 'closed', session: s });
    assert.deepEqual(runs.trials(s), []);
    const lost = runs.tryLive(s, request).catch(() => null);
    runs.clear();
    assert.equal(runs.isRunning(s), false);
    await lost;
  });
});
