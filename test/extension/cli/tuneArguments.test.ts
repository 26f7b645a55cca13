import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments } from '../../../extension/cli/arguments.js';
import type { TuneArguments } from '../../../extension/cli/tuneArguments.js';

function tune(...args: string[]): TuneArguments {
  const parsed = parseArguments(['tune', ...args, '--', 'node', 'app.js']);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  assert.equal(parsed.value.kind, 'tune');
  return parsed.value;
}

function refusal(...args: string[]): string {
  const parsed = parseArguments(['tune', ...args, '--', 'node', 'app.js']);
  assert.ok(!parsed.ok, 'expected a refusal');
  return parsed.error;
}

describe('arguments of tune', () => {
  it('have defaults', () => {
    const { tuning, command, vary, replay, output, stopWhenDone, rounds } = tune();
    assert.deepEqual(command, ['node', 'app.js']);
    assert.deepEqual([vary, replay, output, stopWhenDone, rounds], [null, null, 'text', false, 5]);
    assert.deepEqual(tuning.options.objective, { kind: 'throughput' });
    assert.deepEqual(tuning.options.guards, []);
    assert.equal(tuning.options.minEffect, 0.03);
    assert.deepEqual(
      [tuning.timeMs, tuning.maxTrials, tuning.patience, tuning.ranges],
      [null, 30, 2, null],
    );
  });

  it('say what it is for, with limits', () => {
    const { options } = tune(
      '--objective',
      'p95 with rss<500MB, errors<1% and p99<1.5x',
      '--max-p99=2s',
    ).tuning;
    assert.deepEqual(options.objective, { kind: 'latency', metric: 'p95' });
    assert.deepEqual(options.guards, [
      { metric: 'rssBytes', limit: { kind: 'absolute', value: 500e6 } },
      { metric: 'errorShare', limit: { kind: 'absolute', value: 0.01 } },
      { metric: 'p99', limit: { kind: 'relative', ratio: 1.5, plus: 0 } },
      { metric: 'p99', limit: { kind: 'absolute', value: 2e9 } },
    ]);
    assert.deepEqual(tune('--target-rate', '100/s').tuning.options.objective, {
      kind: 'cost',
      targetRatePerSec: 100,
    });
    assert.deepEqual(tune('--objective', 'throughput with p95<50ms').tuning.options.guards, [
      { metric: 'p95', limit: { kind: 'absolute', value: 50e6 } },
    ]);
  });

  it('say how', () => {
    const { tuning } = tune(
      '--knob',
      'a=2..64',
      '--knob=b',
      '-t',
      '60s',
      '--max-trials=3',
      '--seed',
      '9',
      '--block=200ms',
      '--min-effect=5%',
    );
    assert.deepEqual(tuning.ranges, { a: { min: 2, max: 64 }, b: { min: 0, max: Infinity } });
    assert.deepEqual([tuning.timeMs, tuning.maxTrials, tuning.options.seed], [60_000, 3, 9]);
    assert.equal(tuning.options.timing.minBlockNs, 200e6);
    assert.equal(tuning.options.minEffect, 0.05);
    assert.deepEqual(tune('--vary', 'SIZE=1,2,2').vary, { name: 'SIZE', values: ['1', '2'] });
    assert.equal(tune('--from-journal', 'x').replay, 'x');
  });

  it('that make no sense are refused with what to write', () => {
    assert.match(refusal('--objective', 'speed'), /unknown objective speed .*use throughput/);
    assert.match(refusal('--objective', 'throughput with fun<3'), /not a limit: fun<3/);
    assert.match(refusal('--objective', 'throughput with p95<soon'), /not a limit: p95<soon/);
    assert.match(refusal('--max-p95', '0'), /not a limit: p95<0/);
    assert.match(refusal('--target-rate', 'many'), /not a rate: many/);
    assert.match(refusal('--knob', 'a=9..2'), /not a knob: a=9\.\.2/);
    assert.match(refusal('--time', 'long'), /not a time: long \(tune --time\)/);
    assert.match(refusal('--max-trials', '0'), /not a number from 1 to 1000: 0/);
    assert.match(refusal('--seed', '1.5'), /not a number/);
    assert.match(refusal('--rounds', '3'), /not a number from 4/);
    assert.match(refusal('--vary', 'SIZE=1'), /not a variable with values: SIZE=1/);
    assert.match(refusal('--vary', 'SIZE=1,2', '--replay', 'x'), /exclude each other/);
    assert.match(refusal('--vary', 'SIZE=1,2', '--restart'), /--restart and --vary exclude each/);
    const parsed = parseArguments(['tune']);
    assert.ok(!parsed.ok && parsed.error.includes('missing command to tune'));
  });

  it('lead to help', () => {
    assert.deepEqual(parseArguments(['tune', '--help']), {
      ok: true,
      value: { kind: 'help', topic: 'tune' },
    });
  });
});
