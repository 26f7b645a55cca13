import { unadvised } from '../../extension/core/advice/advise.js';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { QueueStats, StageStats, StatsReply } from '../../extension/core/panel/query.js';
import type {
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../../extension/core/report/report.js';
import { layout } from '../../webview/timeline/layout.js';
import { changeText, pointsText, rangeFigures } from '../../webview/range/rangeFigures.js';
import { rangeMarkdown } from '../../webview/range/rangeMarkdown.js';
import { emptyReport, queueRow, stageRow } from './builders.js';
import { assertGolden } from './golden.js';

const shares = { busy: 0.5, blocked: 0.25, limited: 0, starved: 0.25, idle: 0 };
const times = { mean: 5e6, p50: 4e6, p95: 9e6, p99: 12e6, max: 20e6 };

const stageReport: StageReport = {
  name: 'parse',
  kind: 'cpu',
  process: 1,
  parallelism: 1,
  executions: 5000,
  lost: 0,
  items: 5000,
  errors: 1,
  ratePerSec: 200,
  trueRatePerSec: 400,
  utilization: 0.5,
  serviceNs: { ...times, p95: 10e6 },
  shares: { ...shares, busy: 0.6, starved: 0.15 },
  cpuShare: null,
  source: null,
};

const queueReport: QueueReport = {
  name: 'texts',
  from: null,
  to: 'parse',
  inferred: null,
  capacity: 8,
  depth: { mean: 4, p50: 4, p95: 8, max: 8 },
  fullShare: 0.5,
  emptyShare: 0.25,
  waitNs: null,
};

const pipeline: PipelineReport = {
  name: 'p',
  isShared: false,
  isImported: false,
  throughputPerSec: 100,
  latencyNs: null,
  latencyMean: null,
  stages: [stageReport],
  queues: [queueReport],
  links: [],
  knobs: [],
  bottleneck: { kind: 'none', stage: null, confidence: 0, evidence: [] },
  ...unadvised(null),
};

const report: Report = { ...emptyReport, pipelines: [pipeline] };
const rows = [queueRow(2, 'texts', 8), stageRow(1, 'parse', [[10, 1]])];

const stage: StageStats = {
  row: 1,
  executions: 1204,
  items: 2408,
  errors: 3,
  ratePerSec: 150,
  serviceNs: times,
  shares,
};
const queue: QueueStats = {
  row: 2,
  meanDepth: 8,
  maxDepth: 8,
  fullShare: 1,
  emptyShare: 0,
  knownShare: 0.6,
};
const reply: StatsReply = {
  kind: 'stats',
  seq: 1,
  fromNs: 1.2e9,
  toNs: 3.4e9,
  pipelines: [{ name: 'p', throughputPerSec: 50, latencyNs: { p50: 1e6, p95: 2e6, p99: 3e6 } }],
  stages: [stage],
  queues: [queue],
  histogram: null,
};

describe('a change against the whole session', () => {
  it('is told as a percentage, and as a factor from the double on', () => {
    const changes = [
      [150, 100],
      [92, 100],
      [100.2, 100],
      [200, 100],
      [1234, 1],
      [0, 100],
      [0.1, 100],
    ].map(([value, whole]) => changeText(value ?? 0, whole ?? 0));
    assert.deepEqual(changes, ['+50%', '−8%', '=', '×2', '×1,234', '−100%', '−100%']);
  });

  it('is not told against nothing', () => {
    assert.equal(changeText(5, 0), null);
    assert.equal(changeText(NaN, 5), null);
  });

  it('is told in points for shares', () => {
    assert.deepEqual(
      [pointsText(0.62, 0.5), pointsText(0.5, 0.62), pointsText(0.501, 0.5)],
      ['+12 pt', '−12 pt', '='],
    );
  });
});

describe('figures of a range', () => {
  const figures = rangeFigures(reply, layout(rows, report), report);

  it('stand beside those of the whole session', () => {
    const [told] = figures.stages;
    assert.ok(told !== undefined);
    assert.deepEqual(told.rate, { text: '150/s', whole: '200/s', change: '−25%' });
    assert.deepEqual(told.p95, { text: '9 ms', whole: '10 ms', change: '−10%' });
    assert.deepEqual(told.p50.change, '=');
    assert.equal(told.wholeShares, stageReport.shares);
    assert.deepEqual(figures.pipelines[0]?.rate.change, '−50%');
  });

  it('compare with nothing that the report does not have', () => {
    assert.deepEqual(figures.pipelines[0]?.p50, { text: '1 ms', whole: null, change: null });
  });

  it('tell of a queue how much of it is known', () => {
    const [told] = figures.queues;
    assert.ok(told !== undefined);
    assert.equal(told.known, '60%');
    assert.deepEqual(told.mean, { text: '8', whole: '4', change: '×2' });
    assert.deepEqual(told.full, { text: '100%', whole: '50%', change: '+50 pt' });
    const unknown = { ...reply, queues: [{ ...queue, knownShare: 0 }] };
    const [none] = rangeFigures(unknown, layout(rows, report), report).queues;
    assert.deepEqual([none?.mean.text, none?.full.text, none?.empty.text], ['–', '–', '–']);
  });

  it('are of joined queues what the row knows of them', () => {
    const joined = { queues: 4, meanDepth: 2, fullShare: 0.25 };
    const geometry = layout([{ ...queueRow(2, 'texts', 8), joined }], report);
    const [told] = rangeFigures(reply, geometry, report).queues;
    assert.deepEqual([told?.mean.whole, told?.full.whole, told?.empty.whole], ['2', '25%', null]);
  });

  it('leave out rows that are gone', () => {
    const gone = rangeFigures(reply, layout([], report), report);
    assert.deepEqual([gone.stages, gone.queues], [[], []]);
  });

  it('have no percentiles where nothing ended', () => {
    const empty = { ...reply, stages: [{ ...stage, executions: 0, serviceNs: null }] };
    const [told] = rangeFigures(empty, layout(rows, report), report).stages;
    assert.deepEqual(told?.p50, { text: '–', whole: '4 ms', change: null });
  });
});

describe('figures of a range as Markdown', () => {
  it('are tables that are lined up', () => {
    const figures = rangeFigures(reply, layout(rows, report), report);
    assertGolden('range-markdown', rangeMarkdown('my app', reply, figures).split('\n'));
  });

  it('keep names from being taken for Markdown', () => {
    const evil = '| a |\n# <b>*x*</b> [y](z) `q` _m_ snake_case';
    const figures = rangeFigures(reply, layout(rows, report), report);
    const [told] = figures.stages;
    assert.ok(told !== undefined);
    const stages = [{ ...told, name: evil }];
    const text = rangeMarkdown(evil, reply, { pipelines: [], stages, queues: [] });
    const lines = text.split('\n').filter((line) => line.includes('snake'));
    const safe = '\\| a \\| # \\<b\\>\\*x\\*\\</b\\> \\[y\\](z) \\`q\\` \\_m\\_ snake_case';
    assert.equal(lines.length, 2);
    assert.ok(lines[0]?.startsWith(`### ${safe}: `), lines[0]);
    assert.ok(lines[1]?.startsWith(`| ${safe} | `), lines[1]);
  });
});
