/** What stands below the processes of a session: suggestions and trials. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PipelineReport, Suggestion } from '../../../../extension/core/report/report.js';
import { adviceSection, gainText } from '../../../../extension/host/sessions/adviceSection.js';
import { statusDetails } from '../../../../extension/host/sessions/statusText.js';
import {
  noTrials,
  trialSection,
  type TrialRow,
} from '../../../../extension/host/sessions/trialSection.js';
import { reportNodes, sessionLabel } from '../../../../extension/host/sessions/tree.js';
import { infoOf, pipelineOf, reportOf, sessionId } from '../fakes.js';

const source = { file: '/w/a.mjs', line: 3, column: 7 };
const gain = { low: 1.67, mid: 1.92, high: 2.21 };
const throughputPerSec = { low: 200, mid: 230, high: 265 };
const suggestion: Suggestion = {
  id: 'more',
  knob: '7:1',
  from: 4,
  to: 8,
  aim: 'throughput',
  expression: 'os.availableParallelism()',
  predicted: { throughputPerSec, gain, latencyP95Ns: null },
  reason: 'decode needs more lanes.',
  evidence: ['It is busy 99%.'],
  costs: ['4 more threads.'],
};
const advised = (changes: Partial<PipelineReport> = {}): ReturnType<typeof reportOf> => {
  const knobs = pipelineOf().knobs.map((knob) => ({ ...knob, source }));
  return reportOf({ pipelines: [pipelineOf({ knobs, suggestions: [suggestion], ...changes })] });
};
const s = sessionId('s');

test('suggestions say what to change and what it brings, and lead to the source', () => {
  const section = adviceSection(s, advised());
  assert.ok(section?.kind === 'branch');
  assert.equal(section.face.description, '');
  const [row] = section.children;
  assert.ok(row?.kind === 'leaf');
  assert.equal(row.face.label, 'decode.concurrency: 4 → 8');
  assert.equal(row.face.description, '+92% (+67% to +121%)');
  assert.match(row.face.tooltip, /os\.availableParallelism.*230\/s.*more lanes.*99%.*4 more/s);
  assert.equal(row.face.context, 'suggestion.source');
  assert.deepEqual(row.source, source);
  assert.deepEqual(row.row, { kind: 'stage', pipeline: 'thumbnails', name: 'decode' });
  assert.equal(gainText({ low: 0.9, mid: 0.95, high: 1 }), '−5% (−10% to +0%)');
});

test('there is no section without suggestions; a plan says what all of them bring', () => {
  assert.equal(adviceSection(s, reportOf()), undefined);
  const plan = { suggestions: ['more', 'other'], throughputPerSec, gain, latencyP95Ns: null };
  const both = [suggestion, { ...suggestion, id: 'other', knob: 'gone' }];
  const section = adviceSection(s, advised({ suggestions: both, plan }));
  assert.ok(section?.kind === 'branch');
  assert.equal(section.face.description, 'together +92% (+67% to +121%)');
  assert.equal(
    section.children[1]?.kind === 'leaf' && section.children[1].face.context,
    'suggestion',
  );
});

test('trials are listed while there are any', () => {
  assert.equal(trialSection(noTrials)(s, reportOf()), undefined);
  const trial: TrialRow = {
    id: '1',
    label: 'decode.concurrency: 4 → 8',
    description: 'kept, +31%',
    tooltip: '',
    state: 'kept',
    source: null,
  };
  const section = trialSection({ ...noTrials, trials: () => [trial] })(s, reportOf());
  assert.ok(section?.kind === 'branch');
  assert.deepEqual(
    section.children.map((row) => row.kind === 'leaf' && [row.face.icon, row.face.context]),
    [['check', 'trial']],
  );
});

test('sections stand behind the processes and before the notes', () => {
  const report = { ...advised(), notes: ['Look here.'] };
  const nodes = reportNodes(s, report, [adviceSection, trialSection(noTrials)]);
  assert.deepEqual(
    nodes.map((node) => node.kind !== 'session' && node.face.label),
    ['main.mjs', 'worker.mjs', 'Suggestions', 'Look here.'],
  );
});

test('a terminal is called by what runs in it', () => {
  assert.equal(sessionLabel(infoOf('a')), 'a.mjs');
  const processes = [{ pid: 1, title: 'build.mjs' }];
  assert.equal(sessionLabel(infoOf('a', { title: 'Terminal', processes })), 'Terminal: build.mjs');
  assert.equal(sessionLabel(infoOf('a', { title: 'Terminal', processes: [] })), 'Terminal');
});

test('the tooltip of the status bar says what each pipeline does, and what would help', () => {
  assert.deepEqual(statusDetails(advised()), [
    '12 s, 2,000 executions',
    'thumbnails: 120/s, held back by resize, 87% busy',
    'Suggestion: decode.concurrency 4 → 8, predicted 230/s',
  ]);
  const many = reportOf({ pipelines: Array.from({ length: 6 }, () => pipelineOf()) });
  assert.equal(statusDetails(many).at(-1), 'and 2 pipelines more');
});
