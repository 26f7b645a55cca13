import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  agentCostText,
  machineText,
  meanLatencyText,
} from '../../extension/core/report/factText.js';
import { layout } from '../../webview/timeline/layout.js';
import {
  linkLines,
  queueLines,
  stageLines,
  stageLossText,
  stageTitleText,
} from '../../webview/texts.js';
import { stageRow } from './builders.js';
import { Recording } from './harness/recording.js';
import { SessionModel } from '../../extension/core/sessionModel.js';

const model = new SessionModel({ title: 'facts' });
model.setState('capture');
new Recording(model.sink).end(8000);
const report = model.report();
const [pipeline] = report.pipelines;
assert.ok(pipeline !== undefined);

describe('facts of the report', () => {
  it('say how much of its busy time a stage was on a core, and nothing where that is not known', () => {
    const [, read, tokenise] = pipeline.stages;
    assert.ok(read !== undefined && tokenise !== undefined);
    assert.equal(
      stageTitleText({ ...stageRow(1, '', []), stageKind: 'cpu' }, tokenise),
      'cpu ×2 · on CPU 85%',
    );
    assert.equal(stageTitleText({ ...stageRow(1, '', []), stageKind: 'io' }, read), 'io ×8');
    assert.equal(stageTitleText({ ...stageRow(1, '', []), stageKind: 'io' }, null), 'io');
    const names = (of: typeof read): unknown => stageLines(of).map(([name]) => name);
    assert.ok(JSON.stringify(names(tokenise)).includes('on CPU while busy'));
    assert.ok(!JSON.stringify(names(read)).includes('on CPU'));
  });

  it('say what a stage lost, and nothing where it lost nothing', () => {
    const [walk, read] = pipeline.stages;
    assert.ok(walk !== undefined && read !== undefined);
    assert.deepEqual([stageLossText(walk), stageLossText(null)], ['', '']);
    assert.equal(stageLossText(read), '109 lost');
    const line: readonly [string, string] = ['of them lost', '109'];
    assert.deepEqual(
      stageLines(read).filter(([name]) => name === 'of them lost'),
      [line],
    );
    assert.ok(!JSON.stringify(stageLines(walk)).includes('lost'));
  });

  it('say which stage feeds which, and how that is known, at the stage that it is about', () => {
    assert.deepEqual(linkLines('embed', pipeline.links), [
      ['fed by', 'tokenise (declared)'],
      ['feeds', 'write (seen from items)'],
    ]);
    const row = { ...stageRow(1, 'embed', [[2, 1]]), pipeline: pipeline.name };
    const [band] = layout([row], report).bands;
    assert.ok(band?.kind === 'stage');
    assert.deepEqual(
      band.links.map((l) => [l.from, l.to]),
      [
        ['tokenise', 'embed'],
        ['embed', 'write'],
      ],
    );
  });

  it('say of a queue how long items wait, and how its place was concluded', () => {
    const [, texts, , vectors] = pipeline.queues.map((q) => queueLines(q));
    assert.ok(JSON.stringify(texts).includes('["wait p50","303 ms"],["wait p95","343 ms"]'));
    assert.deepEqual(vectors?.at(-1), ['place', 'seen from items']);
    assert.ok(!JSON.stringify(texts).includes('place'));
  });

  it('say where a mean latency comes from, and leave it out beside percentiles', () => {
    const latencyMean = { meanNs: 136e6, by: 'littlesLaw', isAtLeast: false } as const;
    const mean = { ...pipeline, latencyNs: null, latencyMean };
    assert.equal(meanLatencyText(mean), 'item latency 136 ms on average, by Little’s law');
    const least = { ...mean, latencyMean: { ...latencyMean, isAtLeast: true } };
    assert.match(meanLatencyText(least) ?? '', /at least 136 ms/);
    assert.equal(meanLatencyText({ ...mean, latencyNs: pipeline.latencyNs }), null);
    assert.equal(meanLatencyText({ ...mean, latencyMean: null }), null);
  });

  it('name the machine with its quota, and what the agent costs', () => {
    const machine = { platform: 'linux', arch: 'x64', cpuModel: 'sim', cores: 8, memoryBytes: 1 };
    assert.equal(machineText({ ...machine, quotaCores: null }), '8 cores, sim, linux x64');
    const one = { ...machine, cores: 1, quotaCores: 0.5 };
    assert.equal(machineText(one), '1 core (a quota allows 0.5), sim, linux x64');
    assert.equal(
      agentCostText({ records: 60_000, recordNs: 210, cpuNs: 40e6, cpuShare: 0.013 }),
      'the agent took 40 ms of CPU time, 1% of all: 60,000 records at 210 ns, and sending them',
    );
  });
});
