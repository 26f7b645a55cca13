import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ItemVisit } from '../../../../extension/core/panel/query.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  anySession,
  anyShare,
  ask,
  keyOf,
  makeSession,
  modelOfSession,
  momentIn,
  placesOf,
  STAGES,
  type Place,
  type PlainExecution,
  type RandomSession,
} from './randomSession.js';

const endOf = ({ startNs, durationNs }: PlainExecution): number => startNs + durationNs;

/** Executions that worked on an item: those that name it, at a stage where none does the batches that would hold it. */
function worked({ executions }: RandomSession, item: number): readonly PlainExecution[] {
  return STAGES.flatMap((stage) => {
    const here = executions.filter((e) => e.stage === stage && e.item !== null);
    const named = here.filter((e) => e.item === item);
    const holds = ({ item: first, items }: PlainExecution): boolean =>
      first !== null && item >= first && item < first + items;
    return named.length > 0 ? named : here.filter(holds);
  });
}

/** Puts each visit to the last way in its process that has room for it, else to the last one that has. */
function slowJourneys(visits: readonly PlainExecution[]): readonly (readonly PlainExecution[])[] {
  const ways: PlainExecution[][] = [];
  for (const visit of visits) {
    // Older ways than the last 64 are over.
    const open = ways.slice(-64).filter((way) => {
      const before = way.filter((e) => e.stage === visit.stage).at(-1);
      return before === undefined || before.failed;
    });
    const own = open.filter((way) => way.some((e) => e.pid === visit.pid));
    const way = own.at(-1) ?? open.at(-1);
    if (way === undefined) ways.push([visit]);
    else way.push(visit);
  }
  return ways;
}

function awayNs(way: readonly PlainExecution[], atNs: number): number {
  const fromNs = Math.min(...way.map((e) => e.startNs));
  const toNs = Math.max(...way.map(endOf));
  return atNs < fromNs ? fromNs - atNs : atNs > toNs ? atNs - toNs : 0;
}

/** Which stages an item comes from to a stage, by name: those that lead there, and itself where it is tried again. */
type LeadingTo = (stage: string) => readonly string[];

function leadingIn(model: SessionModel): LeadingTo {
  const links = model.report().pipelines[0]?.links ?? [];
  const nameOf = (label: string): string => label.replace(/ \(pid \d+\)$/, '');
  return (stage) => [
    stage,
    ...links.filter(({ to }) => nameOf(to) === stage).map(({ from }) => nameOf(from)),
  ];
}

function visitOf(
  one: PlainExecution,
  before: readonly PlainExecution[],
  { place, leadingTo }: { readonly place: Place | undefined; readonly leadingTo: LeadingTo },
): ItemVisit {
  assert.ok(place !== undefined);
  const stage = STAGES.indexOf(one.stage as (typeof STAGES)[number]);
  const leading = before.filter((e) => leadingTo(one.stage).includes(e.stage));
  const left = Math.max(...(leading.length > 0 ? leading : before).map(endOf));
  const since = Number.isFinite(left) && left <= one.startNs ? one.startNs - left : null;
  const { row, stageRow, stage: label, lane } = place;
  const { startNs, durationNs, failed, items, waitUs } = one;
  return {
    row,
    stageRow,
    stage: label,
    lane,
    startNs,
    durationNs,
    failed,
    items,
    waitedNs: waitUs === null ? since : waitUs * 1000,
    queue: stage > 0 ? `q${stage}` : null,
  };
}

describe('the way of an item', () => {
  it('is what a look at every execution finds, however often its number was used', () => {
    const item = fc.oneof(fc.nat(600), fc.nat(12_000), fc.constant(0xffff_ffff));
    fc.assert(
      fc.property(anySession, item, fc.nat(), anyShare, (o, n, pick, at) => {
        // Ways that lie within each other, and executions that begin at once, may be put in either order.
        const session = makeSession({ ...o, doOverlap: false });
        const model = modelOfSession(session);
        const places = placesOf(model);
        const known = session.executions[pick % session.executions.length]?.item ?? n;
        const wanted = o.items === 'random' ? known : n;
        const atNs = momentIn(session, at);
        const visits = [...worked(session, wanted)];
        visits.sort((a, b) => a.startNs - b.startNs || b.durationNs - a.durationNs);
        fc.pre(visits.every((v, i) => v.startNs !== visits[i + 1]?.startNs));
        const ways = slowJourneys(visits);
        const best = Math.min(...ways.map((way) => awayNs(way, atNs)));
        const nearest = ways.findLast((way) => awayNs(way, atNs) === best);
        const { path } = ask(model, { kind: 'itemPath', seq: 1, item: wanted, atNs });
        if (nearest === undefined) {
          assert.equal(path, null);
          return;
        }
        assert.ok(path !== null);
        const leadingTo = leadingIn(model);
        const expected = nearest.map((one, i) =>
          visitOf(one, nearest.slice(0, i), { place: places.get(keyOf(one)), leadingTo }),
        );
        assert.deepEqual(path, {
          item: wanted,
          pipeline: 'p',
          visits: expected,
          journeys: ways.length,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('is found from any execution that names it', () => {
    fc.assert(
      fc.property(anySession, fc.nat(), (options, pick) => {
        const session = makeSession({ ...options, doOverlap: false });
        const model = modelOfSession(session);
        const places = placesOf(model);
        const one = session.executions[pick % session.executions.length];
        assert.ok(one !== undefined);
        fc.pre(one.durationNs > 0);
        const row = places.get(keyOf(one))?.row ?? -1;
        const atNs = one.startNs + Math.floor(one.durationNs / 2);
        const { path } = ask(model, { kind: 'itemAt', seq: 1, row, atNs });
        if (one.item === null) assert.equal(path, null);
        else {
          assert.equal(path?.item, one.item);
          const isVisit = (v: ItemVisit): boolean => v.row === row && v.startNs === one.startNs;
          assert.ok(path.visits.some(isVisit), 'the execution is one of its stops');
        }
      }),
      { numRuns: 40 },
    );
  });
});
