import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  journalLine,
  readJournal,
  TRIAL_SCHEMA,
  type JournalEntry,
} from '../../../../extension/core/trials/record.js';
import { figures } from './simulated.js';

const entry: JournalEntry = {
  schema: TRIAL_SCHEMA,
  kind: 'live',
  atUnixMs: 1,
  pipeline: 'p',
  why: 'a step up',
  objective: 'throughput',
  knobs: [
    {
      id: '1:2',
      name: 'workers',
      kind: 'parallelism',
      stage: 'work',
      queue: null,
      source: { file: '/a.js', line: 1, column: 2 },
      before: null,
      candidate: 4,
      after: null,
    },
  ],
  variable: null,
  blocks: [
    { side: 'a', figures: figures(100) },
    { side: 'b', figures: figures(120, { latencyNs: null, rssBytes: null, fromNs: -5 }) },
  ],
  effect: { low: 0.1, mid: 0.2, high: 0.3 },
  p: 0.02,
  pAdjusted: 0.04,
  leastEffect: 0.03,
  noise: { blockDeviation: 0.01, floor: 0.02 },
  verdict: 'kept',
  reason: 'Better.',
  seed: 7,
  command: ['node', 'app.js'],
  cwd: '/',
  input: null,
  environment: {
    platform: 'linux',
    arch: 'x64',
    cpuModel: 'c',
    cores: 2,
    memoryBytes: 1e9,
    quotaCores: null,
    runtime: 'node v20',
  },
};

describe('a journal of trials', () => {
  it('is read as it was written', () => {
    const other: JournalEntry = {
      ...entry,
      kind: 'restart',
      knobs: [],
      variable: { name: 'N', before: '1', candidate: '2' },
    };
    const { entries, problems } = readJournal(`${journalLine(entry)}\n${journalLine(other)}`);
    assert.deepEqual(problems, []);
    assert.deepEqual(entries, [entry, other]);
  });

  it('keeps what a newer Sluice has added', () => {
    const { entries } = readJournal(JSON.stringify({ ...entry, weather: 'fine' }));
    assert.equal(Reflect.get(entries[0] ?? {}, 'weather'), 'fine');
  });

  it('tells which line is wrong, and where, and reads the others', () => {
    const wrong = { ...entry, blocks: [{ side: 'c', figures: figures(1) }] };
    const text = [
      '{',
      journalLine(entry),
      JSON.stringify(wrong),
      '"text"',
      '{"schema":"sluice.trial/2"}',
    ].join('\n');
    const { entries, problems } = readJournal(text);
    assert.equal(entries.length, 1);
    assert.deepEqual(
      problems.map((problem) => problem.replace(/\(.*\)/, '(...)')),
      [
        'line 1: not valid JSON (...)',
        'line 4: trial.blocks[0].side: expected one of a, b, got "c"',
        'line 5: trial: expected an object, got "text"',
        'line 6: sluice.trial/2 is newer than this Sluice, which reads sluice.trial/1',
      ],
    );
  });
});
