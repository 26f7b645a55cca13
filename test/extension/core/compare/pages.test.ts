import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareRuns } from '../../../../extension/core/compare/compare.js';
import { comparisonMarkdown, comparisonText } from '../../../../extension/core/compare/pages.js';
import { pipeline, report, runs, service, stage } from './reports.js';

const EVIL = '<b>|x|\u001b[31m`@team`';

function sample(count: number, name = 'resize'): ReturnType<typeof compareRuns> {
  const side = (by: number) => (i: number) => {
    const noise = 1 + 0.002 * Math.sin(i + by * 9);
    return report(
      [
        pipeline('images', {
          throughputPerSec: (100 / by) * noise,
          stages: [
            stage('load'),
            stage(name, {
              parallelism: by === 1 ? 4 : 3,
              trueRatePerSec: (110 / by) * noise,
              utilization: 0.9,
              serviceNs: service(10e6 * noise),
            }),
          ],
        }),
      ],
      by === 1
        ? {}
        : { processes: report().capture.processes.map((p) => ({ ...p, runtime: 'node v22.0.0' })) },
    );
  };
  return compareRuns(runs(count, side(1), 'base'), runs(count, side(4 / 3), 'head'), {
    threshold: 0.03,
  });
}

describe('a comparison on the screen', () => {
  it('says what matters first and labels both sides', () => {
    const text = comparisonText(sample(6), [], { color: false, width: 100 });
    const lines = text.split('\n');
    assert.match(lines[0] ?? '', /Sluice compare {2}BASE 6 runs, HEAD 6 runs$/);
    assert.match(text, /not run under the same conditions/);
    assert.match(text, /runtime: BASE node v20.0.0, HEAD node v22.0.0/);
    assert.match(
      text.replaceAll(/\s+/g, ' '),
      /25% fewer items per second in HEAD.*its parallelism went from 4 to 3/,
    );
    assert.match(text, /stage resize: parallelism 4 → 3/);
    assert.match(text, /BASE +HEAD +change/);
    assert.match(text, /images +throughput .*-25%.*worse/);
    assert.match(text, /\d+ more figures: no difference shown/);
    assert.ok(lines.every((line) => line.length <= 100));
    assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
  });

  it('says that single runs prove nothing', () => {
    const text = comparisonText(sample(1), [], { color: true, width: 80 });
    assert.match(
      text.replaceAll(/\s+/g, ' '),
      /BASE 1 run, HEAD 1 run; not enough to tell a difference from chance/,
    );
    assert.match(text, /not enough runs/);
    assert.match(text.replaceAll(/\s+/g, ' '), /Too few runs to be sure/);
  });

  it('lets no name write to the terminal or into the page', () => {
    const text = comparisonText(sample(6, EVIL), [], { color: false, width: 120 });
    // eslint-disable-next-line no-control-regex -- the very thing that must not be there
    assert.doesNotMatch(text, /\u001b/);
    const check = { expression: EVIL, isFailed: true, sentence: EVIL };
    const page = comparisonMarkdown(sample(6, EVIL), [check]);
    // eslint-disable-next-line no-control-regex -- see above
    assert.doesNotMatch(page, /<b>|\u001b|@team/);
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    for (const line of rows) assert.equal(line.match(/(?<!\\)\|/g)?.length, 9, line);
  });

  it('folds away in Markdown what did not change', () => {
    const page = comparisonMarkdown(sample(6), [
      { expression: 'throughput<-5%', isFailed: true, sentence: 'so it is' },
    ]);
    assert.match(page, /^### Sluice: BASE against HEAD\n/);
    assert.match(page, /- FAILED {2}throughput\\<-5%: so it is/);
    assert.match(page, /<details><summary>\d+ more figures/);
    assert.match(page, /\| images \| throughput \| 100\/s \| 75\/s \| -25% \|/);
  });
});
