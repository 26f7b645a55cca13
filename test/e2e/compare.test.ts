import assert from 'node:assert/strict';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type {
  CheckResult,
  Comparison,
  MetricComparison,
  MetricName,
} from '../../extension/core/compare/comparison.js';
import { BuiltSluice, type Finished } from './builtSluice.js';

const RUNS = 6;
/** One thing that is worse at a time; stages wait and compute nothing, so a busy machine changes little. */
const planted = {
  base: {},
  slower: { RESIZE_MS: '24' },
  smaller: { POOL: '2' },
  deeper: { CAPACITY: '40' },
} as const;
type Side = keyof typeof planted;

type Told = Comparison & { readonly checks: readonly CheckResult[] };

describe('sluice compare, on real programs', () => {
  let sluice: BuiltSluice;
  const at = (...names: string[]): string => path.join(sluice.folder, ...names);
  const command = ['--', process.execPath, 'programs/compared.mjs'];

  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('programs', import.meta.url));
    await cp(programs, at('programs'), { recursive: true });
    const sides = Object.keys(planted) as readonly Side[];
    for (const side of sides) await mkdir(at(side));
    // In turns, so that a machine that gets slower meanwhile slows down all sides.
    for (let run = 1; run <= RUNS; run++) {
      for (const side of sides) {
        const out = path.join(side, `r-${run}.fxt`);
        const done = await sluice.run(['run', '--no-report', '--out', out, ...command], {
          ITEMS: '80',
          ...planted[side],
        });
        assert.equal(done.code, 0, done.stderr);
      }
    }
  });
  after(async () => {
    await sluice.dispose();
  });

  const compared = async (head: Side, ...more: string[]): Promise<Told> => {
    const done = await sluice.run(['compare', 'base', head, '--format', 'json', ...more]);
    assert.equal(done.stderr, '');
    return JSON.parse(done.stdout) as Told;
  };
  const row = (of: Comparison, metric: MetricName, name: string): MetricComparison => {
    const found = of.metrics.find((m) => m.metric === metric && m.name === name);
    assert.ok(found !== undefined, `${name}: ${metric}`);
    return found;
  };

  it('finds the function that became slower', async () => {
    const told = await compared('slower');
    assert.equal(told.schema, 'sluice.compare/1');
    assert.deepEqual([told.base.runs, told.head.runs], [RUNS, RUNS]);
    assert.equal(row(told, 'throughput', 'images').verdict, 'worse');
    const service = row(told, 'service.mean', 'resize');
    assert.equal(service.verdict, 'worse');
    assert.ok(service.change !== null && service.change.mid > 0.2 && service.change.mid < 0.7);
    const cause = told.causes.find((c) => c.of === 'throughput');
    assert.deepEqual([cause?.scope, cause?.name, cause?.verdict], ['stage', 'resize', 'worse']);
    assert.deepEqual([told.settings, told.structure, told.environment], [[], [], []]);
  });

  it('finds the pool that became smaller, and not longer executions', async () => {
    const told = await compared('smaller');
    assert.equal(row(told, 'throughput', 'images').verdict, 'worse');
    assert.deepEqual(
      told.settings.map(({ name, setting, base, head }) => ({ name, setting, base, head })),
      [{ name: 'resize', setting: 'parallelism', base: 4, head: 2 }],
    );
    const cause = told.causes.find((c) => c.of === 'throughput');
    assert.equal(cause?.name, 'resize');
    assert.match(cause.sentence, /parallelism went from 4 to 2/);
  });

  it('finds the queue that became deeper behind the longer latency', async () => {
    const told = await compared('deeper');
    assert.equal(row(told, 'depth', 'loaded').verdict, 'worse');
    assert.ok(row(told, 'depth', 'loaded').shift > 0);
    assert.equal(row(told, 'latency.mean', 'images').verdict, 'worse');
    const cause = told.causes.find((c) => c.of === 'latency');
    assert.deepEqual([cause?.scope, cause?.name], ['queue', 'loaded']);
    assert.ok(!told.causes.some((c) => c.of === 'throughput' && c.verdict === 'worse'));
  });

  it('fails a build by its checks, with sets written in any way', async () => {
    const files = async (side: Side): Promise<string[]> =>
      (await readdir(at(side))).map((name) => path.join(side, name));
    const base = await files('base');
    const head = await files('slower');
    const check = ['--fail-on', 'throughput<-5%'];
    const ways = [
      ['base', 'slower'],
      ['--base', ...base, '--head', ...head],
      [base.join(','), head.join(',')],
    ];
    for (const way of ways) {
      const done = await sluice.run(['compare', ...way, ...check]);
      assert.equal(done.code, 1, done.stderr);
      assert.match(done.stdout, /FAILED {2}throughput<-5%: throughput -\d+%/);
    }
    const turned = await sluice.run(['compare', 'slower', 'base', ...check]);
    assert.deepEqual([turned.code, turned.stderr], [0, '']);
    assert.match(turned.stdout, /passed {2}throughput<-5%/);
  });

  it('compares one run with one, and says what that is worth', async () => {
    const done = await sluice.run([
      'compare',
      path.join('base', 'r-1.fxt'),
      path.join('smaller', 'r-1.fxt'),
      ...['--fail-on', 'throughput<-5%', '--format', 'markdown'],
    ]);
    assert.equal(done.code, 1);
    assert.match(done.stdout, /^### Sluice: BASE against HEAD/);
    assert.match(done.stdout, /one run against one, so it may be chance/);
    assert.match(done.stdout, /not enough to tell a difference from chance/);
  });

  it('tells what it cannot read, and what it does not understand', async () => {
    const refused = async (...args: string[]): Promise<Finished> => {
      const done = await sluice.run(['compare', ...args]);
      assert.equal(done.stdout, '');
      assert.match(done.stderr, /^sluice: [^\n]+\n$/);
      return done;
    };
    await mkdir(at('nothing'), { recursive: true });
    await writeFile(at('broken.fxt'), 'no capture');
    for (const head of ['missing.fxt', 'nothing', 'broken.fxt']) {
      assert.equal((await refused('base', head)).code, 3, head);
    }
    const wrong = await refused('base', 'slower', '--fail-on', 'speed<-5%');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /no such metric: speed/);
  });

  it('records sets by itself, and stops at a run that fails', async () => {
    const done = await sluice.run(['run', '--repeat', '2', '--out', 'set/', ...command], {
      ITEMS: '20',
    });
    assert.equal(done.code, 0);
    assert.match(
      done.stderr,
      /^run 1 of 2\ncapture: .*compared-1\.fxt\nrun 2 of 2\ncapture: .*compared-2\.fxt\n$/,
    );
    assert.deepEqual(await readdir(at('set')), ['compared-1.fxt', 'compared-2.fxt']);
    const fails = ['--', process.execPath, '-e', 'process.exitCode = 5'];
    const failed = await sluice.run(['run', '-n', '3', '-o', 'bad.fxt', ...fails]);
    assert.equal(failed.code, 5);
    const written = (await readdir(sluice.folder)).filter((name) => name.startsWith('bad'));
    assert.deepEqual(written, ['bad-1.fxt']);
  });
});
