/** The advisor as a whole: on made-up sessions whose truth is known, and on points that it must not believe. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advise, type Advice } from '../../../../extension/core/advice/advise.js';
import { generatorJob, runJob } from '../../../../extension/core/job.js';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import { rateOf, trueLatencyMs, made, type MadePipeline } from '../../../support/madeRun.js';
import { adviceOf, asPlanned, madeSession, withStage } from '../../../support/madeSession.js';
import { knobOf, measured, pointOf, queued } from '../points.js';
import { near } from '../simulation/near.js';

const twoSlow: MadePipeline = {
  runMs: 3000,
  stages: [
    { name: 'list', kind: 'source', lanes: 1, serviceMs: 1, cpu: 0.1 },
    {
      name: 'fetch',
      kind: 'io',
      lanes: 4,
      serviceMs: 20,
      cpu: 0.02,
      queue: 16,
      lanesKnob: [1, 32],
    },
    { name: 'parse', lanes: 2, serviceMs: 8, queue: 16, lanesKnob: [1, 32] },
  ],
};

describe('a plan', () => {
  const advice = adviceOf(madeSession(twoSlow));
  const planned = asPlanned(twoSlow, advice);

  it('turns the knobs that matter, together, and predicts what then comes out', () => {
    assert.deepEqual(advice.suggestions.map(({ knob, from }) => [knob, from]).sort(), [
      ['1:20', 4],
      ['1:30', 2],
    ]);
    const truth = rateOf(planned);
    // As far as the model speaks, twice the lanes of what waits, that is all there is: 400 a second.
    near(truth, 400, 0.03);
    near(advice.plan?.throughputPerSec.mid, truth, 0.05);
    const { low = NaN, high = NaN } = advice.plan?.throughputPerSec ?? {};
    assert.ok(low <= truth && truth <= high, `${truth} is not within ${low} and ${high}`);
    near(advice.headroom?.mid, truth / rateOf(twoSlow), 0.05);
  });

  it('asks for no more lanes than help', () => {
    for (const [stage, { lanes }] of planned.stages.entries()) {
      if (stage === 0) continue;
      const less = rateOf(withStage(planned, stage, { lanes: lanes - 1 }));
      assert.ok(less < 0.99 * rateOf(planned), `stage ${stage} needs no ${lanes} lanes`);
    }
  });

  it('tells of each suggestion why, what it rests on and what it costs', () => {
    for (const { reason, evidence, costs } of advice.suggestions) {
      assert.ok(reason.length > 0 && evidence.length > 0 && costs.length > 0);
    }
  });

  it('names the cores where as many lanes as these are meant', () => {
    const pipeline: MadePipeline = {
      runMs: 2000,
      stages: [
        { name: 'list', kind: 'source', lanes: 1, serviceMs: 0.5, cpu: 0 },
        { name: 'hash', lanes: 1, serviceMs: 8, queue: 16, lanesKnob: [1, 64] },
      ],
    };
    const [only] = adviceOf(madeSession(pipeline, { cores: 4 })).suggestions;
    assert.equal(only?.to, 4);
    assert.equal(only.expression, 'os.availableParallelism()');
    const inPython = madeSession(pipeline, { cores: 4, knobFile: '/work/hash.py' });
    assert.equal(adviceOf(inPython).suggestions[0]?.expression, 'os.cpu_count()');
  });

  it('with a target: as few lanes as keep up', () => {
    const idle = withStage(withStage(twoSlow, 1, { lanes: 8 }), 2, { lanes: 6 });
    const session = madeSession(idle);
    const { suggestions } = adviceOf(session, { aim: 'cost', targetRatePerSec: 190 });
    assert.ok(suggestions.every(({ aim, from, to }) => aim !== 'throughput' || to <= from));
  });
});

describe('nothing to gain', () => {
  it('is said, and no plan is made', () => {
    const best = withStage(withStage(twoSlow, 1, { lanes: 8, lanesKnob: [1, 8] }), 2, { lanes: 4 });
    const advice = adviceOf(madeSession(best));
    assert.equal(advice.plan, null);
    assert.equal(advice.unpredicted, null);
    assert.ok(advice.findings.some(({ kind }) => kind === 'nothingToGain'));
  });
});

describe('a gain of two of a hundred', () => {
  it('is no reason for a plan', () => {
    const pipeline: MadePipeline = {
      runMs: 4000,
      stages: [
        { name: 'list', kind: 'source', lanes: 1, serviceMs: 9.8, cpu: 0.1 },
        {
          name: 'store',
          kind: 'io',
          lanes: 1,
          serviceMs: 10,
          cpu: 0.1,
          queue: 4,
          lanesKnob: [1, 8],
        },
      ],
    };
    near(rateOf(withStage(pipeline, 1, { lanes: 2 })) / rateOf(pipeline), 1.02, 0.01);
    const advice = adviceOf(madeSession(pipeline));
    assert.equal(advice.plan, null);
    assert.deepEqual(advice.suggestions, []);
    near(advice.headroom?.mid, 1.02, 0.01);
  });
});

describe('a queue that only makes items wait', () => {
  it('is to be shallower: as much gets through, sooner', () => {
    const pipeline: MadePipeline = {
      runMs: 4000,
      stages: [
        { name: 'list', kind: 'source', lanes: 1, serviceMs: 1, cpu: 0.1 },
        { name: 'store', lanes: 1, serviceMs: 4, cpu: 0.1, queue: 64, queueKnob: [1, null] },
      ],
    };
    const advice = adviceOf(madeSession(pipeline));
    const [only] = advice.suggestions;
    assert.equal(only?.aim, 'latency');
    const shallower = withStage(pipeline, 1, { queue: only.to });
    near(rateOf(shallower), rateOf(pipeline), 0.02);
    const truthMs = trueLatencyMs(made(shallower), 0.95);
    near((only.predicted.latencyP95Ns?.mid ?? NaN) / 1e6, truthMs, 0.1);
    assert.ok(truthMs < 0.3 * trueLatencyMs(made(pipeline), 0.95));
  });
});

describe('rounds', () => {
  it('that fill and drain the pipeline are told of', () => {
    const names = ['a', 'b', 'c', 'd'];
    const advice = adviceOf(
      madeSession({
        runMs: 6000,
        arrivals: { kind: 'rounds', items: 6, pauseMs: 1 },
        stages: names.map((name) => ({ name, lanes: 1, serviceMs: 10 })),
      }),
    );
    const found = advice.findings.find(({ kind }) => kind === 'bubble');
    assert.match(found?.text ?? '', /rounds of about 6 items/);
  });
});

function advised(point: OperatingPoint): Advice {
  const bottleneck = { kind: 'none', stage: null, confidence: 0, evidence: [] } as const;
  return runJob(
    generatorJob(advise({ points: [point], earlier: [], bottleneck, functionsOf: () => [] })),
  );
}

describe('what is not to be believed', () => {
  const blocked = {
    kind: 'source',
    shares: { busy: 0.1, starved: 0, blocked: 0.9, limited: 0, idle: 0 },
  } as const;
  const store = measured('store', { serviceMs: 10, waitedMs: 40 }, { kind: 'io' });
  const read = measured('read', {}, blocked);
  const rest = { knobs: [knobOf('store', 1)], queues: [queued('read', 'store')] };

  it('is otherwise predicted', () => {
    assert.equal(advised(pointOf([read, store], rest)).unpredicted, null);
  });

  it('a trace that breaks Little’s law', () => {
    const queues = [queued('read', 'store', { meanDepth: 6 })];
    const advice = advised(pointOf([read, store], { ...rest, queues }));
    assert.match(advice.unpredicted ?? '', /contradicts itself.*before store/);
    assert.equal(advice.plan, null);
    assert.ok(
      advice.findings.some(({ kind, stage }) => kind === 'brokenTrace' && stage === 'store'),
    );
  });

  it('a model that does not do what was measured', () => {
    const point = { ...pointOf([read, store], rest), throughputPerSec: 60 };
    const advice = advised(point);
    assert.match(advice.unpredicted ?? '', /simulation of what was measured gives 16\d%/);
    assert.deepEqual(advice.suggestions, []);
  });

  it('too few executions, no time, and items that hardly got through', () => {
    const rare = measured('store', { serviceMs: 10, executions: 12 });
    assert.match(advised(pointOf([read, rare], rest)).unpredicted ?? '', /store ran 12 times/);
    const slow = { p50: 4e9, p95: 4e9, p99: 4e9 };
    const hardly = pointOf([read, store], { ...rest, latencyNs: slow });
    assert.match(advised(hardly).unpredicted ?? '', /hardly longer than an item takes/);
    const stopped = { ...pointOf([read, store], rest), throughputPerSec: 0 };
    assert.match(advised(stopped).unpredicted ?? '', /Nothing has left/);
  });
});
