import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseArguments } from '../../../extension/cli/arguments.js';
import type { Report } from '../../../extension/core/report/report.js';
import { kineto, profiled, regular, runCapture } from '../../support/beside.js';
import { BuiltSluice, finished } from '../../e2e/builtSluice.js';

const fixtures = fileURLToPath(new URL('../../fixtures/foreign/', import.meta.url));

function parsed(...args: string[]): unknown {
  const result = parseArguments(['convert', ...args]);
  return result.ok ? result.value : result.error;
}

describe('arguments of convert', () => {
  it('take the format from the name where that tells it', () => {
    for (const [out, format] of [
      ['x.fxt', 'fxt'],
      ['x.fxt.gz', 'fxt'],
      ['x.cpuprofile', 'cpuprofile'],
      ['x.speedscope.json', 'speedscope'],
      ['x.otlp.json.gz', 'otlp'],
      ['x.trace.json', 'chrome'],
    ] as const) {
      assert.deepEqual(parsed('a.json', '-o', out), {
        ...{ kind: 'convert', path: 'a.json', beside: [], out, format, range: null, thread: null },
      });
    }
    assert.match(
      String(parsed('a.fxt', '-o', 'x.json')),
      /does not tell the format \(x\.json\): add --to/,
    );
    assert.match(String(parsed('a.fxt', '-o', '-')), /does not tell the format \(-\): add --to/);
  });

  it('take a time, counted from the start', () => {
    const range = (...args: string[]): unknown => {
      const value = parsed('a.fxt', '-o', 'x.fxt', ...args);
      return typeof value === 'string' ? value : (value as { range: unknown }).range;
    };
    assert.deepEqual(range('--from', '1.5s', '--until', '2m'), { fromNs: 1.5e9, untilNs: 120e9 });
    assert.deepEqual(range('--from', '250us'), { fromNs: 250e3, untilNs: Infinity });
    assert.deepEqual(range('--until', '3'), { fromNs: 0, untilNs: 3e9 });
    assert.match(String(range('--from', '2s', '--until', '1s')), /the time is empty/);
    assert.match(String(range('--from', 'now')), /not a time: now \(convert --from\): write it as/);
  });

  it('say what is missing or does not go together', () => {
    for (const [args, expected] of [
      [[], /^missing file \(convert\): /],
      [['a', 'b', '-o', 'x.fxt'], /^one file at a time \(convert\): leave out b$/],
      [['a'], /^missing output \(convert\): add -o FILE/],
      [['a', '-o', 'x', '--to', 'svg'], /^unknown format svg \(convert --to\): use fxt, chrome/],
      [['a', '-o', 'x.fxt', '--thread', 'main'], /^--thread is for CPU profiles/],
      [['a', '--with', 'a', '-o', 'x.fxt'], /^a trace beside itself \(--with a\): name each/],
      [['a', '--with', 'b', '--with', 'b', '-o', 'x.fxt'], /\(--with b\): name each file once$/],
      [['a', '--bad'], /\(convert\): see sluice convert --help$/],
    ] as const) {
      assert.match(String(parsed(...args)), expected);
    }
  });
});

describe('sluice convert', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('no agent');
  });
  after(async () => {
    await sluice.dispose();
  });
  const at = (name: string): string => path.join(sluice.folder, name);
  const input = (name: string): string => path.join(fixtures, name);
  const report = async (file: string): Promise<Report> => {
    const done = await sluice.run(['report', '-f', 'json', file]);
    assert.equal(done.code, 0, done.stderr);
    return JSON.parse(done.stdout) as Report;
  };

  it('prints its help', async () => {
    const done = await sluice.run(['convert', '--help']);
    assert.deepEqual([done.code, done.stderr], [0, '']);
    assert.match(done.stdout, /^usage: sluice convert/);
    assert.ok(done.stdout.split('\n').every((line) => line.length <= 80));
  });

  for (const name of [
    'kineto.json.gz',
    'chromium.json.gz',
    'busy.cpuprofile',
    'threads.speedscope.json.gz',
  ]) {
    it(`makes FXT of ${name}, with the same report`, async () => {
      const before = await report(input(name));
      const done = await sluice.run(['convert', input(name), '-o', 'out.fxt']);
      assert.deepEqual([done.code, done.stdout], [0, '']);
      assert.match(done.stderr, /^out\.fxt {2}[\d.]+ KiB\n$/);
      const after = await report('out.fxt');
      assert.deepEqual(
        { ...after, capture: { ...after.capture, bytes: before.capture.bytes } },
        before,
      );
    });
  }

  it('writes a stretch of time, also of a capture', async () => {
    await sluice.run(['convert', input('kineto.json.gz'), '-o', 'all.fxt']);
    const done = await sluice.run([
      ...['convert', 'all.fxt', '--from', '40ms', '--until', '60ms', '-o', 'part.fxt'],
    ]);
    assert.equal(done.code, 0, done.stderr);
    const [all, part] = [await report('all.fxt'), await report('part.fxt')];
    assert.ok(part.capture.executions > 10 && part.capture.executions < all.capture.executions);
    assert.deepEqual([part.capture.durationNs, part.capture.lost.records], [20e6, 0]);
    const late = await sluice.run(['convert', 'all.fxt', '--from', '1h', '-o', 'late.fxt']);
    assert.equal(late.code, 2);
    assert.match(late.stderr, /^sluice: nothing in that time \(all\.fxt\): it is 0\.101 s long/);
  });

  it('puts a trace beside a capture, in any format', async () => {
    await writeFile(
      at('run.fxt'),
      runCapture([{ name: 'decode', executions: regular(20, 20, 9) }]),
    );
    const trace = kineto([profiled(0, 400), { name: 'decode', times: regular(20, 20, 9) }]);
    await writeFile(at('torch.json'), JSON.stringify(trace));
    for (const out of ['both.fxt', 'both.trace.json', 'part.fxt']) {
      const range = out === 'part.fxt' ? ['--until', '200ms'] : [];
      const done = await sluice.run([
        'convert',
        'run.fxt',
        '--with',
        'torch.json',
        '-o',
        out,
        ...range,
      ]);
      assert.equal(done.code, 0, done.stderr);
      const [compared] = (await report(out)).beside?.[0]?.compared ?? [];
      assert.equal(compared?.trace.count, out === 'part.fxt' ? 10 : 20);
      assert.equal(compared.difference, 0);
    }
    const read = await sluice.run(['report', 'run.fxt', '--with', 'torch.json']);
    assert.match(read.stdout, /^Beside it {2}python3 \(torch\.json\)/m);
  });

  it('leaves alone what has the name of its output when a trace is refused', async () => {
    await writeFile(
      at('run.fxt'),
      runCapture([{ name: 'decode', executions: regular(20, 20, 9) }]),
    );
    await writeFile(at('torn.json'), '{"traceEvents": [{"ph"');
    await writeFile(at('mine.fxt'), 'something that I need');
    const done = await sluice.run(['convert', 'run.fxt', '--with', 'torn.json', '-o', 'mine.fxt']);
    assert.equal(done.code, 3);
    assert.match(done.stderr, /^sluice: .*torn\.json.*\n$/);
    assert.equal(await readFile(at('mine.fxt'), 'utf8'), 'something that I need');
  });

  it('writes to stdout, compressed or not, to a file', async () => {
    const out = await sluice.run([
      'convert',
      input('busy.cpuprofile'),
      '-t',
      'speedscope',
      '-o',
      '-',
    ]);
    assert.equal(out.code, 0, out.stderr);
    const { profiles } = JSON.parse(out.stdout) as { profiles: unknown[] };
    assert.equal(profiles.length, 2);
    const zipped = await sluice.run(['convert', input('busy.cpuprofile'), '-o', 'x.otlp.json.gz']);
    assert.equal(zipped.code, 0, zipped.stderr);
    assert.ok(
      gunzipSync(await readFile(at('x.otlp.json.gz')))
        .toString()
        .startsWith('{"resourceSpans"'),
    );
    const fxt = await sluice.run(['convert', input('busy.cpuprofile'), '-o', 'y.fxt.gz']);
    assert.equal(fxt.code, 0, fxt.stderr);
    assert.equal((await report('y.fxt.gz')).capture.executions, 5);
  });

  it('is not troubled by a reader that leaves', async () => {
    for (const format of ['fxt', 'chrome']) {
      const child = sluice.start(['convert', input('chromium.json.gz'), '-t', format, '-o', '-']);
      child.stdout?.once('data', () => child.stdout?.destroy());
      const done = await finished(child);
      assert.deepEqual([done.code, done.stderr], [0, ''], format);
    }
  });

  it('warns when the file was cut short, and converts what is there', async () => {
    const text = gunzipSync(await readFile(input('kineto.json.gz')));
    await writeFile(at('cut.json'), text.subarray(0, 150_000));
    for (const name of ['cut.fxt', 'cut.trace.json']) {
      const done = await sluice.run(['convert', 'cut.json', '-o', name]);
      assert.equal(done.code, 0);
      assert.match(
        done.stderr,
        /^sluice: cut short at byte \d+ \(cut\.json\): the file ends inside of "traceEvents"; converted up to there\n/,
      );
      assert.ok((await report(name)).capture.executions > 30);
    }
    const whole = await readFile(at('cut.fxt'));
    await writeFile(at('broken.fxt'), whole.subarray(0, whole.length - 100));
    const done = await sluice.run(['convert', 'broken.fxt', '-o', 'mended.fxt']);
    assert.match(
      done.stderr,
      /^sluice: cut short at byte \d+ \(broken\.fxt\): the input ends inside a record/,
    );
    assert.equal(
      (await report('mended.fxt')).capture.truncatedReason?.includes('inside a record'),
      false,
    );
  });

  it('exits with 3 and one line for what it cannot read, and leaves nothing behind', async () => {
    await writeFile(at('x.json'), '{"a":1}');
    for (const [file, expected] of [
      ['missing.json', /no such file/],
      ['x.json', /is a JSON object with the key a/],
    ] as const) {
      for (const out of ['no.fxt', 'no.trace.json']) {
        const done = await sluice.run(['convert', file, '-o', out]);
        assert.deepEqual([done.code, done.stdout], [3, ''], file);
        assert.match(done.stderr, /^sluice: .+\n$/);
        assert.match(done.stderr, expected);
        await assert.rejects(stat(at(out)));
      }
    }
    await writeFile(at('mine.fxt'), 'something that I need');
    assert.equal((await sluice.run(['convert', 'x.json', '-o', 'mine.fxt'])).code, 3);
    assert.equal(await readFile(at('mine.fxt'), 'utf8'), 'something that I need');
  });

  it('says when the disk is full', { skip: !existsSync('/dev/full') }, async () => {
    for (const format of ['fxt', 'chrome']) {
      const args = ['convert', input('chromium.json.gz'), '-t', format, '-o', '/dev/full'];
      const done = await sluice.run(args);
      assert.equal(done.code, 2, format);
      assert.match(
        done.stderr,
        /^sluice: cannot write \/dev\/full: the disk is full; choose another -o\n$/,
      );
    }
  });

  it('exits with 2 and one line when it cannot write, or has nothing to', async () => {
    await copyFile(input('kineto.json.gz'), at('k.json.gz'));
    for (const [args, expected] of [
      [
        ['k.json.gz', '-o', 'no/folder.fxt'],
        /cannot write no\/folder\.fxt: no such file or folder/,
      ],
      [['k.json.gz', '-o', 'no/folder.trace.json'], /cannot write no\/folder\.trace\.json/],
      [
        ['k.json.gz', '-o', 'x.cpuprofile'],
        /nothing to write \(k\.json\.gz\): it has no CPU samples/,
      ],
      [['k.json.gz', '-t', 'chrome', '-o', './k.json.gz'], /the output is the input/],
    ] as const) {
      const done = await sluice.run(['convert', ...args]);
      assert.deepEqual([done.code, done.stdout], [2, ''], args.join(' '));
      assert.match(done.stderr, /^sluice: .+\n$/);
      assert.match(done.stderr, expected);
    }
    assert.deepEqual(await readFile(at('k.json.gz')), await readFile(input('kineto.json.gz')));
    const several = await sluice.run([
      ...['convert', input('chromium.json.gz'), '-t', 'cpuprofile', '-o', '-'],
    ]);
    assert.equal(several.code, 2);
    assert.match(several.stderr, /several threads \(.*\): choose one with --thread/);
  });
});
