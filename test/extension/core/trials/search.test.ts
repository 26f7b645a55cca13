import { unadvised } from '../../../../extension/core/advice/advise.js';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KnobReport, PipelineReport } from '../../../../extension/core/report/report.js';
import { KnobSearch, type SearchOptions } from '../../../../extension/core/trials/search.js';
import {
  moved,
  moveProblem,
  settingOf,
  stepped,
} from '../../../../extension/core/trials/setting.js';

function knob(id: string, value: number, more: Partial<KnobReport> = {}): KnobReport {
  return {
    id,
    name: id,
    kind: 'parallelism',
    stage: id,
    queue: null,
    value,
    min: 1,
    max: 64,
    live: true,
    via: 'api',
    remark: null,
    source: null,
    ...more,
  };
}

function pipeline(
  knobs: readonly KnobReport[],
  more: Partial<PipelineReport> = {},
): PipelineReport {
  return {
    name: 'p',
    isShared: false,
    isImported: false,
    throughputPerSec: 1,
    latencyNs: null,
    latencyMean: null,
    stages: [],
    queues: [],
    links: [],
    knobs,
    bottleneck: { kind: 'stage', stage: knobs[0]?.id ?? null, confidence: 1, evidence: [] },
    ...unadvised(null),
    ...more,
  };
}

const options: SearchOptions = { patience: 2, ranges: null, isForLess: false };

/** Searches a made-up program without noise: what is better by 3 % is kept. Returns what was tried and where it ended. */
function climb(
  start: readonly KnobReport[],
  score: (values: ReadonlyMap<string, number | null>) => number,
  more: Partial<SearchOptions> = {},
  report: Partial<PipelineReport> = {},
): { tried: string[]; end: (number | null)[] } {
  const search = new KnobSearch({ ...options, ...more });
  let knobs = start;
  const tried: string[] = [];
  for (let i = 0; i < 100; i++) {
    const candidate = search.next(pipeline(knobs, report));
    if (candidate === null) return { tried, end: knobs.map(({ value }) => value) };
    tried.push(candidate.moves.map(({ knob: id, to }) => `${id}=${to}`).join(' '));
    const next = moved(settingOf(knobs), candidate.moves);
    const isKept = score(next) > score(settingOf(knobs)) * 1.03;
    search.learn(isKept ? 'kept' : 'noDifference');
    if (isKept) knobs = knobs.map((k) => ({ ...k, value: next.get(k.id) ?? null }));
  }
  throw new Error('the search does not end');
}

describe('the search for a setting', () => {
  it('doubles as long as it helps, then looks in between', () => {
    const { tried, end } = climb([knob('a', 2)], (v) => Math.min(Number(v.get('a')), 12));
    assert.deepEqual(tried, ['a=4', 'a=8', 'a=16', 'a=32', 'a=23', 'a=19']);
    assert.deepEqual(end, [16]);
  });

  it('goes down when up does not help', () => {
    const { tried, end } = climb([knob('a', 16)], (v) => 1 / (1 + Number(v.get('a'))));
    assert.deepEqual(tried, ['a=32', 'a=8', 'a=4', 'a=2', 'a=1']);
    assert.deepEqual(end, [1]);
  });

  it('ends soon when there is nothing to gain', () => {
    const knobs = [knob('a', 4), knob('b', 4), knob('c', 4)];
    const { tried, end } = climb(knobs, () => 1);
    assert.deepEqual(tried, ['a=8', 'a=2', 'b=8', 'b=2', 'a=8 b=8']);
    assert.deepEqual(end, [4, 4, 4]);
  });

  it('finds what two knobs do only together', () => {
    const score = (v: ReadonlyMap<string, number | null>): number =>
      Math.min(Number(v.get('a')), Number(v.get('b')), 8);
    assert.deepEqual(climb([knob('a', 4), knob('b', 4)], score).end, [8, 8]);
  });

  it('begins at the bottleneck, goes on to its queues, then to the busiest', () => {
    const knobs = [
      knob('far', 4),
      knob('depth', 4, { stage: null, queue: 'q', kind: 'queueDepth' }),
      knob('slow', 4, { stage: 'slow' }),
    ];
    const queue = { name: 'q', from: 'far', to: 'slow' } as PipelineReport['queues'][number];
    const bottleneck = { kind: 'stage', stage: 'slow', confidence: 1, evidence: [] } as const;
    const { tried } = climb(knobs, () => 1, { patience: 9 }, { queues: [queue], bottleneck });
    assert.deepEqual(tried.slice(0, 6), [
      'slow=8',
      'slow=2',
      'depth=8',
      'depth=2',
      'far=8',
      'far=2',
    ]);
  });

  it('tries what the report suggests first, step by step', () => {
    const suggestion = {
      aim: 'throughput' as const,
      expression: null,
      id: 's',
      knob: 'b',
      from: 4,
      to: 32,
      predicted: {
        throughputPerSec: { low: 1, mid: 2, high: 3 },
        gain: { low: 1, mid: 2, high: 3 },
        latencyP95Ns: null,
      },
      reason: 'more lanes',
      evidence: [],
      costs: [],
    };
    const score = (v: ReadonlyMap<string, number | null>): number =>
      Math.min(Number(v.get('b')), 16);
    const { tried, end } = climb(
      [knob('a', 4), knob('b', 4)],
      score,
      {},
      { suggestions: [suggestion] },
    );
    assert.deepEqual(tried.slice(0, 3), ['b=8', 'b=16', 'b=32']);
    assert.deepEqual(end, [4, 16]);
  });

  it('tries a plan of several knobs as a whole, one step of each', () => {
    const rate = { low: 12, mid: 16, high: 20 };
    const change = (id: string, to: number) => ({
      id: `${id}=${to}`,
      knob: id,
      from: 4,
      to,
      aim: 'throughput' as const,
      expression: null,
      predicted: { throughputPerSec: rate, gain: rate, latencyP95Ns: null },
      reason: 'both are at their limit',
      evidence: [],
      costs: [],
    });
    const suggestions = [change('a', 16), change('b', 6)];
    const plan = {
      suggestions: suggestions.map(({ id }) => id),
      throughputPerSec: rate,
      gain: rate,
      latencyP95Ns: null,
    };
    const score = (v: ReadonlyMap<string, number | null>): number =>
      Math.min(Number(v.get('a')), 2 * Number(v.get('b')), 12);
    const { tried } = climb([knob('a', 4), knob('b', 4)], score, {}, { suggestions, plan });
    assert.equal(tried[0], 'a=8 b=6');
  });

  it('keeps to the ranges that were given, and to knobs that are live', () => {
    const knobs = [knob('a', 4), knob('b', 4, { live: false }), knob('c', 4)];
    const { tried } = climb(knobs, (v) => Number(v.get('a')), {
      ranges: new Map([
        ['a', { min: 3, max: 6 }],
        ['b', { min: 1, max: 9 }],
      ]),
    });
    assert.deepEqual(tried, ['a=6']);
  });

  it('only goes down for less', () => {
    const score = (v: ReadonlyMap<string, number | null>): number => {
      const a = Number(v.get('a'));
      return a >= 6 ? 1 / a : 0;
    };
    const { tried, end } = climb([knob('a', 32)], score, { isForLess: true });
    assert.deepEqual(tried, ['a=16', 'a=8', 'a=4', 'a=6', 'a=5']);
    assert.deepEqual(end, [6]);
  });

  it('turns the same knob of several processes together', () => {
    const knobs = ['1:1', '2:1'].map((id) => knob(id, 4, { name: 'n', stage: 's' }));
    const { tried, end } = climb(knobs, (v) => Math.min(Number(v.get('1:1')), 8));
    assert.equal(tried[0], '1:1=8 2:1=8');
    assert.deepEqual(end, [8, 8]);
  });
});

describe('steps', () => {
  it('are whole, in the range, and at least 1', () => {
    const range = { min: 1, max: 10 };
    assert.equal(stepped(1, 2, range), 2);
    assert.equal(stepped(8, 2, range), 10);
    assert.equal(stepped(10, 2, range), null);
    assert.equal(stepped(3, 0.5, range), 2);
    assert.equal(stepped(1, 0.5, range), null);
    assert.equal(stepped(0, 2, { min: 0, max: 4 }), 1);
    assert.equal(stepped(null, 2, range), null);
  });

  it('that are too large, out of range or of no live knob are refused', () => {
    const at = knob('a', 8);
    assert.equal(moveProblem(at, { knob: 'a', to: 16 }, false), null);
    assert.match(moveProblem(at, { knob: 'a', to: 17 }, false) ?? '', /more than one step/);
    assert.match(moveProblem(at, { knob: 'a', to: 3 }, false) ?? '', /more than one step/);
    assert.equal(moveProblem(at, { knob: 'a', to: 64 }, true), null);
    assert.match(moveProblem(at, { knob: 'a', to: 65 }, true) ?? '', /not between 1 and 64/);
    assert.match(moveProblem(at, { knob: 'a', to: 8 }, false) ?? '', /is 8 already/);
    assert.match(
      moveProblem(knob('a', 8, { live: false }), { knob: 'a', to: 9 }, false) ?? '',
      /cannot be set/,
    );
    assert.match(moveProblem(undefined, { knob: 'x', to: 9 }, false) ?? '', /no knob x/);
  });
});
