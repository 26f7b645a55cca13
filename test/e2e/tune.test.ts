// `sluice tune` from end to end: it finds what is better, says where to write it, and keeps a journal that can be repeated.
import assert from 'node:assert/strict';
import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { readJournal } from '../../extension/core/trials/record.js';
import type { TuneResult } from '../../extension/core/trials/tuning.js';
import { finished, type BuiltSluice } from './builtSluice.js';
import { builtWithPrograms, until } from './liveSession.js';

describe('sluice tune', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await builtWithPrograms();
  });
  after(async () => {
    await sluice.dispose();
  });
  beforeEach(async () => {
    await rm(path.join(sluice.folder, '.sluice'), { recursive: true, force: true });
  });

  const journalPath = (): string => path.join(sluice.folder, '.sluice', 'trials.jsonl');
  const journal = async (): Promise<string> => readFile(journalPath(), 'utf8');
  const jsonIn = (stdout: string): TuneResult =>
    JSON.parse(stdout.slice(stdout.indexOf('{\n'))) as TuneResult;

  it('finds what is better, says where to write it, and repeats it', async (t) => {
    const tune = ['tune', '--block', '400ms', '--max-trials', '1', '--stop-when-done'];
    const program = ['--', 'node', 'programs/pool.mjs', '2', 'scales'];
    const first = await sluice.run([...tune, '--input', 'made-up', ...program]);
    t.diagnostic(first.stderr);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout, '{"workers":4}\n');
    assert.match(first.stderr, /tries workers 2 -> 4\n.*kept: Throughput \+\d+%/);
    assert.match(first.stderr, /programs\/pool\.mjs:\d+: workers = 4\n/);
    const { entries, problems } = readJournal(await journal());
    assert.deepEqual(problems, []);
    assert.equal(entries.length, 1);
    const [entry] = entries;
    assert.ok(entry !== undefined);
    assert.equal(entry.verdict, 'kept');
    assert.deepEqual(
      [entry.input, entry.command.at(-1), entry.environment?.platform],
      ['made-up', 'scales', process.platform],
    );
    assert.match(entry.knobs[0]?.source?.file ?? '', /pool\.mjs$/);

    await appendFile(journalPath(), 'no trial\n');
    const again = await sluice.run([...tune, '--replay', journalPath(), ...program]);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /trials\.jsonl: line 2: not valid JSON/);
    assert.match(again.stderr, /1 of 1 verdicts held\n {2}held {5}workers 2 -> 4: kept, now kept/);
  });

  it('takes as little as does for a rate', async () => {
    const { code, stdout, stderr } = await sluice.run([
      ...['tune', '--block', '400ms', '--target-rate', '60', '--max-trials', '1', '--json'],
      ...['--stop-when-done', '--', 'node', 'programs/pool.mjs', '4', 'scales'],
    ]);
    assert.equal(code, 0, stderr);
    const { knobs, trials, end } = jsonIn(stdout);
    assert.deepEqual(
      knobs.map(({ name, before, after: now }) => [name, before, now]),
      [['workers', 4, 2]],
    );
    assert.equal(trials[0]?.verdict, 'kept');
    assert.equal(end, 'trials');
  });

  it('says how long a program would have had to run', async () => {
    const { code, stderr } = await sluice.run([
      'tune',
      '--',
      'node',
      'programs/pool.mjs',
      '2',
      'scales',
      '1',
    ]);
    assert.equal(code, 0);
    assert.match(
      stderr,
      /Nothing was tried: The program has ended\.\n.*would have needed about 1\d(\.\d)? s/,
    );
  });

  it('restores at once when it is stopped, and ends as the program does', async () => {
    const child = sluice.start([
      'tune',
      '--block',
      '400ms',
      '--',
      'node',
      'programs/pool.mjs',
      '2',
      'scales',
    ]);
    let seen = '';
    child.stderr?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const end = finished(child);
    await until('a trial', () => seen.includes('tries workers'));
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await end;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '{"workers":2}\n');
  });

  it('compares whole runs where a knob is set at the start only', async () => {
    const run = 'setTimeout(() => {}, 1600 / Number(process.env.SIZE ?? 1))';
    const { code, stdout, stderr } = await sluice.run([
      ...['tune', '--vary', 'SIZE=1,8', '--rounds', '4', '--json', '--', 'node', '-e', run],
    ]);
    assert.equal(code, 0, stderr);
    const [trial] = jsonIn(stdout).trials;
    assert.deepEqual(trial?.variable, { name: 'SIZE', before: '1', candidate: '8' });
    assert.equal(trial.verdict, 'kept');
    assert.equal(trial.blocks.length, 8);
    assert.equal(readJournal(await journal()).entries[0]?.kind, 'restart');
  });

  it('compares whole runs of a program that ends by itself, and repeats that', async () => {
    const program = ['--', 'node', 'programs/pool.mjs', '2', 'scales', '0', '150'];
    const first = await sluice.run([
      'tune',
      '--restart',
      '--max-trials',
      '1',
      '--json',
      ...program,
    ]);
    assert.equal(first.code, 0, first.stderr);
    const { trials, knobs, effect } = jsonIn(first.stdout.slice(first.stdout.indexOf('{\n')));
    assert.deepEqual(
      knobs.map(({ name, before: was, after: is }) => [name, was, is]),
      [['workers', 2, 4]],
    );
    const [trial] = trials;
    assert.ok(trial !== undefined);
    assert.deepEqual([trial.kind, trial.verdict, trial.objective], ['restart', 'kept', 'time']);
    assert.equal(trial.blocks.length, 8);
    assert.ok(effect !== null && effect.low > 0);
    // Each run had the values of its side.
    assert.equal(first.stdout.split('{"workers":2}').length - 1, 5);
    assert.equal(first.stdout.split('{"workers":4}').length - 1, 4);

    const again = await sluice.run(['tune', '--replay', journalPath(), ...program]);
    assert.match(again.stderr, /1 of 1 verdicts held\n {2}held {5}workers 2 -> 4: kept, now kept/);
  });

  it('ends a search by whole runs where a run fails', async () => {
    const { code, stderr } = await sluice.run(['tune', '--restart', '--', 'node', '-e', '0']);
    assert.equal(code, 1);
    assert.match(stderr, /no pipeline with a live knob|nobody joined|no process/i);
  });

  it('drops a value with which the command fails', async () => {
    const run = 'process.exit(Number(process.env.CODE))';
    const { code, stderr } = await sluice.run([
      ...['tune', '--vary', 'CODE=0,3', '--rounds', '4', '--', 'node', '-e', run],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /taken back: A run failed: exit code 3\./);
    assert.match(stderr, /No value of CODE is better than 0\./);
  });
});
