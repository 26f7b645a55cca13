import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { spanned } from '../../../agent/src/apiSpan.js';
import { watchStage } from '../../../agent/src/apiStage.js';
import type { CapturedEvent } from './support/capture.js';
import { PocketDrain } from './support/pocketDrain.js';

/** What an execution does: spans in spans, at once or one after the other, some outliving who started them. */
interface Act {
  readonly turns: number;
  readonly isAwaited: boolean;
  readonly isSync: boolean;
  readonly inner: readonly Act[];
}

/** Acts up to `levels` deep: without that bound two children each, now and then, are a tree without end. */
function actOf(levels: number): fc.Arbitrary<Act> {
  return fc.record({
    turns: fc.nat(3),
    isAwaited: fc.boolean(),
    isSync: fc.boolean(),
    inner: levels === 1 ? fc.constant([]) : fc.array(actOf(levels - 1), { maxLength: 2 }),
  });
}
const act = actOf(5);

async function turn(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await new Promise((resolve) => setImmediate(resolve));
}

function isNestedOrApart(a: CapturedEvent, b: CapturedEvent): boolean {
  const isApart = a.extra <= b.startNs || b.extra <= a.startNs;
  const isNested =
    (a.startNs <= b.startNs && b.extra <= a.extra) ||
    (b.startNs <= a.startNs && a.extra <= b.extra);
  return isApart || isNested;
}

it('never lets two durations of one lane overlap without nesting', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 4 }), async (acts) => {
      const drain = new PocketDrain();
      drain.attach();
      const { recorder } = drain;
      const open: Promise<void>[] = [];
      let spans = 0;
      const perform = async ({ turns, isAwaited, isSync, inner }: Act): Promise<void> => {
        spans++;
        if (isSync) {
          spanned(recorder, 'sync', () => undefined);
          return;
        }
        const promise = spanned(recorder, 'async', async () => {
          for (const one of inner) await perform(one);
          await turn(turns);
        });
        if (isAwaited) await promise;
        else open.push(promise);
      };
      const fn = async (one: Act): Promise<void> => {
        await perform(one);
      };
      const stage = recorder.stageRecorder({ name: 's', kind: 'cpu', via: 'test' });
      const run = watchStage({ recorder, stage, settings: {}, fn });
      await Promise.all(acts.map(async (one) => run(one)));
      while (open.length > 0) await open.pop();
      const capture = drain.drain();
      drain.dispose();
      assert.equal(capture.of('span').length, spans);
      const durations = [...capture.of('span'), ...capture.of('stage')];
      for (const a of durations) {
        for (const b of durations) {
          if (a.lane === b.lane) assert.ok(isNestedOrApart(a, b), `${a.name} over ${b.name}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});
