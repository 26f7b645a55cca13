import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { replay } from '../../../extension/cli/replay.js';
import { settingsOf } from '../../../extension/cli/replaySetting.js';
import { journalLine, type JournalEntry } from '../../../extension/core/trials/record.js';
import { entryOf, fakeTune, turned, type FakeTune } from './fakeTune.js';

const kept = (kind: JournalEntry['kind'], seed: number): JournalEntry =>
  entryOf({ kind, seed, knobs: [turned('a', [2, 4, 4])] });
const next = (kind: JournalEntry['kind'], seed: number): JournalEntry =>
  entryOf({ kind, seed, knobs: [turned('b', [null, 8, null])], verdict: 'rolledBack' });

describe('the settings of trials in a journal', () => {
  const shown = (entries: readonly JournalEntry[]): object[] =>
    [...settingsOf(entries).values()].map((setting) =>
      Object.fromEntries(setting.map(({ name, to }) => [name, to])),
    );

  it('have what earlier trials of the same search have kept', () => {
    const entries = [kept('live', 1), next('live', 2), next('live', 3)];
    assert.deepEqual(shown(entries), [{ a: 2 }, { a: 4, b: null }, { a: 4, b: null }]);
  });

  it('have the values that a trial says its own knobs had', () => {
    const all = entryOf({ seed: 2, knobs: [turned('a', [2, 4, 4])] });
    assert.deepEqual(shown([kept('live', 1), all]), [{ a: 2 }, { a: 2 }]);
  });

  it('have nothing of another search', () => {
    for (const other of [
      next('live', 1),
      next('restart', 2),
      { ...next('live', 2), cwd: '/elsewhere' },
      { ...next('live', 2), command: ['node', 'other.js'] },
      { ...next('live', 2), input: 'other' },
    ]) {
      assert.deepEqual(shown([kept('live', 1), other])[1], { b: null });
    }
  });
});

describe('a replay', () => {
  const made: FakeTune[] = [];
  afterEach(async () => {
    for (const tune of made.splice(0)) await tune.dispose();
  });

  async function replayed(
    program: string,
    knobs: Readonly<Record<string, number | null>>,
    entries: readonly JournalEntry[],
  ): Promise<FakeTune> {
    const command = ['--', process.execPath, '-e', program];
    const tune = await fakeTune(['--stop-when-done', '--replay', 'x', ...command], { knobs });
    made.push(tune);
    const file = `${tune.parts.journal.path}.old`;
    await writeFile(file, entries.map(journalLine).join(''));
    await replay(tune.parts, file);
    return tune;
  }

  const endless = 'setInterval(() => {}, 1000)';

  it('on a running program makes each trial under the setting that it was made under', async () => {
    const entries = [kept('live', 1), next('live', 2), next('live', 1)];
    const { trials } = await replayed(endless, { a: 1, b: 5, c: 7 }, entries);
    assert.deepEqual(trials, [
      { a: 2, b: 5, c: 7 },
      // The replay itself keeps everything; what the search had not kept is set back.
      { a: 4, b: null, c: 7 },
      { a: 1, b: null, c: 7 },
    ]);
  });

  it('refuses a trial whose setting the program has no knob for any more', async () => {
    const entries = [kept('live', 1), next('live', 2)];
    const { trials, said } = await replayed(endless, { b: 5 }, entries);
    assert.deepEqual(trials, []);
    assert.match(said(), /there is no live knob a any more/);
  });

  it('by whole runs does so as well, with knobs that were unlimited', async () => {
    const { runs } = await replayed('0', { a: 1, b: 5 }, [next('restart', 2)]);
    const settings = new Set(runs.slice(1).map((run) => JSON.stringify(run)));
    assert.deepEqual(settings, new Set(['{"a":1,"b":null}', '{"a":1,"b":8}']));

    const both = await replayed('0', { a: 1, b: 5 }, [kept('restart', 1), next('restart', 2)]);
    // On a machine with other work a trial may be taken back early, and then has fewer runs.
    const second = both.runs.filter((run) => run['a'] === 4 && run['b'] !== 5);
    const last = new Set(second.map((run) => JSON.stringify(run)));
    assert.deepEqual(last, new Set(['{"a":4,"b":null}', '{"a":4,"b":8}']));
  });
});
