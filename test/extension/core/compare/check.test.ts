import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCheck, runChecks, type Check } from '../../../../extension/core/compare/check.js';
import { compareRuns } from '../../../../extension/core/compare/compare.js';
import type { CheckResult } from '../../../../extension/core/compare/comparison.js';
import type { Report } from '../../../../extension/core/report/report.js';
import { pipeline, report, runs, service, stage } from './reports.js';

function check(text: string): Check {
  const parsed = parseCheck(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return parsed.value;
}

/** HEAD does 8 % less than BASE, give or take `noise`; `resize` takes 10 % longer. */
function result(expression: string, count: number, noise = 0.001): CheckResult {
  const run =
    (by: number, phase: number) =>
    (i: number): Report =>
      report([
        pipeline('images', {
          throughputPerSec: 100 * (1 - 0.8 * by) * (1 + noise * Math.sin(i * 5 + phase)),
          stages: [
            stage('load', { serviceNs: service(5e6 * (1 + noise * Math.sin(i * 3 + phase))) }),
            stage('resize', {
              serviceNs: service(10e6 * (1 + by) * (1 + noise * Math.sin(i + phase))),
            }),
          ],
        }),
      ]);
  const comparison = compareRuns(runs(count, run(0, 0)), runs(count, run(0.1, 2)), {
    threshold: 0.03,
  });
  const [first] = runChecks(comparison, [check(expression)]);
  assert.ok(first !== undefined);
  return first;
}

describe('a check', () => {
  it('is read with and without a name and spaces', () => {
    assert.deepEqual(check('throughput<-5%'), {
      expression: 'throughput<-5%',
      subject: null,
      metric: 'throughput',
      isBelow: true,
      limit: -0.05,
      needsRuns: false,
    });
    const named = check(' my:stage : service.p95 > 10.5 %  and significant ');
    assert.deepEqual(
      [named.subject, named.metric, named.isBelow, named.limit, named.needsRuns],
      ['my:stage', 'service.p95', false, 0.105, true],
    );
  });

  it('that is none is refused with what is allowed', () => {
    const error = (text: string): string => {
      const parsed = parseCheck(text);
      assert.ok(!parsed.ok, text);
      return parsed.error;
    };
    for (const text of ['', 'throughput', 'throughput<5', 'throughput=5%', '<5%', 'a<b<5%']) {
      assert.match(error(text), /not a check.*write \[name:\]metric<-5%/, text);
    }
    assert.match(error('speed<-5%'), /no such metric: speed .*use throughput, latency/);
    assert.match(error('throughput<-5% or so'), /not understood: or so/);
    assert.match(error(':rate<-5%'), /no name before the colon/);
    assert.ok(error('x'.repeat(100_000)).length > 0);
  });

  it('fails what is beyond its limit and no chance', () => {
    const failed = result('throughput<-5%', 6);
    assert.equal(failed.isFailed, true);
    assert.match(failed.sentence, /^throughput -8\.0% \(BASE 100\/s, HEAD 92\/s\), p 0\.0/);
    assert.equal(result('throughput<-10%', 6).isFailed, false);
    assert.equal(result('throughput>5%', 6).isFailed, false);
    assert.equal(result('service.mean>5%', 6).isFailed, true);
    assert.equal(result('resize:service.mean>5%', 6).isFailed, true);
    assert.equal(result('load:service.mean>5%', 6).isFailed, false);
  });

  it('passes what may be chance, and says so', () => {
    const passed = result('throughput<-5%', 6, 0.2);
    assert.equal(passed.isFailed, false);
    assert.match(passed.sentence, /may be chance|^throughput/);
  });

  it('takes the change of single runs alone, unless significance is asked for', () => {
    const single = result('throughput<-5%', 1);
    assert.equal(single.isFailed, true);
    assert.match(single.sentence, /one run against one, so it may be chance/);
    assert.equal(result('throughput<-5% and significant', 1).isFailed, false);
    assert.equal(result('throughput<-5% and significant', 6).isFailed, true);
    assert.match(result('throughput<-5%', 3).sentence, /only 3 against 3 runs/);
  });

  it('fails when there is nothing that it could look at', () => {
    const nothing = result('resise:service.mean>5%', 6);
    assert.equal(nothing.isFailed, true);
    assert.match(nothing.sentence, /no service.mean of resise in both.*known of load, resize/);
    assert.match(result('wait.p95>5%', 6).sentence, /nothing here has it/);
  });
});
