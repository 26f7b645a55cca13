/** Previews of one knob on made-up sessions whose truth is known, and the reasons where there is none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KnobPreview } from '../../../../extension/core/advice/previewKnob.js';
import { runJob } from '../../../../extension/core/job.js';
import { rateOf, type MadePipeline } from '../../../support/madeRun.js';
import { madeSession, withStage, type MadeSession } from '../../../support/madeSession.js';
import { near } from '../simulation/near.js';

const slowFetch: MadePipeline = {
  runMs: 3000,
  stages: [
    { name: 'list', kind: 'source', lanes: 1, serviceMs: 1, cpu: 0.1 },
    {
      name: 'fetch',
      kind: 'io',
      lanes: 4,
      serviceMs: 20,
      cpu: 0.02,
      queue: 16,
      lanesKnob: [1, 32],
    },
    { name: 'parse', lanes: 2, serviceMs: 2, queue: 16, lanesKnob: [1, 32] },
  ],
};

function preview({ model }: MadeSession, knob: string, value: number): KnobPreview {
  return runJob(model.previewJob({ knob, value }));
}

describe('a preview', () => {
  const session = madeSession(slowFetch);
  const idOf = (stage: string): string =>
    session.model.report().pipelines[0]?.knobs.find((k) => k.stage === stage)?.id ?? 'none';

  for (const lanes of [2, 6, 8]) {
    it(`is what ${lanes} lanes would do`, () => {
      const found = preview(session, idOf('fetch'), lanes);
      assert.ok(found.kind === 'predicted', JSON.stringify(found));
      const truth = rateOf(withStage(slowFetch, 1, { lanes }));
      near(found.throughputPerSec.mid, truth, 0.05);
      const { low, high } = found.throughputPerSec;
      assert.ok(low <= truth && truth <= high, `${truth} is not within ${low} and ${high}`);
      assert.deepEqual([found.from, found.to], [4, lanes]);
      near(found.gain.mid, truth / found.present.throughputPerSec, 0.05);
    });
  }

  it('of lanes where nothing waits promises nothing', () => {
    const found = preview(session, idOf('parse'), 4);
    assert.ok(found.kind === 'predicted', JSON.stringify(found));
    near(found.gain.mid, 1, 0.02);
  });

  it('does not go beyond what the model knows', () => {
    const found = preview(session, idOf('fetch'), 32);
    assert.ok(found.kind === 'unpredicted');
    assert.match(found.reason, /speaks up to 8 only/);
  });

  it('of a knob that is not there says so', () => {
    const found = preview(session, '1:99', 2);
    assert.deepEqual(found, { kind: 'unpredicted', reason: 'There is no knob 1:99.' });
  });

  it('of a run that was too short says what is missing', () => {
    const short = madeSession({ ...slowFetch, runMs: 60 });
    const knob = short.model.report().pipelines[0]?.knobs[0]?.id ?? 'none';
    const found = preview(short, knob, 8);
    assert.ok(found.kind === 'unpredicted', JSON.stringify(found));
    assert.match(found.reason, /there is a prediction|record for longer|no stretch of time/);
  });
});
