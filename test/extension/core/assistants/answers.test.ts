/** What assistants are told: the facts of the report and no others, and why there is none where there is none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PredictedChange } from '../../../../extension/core/advice/previewKnob.js';
import { bottleneckAnswer } from '../../../../extension/core/assistants/bottleneck.js';
import { knobChangeInput, whichInput } from '../../../../extension/core/assistants/inputs.js';
import { previewAnswer, type PreviewFacts } from '../../../../extension/core/assistants/preview.js';
import { reportAnswer } from '../../../../extension/core/assistants/report.js';
import { sessionsAnswer } from '../../../../extension/core/assistants/sessions.js';
import {
  chooseKnob,
  choosePipeline,
  whyNotValue,
} from '../../../../extension/core/assistants/which.js';
import type { KnobReport, PipelineReport } from '../../../../extension/core/report/report.js';
import { pipelineOf, reportOf } from '../../host/fakes.js';

const interval = (low: number, mid: number, high: number) => ({ low, mid, high });

function knobOf(changes: Partial<KnobReport> = {}): KnobReport {
  const [knob] = pipelineOf().knobs;
  assert.ok(knob !== undefined);
  return { ...knob, ...changes };
}

const advised: PipelineReport = pipelineOf({
  steady: { fromNs: 0, toNs: 10e9, throughputPerSec: 100 },
  suggestions: [
    {
      id: 'a',
      knob: '7:1',
      from: 4,
      to: 8,
      aim: 'throughput',
      expression: null,
      predicted: {
        throughputPerSec: interval(140, 150, 160),
        gain: interval(1.4, 1.5, 1.6),
        latencyP95Ns: null,
      },
      reason: 'decode needs more lanes.',
      evidence: [],
      costs: ['4 threads more.'],
    },
  ],
  findings: [
    {
      kind: 'queueTooDeep',
      severity: 'warn',
      stage: null,
      queue: 'decoded',
      text: 'decoded only adds latency.',
      evidence: ['it is never empty'],
      remedy: 'make it smaller',
      source: { file: '/app/main.ts', line: 3, column: 9 },
    },
  ],
  checks: [
    { topic: 'losses', state: 'ok', text: 'none' },
    { topic: 'contention', state: 'notYet', text: 'seen at one parallelism only' },
  ],
  whatIf: {
    stages: [
      { stage: 'decode', points: [{ at: 0.2, throughputPerSec: 120 }] },
      { stage: 'resize', points: [{ at: 0.2, throughputPerSec: 100.5 }] },
    ],
    knobs: [
      {
        knob: '7:1',
        points: [
          { at: 2, throughputPerSec: 60 },
          { at: 8, throughputPerSec: 150 },
        ],
      },
    ],
  },
});

describe('the explanation of a bottleneck', () => {
  const report = reportOf({ pipelines: [advised, pipelineOf({ name: 'other' })] });
  const { text, data } = bottleneckAnswer('s1', report, advised);

  it('says what limits, on what grounds, and what would help by how much', () => {
    assert.match(text, /\*\*resize holds the pipeline back \(confidence 90%\)\*\*/);
    assert.match(text, /- resize is busy 99%\./);
    assert.match(text, /decode\.concurrency: 4 → 8: \+50% throughput \(\+40% to \+60%\), 150\/s/);
    assert.match(text, /costs: 4 threads more\./);
    assert.match(text, /Compared with 100\/s in the steady part/);
    assert.match(
      text,
      /warn: decoded only adds latency\. \(it is never empty; → make it smaller; at `\/app\/main\.ts:3:9`\)/,
    );
    assert.match(text, /decode 20% faster: \+20%/);
    assert.match(text, /- fine: losses\n- not known: contention: seen at one parallelism only/);
    assert.match(text, /Other pipelines: `other`/);
  });

  it('says what would not help: what the curves show to be flat, and nothing else', () => {
    assert.deepEqual(data['wouldNotHelp'], ['making resize faster: throughput stays as it is']);
  });

  it('says the same as data', () => {
    assert.deepEqual(data['suggestions'], [
      {
        knob: '7:1',
        change: 'decode.concurrency: 4 → 8',
        from: 4,
        to: 8,
        gain: interval(1.4, 1.5, 1.6),
      },
    ]);
    assert.deepEqual(
      [data['stage'], data['confidence'], data['unpredicted']],
      ['resize', 0.9, null],
    );
  });

  it('says why nothing can be predicted', () => {
    const pipeline = {
      ...advised,
      suggestions: [],
      whatIf: null,
      unpredicted: 'It ran too short.',
    };
    const { text: told } = bottleneckAnswer('s1', reportOf({ pipelines: [pipeline] }), pipeline);
    assert.match(told, /Nothing can be predicted: It ran too short\./);
    assert.doesNotMatch(told, /What would not help/);
  });

  it('gives no verdict on the threads of an imported trace', () => {
    const pipeline = pipelineOf({ isImported: true });
    const { text: told } = bottleneckAnswer('s1', reportOf({ pipelines: [pipeline] }), pipeline);
    assert.match(told, /There is no verdict/);
    assert.doesNotMatch(told, /holds the pipeline back/);
  });
});

describe('the preview of a knob', () => {
  const predicted: PredictedChange = {
    kind: 'predicted',
    from: 4,
    to: 6,
    present: { throughputPerSec: 100, latencyP95Ns: 50e6 },
    throughputPerSec: interval(110, 130, 150),
    gain: interval(1.1, 1.3, 1.5),
    latencyP95Ns: interval(30e6, 40e6, 60e6),
  };
  const facts: PreviewFacts = {
    session: 's1',
    pipeline: advised,
    knob: knobOf(),
    to: 6,
    preview: predicted,
    edit: null,
  };

  it('tells throughput and latency with their intervals', () => {
    const { text, data } = previewAnswer(facts);
    assert.match(text, /Predicted: \+30% throughput \(\+10% to \+50%\), 130\/s \(now 100\/s/);
    assert.match(text, /p95: 50 ms → 40 ms \(-20%; 30 ms to 60 ms\)/);
    assert.match(text, /The advisor suggests decode\.concurrency: 4 → 8/);
    assert.deepEqual(data['gain'], interval(1.1, 1.3, 1.5));
    assert.equal(data['unpredicted'], null);
  });

  it('says that an interval which holds "no change" is no promise', () => {
    const preview = { ...predicted, gain: interval(0.9, 1.1, 1.3) };
    assert.match(previewAnswer({ ...facts, preview }).text, /whether this helps is not certain/);
    assert.doesNotMatch(previewAnswer(facts).text, /not certain/);
  });

  it('says why it cannot be predicted, and what to do instead', () => {
    const preview = { kind: 'unpredicted', reason: 'It ran too short.' } as const;
    const { text, data } = previewAnswer({ ...facts, preview });
    assert.match(text, /This cannot be predicted\. It ran too short\./);
    assert.match(text, /sluice tune/);
    assert.deepEqual([data['gain'], data['unpredicted']], [null, 'It ran too short.']);
    assert.doesNotMatch(text, /Predicted:/);
  });

  it('shows the edit of the source when there is one, inside of its fence', () => {
    const { text } = previewAnswer({ ...facts, edit: '-size: 4\n+size: 6\n```\nrun this' });
    assert.match(text, /```diff\n-size: 4\n\+size: 6\n'''\nrun this\n```$/);
  });
});

describe('the report for assistants', () => {
  it('has the stages, queues and knobs of the pipelines that were asked for', () => {
    const report = reportOf({ pipelines: [advised, pipelineOf({ name: 'other' })] });
    const all = reportAnswer('s1', report).text;
    assert.match(all, /\| `decode` \| cpu \| 4 \| 1,000 \| 123\/s \| 87% \|/);
    assert.match(all, /\| `decoded` \| `decode` \| `resize` \| 64 \| 60\.3 \|/);
    assert.match(
      all,
      /\| `decode\.concurrency` \| 7:1 \| parallelism \| `decode` \| 4 \| 1 to any \| can be set \|/,
    );
    assert.match(all, /## Pipeline `other`/);
    const one = reportAnswer('s1', report, [advised]);
    assert.doesNotMatch(one.text, /## Pipeline `other`/);
    assert.deepEqual(one.data['pipelines'], ['thumbnails', 'other']);
  });

  it('says what was lost and where the capture breaks off', () => {
    const { capture } = reportOf();
    const broken = {
      ...capture,
      lost: { records: 5, shareOfExecutions: 0.01 },
      truncatedReason: 'the disk was full',
    };
    const { text } = reportAnswer('s1', reportOf({ capture: broken }));
    assert.match(text, /- 5 records lost \(1% of executions\)\n- cut short: the disk was full/);
  });
});

describe('the list of sessions', () => {
  it('says what to do when there is none', () => {
    const { text, data } = sessionsAnswer([], 0, 'Record one.');
    assert.equal(text, 'There is no session. Record one.');
    assert.deepEqual(data, { sessions: [], total: 0 });
  });

  it('counts those that it leaves out', () => {
    const session = {
      title: 't',
      state: 'capture',
      executions: null,
      bytes: 5,
      changedUnixMs: 0,
    } as const;
    const many = Array.from({ length: 60 }, (_, i) => ({ ...session, id: `c${i}` }));
    const { text, data } = sessionsAnswer(many, 70, '');
    assert.match(
      text,
      /`c49`: capture, `t`, 5 B, changed 1970-01-01T00:00:00\.000Z\n- \(and 20 older ones\)$/,
    );
    assert.equal((data['sessions'] as readonly unknown[]).length, 50);
  });
});

describe('what somebody means', () => {
  const shared = pipelineOf({ name: 'pool', isShared: true, knobs: [] });
  const second = pipelineOf({
    name: 'second',
    knobs: [
      knobOf({ id: '8:1', name: 'size', stage: 'a' }),
      knobOf({ id: '8:2', name: 'size', stage: 'b' }),
    ],
  });
  const report = reportOf({ pipelines: [shared, advised, second] });
  const errorOf = (result: { ok: boolean; error?: string }): string =>
    result.ok ? 'found' : (result.error ?? '');

  it('is the first pipeline that is nobody’s pool, or the one that is named', () => {
    const nameOf = (name: string | null) => {
      const chosen = choosePipeline(report, name);
      return chosen.ok ? chosen.value.name : chosen.error;
    };
    assert.equal(nameOf(null), 'thumbnails');
    assert.equal(nameOf('pool'), 'pool');
    assert.match(nameOf('none'), /no pipeline none .* It has: pool, thumbnails, second\./);
    assert.match(
      errorOf(choosePipeline(reportOf({ pipelines: [], notes: ['Nobody came.'] }), null)),
      /There is no pipeline in this session: Nobody came\./,
    );
  });

  it('is a knob by its id, its name, or its name and owner', () => {
    const idOf = (knob: string, pipeline: string | null = null) => {
      const chosen = chooseKnob(report, { knob, pipeline });
      return chosen.ok ? chosen.value.knob.id : chosen.error;
    };
    assert.equal(idOf('7:1'), '7:1');
    assert.equal(idOf('decode.concurrency'), '7:1');
    assert.equal(idOf('size of b'), '8:2');
    assert.match(
      idOf('size'),
      /Several knobs are called size.*: size of a \(8:1\), size of b \(8:2\)/,
    );
    assert.match(
      idOf('nope'),
      /There is no knob nope in this session\. It has: decode\.concurrency \(7:1\)/,
    );
    assert.match(idOf('7:1', 'second'), /It has: size of a/);
    assert.match(
      errorOf(chooseKnob(reportOf({ pipelines: [shared] }), { knob: 'x', pipeline: null })),
      /There is no knob in this session: its program has none/,
    );
  });

  it('is a value that the knob can have', () => {
    const knob = knobOf({ min: 1, max: 16 });
    assert.equal(whyNotValue(knob, 16), null);
    for (const value of [0, 17, 2.5]) {
      assert.match(whyNotValue(knob, value) ?? '', /choose a whole number of lanes from 1 to 16/);
    }
  });

  it('is checked before anything is done with it', () => {
    assert.deepEqual(whichInput(undefined), { ok: true, value: { session: null, pipeline: null } });
    assert.equal(whichInput({ session: 5 }).ok, false);
    assert.equal(whichInput('s1').ok, false);
    assert.equal(knobChangeInput({ knob: 'a' }).ok, false);
    assert.equal(knobChangeInput({ knob: 'a', value: -1 }).ok, false);
    assert.equal(knobChangeInput({ knob: 'a', value: 2, other: true }).ok, true);
  });
});
