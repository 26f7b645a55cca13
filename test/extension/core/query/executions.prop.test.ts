import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ListedExecution } from '../../../../extension/core/panel/query.js';
import {
  anySession,
  ask,
  keyOf,
  makeSession,
  modelOfSession,
  placesOf,
  rangeIn,
  STAGES,
  twoShares,
  type Place,
  type PlainExecution,
} from './randomSession.js';

function listed(one: PlainExecution, place: Place | undefined): ListedExecution {
  assert.ok(place !== undefined);
  const { startNs, durationNs, item, items, failed, waitUs } = one;
  const { row, stage, lane } = place;
  const waitedNs = waitUs === null ? null : waitUs * 1000;
  return { row, stage, lane, startNs, durationNs, item, items, waitedNs, failed };
}

describe('a page of executions', () => {
  it('is what a list of all of them, sorted, has there', () => {
    const question = fc.record({
      stage: fc.option(fc.constantFrom(...STAGES)),
      order: fc.constantFrom('start' as const, 'duration' as const),
      descending: fc.boolean(),
      offset: fc.constantFrom(0, 1, 7, 700, 5000),
      limit: fc.constantFrom(1, 3, 500),
    });
    fc.assert(
      fc.property(anySession, twoShares, question, (options, shares, { stage, ...asked }) => {
        const session = makeSession(options);
        const model = modelOfSession(session);
        const places = placesOf(model);
        const { fromNs, toNs } = rangeIn(session, shares);
        const rowOf = (one: PlainExecution): number | undefined => places.get(keyOf(one))?.stageRow;
        const ofStage = session.executions.find((e) => e.stage === stage);
        const row = stage === null ? null : ofStage === undefined ? 4711 : rowOf(ofStage);
        assert.ok(row !== undefined);
        const all = session.executions.filter(
          (e) => e.startNs >= fromNs && e.startNs < toNs && (row === null || rowOf(e) === row),
        );
        const key = (e: Pick<ListedExecution, 'startNs' | 'durationNs'>): number =>
          asked.order === 'start' ? e.startNs : e.durationNs;
        const sign = asked.descending ? -1 : 1;
        all.sort((a, b) => sign * (key(a) - key(b)) || a.startNs - b.startNs);
        const reply = ask(model, { kind: 'executions', seq: 3, fromNs, toNs, row, ...asked });
        assert.equal(reply.seq, 3);
        assert.equal(reply.offset, asked.offset);
        assert.equal(reply.total, all.length);
        const expected = all.slice(asked.offset, asked.offset + asked.limit);
        assert.deepEqual(reply.executions.map(key), expected.map(key));
        assert.deepEqual(
          reply.executions.map((e) => e.startNs),
          expected.map((e) => e.startNs),
        );
        // Of those that begin at once, either may stand first.
        const left = all.map((e) => JSON.stringify(listed(e, places.get(keyOf(e)))));
        left.sort();
        const found = reply.executions.map((e) => JSON.stringify(e)).sort();
        let at = 0;
        for (const one of found) {
          while (at < left.length && (left[at] ?? '') < one) at++;
          assert.equal(left[at++], one);
        }
      }),
      { numRuns: 40 },
    );
  });
});
