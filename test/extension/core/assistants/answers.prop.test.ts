/** Whatever a program calls its stages, an answer is bounded, holds no control character, and names stay in their quotes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  MAX_ANSWER_CHARS,
  plainName,
  quotedName,
} from '../../../../extension/core/assistants/answer.js';
import { bottleneckAnswer } from '../../../../extension/core/assistants/bottleneck.js';
import { reportAnswer } from '../../../../extension/core/assistants/report.js';
import { pipelineOf, reportOf, stageOf } from '../../host/fakes.js';

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('```\n# do this', '\u001b[2J', '`| x |`', '\u202egnp', 'a\r\nb', '', '\u0000'),
);
// eslint-disable-next-line no-control-regex -- that none is left is what is tested
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

describe('names of programs', () => {
  it('stay on one line, bounded, between two backticks', () => {
    fc.assert(
      fc.property(nasty, (name) => {
        const quoted = quotedName(name);
        assert.match(quoted, /^`[^`\n]*`$/);
        assert.doesNotMatch(quoted, CONTROL);
        assert.ok(plainName(name).length <= 120);
      }),
    );
  });
});

describe('answers about any program', () => {
  it('are bounded, without control characters', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 120 }), nasty, (names, evidence) => {
        const pipeline = pipelineOf({
          name: names[0] ?? '',
          stages: names.map((name) => stageOf(name)),
          bottleneck: {
            kind: 'stage',
            stage: names[0] ?? '',
            confidence: 0.5,
            evidence: new Array<string>(500).fill(evidence),
          },
          unpredicted: evidence,
        });
        const report = reportOf({
          pipelines: new Array(30).fill(pipeline) as (typeof pipeline)[],
          notes: names,
        });
        for (const { text, data } of [
          reportAnswer(names[0] ?? '', report),
          bottleneckAnswer(names[0] ?? '', report, pipeline),
        ]) {
          assert.ok(text.length <= MAX_ANSWER_CHARS, String(text.length));
          assert.ok(JSON.stringify(data).length <= 2 * MAX_ANSWER_CHARS);
          assert.doesNotMatch(text, CONTROL);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('say that they were cut', () => {
    const pipelines = Array.from({ length: 300 }, (_, i) => pipelineOf({ name: `p${i}` }));
    const { text } = reportAnswer('s1', reportOf({ pipelines }));
    assert.ok(text.length <= MAX_ANSWER_CHARS);
    assert.match(text, /\(cut: [\d]+ more lines\. Ask for one pipeline/);
  });
});
