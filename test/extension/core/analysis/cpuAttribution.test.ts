import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { BoxFlag, BoxKind } from '../../../../extension/core/panel/view.js';
import { SessionModel } from '../../../../extension/core/sessionModel.js';
import { profileRecord, textProfile } from '../../../support/cpuProfileText.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';
import { boxesOf } from '../view/decode.js';

const OWN_LANE = 99;
const ownLane = {
  kind: 'lane',
  lane: OWN_LANE,
  stage: null,
  pipeline: null,
  thread: 'main',
  slot: 0,
} as const;

/** A drawing, all of whose lanes are the main thread's, and its samples. */
function sampled(drawing: string, ...profiles: readonly unknown[]): SessionModel {
  const records = profiles.map((p) => profileRecord(OWN_LANE, p));
  return modelOf(Buffer.concat([drawingBytes(drawing, { extra: [ownLane] }), ...records]));
}

/** Per stage, its functions as `name self total` in percent. */
function functionsOf(model: SessionModel): Record<string, string[]> {
  const percent = (share: number): number => Math.round(share * 100);
  return Object.fromEntries(
    model
      .report()
      .pipelines.flatMap((p) => p.stages)
      .map((s) => [
        s.name,
        (s.functions ?? []).map(
          (f) => `${f.name} ${percent(f.selfShare)} ${percent(f.totalShare)}`,
        ),
      ]),
  );
}

/** The boxes of a stage's row of samples: level, name, steps from and to, and `?` for what is not counted. */
function boxes(model: SessionModel, stage: string, widthPx = 100): string[] {
  const row = model.snapshot().rows.find((r) => r.kind === 'stage' && r.stage === stage);
  const cpu = row?.kind === 'stage' ? row.lanes.find((l) => l.kind === 'cpu') : undefined;
  if (cpu === undefined) return [];
  const view = model.view({ seq: 1, fromNs: 0, toNs: 10e6, widthPx, rows: [cpu.id] });
  return boxesOf(view, cpu.id).map((b) => {
    const steps = [b.x, b.x + b.width].map((x) => (x / widthPx) * 10).join('-');
    const kind = b.kind === BoxKind.cpuIdle ? ' idle' : '';
    return `${b.level} ${b.name} ${steps}${kind}${(b.flags & BoxFlag.shared) === 0 ? '' : '?'}`;
  });
}

describe('CPU samples and executions', () => {
  it('belong together by thread and time; what is outside of executions belongs to no stage', () => {
    const model = sampled(
      'work cpu x1 | --aaaa--bb',
      textProfile(['x', 'x', 'f/g', 'f/g', 'f/h', 'f', 'x', 'x', 'k', 'k']),
    );
    // The last sample holds until the profile ends, half a step later.
    assert.deepEqual(functionsOf(model), {
      work: ['g 36 36', 'k 27 27', 'f 18 73', 'h 18 18'],
    });
    // The session's time begins with its first record, two steps into the drawing.
    assert.deepEqual(boxes(model, 'work'), [
      '0 f 0.5-4.5',
      '0 k 6.5-8',
      '1 g 0.5-2.5',
      '1 h 2.5-3.5',
    ]);
    assert.deepEqual(model.report().pipelines[0]?.stages[0]?.functions?.[0]?.source, {
      file: '/app/g.js',
      line: 7,
      column: 7,
    });
  });

  it('of a stage within another belong to the inner one', () => {
    const model = sampled(
      `outer io x1  | aaaaaaaa--
       inner cpu x1 | --bb------`,
      textProfile(['o', 'o', 'i', 'i', 'o', 'o', 'o', 'o', 'x', 'x']),
    );
    assert.deepEqual(functionsOf(model), { outer: ['o 100 100'], inner: ['i 100 100'] });
    // The outer stage's row shows what it waited for, marked.
    assert.deepEqual(boxes(model, 'outer'), ['0 o 0.5-2.5', '0 i 2.5-4.5?', '0 o 4.5-8.5']);
  });

  it('under overlapping executions of several stages belong to none, of one stage to that one', () => {
    const model = sampled(
      `one io x2 | aaaa------
       one io x2 | --bbbb----
       two io x1 | -----ccccc`,
      textProfile(['f', 'f', 'f', 'f', 'f', 'f', 'g', 'g', '(idle)', '(idle)']),
    );
    assert.deepEqual(functionsOf(model), { one: ['f 100 100'], two: ['g 100 100'] });
    assert.deepEqual(boxes(model, 'one'), ['0 f 0.5-5.5', '0 f 5.5-6.5?']);
    assert.deepEqual(boxes(model, 'two'), ['0 f 5.5-6.5?', '0 g 6.5-8.5', '0 (idle) 8.5-10 idle']);
  });

  it('leaves out what Node does before the program’s own code, but no code of the program', () => {
    const model = sampled(
      'work cpu x1 | aaaaaaaaaa',
      textProfile([
        'node:main/node:load/f/node:fs/node:read',
        'node:main/node:load/f/g',
        'node:main/node:load',
        '(garbage collector)',
        '(program)',
      ]),
    );
    assert.deepEqual(boxes(model, 'work'), [
      '0 f 0.5-2.5',
      '0 load 2.5-3.5',
      '0 (garbage collector) 3.5-4.5',
      '0 (program) 4.5-5',
      '1 fs 0.5-1.5',
      '1 g 1.5-2.5',
      '2 read 0.5-1.5',
    ]);
  });

  it('counts recursion once', () => {
    const model = sampled('work cpu x1 | aaaaa', textProfile(['f/f/f', 'f/f', 'f/g/f', 'f/g']));
    assert.deepEqual(functionsOf(model), { work: ['f 86 100', 'g 14 43'] });
  });

  it('joins the chunks of a profile, and drops one that goes back in time', () => {
    const chunks = [textProfile(['f/g', 'f/g']), textProfile(['f/g', 'f'], 2)];
    const model = sampled('work cpu x1 | aaaaaaaaaa', ...chunks, textProfile(['late'], 1));
    assert.deepEqual(boxes(model, 'work'), ['0 f 0.5-2', '0 f 2.5-4', '1 g 0.5-2', '1 g 2.5-3.5']);
  });

  it('knows the function at a moment and its time in view', () => {
    const model = sampled('work cpu x1 | aaaaaaaaaa', textProfile(['f/g', 'f/g', 'f', 'k', 'f/g']));
    const [row] = model.snapshot().rows;
    assert.ok(row?.kind === 'stage');
    const id = row.lanes.find((l) => l.kind === 'cpu')?.id ?? -1;
    const hit = (atMs: number, level: number, toMs = 10): unknown => {
      const range = { fromNs: 0, toNs: toMs * 1e6 };
      const at = { seq: 1, row: id, atNs: atMs * 1e6, toleranceNs: 0 };
      return model.hit({ ...at, level, range }).hit;
    };
    const base = { kind: 'function', stage: 'work', lane: 'main CPU', isShared: false };
    const source = (name: string): object => ({ file: `/app/${name}.js`, line: 7, column: 7 });
    assert.deepEqual(hit(1, 1), {
      ...base,
      name: 'g',
      source: source('g'),
      startNs: 0.5e6,
      durationNs: 2e6,
      selfNs: 2.5e6,
      totalNs: 2.5e6,
    });
    assert.deepEqual(hit(1, 0, 2), {
      ...base,
      name: 'f',
      source: source('f'),
      startNs: 0.5e6,
      durationNs: 3e6,
      selfNs: 0,
      totalNs: 1.5e6,
    });
    assert.equal(hit(3.6, 1), null);
    assert.equal(hit(0.2, 0), null);
    assert.equal(hit(7, 0), null);
  });

  it('draws at most one sample a pixel when there are more, and still every wide box', () => {
    const stacks = Array.from({ length: 10_000 }, (_, i) => (i < 5000 ? 'f/a' : `f/b${i % 7}`));
    const profile = textProfile(stacks);
    const fast = {
      ...profile,
      timeDeltas: stacks.map(() => 1),
      endTime: profile.startTime + 10_000,
    };
    const model = sampled('work cpu x1 | aaaaaaaaaa', fast);
    const seen = boxes(model, 'work', 50);
    assert.ok(seen.length <= 2 * 50, `${seen.length} boxes`);
    assert.equal(seen[0], '0 f 0-10');
    assert.equal(seen[1], '1 a 0-5');
  });
});

const LENGTH = 12;
const stageNames = ['a', 'b', 'c'] as const;
const executions = fc.array(
  fc.record({
    stage: fc.constantFrom(...stageNames),
    lane: fc.nat(1),
    from: fc.nat(LENGTH - 1),
    length: fc.integer({ min: 1, max: 6 }),
  }),
  { maxLength: 14 },
);
const stacks = fc.array(fc.constantFrom('f', 'f/g', 'h', '(idle)', 'node:x/h'), {
  minLength: LENGTH,
  maxLength: LENGTH,
});

interface Execution {
  readonly stage: string;
  readonly lane: number;
  readonly from: number;
  readonly to: number;
}

/** Those that do not overlap an earlier one on their lane. */
function withoutOverlap(
  list: readonly { stage: string; lane: number; from: number; length: number }[],
): readonly Execution[] {
  const kept: Execution[] = [];
  for (const { stage, lane, from, length } of list) {
    const e = { stage, lane, from, to: from + length };
    const isFree = kept.every(
      (k) => k.stage !== stage || k.lane !== lane || k.to <= e.from || k.from >= e.to,
    );
    if (isFree) kept.push(e);
  }
  return kept;
}

/** The stage that a moment belongs to, by the words of `cpuAttribution.ts`. */
function slowOwner(list: readonly Execution[], at: number): string | null {
  const open = list.filter((e) => e.from <= at && at < e.to);
  if (new Set(open.map((e) => e.stage)).size === 1) return open[0]?.stage ?? null;
  const inner = open.filter((e) => open.every((o) => o.from <= e.from && e.to <= o.to));
  return new Set(inner.map((e) => e.stage)).size === 1 ? (inner[0]?.stage ?? null) : null;
}

describe('CPU samples and executions, drawn at random', () => {
  it('belong to the same stage whatever order they come in', () => {
    fc.assert(
      fc.property(executions, stacks, fc.nat(1000), (drawn, samples, seed) => {
        const list = withoutOverlap(drawn);
        const trace = new TraceText();
        trace.declare(processDeclaration(), { kind: 'pipeline', name: 'drawn' }, ownLane);
        for (const [i, name] of stageNames.entries()) {
          trace.declare(stageDeclaration(name, { pipeline: 'drawn' }));
          for (const slot of [0, 1]) {
            const lane = 1 + 2 * i + slot;
            const rest = { stage: name, pipeline: 'drawn', thread: 'main', slot } as const;
            trace.declare({ kind: 'lane', lane, ...rest });
          }
        }
        const head = trace.take();
        const ended = [...list].sort((x, y) => x.to - y.to);
        const parts = ended.map((e) => {
          const lane = 1 + 2 * stageNames.findIndex((s) => s === e.stage) + e.lane;
          const ns = (step: number): number => drawingStartNs + step * 1e6;
          const times = { startNs: ns(e.from), endNs: ns(e.to) };
          return trace.interval(lane, { category: 'stage', name: e.stage, ...times }).take();
        });
        // The profile comes in two chunks, anywhere between the executions.
        const half = LENGTH / 2;
        const cut = seed % (parts.length + 1);
        const last = cut + (Math.floor(seed / 16) % (parts.length + 1 - cut));
        const first = profileRecord(OWN_LANE, textProfile(samples.slice(0, half)));
        const second = profileRecord(OWN_LANE, textProfile(samples.slice(half), half));
        parts.splice(last, 0, second);
        parts.splice(cut, 0, first);
        const model = new SessionModel({ title: 'live' });
        const reader = new FxtReader(model.sink);
        for (const part of [head, ...parts]) {
          reader.push(part);
          model.report();
        }
        assert.equal(reader.end().problem, null);
        const whole = modelOf(Buffer.concat([head, ...parts]));
        assert.deepEqual(functionsOf(model), functionsOf(whole));
        for (const stage of stageNames) assert.deepEqual(boxes(model, stage), boxes(whole, stage));
        assert.deepEqual(selfShares(model), slowShares(list, samples));
      }),
      { numRuns: 300 },
    );
  });
});

/** Self shares of each stage that has any, rounded. */
function selfShares(model: SessionModel): Record<string, Record<string, number>> {
  const out: Record<string, Record<string, number>> = {};
  for (const stage of model.report().pipelines.flatMap((p) => p.stages)) {
    for (const { name, selfShare } of stage.functions ?? []) {
      if (selfShare > 0) (out[stage.name] ??= {})[name] = Math.round(selfShare * 1e6) / 1e6;
    }
  }
  return sorted(out);
}

function slowShares(
  list: readonly Execution[],
  samples: readonly string[],
): Record<string, Record<string, number>> {
  const times: Record<string, Record<string, number>> = {};
  for (const [i, stack] of samples.entries()) {
    const name = stack.split('/').at(-1) ?? '';
    const owner = slowOwner(list, i + 0.5);
    if (owner === null || name === '(idle)') continue;
    const ofStage = (times[owner] ??= {});
    // The last sample of a chunk holds until the chunk ends, half a step later.
    ofStage[name] = (ofStage[name] ?? 0) + (i === LENGTH / 2 - 1 || i === LENGTH - 1 ? 0.5 : 1);
  }
  for (const ofStage of Object.values(times)) {
    const whole = Object.values(ofStage).reduce((sum, n) => sum + n, 0);
    for (const name of Object.keys(ofStage)) {
      ofStage[name] = Math.round(((ofStage[name] ?? 0) / whole) * 1e6) / 1e6;
    }
  }
  return sorted(times);
}

function sorted<T extends Record<string, Record<string, number>>>(of: T): T {
  const entries = Object.entries(of).map(([k, v]) => [
    k,
    Object.fromEntries(Object.entries(v).sort()),
  ]);
  return Object.fromEntries(entries.sort()) as T;
}
