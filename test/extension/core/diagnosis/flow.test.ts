/** How stages follow each other, how queues and batches fit, and whether the trace can be believed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BatchSize,
  QueueTooDeep,
  QueueTooSmall,
} from '../../../../extension/core/diagnosis/buffers.js';
import { Bubble, Sequential, TakingTurns } from '../../../../extension/core/diagnosis/flow.js';
import { LittlesLaw, LostRecords } from '../../../../extension/core/diagnosis/trace.js';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import { measured, pointOf, queued } from '../points.js';
import { ask, told } from './asked.js';

const every = (stepMs: number, count: number, fromMs = 0): readonly number[] =>
  Array.from({ length: count }, (_, i) => fromMs + i * stepMs);

describe('stages that take turns', () => {
  const rule = new TakingTurns();
  /** 4, 3 and 5 s, as the laundry has it (here milliseconds): one after the other, or each on its own. */
  const laundry = (stepMs: number): OperatingPoint =>
    pointOf([
      measured('wash', { startsMs: every(stepMs, 200), serviceMs: 4 }),
      measured('dry', { startsMs: every(stepMs, 200, 4), serviceMs: 3 }),
      measured('fold', { startsMs: every(stepMs, 200, 7), serviceMs: 5 }),
    ]);

  it('are told of, with what overlapping brings: 12 / 5', () => {
    const verdict = ask(rule, laundry(12));
    assert.ok(verdict.state === 'warn');
    assert.equal(verdict.findings[0].kind, 'takingTurns');
    assert.match(verdict.findings[0].remedy ?? '', /up to 2\.4 times/);
  });

  it('are not when they overlap', () => {
    assert.equal(told(rule, laundry(5)), 'ok');
  });

  it('cannot be told from a few executions, and there is nothing to tell of one stage', () => {
    const few = ['a', 'b'].map((name) => measured(name, { startsMs: [0, 1], serviceMs: 1 }));
    assert.equal(told(rule, pointOf(few)), 'notYet');
    assert.equal(told(rule, pointOf([measured('a')])), 'ok');
  });

  it('on one thread are told to get one of their own', () => {
    const { stages, ...rest } = laundry(12);
    const loops = [{ name: 'main', cpuShare: 1, utilization: 1 }];
    const on = pointOf(
      stages.map((stage) => ({ ...stage, loop: 0 })),
      { ...rest, loops },
    );
    const verdict = ask(rule, on);
    assert.ok(verdict.state === 'warn');
    assert.match(verdict.findings[0].remedy ?? '', /thread of its own/);
  });
});

describe('independent stages in a row', () => {
  const row = (secondAtMs: number): OperatingPoint =>
    pointOf([
      measured('fetch', { startsMs: every(9600, 40), serviceMs: 3500 }, { kind: 'io' }),
      measured('look', { startsMs: every(9600, 40, secondAtMs), serviceMs: 3000 }, { kind: 'io' }),
      measured('check', { startsMs: every(9600, 40, 6500), serviceMs: 3000 }, { kind: 'io' }),
    ]);

  it('take 9.5 s, of which 3.5 s are enough', () => {
    const verdict = ask(new Sequential(), row(3500));
    assert.ok(verdict.state === 'warn');
    assert.deepEqual(
      verdict.findings.map(({ stage }) => stage),
      ['look', 'check'],
    );
    assert.match(verdict.findings[0].text, /takes 3\.5 s .* instead of 6\.5 s/);
  });

  it('do not when they begin together', () => {
    const verdict = ask(new Sequential(), row(0));
    const links = verdict.state === 'warn' ? verdict.findings.map(({ stage }) => stage) : [];
    assert.ok(!links.includes('look'));
  });

  it('say nothing where a queue is between them, or one computes', () => {
    const point = row(3500);
    const queues = [queued('fetch', 'look'), queued('look', 'check')];
    assert.equal(told(new Sequential(), pointOf(point.stages, { queues })), 'ok');
    const computing = point.stages.map((stage) => ({ ...stage, kind: 'cpu' as const }));
    assert.equal(told(new Sequential(), pointOf(computing)), 'ok');
  });
});

describe('rounds', () => {
  /** Rounds of `size` items through four stages of 10 ms, begun when the last has left. */
  const rounds = (size: number, count: number): OperatingPoint => {
    const roundMs = (size + 3) * 10 + 1;
    const starts = (stage: number): readonly number[] =>
      Array.from(
        { length: count * size },
        (_, i) => Math.floor(i / size) * roundMs + (i % size) * 10 + stage * 10,
      );
    const stages = [0, 1, 2, 3].map((stage) =>
      measured(`s${stage}`, { startsMs: starts(stage), serviceMs: 10 }),
    );
    const window = { fromNs: 0, toNs: count * roundMs * 1e6 };
    return pointOf(stages, { window, throughputPerSec: (1000 * size) / roundMs });
  };

  it('of 6 items through 4 stages: 3 of 9 steps are bubbles', () => {
    const verdict = ask(new Bubble(), rounds(6, 30));
    assert.ok(verdict.state === 'warn');
    assert.match(verdict.findings[0].text, /rounds of about 6 items: with 4 stages 33%/);
  });

  it('of very many items cost next to nothing', () => {
    assert.equal(told(new Bubble(), rounds(60, 10)), 'ok');
  });

  it('are none where items flow', () => {
    const stages = [0, 1, 2, 3].map((s) =>
      measured(`s${s}`, { startsMs: every(10, 400, 10 * s), serviceMs: 10 }),
    );
    assert.equal(told(new Bubble(), pointOf(stages)), 'ok');
  });

  it('cannot be told from a few executions', () => {
    assert.equal(told(new Bubble(), pointOf([measured('a', { executions: 3 })])), 'notYet');
  });
});

describe('queue sizes', () => {
  const turn = (busy: number): OperatingPoint['stages'] => [
    measured('read', {}, { shares: { busy, starved: 0, blocked: 1 - busy, limited: 0, idle: 0 } }),
    measured(
      'work',
      { serviceMs: [1, 15] },
      { shares: { busy, starved: 1 - busy, blocked: 0, limited: 0, idle: 0 } },
    ),
  ];
  const both = { capacity: 2, fullShare: 0.3, emptyShare: 0.3 };

  it('too small: full and empty in turn, and both sides lose by it', () => {
    const point = pointOf(turn(0.8), { queues: [queued('read', 'work', both)] });
    assert.equal(told(new QueueTooSmall(), point), 'queueTooSmall read>work');
  });

  it('large enough: it is hardly ever full, or its stage is busy anyway', () => {
    const seldom = pointOf(turn(0.8), {
      queues: [queued('read', 'work', { ...both, fullShare: 0 })],
    });
    assert.equal(told(new QueueTooSmall(), seldom), 'ok');
    const busy = pointOf(turn(0.97), { queues: [queued('read', 'work', both)] });
    assert.equal(told(new QueueTooSmall(), busy), 'ok');
  });

  it('nothing to tell without bounds', () => {
    const open = queued('read', 'work', { capacity: null, fullShare: null });
    assert.equal(told(new QueueTooSmall(), pointOf(turn(0.8), { queues: [open] })), 'notYet');
  });

  it('too deep: never empty, and its items wait many times their service', () => {
    const deep = (rest: Parameters<typeof queued>[2]): OperatingPoint =>
      pointOf(turn(0.97), { queues: [queued('read', 'work', { meanDepth: 60, ...rest })] });
    assert.equal(told(new QueueTooDeep(), deep({})), 'queueTooDeep read>work');
    assert.equal(told(new QueueTooDeep(), deep({ emptyShare: 0.2 })), 'ok');
    assert.equal(told(new QueueTooDeep(), deep({ meanDepth: 2 })), 'ok');
  });
});

describe('batch sizes', () => {
  const point = (sizes: readonly number[], fixedMs: number): OperatingPoint =>
    pointOf([measured('infer', { items: sizes, serviceMs: sizes.map((n) => fixedMs + n) })]);

  it('too small: much of each execution is the fixed part', () => {
    assert.equal(told(new BatchSize(), point([4, 8, 16], 20)), 'batchTooSmall infer');
  });

  it('too large: a smaller one would do nearly as much', () => {
    assert.equal(told(new BatchSize(), point([64, 128, 256], 1)), 'batchTooLarge infer');
  });

  it('large enough', () => {
    assert.equal(told(new BatchSize(), point([20, 24, 32], 2)), 'ok');
    assert.equal(told(new BatchSize(), pointOf([measured('one')])), 'ok');
  });

  it('not known from one size', () => {
    assert.equal(told(new BatchSize(), point([8], 20)), 'notYet');
  });
});

describe("Little's law", () => {
  /** 100 items a second that wait for 100 ms: ten stand there. */
  const law = (meanDepth: number): OperatingPoint => {
    const seen = { serviceMs: 5, waitedMs: 100 };
    const stages = [measured('read'), measured('store', seen)];
    return pointOf(stages, { queues: [queued('read', 'store', { meanDepth, capacity: null })] });
  };

  it('holds within five of a hundred', () => {
    assert.equal(told(new LittlesLaw(), law(10)), 'ok');
    assert.equal(told(new LittlesLaw(), law(10.4)), 'ok');
    assert.equal(told(new LittlesLaw(), law(9.6)), 'ok');
  });

  it('is broken beyond, and the stage is named', () => {
    for (const [depth, text] of [
      [10.7, /7% more/],
      [9.2, /8% fewer/],
    ] as const) {
      assert.equal(told(new LittlesLaw(), law(depth)), 'brokenTrace store');
      const verdict = ask(new LittlesLaw(), law(depth));
      assert.match(verdict.state === 'warn' ? verdict.findings[0].text : '', text);
    }
  });

  it('cannot be told without waits, of a queue that grows, or of one that has hardly moved', () => {
    const point = law(12);
    const withoutWaits = point.stages.map(({ sampled, ...rest }) => ({
      ...rest,
      sampled: { ...sampled, waitedNs: sampled.waitedNs.map(() => NaN) },
    }));
    assert.equal(told(new LittlesLaw(), { ...point, stages: withoutWaits }), 'notYet');
    const growing = point.queues.map((queue) => ({ ...queue, growth: 100 }));
    assert.equal(told(new LittlesLaw(), { ...point, queues: growing }), 'notYet');
    assert.equal(told(new LittlesLaw(), law(300)), 'notYet');
  });
});

describe('LostRecords', () => {
  it('warns from one of a hundred on', () => {
    assert.equal(told(new LostRecords(), pointOf([], { lostShare: 0.02 })), 'lostRecords');
    assert.equal(told(new LostRecords(), pointOf([], { lostShare: 0.005 })), 'ok');
  });
});
