import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments, type RunArguments } from '../../../extension/cli/arguments.js';

function run(...args: string[]): RunArguments {
  const parsed = parseArguments(['run', ...args]);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  assert.equal(parsed.value.kind, 'run');
  return parsed.value;
}

function refusal(...args: string[]): string {
  const parsed = parseArguments(args);
  assert.ok(!parsed.ok, 'expected a refusal');
  return parsed.error;
}

describe('arguments', () => {
  it('of run: defaults', () => {
    assert.deepEqual(run('--', 'node', 'app.js'), {
      kind: 'run',
      out: null,
      durationMs: null,
      cpuProfileMs: null,
      output: 'text',
      repeat: 1,
      command: ['node', 'app.js'],
    });
  });

  it('of run: everything set, in any order and form', () => {
    const expected = {
      kind: 'run',
      out: 'x.fxt',
      durationMs: 90_000,
      cpuProfileMs: null,
      output: 'json',
      repeat: 1,
      command: ['npm', 'test'],
    };
    assert.deepEqual(
      run('--out', 'x.fxt', '--duration', '1.5m', '--json', '--', 'npm', 'test'),
      expected,
    );
    assert.deepEqual(run('--json', '-d1.5m', '--out=x.fxt', 'npm', 'test'), expected);
  });

  it('of run: what follows the command is the command’s', () => {
    assert.deepEqual(run('node', '--json', '--out', 'y', '--', '-x').command, [
      'node',
      '--json',
      '--out',
      'y',
      '--',
      '-x',
    ]);
    assert.deepEqual(run('--', '--odd-name', '--help').command, ['--odd-name', '--help']);
    assert.equal(run('node', '--json').output, 'text');
  });

  it('a CPU profile: for so long, or for the whole run; the next word is never its value', () => {
    assert.equal(run('--cpu-profile=5s', 'node', 'app.js').cpuProfileMs, 5000);
    const whole = run('--cpu-profile', 'node', 'app.js');
    assert.equal(whole.cpuProfileMs, 3_600_000);
    assert.deepEqual(whole.command, ['node', 'app.js']);
    assert.equal(run('--cpu-profile', '--', 'node').cpuProfileMs, 3_600_000);
    // Behind the command it is the command's own.
    assert.equal(run('node', '--cpu-profile').cpuProfileMs, null);
    assert.match(
      refusal('run', '--cpu-profile=2h', 'node'),
      /--cpu-profile.*choose from 1ms to 1h/,
    );
    assert.match(refusal('run', '--cpu-profile=soon', 'node'), /not a duration: soon/);
  });

  it('durations', () => {
    const table: Record<string, number> = {
      '500ms': 500,
      '30s': 30_000,
      '30': 30_000,
      '2m': 120_000,
      '1h': 3_600_000,
    };
    for (const [text, ms] of Object.entries(table)) {
      assert.equal(run('--duration', text, 'x').durationMs, ms);
    }
    for (const text of ['', 's', '-1s', '1 s', '1e3', '3d', 'abc', '1.s']) {
      assert.match(refusal('run', `--duration=${text}`, '--', 'x'), /not a duration/);
    }
    for (const text of ['0', '0ms', '600h']) {
      assert.match(refusal('run', '--duration', text, '--', 'x'), /out of range/);
    }
  });

  it('of report', () => {
    const plain = {
      kind: 'report',
      path: 'a.fxt',
      beside: [],
      format: 'text',
      earlier: [],
      objective: { aim: 'throughput' },
    };
    assert.deepEqual(parseArguments(['report', 'a.fxt']), { ok: true, value: plain });
    assert.deepEqual(parseArguments(['report', '--format', 'json', 'a.fxt']), {
      ok: true,
      value: { ...plain, format: 'json' },
    });
  });

  it('of report: earlier captures and what suggestions aim for', () => {
    const value = (...args: string[]): unknown => {
      const parsed = parseArguments(['report', 'a.fxt', ...args]);
      return parsed.ok ? parsed.value : parsed.error;
    };
    const plain = { kind: 'report', path: 'a.fxt', beside: [], format: 'text' };
    assert.deepEqual(value('--with', 'x.json', '--with', 'y.json.gz'), {
      ...plain,
      beside: ['x.json', 'y.json.gz'],
      earlier: [],
      objective: { aim: 'throughput' },
    });
    assert.match(String(value('--with', 'a.fxt')), /^a trace beside itself \(--with a\.fxt\)/);
    assert.deepEqual(value('--earlier', 'b.fxt', '--earlier', 'c.fxt'), {
      ...plain,
      earlier: ['b.fxt', 'c.fxt'],
      objective: { aim: 'throughput' },
    });
    assert.deepEqual(value('--max-p95', '50ms', '--max-p99', '0.2s'), {
      ...plain,
      earlier: [],
      objective: { aim: 'throughput', maxLatencyP95Ns: 50e6, maxLatencyP99Ns: 200e6 },
    });
    assert.deepEqual(value('--target-rate', '500'), {
      ...plain,
      earlier: [],
      objective: { aim: 'cost', targetRatePerSec: 500 },
    });
    assert.match(String(value('--max-p95', 'soon')), /not a time: soon/);
    assert.match(String(value('--target-rate', '0')), /not a rate: 0/);
  });

  it('help and version', () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      assert.deepEqual(parseArguments(args), {
        ok: true,
        value: { kind: 'help', topic: 'sluice' },
      });
    }
    for (const args of [
      ['run', '--help'],
      ['run', '-h', '--', 'x'],
      ['help', 'run'],
    ]) {
      assert.deepEqual(parseArguments(args), { ok: true, value: { kind: 'help', topic: 'run' } });
    }
    assert.deepEqual(parseArguments(['report', '--help']), {
      ok: true,
      value: { kind: 'help', topic: 'report' },
    });
    assert.deepEqual(parseArguments(['--version']), { ok: true, value: { kind: 'version' } });
  });

  it('of compare: two captures, or sets behind --base and --head', () => {
    const compared = (...args: string[]): unknown => {
      const parsed = parseArguments(['compare', ...args]);
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
      return parsed.value;
    };
    const plain = { kind: 'compare', format: 'text', threshold: 0.03, checks: [] };
    assert.deepEqual(compared('a.fxt', 'b'), { ...plain, base: ['a.fxt'], head: ['b'] });
    assert.deepEqual(
      compared('--head', 'b1', 'b2', '-f', 'json', '--base', 'a1', 'a2', '--base=a3'),
      { ...plain, format: 'json', base: ['a1', 'a2', 'a3'], head: ['b1', 'b2'] },
    );
    assert.deepEqual(compared('--threshold', '5%', 'a', 'b'), {
      ...plain,
      threshold: 0.05,
      base: ['a'],
      head: ['b'],
    });
    assert.deepEqual(compared('--help'), { kind: 'help', topic: 'compare' });
  });

  it('of run: a set', () => {
    assert.equal(run('--repeat', '6', '--out', 'base/', 'x').repeat, 6);
    assert.equal(run('-n2', '-o', 'base.fxt', '--', 'x').repeat, 2);
  });

  const wrong: readonly [string[], RegExp][] = [
    [['run', '-n', '0', '-o', 'x', 'y'], /^not a number of runs: 0/],
    [['run', '--repeat=2000', '-o', 'x', 'y'], /choose from 1 to 100$/],
    [['run', '--repeat', '2', 'y'], /^a set needs a place/],
    [['run', '--repeat', '2', '-o', 'x', '--json', 'y'], /use sluice compare --format json$/],
    [['compare'], /^two captures are needed/],
    [['compare', 'a'], /^two captures are needed/],
    [['compare', 'a', 'b', 'c'], /^too many captures/],
    [['compare', '--base', 'a'], /^missing --head/],
    [['compare', '--head', 'a'], /^missing --base/],
    [['compare', 'x', '--base', 'a', '--head', 'b'], /^which side is x/],
    [['compare', 'a', 'b', '-f', 'xml'], /^unknown format xml/],
    [['compare', 'a', 'b', '--threshold', '-1'], /threshold/],
    [['compare', 'a', 'b', '--threshold', 'big'], /^not a threshold: big/],
    [['compare', 'a', 'b', '--fail-on', 'rate'], /^not a check: rate/],
    [['compare', '--bad'], /^unknown option '--bad' \(compare\): see sluice compare --help$/],
    [[], /^missing command \(sluice\)/],
    [['rnu'], /^unknown command \(rnu\)/],
    [['run'], /^missing command to run/],
    [['run', '--'], /^missing command to run/],
    [['run', '--', ''], /^missing command to run/],
    [['run', '--ot', 'x', '--', 'node'], /^unknown option '--ot' \(run\): see sluice run --help$/],
    [['run', '--out', '--', 'node'], /--out/],
    [['run', '--json=yes', 'x'], /--json/],
    [['run', '--json', '--no-report', 'x'], /exclude each other/],
    [['report'], /^missing capture/],
    [['report', 'a', 'b'], /one capture at a time/],
    [['report', '--format', 'xml', 'a'], /^unknown format xml/],
    [['report', '--json', 'a'], /^unknown option '--json' \(report\)/],
    [['help', 'me'], /^no help on this \(me\)/],
  ];
  for (const [args, expected] of wrong) {
    it(`refuses: sluice ${args.join(' ')}`, () => {
      const message = refusal(...args);
      assert.match(message, expected);
      assert.doesNotMatch(message, /\n/);
    });
  }

  it('of ps and attach', () => {
    const parsed = (...args: string[]): unknown => {
      const result = parseArguments(args);
      return result.ok ? result.value : result.error;
    };
    assert.deepEqual(parsed('ps'), { kind: 'ps', format: 'text' });
    assert.deepEqual(parsed('ps', '--json'), { kind: 'ps', format: 'json' });
    const attach = { kind: 'attach', pid: 4711, out: null, durationMs: null, output: 'text' };
    assert.deepEqual(parsed('attach', '4711'), attach);
    assert.deepEqual(parsed('attach', '-d', '2m', '4711', '--json', '-o', 'x.fxt'), {
      ...attach,
      out: 'x.fxt',
      durationMs: 120_000,
      output: 'json',
    });
    assert.deepEqual(parsed('attach', '--help'), { kind: 'help', topic: 'attach' });
    assert.deepEqual(parsed('help', 'ps'), { kind: 'help', topic: 'ps' });
    assert.match(refusal('attach'), /^missing process id \(attach\)/);
    for (const pid of ['0', '-1', 'node', '12x', '99999999999']) {
      assert.match(refusal('attach', '--', pid), /^not a process id: .* \(attach\)/);
    }
    assert.match(refusal('attach', '1', '2'), /one process at a time \(attach\)/);
    assert.match(
      refusal('attach', '1', '--duration', 'x'),
      /not a duration: x \(attach --duration/,
    );
    assert.match(refusal('attach', '1', '--json', '--no-report'), /exclude each other \(attach\)/);
    assert.match(refusal('ps', 'node'), /leave out node/);
  });

  it('of mcp: a folder, and nothing else', () => {
    assert.deepEqual(parseArguments(['mcp']), { ok: true, value: { kind: 'mcp', captures: null } });
    assert.deepEqual(parseArguments(['mcp', '--captures', 'a b']), {
      ok: true,
      value: { kind: 'mcp', captures: 'a b' },
    });
    assert.deepEqual(parseArguments(['mcp', '--help']), {
      ok: true,
      value: { kind: 'help', topic: 'mcp' },
    });
    assert.match(refusal('mcp', 'a.fxt'), /^it takes options only \(mcp\): leave out a\.fxt/);
  });
});
