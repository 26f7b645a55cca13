import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { CpuAttribution } from '../../../../extension/core/analysis/cpuAttribution.js';
import { PipelineAnalysis } from '../../../../extension/core/analysis/pipelineAnalysis.js';
import { findPipelines } from '../../../../extension/core/analysis/topology.js';
import { generatorJob, runJob } from '../../../../extension/core/job.js';
import { DeclarationReader } from '../../../../extension/core/model/declarations.js';
import { Ingest } from '../../../../extension/core/model/ingest.js';
import { TraceStore } from '../../../../extension/core/model/store.js';
import { MAX_HITS, type SearchHit } from '../../../../extension/core/panel/query.js';
import { Findings } from '../../../../extension/core/query/findings.js';
import { answerSearch } from '../../../../extension/core/query/search.js';
import { QuerySource } from '../../../../extension/core/query/source.js';
import { GaugeRows } from '../../../../extension/core/view/gaugeRows.js';
import { RowGroups } from '../../../../extension/core/view/rowGroups.js';
import { rowTargets } from '../../../../extension/core/view/rowTargets.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';
import { profileRecord, textProfile } from '../../../support/cpuProfileText.js';
import {
  anySession,
  ask,
  keyOf,
  laneId,
  makeSession,
  modelOfSession,
  placesOf,
  randomFrom,
  smallModel,
  type PlainExecution,
} from './randomSession.js';

/** A condition as text, and as a plain test of an execution. `named`: the stages that name the item. */
interface Condition {
  readonly text: string;
  readonly holds: (one: PlainExecution, all: readonly PlainExecution[]) => boolean;
}

const ns = fc.oneof(fc.nat(250), fc.nat(20_000), fc.constantFrom(0, 1_000_000, 5_000_000_000));
const duration: fc.Arbitrary<Condition> = fc.oneof(
  ns.map((n) => ({ text: `>${n}ns`, holds: (e: PlainExecution) => e.durationNs > n })),
  ns.map((n) => ({ text: `>=${n / 1000}us`, holds: (e: PlainExecution) => e.durationNs >= n })),
  ns.map((n) => ({ text: `< ${n} ns`, holds: (e: PlainExecution) => e.durationNs < n })),
  fc.tuple(ns, ns).map(([a, b]) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const holds = (e: PlainExecution): boolean => e.durationNs >= low && e.durationNs <= high;
    return { text: `${low}..${high}ns`, holds };
  }),
);
const namers = new WeakMap<readonly PlainExecution[], Map<number, ReadonlySet<string>>>();

/** The stages that name an item; looked for once, not for each execution. */
function namersOf(all: readonly PlainExecution[], item: number): ReadonlySet<string> {
  const known = namers.get(all) ?? new Map<number, ReadonlySet<string>>();
  namers.set(all, known);
  const stages =
    known.get(item) ?? new Set(all.filter((e) => e.item === item).map(({ stage }) => stage));
  known.set(item, stages);
  return stages;
}

const item: fc.Arbitrary<Condition> = fc.oneof(fc.nat(600), fc.nat(9000)).map((n) => ({
  text: `#${n}`,
  holds: (e, all) => {
    if (e.item === null) return false;
    const isNamed = namersOf(all, n).has(e.stage);
    return isNamed ? e.item === n : e.item < n && n < e.item + e.items;
  },
}));
const failed: fc.Arbitrary<Condition> = fc.constantFrom('failed', 'ERROR').map((text) => ({
  text,
  holds: (e) => e.failed,
}));
const name: fc.Arbitrary<Condition> = fc
  .constantFrom('read', 'WORK', 'r', '"wri"', 'ead', 'nothing')
  .map((text) => ({
    text,
    holds: (e) => e.stage.includes(text.replaceAll('"', '').toLowerCase()),
  }));

describe('a search', () => {
  it('finds the executions that a plain look at all of them finds, the first in time', () => {
    const condition = fc.oneof(duration, item, failed);
    const conditions = fc.tuple(
      condition,
      fc.array(fc.oneof(duration, failed, name), { maxLength: 2 }),
    );
    fc.assert(
      fc.property(anySession, conditions, (options, [first, others]) => {
        const session = makeSession(options);
        const model = modelOfSession(session);
        const places = placesOf(model);
        const all = [first, ...others];
        const text = all.map((c) => c.text).join(' ');
        const reply = ask(model, { kind: 'search', seq: 5, text });
        fc.pre(!reply.isWrong);
        // Numbers are looked for where they are: only rows that may hold any are asked about the item.
        const wanted = session.executions.filter((e) => others.every((c) => c.holds(e, [])));
        const found = wanted.filter((e) => first.holds(e, session.executions));
        assert.equal(reply.isComplete, true);
        assert.equal(reply.total, found.length, text);
        found.sort((a, b) => a.startNs - b.startNs);
        const hits = found.slice(0, MAX_HITS).map((e) => e.startNs);
        assert.deepEqual(
          reply.hits.map((hit) => hit.startNs),
          hits,
        );
        const known = new Set(
          found.map((e) => {
            const place = places.get(keyOf(e));
            const { startNs, durationNs } = e;
            return JSON.stringify({
              row: place?.row,
              level: 0,
              startNs,
              durationNs,
              label: place?.stage,
            });
          }),
        );
        for (const hit of reply.hits)
          assert.ok(known.has(JSON.stringify(hit)), JSON.stringify(hit));
        assert.deepEqual(reply.rows, []);
      }),
      { numRuns: 80 },
    );
  });

  it('for a name finds rows and nested spans, on their levels', () => {
    const options = fc.record({
      seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
      count: fc.constantFrom(5, 300, 9000),
      text: fc.constantFrom('parse', 'hash', 'a', 'parse "a "', 'zip', 'hash >20ns', '<=7ns e'),
    });
    fc.assert(
      fc.property(options, ({ seed, count, text }) => {
        const { bytes, spans } = nested(seed, count);
        const { model, reader } = smallModel();
        model.setState('capture');
        reader.push(bytes);
        model.trim();
        const reply = ask(model, { kind: 'search', seq: 1, text });
        const words = text.match(/"[^"]*"|\S+/g) ?? [];
        const names = words.filter((w) => !/^[<>]/.test(w)).map((w) => w.replaceAll('"', ''));
        const isMore = /[<>]/.test(text);
        const execution = { label: 'hash stage', level: 0, startNs: 0, durationNs: 100 * count };
        const found = [...(isMore ? [execution] : []), ...spans].filter(
          ({ label, durationNs }) =>
            names.every((n) => label.includes(n)) &&
            (!text.includes('>20ns') || durationNs > 20) &&
            (!text.includes('<=7ns') || durationNs <= 7),
        );
        assert.equal(reply.total, found.length);
        found.sort((a, b) => a.startNs - b.startNs || a.level - b.level);
        const brief = (hit: Omit<SearchHit, 'row'>): unknown[] => [
          hit.startNs,
          hit.level,
          hit.durationNs,
          hit.label,
        ];
        assert.deepEqual(reply.hits.map(brief), found.slice(0, MAX_HITS).map(brief));
        assert.deepEqual(
          reply.rows.map((row) => row.label),
          text === 'hash' ? ['hash stage'] : text === 'a' ? ['hash stage'] : [],
        );
      }),
      // An execution and what is nested in it may begin at once.
      { numRuns: 40, examples: [[{ seed: 1, count: 5, text: 'hash >20ns' }]] },
    );
  });

  it('for a name finds functions where the flame chart draws them', () => {
    const stack = fc.constantFrom('f', 'f/g', 'f/f', 'g/f', 'h', '(idle)', 'node:x/h', 'node:x');
    const stacks = fc.array(stack, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(stacks, fc.constantFrom('f', 'g', 'h', 'idle', 'x'), (samples, text) => {
        const own = { lane: 99, stage: null, pipeline: null, thread: 'main', slot: 0 } as const;
        const drawing = `work cpu x1 | aaaa-bbbbb--
          other cpu x1 | --cc----dd--`;
        const bytes = drawingBytes(drawing, { extra: [{ kind: 'lane', ...own }] });
        const model = modelOf(Buffer.concat([bytes, profileRecord(99, textProfile(samples))]));
        const rows = model
          .snapshot()
          .rows.flatMap((row) => (row.kind === 'stage' ? row.lanes : []));
        // Where a click finds a function's box, any step and level.
        const boxes = new Set<string>();
        for (const { id, kind } of rows) {
          for (let at = 0; kind === 'cpu' && at < 12 * 4; at++) {
            const [atNs, level] = [Math.floor(at / 4) * 1e6 + 0.6e6, at % 4];
            const { hit } = model.hit({ seq: 1, row: id, atNs, toleranceNs: 0, level });
            if (hit?.kind !== 'function' || !hit.name.includes(text)) continue;
            boxes.add([id, level, hit.startNs, hit.durationNs, hit.name].join());
          }
        }
        const { hits, total } = ask(model, { kind: 'search', seq: 1, text });
        const found = hits.map((hit) =>
          [hit.row, hit.level, hit.startNs, hit.durationNs, hit.label].join(),
        );
        assert.deepEqual(found.sort(), [...boxes].sort());
        assert.equal(total, boxes.size);
      }),
      { numRuns: 200 },
    );
  });

  it('stops when it has read enough, and says so', () => {
    const session = makeSession({
      seed: 7,
      processes: 1,
      stages: 3,
      lanes: 2,
      rows: 9000,
      items: 'none',
      areBatched: false,
      doOverlap: false,
      isOverrun: false,
      gapNs: 0,
    });
    const search = (text: string, mayRead: number): { total: number; isComplete: boolean } =>
      runJob(
        generatorJob(
          answerSearch(
            sourceOf(session.bytes),
            { kind: 'search', seq: 1, text },
            new Findings(mayRead),
          ),
        ),
      );
    const all = search('failed', 1e9);
    assert.equal(all.isComplete, true);
    const some = search('failed', 20_000);
    assert.equal(some.isComplete, false);
    assert.ok(some.total > 0 && some.total < all.total, `${some.total} of ${all.total}`);
    // Nothing has to be read to count what all fulfil, but for the first ones.
    const { total, isComplete } = search('<1h', 30_000);
    assert.deepEqual({ total, isComplete }, { total: 54_000, isComplete: true });
  });

  it('takes any text for something, or says what is wrong', () => {
    const model = modelOf(drawingBytes('work cpu x1 | aab'));
    const piece = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('>', '<=', '..', '#', '"', ' ', '20', 'ms', 's', 'failed', '7.5', 'a'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const reply = ask(model, { kind: 'search', seq: 1, text: pieces.join('') });
        assert.ok(reply.meaning.length > 10);
        if (reply.isWrong) assert.match(reply.meaning, /\.$/);
      }),
      { numRuns: 500 },
    );
  });
});

interface PlainSpan {
  readonly label: string;
  readonly level: number;
  readonly startNs: number;
  readonly durationNs: number;
}

/** Spans within spans within one execution. */
function nested(seed: number, count: number): { bytes: Uint8Array; spans: readonly PlainSpan[] } {
  const random = randomFrom(seed);
  const labels = ['parse', 'parse a b', 'hash', 'zip'];
  const label = (): string => labels[Math.floor(random() * labels.length)] ?? '';
  const trace = new TraceText();
  trace.declare(processDeclaration(), stageDeclaration('hash stage'));
  const lane = laneId(0, 0);
  trace.declare({
    kind: 'lane',
    lane,
    stage: 'hash stage',
    pipeline: null,
    thread: 'main',
    slot: 0,
  });
  const execution = { category: 'stage', name: 'hash stage', startNs: drawingStartNs };
  trace.interval(lane, { ...execution, endNs: drawingStartNs + 100 * count });
  const spans: PlainSpan[] = [];
  for (let i = 0; i < count; i++) {
    const startNs = 100 * i + Math.floor(random() * 20);
    const durationNs = 30 + Math.floor(random() * 40);
    const outer = { label: label(), level: 1, startNs, durationNs };
    const inner = {
      label: label(),
      level: 2,
      startNs: startNs + 5,
      durationNs: Math.floor(random() * 20),
    };
    // The inner one ends first, so it is written first.
    for (const span of random() < 0.5 ? [inner, outer] : [outer]) {
      spans.push(span);
      const start = drawingStartNs + span.startNs;
      const times = { startNs: start, endNs: start + span.durationNs };
      trace.interval(lane, { category: 'span', name: span.label, ...times });
    }
  }
  return { bytes: trace.take(), spans };
}

/** What a model hands to an answer. */
function sourceOf(bytes: Uint8Array): QuerySource {
  const store = new TraceStore();
  new FxtReader(new Ingest(store, new DeclarationReader(store))).push(bytes);
  const newRowId = (): number => store.newRowId();
  const analyses = findPipelines(store, new Map()).map((p) => new PipelineAnalysis(store, p));
  const cpu = new CpuAttribution(store.cpu, newRowId);
  const rows = { gauges: new GaugeRows(newRowId), groups: new RowGroups(newRowId) };
  const targets = rowTargets(store, { analyses, cpu, ...rows });
  return new QuerySource(store, () => ({ analyses, cpu, targets }));
}
