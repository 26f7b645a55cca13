import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  KnobReport,
  PlanReport,
  Suggestion,
} from '../../../../extension/core/report/report.js';
import {
  knobFacts,
  predictedFor,
  predictionText,
  stageFacts,
  stageText,
} from '../../../../extension/host/source/facts.js';
import { severityOf } from '../../../../extension/host/source/marks.js';
import { pipelineOf, reportOf, stageOf } from '../fakes.js';

const source = { file: '/app/a.mjs', line: 3, column: 7 };
const between = (low: number, mid: number, high: number) => ({ low, mid, high });

export function knobOf(changes: Partial<KnobReport> = {}): KnobReport {
  const [knob] = pipelineOf().knobs;
  assert.ok(knob !== undefined);
  return { ...knob, name: 'concurrency', source, ...changes };
}

export function suggestionOf(changes: Partial<Suggestion> = {}): Suggestion {
  return {
    id: 's1',
    knob: '7:1',
    from: 4,
    to: 12,
    aim: 'throughput',
    expression: null,
    predicted: {
      throughputPerSec: between(160, 166, 173),
      gain: between(1.31, 1.38, 1.44),
      latencyP95Ns: null,
    },
    reason: 'decode is busy 99%.',
    evidence: [],
    costs: [],
    ...changes,
  };
}

describe('facts of a report at positions', () => {
  it('join the stage of several processes, and leave out what has no position', () => {
    const stages = [
      stageOf('decode (pid 7)', { source, ratePerSec: 10, utilization: 0.9 }),
      stageOf('decode (pid 8)', { source, ratePerSec: 30, utilization: 0.5 }),
      stageOf('resize'),
    ];
    const bottleneck = {
      kind: 'stage',
      stage: 'decode (pid 8)',
      confidence: 1,
      evidence: [],
    } as const;
    const facts = stageFacts(reportOf({ pipelines: [pipelineOf({ stages, bottleneck })] }));
    assert.equal(facts.length, 1);
    const [fact] = facts;
    assert.ok(fact !== undefined);
    assert.equal(fact.name, 'decode');
    assert.equal(stageText(fact), '2 processes · 40/s · 70% busy · p95 4.2 ms · bottleneck');
  });

  it('say what a stage waits for when it waits much', () => {
    const shares = { busy: 0.3, starved: 0.1, blocked: 0.6, limited: 0, idle: 0 };
    const stages = [stageOf('resize', { source, shares, utilization: 0.3 })];
    const bottleneck = { kind: 'none', stage: null, confidence: 0, evidence: [] } as const;
    const [fact] = stageFacts(reportOf({ pipelines: [pipelineOf({ stages, bottleneck })] }));
    assert.ok(fact !== undefined);
    assert.match(stageText(fact), /blocked 60%$/);
  });

  it('count a knob of several processes once, with its suggestion', () => {
    const knobs = [
      knobOf({ id: '7:1', stage: 'decode (pid 7)' }),
      knobOf({ id: '8:1', stage: 'decode (pid 8)' }),
    ];
    const suggestions = [suggestionOf({ knob: '8:1' })];
    const facts = knobFacts(reportOf({ pipelines: [pipelineOf({ knobs, suggestions })] }));
    assert.equal(facts.length, 1);
    assert.equal(facts[0]?.suggestion?.to, 12);
    assert.equal(facts[0].knob.id, '8:1');
  });

  it('know what was predicted for one suggestion and for a plan, and for nothing else', () => {
    const knobs = [knobOf(), knobOf({ id: '7:2', name: 'batch' })];
    const suggestions = [suggestionOf(), suggestionOf({ id: 's2', knob: '7:2', to: 8 })];
    const plan: PlanReport = {
      suggestions: ['s1', 's2'],
      throughputPerSec: between(200, 220, 240),
      gain: between(1.6, 1.8, 2),
      latencyP95Ns: null,
    };
    const [one, two] = knobFacts(
      reportOf({ pipelines: [pipelineOf({ knobs, suggestions, plan })] }),
    );
    assert.ok(one !== undefined && two !== undefined);
    assert.equal(predictedFor([{ fact: one, to: 12 }])?.mid, 1.38);
    assert.equal(predictedFor([{ fact: one, to: 11 }]), null);
    assert.equal(
      predictedFor([
        { fact: one, to: 12 },
        { fact: two, to: 8 },
      ])?.mid,
      1.8,
    );
    assert.equal(
      predictedFor([
        { fact: one, to: 12 },
        { fact: two, to: 9 },
      ]),
      null,
    );
    assert.equal(severityOf(one), 'warning');
  });

  it('put a prediction into words', () => {
    const pipeline = pipelineOf({ latencyNs: { p50: 1e6, p95: 9e6, p99: 2e7 } });
    assert.equal(predictionText(pipeline, suggestionOf()), 'predicted +38%, 31 to 44%');
    const { predicted } = suggestionOf();
    const latency = suggestionOf({
      aim: 'latency',
      predicted: { ...predicted, latencyP95Ns: between(3e6, 4e6, 5e6) },
    });
    assert.equal(predictionText(pipeline, latency), 'predicted p95 4 ms from 9 ms');
  });
});
