import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareRuns } from '../../../../extension/core/compare/compare.js';
import type {
  Comparison,
  MetricComparison,
  MetricName,
} from '../../../../extension/core/compare/comparison.js';
import type { Report } from '../../../../extension/core/report/report.js';
import { pipeline, queue, report, runs, service, stage } from './reports.js';

const options = { threshold: 0.03 };
/** A little noise, the same for each test and another for each run. */
const noise = (i: number): number => 1 + 0.004 * Math.sin(i * 7 + 1);

function compare(base: (i: number) => Report, head: (i: number) => Report, count = 6): Comparison {
  return compareRuns(
    runs(count, base, 'base'),
    runs(count, (i) => head(i + 50), 'head'),
    options,
  );
}

function row(of: Comparison, metric: MetricName, name: string): MetricComparison {
  const found = of.metrics.find((m) => m.metric === metric && m.name === name);
  assert.ok(found !== undefined, `${name}: ${metric}`);
  return found;
}

const usual = (i: number): Report =>
  report([pipeline('images', { throughputPerSec: 100 * noise(i) })]);

/** The stage `resize` can do a `factor`-th, by longer executions or by a smaller pool, and so can the pipeline. */
function slowed(factor: number, parallelism = 4): (i: number) => Report {
  const longer = parallelism === 4 ? factor : 1;
  return (i) => {
    const rest = { ratePerSec: (100 / factor) * noise(i) };
    const load = stage('load', {
      ...rest,
      trueRatePerSec: 400 * noise(i),
      utilization: 0.2,
      serviceNs: service(10e6 * noise(i)),
    });
    const resize = stage('resize', {
      ...rest,
      parallelism,
      trueRatePerSec: (105 / factor) * noise(i),
      utilization: 0.95,
      serviceNs: service(10e6 * longer * noise(i)),
    });
    const throughputPerSec = (100 / factor) * noise(i);
    return report([pipeline('images', { throughputPerSec, stages: [load, resize] })]);
  };
}

describe('a comparison', () => {
  it('finds nothing between runs of one kind', () => {
    const found = compare(usual, usual);
    assert.ok(found.metrics.every((m) => m.verdict === 'same'));
    assert.deepEqual(
      [found.causes, found.settings, found.structure, found.environment],
      [[], [], [], []],
    );
    assert.equal(found.schema, 'sluice.compare/1');
    assert.deepEqual(found.base.files.slice(0, 2), ['base-0.fxt', 'base-1.fxt']);
  });

  it('tells what got slower, by how much, and which stage it is', () => {
    const found = compare(slowed(1), slowed(1.4));
    const throughput = row(found, 'throughput', 'images');
    assert.equal(throughput.verdict, 'worse');
    assert.ok(throughput.change !== null && Math.abs(throughput.change.mid - (1 / 1.4 - 1)) < 0.01);
    assert.ok(throughput.change.low < throughput.change.mid && throughput.change.high < 0);
    assert.ok((throughput.adjustedP ?? 1) < 0.05 && (throughput.p ?? 1) < 0.05);
    assert.equal(row(found, 'service.mean', 'resize').verdict, 'worse');
    assert.equal(row(found, 'service.mean', 'load').verdict, 'same');
    const [cause] = found.causes;
    assert.ok(cause !== undefined);
    const { sentence, ...facts } = cause;
    assert.deepEqual(facts, {
      pipeline: 'images',
      of: 'throughput',
      verdict: 'worse',
      isSure: true,
      scope: 'stage',
      name: 'resize',
    });
    assert.match(sentence, /29% fewer items.*stage resize.*takes 40% longer/);
  });

  it('and the other way round what got faster', () => {
    const found = compare(slowed(1.4), slowed(1));
    assert.equal(row(found, 'throughput', 'images').verdict, 'better');
    assert.equal(found.causes[0]?.name, 'resize');
    assert.equal(found.causes[0].verdict, 'better');
    assert.match(found.causes[0].sentence, /40% more items.*takes 29% less/);
  });

  it('names a smaller pool as the cause, not the longer times behind it', () => {
    const found = compare(slowed(1), slowed(2, 2));
    assert.deepEqual(found.settings, [
      {
        pipeline: 'images',
        scope: 'stage',
        name: 'resize',
        setting: 'parallelism',
        base: 4,
        head: 2,
      },
    ]);
    assert.equal(found.causes[0]?.name, 'resize');
    assert.match(found.causes[0].sentence, /its parallelism went from 4 to 2/);
    assert.doesNotMatch(found.causes[0].sentence, /longer/);
  });

  it('prefers the stage that limits to one that changed as much and does not', () => {
    const head = (i: number): Report => {
      const made = slowed(1.3)(i);
      const [images] = made.pipelines;
      assert.ok(images !== undefined);
      const [load, resize] = images.stages;
      assert.ok(load !== undefined && resize !== undefined);
      return report([{ ...images, stages: [{ ...load, trueRatePerSec: 250 }, resize] }]);
    };
    assert.equal(compare(slowed(1), head).causes[0]?.name, 'resize');
  });

  it('says so when no stage explains it', () => {
    const found = compare(usual, (i) =>
      report([pipeline('images', { throughputPerSec: 70 * noise(i) })]),
    );
    assert.equal(found.causes[0]?.name, null);
    assert.match(found.causes[0].sentence, /no stage could do less/);
  });

  it('finds the deeper queue behind a longer latency', () => {
    const with_ = (depth: number, capacity: number, latency: number) => (i: number) =>
      report([
        pipeline('images', {
          latencyNs: { p50: latency * noise(i), p95: latency * 2 * noise(i), p99: latency * 3 },
          queues: [
            queue('loaded', {
              capacity,
              depth: { mean: depth * noise(i), p50: depth, p95: depth, max: capacity },
            }),
          ],
        }),
      ]);
    const found = compare(with_(8, 16, 100e6), with_(32, 64, 340e6));
    assert.equal(row(found, 'depth', 'loaded').verdict, 'worse');
    const [cause] = found.causes;
    assert.deepEqual([cause?.of, cause?.scope, cause?.name], ['latency', 'queue', 'loaded']);
    assert.match(
      cause?.sentence ?? '',
      /24[01] ms longer in queue loaded.*capacity went from 16 to 64/,
    );
  });

  it('gives no verdict below four against four, and only hints at causes', () => {
    for (const count of [1, 3]) {
      const found = compare(slowed(1), slowed(1.4), count);
      assert.ok(found.metrics.every((m) => m.verdict === 'notEnoughRuns' && m.p === null));
      assert.equal(found.hasEnoughRuns, false);
      assert.equal(found.causes[0]?.name, 'resize');
      assert.equal(found.causes[0].isSure, false);
    }
    assert.equal(row(compare(slowed(1), slowed(1.4), 4), 'throughput', 'images').verdict, 'worse');
  });

  it('leaves alone what is certain but small', () => {
    const found = compare(slowed(1), slowed(1.015));
    const throughput = row(found, 'throughput', 'images');
    assert.ok((throughput.p ?? 1) < 0.05);
    assert.equal(throughput.verdict, 'same');
  });

  it('tells failures in points, also from none', () => {
    const failing = (errors: number) => (): Report =>
      report([pipeline('images', { stages: [stage('load', { errors })] })]);
    const found = row(compare(failing(0), failing(20)), 'errors', 'load');
    assert.equal(found.changeIn, 'points');
    assert.equal(found.change?.mid, 0.02);
    assert.equal(found.verdict, 'worse');
    const utilization = compare(usual, (i) =>
      report([pipeline('images', { stages: [stage('load', { utilization: 0.5 * noise(i) })] })]),
    );
    assert.equal(row(utilization, 'utilization', 'load').verdict, 'changed');
  });

  it('knows a queue that was empty and no longer is', () => {
    const deep = (mean: number) => (i: number) =>
      report([
        pipeline('images', {
          queues: [queue('loaded', { depth: { mean: mean * noise(i), p50: 0, p95: 0, max: 9 } })],
        }),
      ]);
    const found = row(compare(deep(0), deep(5)), 'depth', 'loaded');
    assert.equal(found.change, null);
    assert.equal(found.verdict, 'worse');
  });

  it('tells what came, went and has another name', () => {
    const named = (pipelineName: string, stages: readonly string[]) => (): Report =>
      report([pipeline(pipelineName, { stages: stages.map((s) => stage(s)) })]);
    const texts = (of: Comparison): string[] =>
      of.structure.map((s) => `${s.kind} ${s.scope} ${s.baseName ?? ''}>${s.name}`);
    assert.deepEqual(texts(compare(named('a', ['x', 'y']), named('a', ['x', 'z']))), [
      'renamed stage y>z',
    ]);
    assert.deepEqual(texts(compare(named('a', ['x', 'y']), named('a', ['x']))), [
      'removed stage >y',
    ]);
    assert.deepEqual(texts(compare(named('a', ['x']), named('a', ['x', 'y']))), ['added stage >y']);
    const both = compare(named('a', ['x', 'y']), named('b', ['x', 'y']));
    assert.deepEqual(texts(both), ['renamed pipeline a>b']);
    assert.ok(both.metrics.some((m) => m.pipeline === 'b' && m.name === 'x'));
    assert.deepEqual(texts(compare(named('a', ['x']), named('b', ['y', 'z']))), [
      'removed pipeline >a',
      'added pipeline >b',
    ]);
    const twice = compare(named('a', ['x', 'x']), named('a', ['x', 'x']));
    assert.ok(twice.metrics.some((m) => m.name === 'x (2)'));
  });

  it('warns of other machines, other runtimes, and captures with holes', () => {
    const { environment } = report().capture;
    assert.ok(environment !== null);
    const found = compare(usual, () =>
      report(undefined, {
        environment: { ...environment, cores: 4, quotaCores: 2 },
        processes: report().capture.processes.map((p) => ({ ...p, runtime: 'node v22.0.0' })),
        truncatedReason: 'It ends inside a record.',
      }),
    );
    assert.deepEqual(found.environment, [
      { what: 'cores', base: '8', head: '4' },
      { what: 'CPU quota', base: 'none', head: '2 cores' },
      { what: 'runtime', base: 'node v20.0.0', head: 'node v22.0.0' },
    ]);
    assert.match(found.notes[0] ?? '', /^HEAD, head-0.fxt: It ends inside/);
    const mixed = compare(usual, (i) =>
      report(undefined, { environment: { ...environment, cores: i % 2 === 0 ? 8 : 4 } }),
    );
    assert.deepEqual(mixed.environment, [{ what: 'cores', base: '8', head: '4 / 8' }]);
  });

  it('tells knobs once, by name, and not those that turned by themselves', () => {
    const knob = (name: string, value: number): Report['pipelines'][0]['knobs'][0] => ({
      id: `1:${name}`,
      name,
      kind: 'batchSize',
      stage: 'resize',
      queue: null,
      value,
      min: 1,
      max: null,
      live: false,
      via: 'api',
      remark: null,
      source: null,
    });
    const found = compare(
      (i) => report([pipeline('images', { knobs: [knob('batch', 8), knob('auto', i)] })]),
      (i) => report([pipeline('images', { knobs: [knob('batch', 16), knob('auto', i)] })]),
    );
    assert.deepEqual(found.settings, [
      { pipeline: 'images', scope: 'knob', name: 'batch', setting: 'value', base: 8, head: 16 },
    ]);
  });

  it('gets along with reports that have nothing', () => {
    const found = compare(() => report([]), usual);
    assert.deepEqual(found.metrics, []);
    assert.equal(found.structure[0]?.kind, 'added');
    assert.match(found.notes[0] ?? '', /no pipeline was found/);
  });
});
