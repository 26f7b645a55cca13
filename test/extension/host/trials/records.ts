/** Trials to look at. */
import type { TrialRecord } from '../../../../extension/core/trials/record.js';
import type { TuneResult } from '../../../../extension/core/trials/tuning.js';

export function recordOf(changes: Partial<TrialRecord> = {}): TrialRecord {
  return {
    kind: 'live',
    atUnixMs: 1,
    pipeline: 'thumbnails',
    why: 'test',
    objective: 'throughput',
    knobs: [
      {
        id: '7:1',
        name: 'decode.concurrency',
        kind: 'parallelism',
        stage: 'decode',
        queue: null,
        source: null,
        before: 4,
        candidate: 8,
        after: 8,
      },
    ],
    variable: null,
    blocks: [],
    effect: { low: 0.31, mid: 0.38, high: 0.44 },
    p: 0.01,
    pAdjusted: 0.01,
    leastEffect: 0.03,
    noise: null,
    verdict: 'kept',
    reason: 'Throughput +38% (+31% to +44%).',
    seed: 1,
    ...changes,
  };
}

export function resultOf(changes: Partial<TuneResult> = {}): TuneResult {
  return {
    end: 'done',
    reason: 'Nothing more is worth a try.',
    pipeline: 'thumbnails',
    trials: [recordOf()],
    knobs: [
      {
        id: '7:1',
        name: 'decode.concurrency',
        kind: 'parallelism',
        stage: 'decode',
        queue: null,
        source: null,
        remark: null,
        via: 'api',
        before: 4,
        after: 8,
      },
    ],
    noise: null,
    before: null,
    after: null,
    effect: { low: 0.31, mid: 0.38, high: 0.44 },
    isApart: false,
    neededMs: null,
    ...changes,
  };
}
