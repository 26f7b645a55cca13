/** What goes on with a running program, to look at in the panel. */
import type { Page } from 'playwright-core';
import type {
  LiveState,
  RunningTrial,
  TrialRow,
  TunedState,
} from '../../extension/core/panel/live.js';
import type { PipelineReport, Suggestion } from '../../extension/core/report/report.js';

export const quiet: LiveState = { running: null, rows: [], tuned: null, ignored: [] };

/** Of the live knob of the pipeline in tests. */
export const better: Suggestion = {
  id: '4711:1=16',
  knob: '4711:1',
  from: 8,
  to: 16,
  aim: 'throughput',
  expression: null,
  predicted: {
    throughputPerSec: { low: 1030, mid: 1104, high: 1180 },
    gain: { low: 1.31, mid: 1.38, high: 1.44 },
    latencyP95Ns: null,
  },
  reason: 'read waits for its disk 92% of the time, and 8 at a time leave it idle in between.',
  evidence: ['Its lanes were busy 97% of the time, and 14 files waited on average.'],
  costs: ['memory: some 3 MiB for the files that are open'],
};

/** Of the knob that can be set only when the program starts. */
export const fixed: Suggestion = {
  ...better,
  id: '4711:2=4',
  knob: '4711:2',
  from: 2,
  to: 4,
  expression: 'os.availableParallelism()',
  reason: 'tokenise computes, and two of four cores are idle.',
  costs: [],
};

export const running: RunningTrial = {
  kind: 'trial',
  moves: [{ knob: '4711:1', to: 16 }],
  change: 'concurrency 8 → 16',
  step: 'compares with and without it, block 3 of 8',
  elapsedMs: 7000,
  leftMs: 6000,
  trials: 0,
  best: null,
  isStopping: false,
};

export function rowOf(id: number, changes: Partial<TrialRow> = {}): TrialRow {
  return {
    id,
    change: 'concurrency 8 → 16',
    moves: [{ knob: '4711:1', from: 8, to: 16 }],
    why: 'it is full',
    objective: 'throughput',
    verdict: 'kept',
    reason: 'Throughput +38% (+31% to +44%).',
    effect: { low: 0.31, mid: 0.38, high: 0.44 },
    blocks: [4, 4],
    ...changes,
  };
}

export const worse = (id: number): TrialRow =>
  rowOf(id, {
    change: 'concurrency 16 → 32',
    moves: [{ knob: '4711:1', from: 16, to: 32 }],
    verdict: 'rolledBack',
    reason: 'Taken back early: throughput fell by 41% in its first block.',
    effect: { low: -0.47, mid: -0.41, high: -0.36 },
    blocks: [1, 1],
  });

export const same = (id: number): TrialRow =>
  rowOf(id, {
    change: 'concurrency 16 → 15',
    moves: [{ knob: '4711:1', from: 16, to: 15 }],
    verdict: 'noDifference',
    reason: 'Throughput +1% (-2% to +3%), which blocks of one setting may differ by as well.',
    effect: { low: -0.02, mid: 0.01, high: 0.03 },
  });

export const tuned: TunedState = {
  end: 'done',
  reason: 'Nothing more is worth a try.',
  pipeline: 'code-index',
  trials: 5,
  kept: 2,
  effect: { low: 0.44, mid: 0.52, high: 0.6 },
  isApart: true,
  before: {
    throughputPerSec: 612,
    latencyNs: { p50: 18e6, p95: 42e6, p99: 66e6 },
    latencyBy: 'items',
  },
  after: {
    throughputPerSec: 930,
    latencyNs: { p50: 14e6, p95: 31e6, p99: 48e6 },
    latencyBy: 'items',
  },
  knobs: [
    {
      knob: '4711:1',
      name: 'concurrency',
      owner: 'read',
      before: 8,
      after: 16,
      source: { file: '/home/me/code-index/index.mjs', line: 42, column: 16 },
    },
  ],
};

/** Shows what goes on. */
export async function tellLive(page: Page, live: LiveState): Promise<void> {
  await page.evaluate((state) => {
    window.harness.send({ kind: 'live', live: state });
  }, live);
}

/** The session as it was shown last, with this changed in its first pipeline. */
export async function tellPipeline(page: Page, changes: Partial<PipelineReport>): Promise<void> {
  await page.evaluate((wanted) => {
    const report = window.harness.snapshot()?.report;
    const [first, ...rest] = report?.pipelines ?? [];
    if (report === undefined || first === undefined) return;
    window.harness.tell({ report: { ...report, pipelines: [{ ...first, ...wanted }, ...rest] } });
  }, changes);
}

/** Suggestions, one of them of a knob that is not live. */
export const suggested: Partial<PipelineReport> = {
  steady: { fromNs: 0, toNs: 1e9, throughputPerSec: 800 },
  suggestions: [better, fixed],
  plan: {
    suggestions: [better.id, fixed.id],
    throughputPerSec: { low: 1200, mid: 1310, high: 1400 },
    gain: { low: 1.5, mid: 1.64, high: 1.75 },
    latencyP95Ns: null,
  },
  probes: [
    { knob: '4711:1', from: 8, to: 9, reason: 'Nobody has seen another value than 8 so far.' },
  ],
};

/** The knob of a pipeline has another value, as it would after it was set. */
export async function tellKnob(page: Page, value: number, from = 8): Promise<void> {
  await page.evaluate(
    ([to, was]) => {
      const shown = window.harness.snapshot();
      if (shown === null) return;
      const pipelines = shown.report.pipelines.map((pipeline) => ({
        ...pipeline,
        knobs: pipeline.knobs.map((knob) => (knob.id === '4711:1' ? { ...knob, value: to } : knob)),
      }));
      const atNs = shown.extentNs[1];
      const change = { knob: '4711:1', name: 'concurrency', atNs, from: was, to };
      window.harness.tell({
        report: { ...shown.report, pipelines },
        knobChanges: [...shown.knobChanges, change],
      });
    },
    [value, from] as const,
  );
}
