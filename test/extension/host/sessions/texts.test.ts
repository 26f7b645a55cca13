import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportMarkdown } from '../../../../extension/host/sessions/markdown.js';
import { statusText } from '../../../../extension/host/sessions/statusText.js';
import { pipelineOf, reportOf, stageOf } from '../fakes.js';

test('the status bar names throughput and what holds it back', () => {
  const none = { kind: 'none', stage: null, confidence: 0, evidence: [] } as const;
  const cpu = { kind: 'cpu', stage: null, confidence: 1, evidence: [] } as const;
  const textOf = (bottleneck: Parameters<typeof pipelineOf>[0]): string =>
    statusText(reportOf({ pipelines: [pipelineOf(bottleneck)] }));
  assert.equal(textOf({}), '120/s · resize');
  assert.equal(textOf({ bottleneck: cpu }), '120/s · cpu');
  assert.equal(textOf({ bottleneck: none }), '120/s');
  assert.equal(statusText(reportOf({ pipelines: [] })), 'recording');
});

test('Markdown holds the numbers as tables', () => {
  const text = reportMarkdown('main.mjs', reportOf());
  assert.match(text, /^# Sluice: main\.mjs$/m);
  assert.match(
    text,
    /^\| decode \| cpu \| 4 \| 1000 \| 123\/s \| 87% \| 10% \| 3% \| 2 ms \| 4\.2 ms \| 9 ms \|$/m,
  );
  assert.match(text, /^\| decoded \| decode \| resize \| 64 \| 60\.3 \| 64 \| 90% \| 0% \|$/m);
  assert.match(text, /^Bottleneck: \*\*resize\*\*$/m);
});

test('Markdown says what is measured, concluded and estimated, each where it is known', () => {
  const plain = reportMarkdown('x', reportOf());
  for (const absent of ['on CPU', 'wait p95', 'Flow:', 'Little', 'the agent took', 'lost']) {
    assert.ok(!plain.includes(absent), absent);
  }
  const [queue] = pipelineOf().queues;
  assert.ok(queue !== undefined);
  const pipeline = pipelineOf({
    latencyMean: { meanNs: 136e6, by: 'littlesLaw', isAtLeast: false },
    links: [{ from: 'decode', to: 'resize', known: 'items', isInside: false }],
    stages: [stageOf('decode', { cpuShare: 0.84, lost: 7 }), stageOf('resize')],
    queues: [{ ...queue, waitNs: { p50: 61e6, p95: 74e6 } }],
  });
  const report = reportOf({ pipelines: [pipeline] });
  const [main, ...others] = report.capture.processes;
  assert.ok(main !== undefined);
  const thread = {
    name: 'main',
    cpuShare: 0.38,
    coreWaitShare: null,
    loopUtilization: 0.61,
    maxLoopDelayNs: null,
    gcShare: null,
  };
  const text = reportMarkdown('x', {
    ...report,
    capture: {
      ...report.capture,
      agentCost: { records: 60_000, recordNs: 210, cpuNs: 40e6, cpuShare: 0.013 },
      processes: [{ ...main, threads: [thread] }, ...others],
    },
  });
  assert.match(text, /^\| decode \| .* \| 84% \|$/m);
  assert.match(text, /^\| resize \| .* \| 9 ms \| {2}\|$/m);
  assert.match(text, /^\| decoded \| .* \| 61 ms \| 74 ms \|$/m);
  assert.match(text, /^\*\*Executions lost: decode 7\.\*\*$/m);
  assert.match(text, /^Flow: decode → resize \(seen from items\)$/m);
  assert.match(text, /^Item latency 136 ms on average, by Little’s law\.$/m);
  assert.match(text, /^- main\.mjs \(pid 7\), main thread: on a core 38%, event loop busy 61%$/m);
  assert.match(text, /^- the agent took 40 ms of CPU time/m);
});

test('a name cannot become markup or another column', () => {
  const pipeline = pipelineOf({ stages: [stageOf('a|b\n<script>`*')] });
  const text = reportMarkdown('x', reportOf({ pipelines: [pipeline] }));
  assert.match(text, /\| a\\\|b \\<script\\>\\`\\\* \| cpu \|/);
});

test('a cut capture and losses are said before the numbers', () => {
  const report = reportOf();
  const text = reportMarkdown('x', {
    ...report,
    capture: {
      ...report.capture,
      lost: { records: 12, shareOfExecutions: 0.01 },
      truncatedReason: 'The program was killed.',
    },
  });
  assert.ok(text.indexOf('12 records lost') < text.indexOf('| stage'));
  assert.ok(text.includes('**The program was killed.**'));
});
