import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HitReply } from '../../../../extension/core/panel/hit.js';
import { check } from '../../../support/pipelineText.js';
import {
  anySession,
  anyShare,
  keyOf,
  makeSession,
  modelOfSession,
  momentIn,
  placesOf,
  type PlainExecution,
  type RandomSession,
} from '../query/randomSession.js';
import { slowPart, slowShares } from '../query/slowStats.js';

type Many = Extract<HitReply['hit'], { kind: 'many' }>;

const endOf = ({ startNs, durationNs }: PlainExecution): number => startNs + durationNs;

/** Everything but the label, from plain lists. Time outside of the pipeline's is idle time of a lane, and none of a stage. */
function slowMany(
  session: RandomSession,
  of: readonly PlainExecution[],
  stretch: { readonly fromNs: number; readonly toNs: number; readonly isLane: boolean },
): Omit<Many, 'label' | 'kind'> {
  const { fromNs, toNs, isLane } = stretch;
  const begun = of.filter((e) => e.startNs >= fromNs && e.startNs < toNs);
  const part = slowPart(session, stretch);
  const shares = slowShares(session, of, part, isLane ? 1 : session.parallelism);
  const scale = isLane ? (part.toNs - part.fromNs) / (toNs - fromNs) : 1;
  const { busy, starved, blocked, limited } = shares;
  const known = [busy, starved, blocked, limited].map((share) => share * scale);
  const [b = 0, s = 0, bl = 0, l = 0] = known;
  return {
    fromNs,
    toNs,
    executions: begun.length,
    failed: begun.filter((e) => e.failed).length,
    longestNs: begun.length === 0 ? null : Math.max(...begun.map((e) => e.durationNs)),
    shares: { busy: b, starved: s, blocked: bl, limited: l, idle: 1 - b - s - bl - l },
  };
}

function assertMany(hit: HitReply['hit'], expected: Omit<Many, 'label' | 'kind'>): void {
  assert.ok(hit?.kind === 'many', `a hit of kind ${String(hit?.kind)}`);
  const { shares, label } = hit;
  const { shares: wanted } = expected;
  assert.deepEqual({ ...hit, shares: null }, { kind: 'many', label, ...expected, shares: null });
  assert.ok(label !== '');
  for (const state of ['busy', 'starved', 'blocked', 'limited', 'idle'] as const) {
    const isClose = Math.abs(shares[state] - wanted[state]) < 1e-6;
    assert.ok(isClose, `${state}: ${shares[state]}, not ${wanted[state]}`);
  }
}

interface Where {
  readonly at: number;
  readonly to: number | null;
  readonly toleranceNs: number;
}

function stretchOf(
  session: RandomSession,
  { at, to, toleranceNs }: Where,
): { readonly atNs: number; readonly toleranceNs: number } {
  const [one, other] = [momentIn(session, at), momentIn(session, to ?? at)];
  const halfNs = to === null ? toleranceNs : Math.abs(other - one) / 2;
  return { atNs: (one + other) / 2, toleranceNs: halfNs };
}

describe('a hit where single executions cannot be told apart', () => {
  const place = fc.record({
    at: anyShare,
    /** The stretch reaches from one place to another; null: it is as long as the tolerance says. */
    to: fc.option(anyShare),
    toleranceNs: fc.oneof(fc.nat(50), fc.nat(3000), fc.nat(10_000_000), fc.constant(1e12)),
    pick: fc.nat(),
  });

  it('tells of a stage row what all its lanes did there', () => {
    fc.assert(
      fc.property(anySession, place, (options, { pick, ...where }) => {
        const session = makeSession(options);
        const model = modelOfSession(session);
        const places = placesOf(model);
        const one = session.executions[pick % session.executions.length];
        const row = one === undefined ? -1 : (places.get(keyOf(one))?.stageRow ?? -1);
        const of = session.executions.filter((e) => places.get(keyOf(e))?.stageRow === row);
        const { atNs, toleranceNs } = stretchOf(session, where);
        const { hit } = model.hit({ seq: 1, row, atNs, toleranceNs });
        const halfNs = Math.max(toleranceNs, 0.5);
        const stretch = { fromNs: atNs - halfNs, toNs: atNs + halfNs, isLane: false };
        const part = slowPart(session, stretch);
        if (part.toNs <= part.fromNs) assert.equal(hit, null);
        else assertMany(hit, slowMany(session, of, stretch));
      }),
      { numRuns: 40 },
    );
  });

  it('tells the same of a lane, if more than three begin there and none of them is hit for sure', () => {
    fc.assert(
      fc.property(anySession, place, (options, { pick, ...where }) => {
        const session = makeSession({ ...options, doOverlap: false, isOverrun: false });
        const model = modelOfSession(session);
        const places = placesOf(model);
        const one = session.executions[pick % session.executions.length];
        assert.ok(one !== undefined);
        const of = session.executions.filter((e) => keyOf(e) === keyOf(one));
        const row = places.get(keyOf(one))?.row ?? -1;
        const { atNs, toleranceNs } = stretchOf(session, where);
        const { hit } = model.hit({ seq: 1, row, atNs, toleranceNs });
        const halfNs = Math.max(toleranceNs, 0.5);
        const stretch = { fromNs: atNs - halfNs, toNs: atNs + halfNs, isLane: true };
        const expected = slowMany(session, of, stretch);
        const isLong = of.some(
          (e) => e.startNs <= atNs && endOf(e) > atNs && e.durationNs > 2 * halfNs,
        );
        if (expected.executions > 3 && !isLong) assertMany(hit, expected);
        else assert.notEqual(hit?.kind, 'many');
      }),
      { numRuns: 60 },
    );
  });

  it('reads like this', () => {
    const model = check(
      `read source x2          | aabBcc>>
       read source x2          | ----dddd
       queue files read>work 2 | 00112222
       work cpu x1             | aaa----b`,
      {},
    );
    const [read] = model.snapshot().rows;
    assert.ok(read?.kind === 'stage');
    const hit = (row: number, atMs: number, toleranceMs: number): HitReply['hit'] =>
      model.hit({ seq: 1, row, atNs: atMs * 1e6, toleranceNs: toleranceMs * 1e6 }).hit;
    assert.deepEqual(hit(read.id, 4, 2), {
      kind: 'many',
      label: 'read',
      fromNs: 2e6,
      toNs: 6e6,
      executions: 4,
      failed: 1,
      longestNs: 4e6,
      // The second lane was free while the queue was not full, for two steps of eight.
      shares: { busy: 6 / 8, starved: 0, blocked: 0, limited: 0, idle: 2 / 8 },
    });
    const [lane] = read.lanes;
    assert.deepEqual(hit(lane?.id ?? -1, 4, 4), {
      kind: 'many',
      label: 'read · main #0',
      fromNs: 0,
      toNs: 8e6,
      executions: 4,
      failed: 1,
      longestNs: 2e6,
      shares: { busy: 6 / 8, starved: 0, blocked: 2 / 8, limited: 0, idle: 0 },
    });
    assert.equal(hit(lane?.id ?? -1, 4, 1)?.kind, 'execution');
  });
});
