/** The journal, what is ignored, the state for panels, and what commands are passed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { suggestionKey, type RunningTrial } from '../../../../extension/core/panel/live.js';
import type { Suggestion } from '../../../../extension/core/report/report.js';
import { readJournal } from '../../../../extension/core/trials/record.js';
import { IgnoredSuggestions } from '../../../../extension/host/trials/ignored.js';
import { journalFolder, Journals } from '../../../../extension/host/trials/journals.js';
import { LiveStates } from '../../../../extension/host/trials/liveStates.js';
import { progressShare, progressText } from '../../../../extension/host/trials/progress.js';
import { TrialRuns } from '../../../../extension/host/trials/trialRuns.js';
import {
  movesIn,
  revertIn,
  tryChoices,
  wishIn,
} from '../../../../extension/host/trials/tuneAnswers.js';
import { fakeEngine, pipelineOf, reportOf, sessionId } from '../fakes.js';
import { recordOf } from './records.js';

const s = sessionId('s');

class FakeMemory {
  readonly kept = new Map<string, unknown>();
  get(key: string): unknown {
    return this.kept.get(key);
  }
  update(key: string, value: unknown): Promise<void> {
    this.kept.set(key, value);
    return Promise.resolve();
  }
}

const suggestion: Suggestion = {
  id: '7:1=8',
  knob: '7:1',
  from: 4,
  to: 8,
  aim: 'throughput',
  expression: null,
  predicted: {
    throughputPerSec: { low: 1, mid: 2, high: 3 },
    gain: { low: 1.1, mid: 1.2, high: 1.3 },
    latencyP95Ns: null,
  },
  reason: 'because',
  evidence: [],
  costs: [],
};

describe('journals of trials', () => {
  it('stand in the folder that the program was started in, and say how', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-journal-'));
    const problems: string[] = [];
    const cwd = path.join(folder, 'app');
    const journals = new Journals({
      startedOf: () => ({ command: ['node', 'app.js'], cwd }),
      folders: () => ['/elsewhere', folder],
      isTrusted: () => true,
      report: (problem) => problems.push(problem),
    });
    journals.add(s, recordOf(), Promise.reject(new Error('the session was closed')));
    journals.add(s, recordOf({ why: 'second' }), Promise.resolve(reportOf()));
    await journals.flush();
    const content = readFileSync(path.join(folder, '.sluice/trials.jsonl'), 'utf8');
    rmSync(folder, { recursive: true });
    const { entries, problems: broken } = readJournal(content);
    assert.deepEqual(broken, []);
    assert.deepEqual(
      entries.map(({ why, command, cwd: at }) => [why, command, at]),
      [['second', ['node', 'app.js'], cwd]],
    );
    assert.match(problems.join(), /missing in the journal.*the session was closed/);
  });

  it('are not written where nothing is trusted', async () => {
    const journals = new Journals({
      startedOf: () => undefined,
      folders: () => ['/nowhere/at/all'],
      isTrusted: () => false,
      report: (problem) => assert.fail(problem),
    });
    journals.add(s, recordOf(), Promise.resolve(reportOf()));
    await journals.flush();
  });

  it('take the innermost folder, else the first', () => {
    const folders = ['/a', '/a/b', '/c'];
    assert.equal(journalFolder(folders, '/a/b/c'), '/a/b');
    assert.equal(journalFolder(folders, '/a/bb'), '/a');
    assert.equal(journalFolder(folders, '/elsewhere'), '/a');
    assert.equal(journalFolder(folders, null), '/a');
    assert.equal(journalFolder([], '/a'), null);
  });
});

describe('ignored suggestions', () => {
  it('are kept under a name that holds over runs, and can be shown again', async () => {
    const memory = new FakeMemory();
    const first = pipelineOf();
    const next = pipelineOf({ knobs: first.knobs.map((knob) => ({ ...knob, id: '99:1' })) });
    const key = suggestionKey(first, suggestion);
    assert.equal(key, suggestionKey(next, { ...suggestion, knob: '99:1' }));
    assert.notEqual(key, suggestionKey(first, { ...suggestion, to: 16 }));
    await new IgnoredSuggestions(memory).set(key, true);
    const again = new IgnoredSuggestions(memory);
    assert.deepEqual(again.all(), [key]);
    await again.set(key, false);
    assert.deepEqual(again.all(), []);
  });

  it('survive what else may stand in the memory', () => {
    const memory = new FakeMemory();
    memory.kept.set('sluice.ignoredSuggestions', ['a', 5, null]);
    assert.deepEqual(new IgnoredSuggestions(memory).all(), ['a']);
    memory.kept.set('sluice.ignoredSuggestions', 'a');
    assert.deepEqual(new IgnoredSuggestions(memory).all(), []);
  });
});

describe('what panels show of a running program', () => {
  it('is whole at any time, with what others add', async () => {
    const { call } = fakeEngine({});
    const runs = new TrialRuns({ call, journal: () => undefined });
    const ignored = new IgnoredSuggestions(new FakeMemory());
    const live = new LiveStates(runs, ignored);
    const told: unknown[] = [];
    live.onDidChange((session) => told.push(session));
    await ignored.set('a', true);
    live.setSourceValues(s, { '7:1': { value: 12, text: '12' } });
    live.setPromises(s, []);
    assert.deepEqual(told, [null, 's', 's']);
    assert.deepEqual(live.of(s), {
      running: null,
      rows: [],
      tuned: null,
      ignored: ['a'],
      sourceValues: { '7:1': { value: 12, text: '12' } },
      promises: [],
    });
    live.apply({ kind: 'closed', session: s });
    assert.equal(live.of(s).sourceValues, undefined);
    live.dispose();
  });
});

describe('what commands of trials are passed', () => {
  it('is checked', () => {
    assert.deepEqual(movesIn('s'), { ok: true, value: null });
    assert.equal(movesIn({ session: 's', moves: [{ knob: 5 }] }).ok, false);
    const moves = [{ knob: '7:1', to: 8 }];
    assert.deepEqual(movesIn({ session: 's', moves }), {
      ok: true,
      value: { moves, why: 'asked for' },
    });
    assert.equal(wishIn({ wish: { objective: 'fame' } }).ok, false);
    assert.deepEqual(wishIn(undefined), { ok: true, value: null });
    assert.deepEqual(revertIn(undefined), { ok: true, value: { knob: null, to: 'start' } });
    assert.equal(revertIn({ knob: '7:1', to: 'yesterday' }).ok, false);
  });

  it('is chosen among the suggestions: together, one by one, what is worth a trial', () => {
    const [knob] = pipelineOf().knobs;
    assert.ok(knob !== undefined);
    const fixed = { ...knob, id: '7:2', name: 'depth', live: false, remark: 'Read once.' };
    const gain = { low: 1.1, mid: 1.2, high: 1.3 };
    const pipeline = pipelineOf({
      knobs: [knob, fixed],
      suggestions: [suggestion, { ...suggestion, id: '7:2=8', knob: '7:2' }],
      plan: { suggestions: [], throughputPerSec: gain, gain, latencyP95Ns: null },
      probes: [{ knob: '7:1', from: 4, to: 5, reason: 'nobody has seen it' }],
    });
    const choices = tryChoices(reportOf({ pipelines: [pipeline] }));
    assert.deepEqual(
      choices.map(({ moves, refusal }) => [
        moves.map(({ knob: id, to }) => `${id}=${to}`),
        refusal,
      ]),
      [
        [['7:1=8', '7:2=8'], 'depth can only be set when the program starts. Read once.'],
        [['7:1=8'], null],
        [['7:2=8'], 'depth can only be set when the program starts. Read once.'],
        [['7:1=5'], null],
      ],
    );
    const left = tryChoices(reportOf({ pipelines: [pipeline] }), [
      suggestionKey(pipeline, suggestion),
    ]);
    assert.deepEqual(
      left.map(({ moves }) => moves.map(({ knob: id, to }) => `${id}=${to}`)),
      [['7:2=8'], ['7:1=5']],
    );
  });
});

describe('what a notification says', () => {
  it('is the change, the step, the best, the time', () => {
    const running: RunningTrial = {
      kind: 'tuning',
      moves: [],
      change: 'a 1 → 2',
      step: 'compares',
      trials: 1,
      elapsedMs: 65_000,
      leftMs: 15_000,
      best: 'a 1 → 2: +5%',
      isStopping: false,
    };
    assert.equal(
      progressText(running),
      'a 1 → 2 · compares · best so far a 1 → 2: +5% · 1:05, at most 0:15 left',
    );
    assert.equal(progressShare(running), 65 / 80);
    assert.equal(progressShare({ ...running, leftMs: null }), null);
  });
});
