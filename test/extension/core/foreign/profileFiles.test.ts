/** CPU profiles and speedscope files that Node and speedscope wrote, against sums over the same files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { decodeUtf8 } from '../../../../agent/wire/utf8.js';
import {
  fileBytes,
  importBytes,
  importJson,
  type Imported,
  type PlainProfile,
} from '../../../support/imported.js';

const folder = fileURLToPath(new URL('../../../fixtures/foreign/', import.meta.url));

/** Microseconds on top of the stack, by function. A sample holds until the next one. */
function selfTimes(profiles: readonly PlainProfile[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { nodes, samples, timeDeltas, startTime, endTime } of profiles) {
    const names = new Map(nodes.map((n) => [n.id, n.callFrame.functionName]));
    let at = startTime + (timeDeltas[0] ?? 0);
    for (const [i, sample] of samples.entries()) {
      const next = i + 1 < samples.length ? at + Math.max(timeDeltas[i + 1] ?? 0, 0) : endTime;
      const name = names.get(sample) ?? '';
      sums.set(name, (sums.get(name) ?? 0) + Math.max(next - at, 0));
      at = next;
    }
  }
  return sums;
}

function assertSameTimes(
  actual: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
  toleranceUs: number,
): void {
  for (const [name, us] of expected) {
    if (us < toleranceUs) continue;
    const found = actual.get(name) ?? 0;
    assert.ok(Math.abs(found - us) <= toleranceUs, `${name}: ${found} µs, expected ${us} µs`);
  }
}

function checkProfile(bytes: Uint8Array): Imported {
  const raw = JSON.parse(decodeUtf8(bytes)) as PlainProfile;
  const imported = importBytes(bytes, 4096, 'busy.cpuprofile');
  const samples = imported.profiles.reduce((sum, p) => sum + p.samples.length, 0);
  assert.equal(samples, raw.samples.length);
  assertSameTimes(selfTimes(imported.profiles), selfTimes([raw]), 1);
  const idle = selfTimes([raw]).get('(idle)') ?? 0;
  const [stage] = imported.model.report().pipelines[0]?.stages ?? [];
  assert.equal(stage?.name, 'JavaScript');
  const busyUs = ((stage.serviceNs?.mean ?? 0) * stage.executions) / 1000;
  const firstUs = raw.startTime + (raw.timeDeltas[0] ?? 0);
  assert.ok(Math.abs(busyUs - (raw.endTime - firstUs - idle)) < 2, `${busyUs} µs busy`);
  return imported;
}

describe('a .cpuprofile', () => {
  it('of Node shows its functions below a lane that runs when the thread was not idle', () => {
    const imported = checkProfile(fileBytes(`${folder}busy.cpuprofile`));
    const [pipeline] = imported.model.report().pipelines;
    const functions = pipeline?.stages[0]?.functions ?? [];
    assert.ok(functions.some((f) => f.name === 'fibonacci' && f.source?.file.endsWith('busy.mjs')));
    assert.equal(pipeline?.bottleneck.kind, 'none');
  });

  it('that Node writes here and now is read', () => {
    const out = mkdtempSync(path.join(os.tmpdir(), 'sluice profile '));
    try {
      execFileSync(process.execPath, ['--cpu-prof', `--cpu-prof-dir=${out}`, 'busy.mjs'], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const [name = ''] = readdirSync(out);
      checkProfile(fileBytes(path.join(out, name)));
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it('takes its pid from the name that Node gives it', () => {
    const bytes = fileBytes(`${folder}busy.cpuprofile`);
    const { model } = importBytes(bytes, 4096, 'CPU.20260101.120000.4711.0.001.cpuprofile');
    assert.equal(model.report().capture.processes[0]?.pid, 4711);
  });

  it('is read in pieces, each with the stacks that it needs', () => {
    const frame = (functionName: string): object => ({
      functionName,
      url: 'a.js',
      lineNumber: 1,
      columnNumber: 1,
    });
    const count = 50_000;
    const nodes = [
      { id: 1, callFrame: frame('(root)'), children: [2, 3] },
      { id: 2, callFrame: frame('a'), children: [4] },
      { id: 3, callFrame: frame('b') },
      { id: 4, callFrame: frame('c') },
    ];
    const { profiles, model } = importJson({
      nodes,
      startTime: 1000,
      endTime: 1000 + count * 100,
      samples: Array.from({ length: count }, (_, i) => (i < 30_000 ? 4 : 3)),
      timeDeltas: Array.from({ length: count }, () => 100),
    });
    assert.deepEqual(
      profiles.map((p) => [p.samples.length, p.nodes.length]),
      [
        [20_000, 3],
        [20_000, 4],
        [10_000, 2],
      ],
    );
    const functions = model.report().pipelines[0]?.stages[0]?.functions ?? [];
    assert.deepEqual(
      functions.map((f) => [f.name, Math.round(f.selfShare * 1000) / 1000]),
      [
        ['c', 0.6],
        ['b', 0.4],
        ['a', 0],
      ],
    );
  });

  it('that lacks something says what', () => {
    const node = { id: 1, callFrame: { functionName: '(root)' } };
    for (const [value, reason] of [
      [{ nodes: [node], samples: [], timeDeltas: [] }, 'it holds no samples'],
      [{ nodes: [node], samples: [1] }, 'its samples have no times ("timeDeltas")'],
      [{ nodes: [node], samples: [7], timeDeltas: [1] }, /none of its samples is of a stack/],
    ] as const) {
      const { outcome } = importJson(value);
      assert.equal(outcome.kind, 'read');
      if (typeof reason === 'string') assert.equal(outcome.emptyReason, reason);
      else assert.match(outcome.emptyReason ?? '', reason);
    }
    const odd = importJson({ nodes: [node], samples: [1, 1, 1], timeDeltas: [1, 2] });
    assert.match(odd.model.report().notes.join('\n'), /3 samples and 2 times/);
  });

  it('is not a heap snapshot or a heap profile', () => {
    for (const value of [
      { snapshot: { meta: {} }, nodes: [1, 2, 3], edges: [] },
      { head: { callFrame: {} }, samples: [{ size: 1 }] },
    ]) {
      const { outcome } = importJson(value);
      assert.equal(outcome.kind, 'refused');
    }
  });
});

interface SpeedscopeFile {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly {
    readonly name: string;
    readonly unit: string;
    readonly samples?: readonly (readonly number[])[];
    readonly weights?: readonly number[];
    readonly events?: readonly { readonly type: string; frame: number; at: number }[];
  }[];
}

/** Slices and times of a profile, by frame, against a plain count of its events. */
function checkEvented(
  imported: Imported,
  { shared }: SpeedscopeFile,
  { name, events = [] }: SpeedscopeFile['profiles'][number],
): void {
  assert.ok(events.length > 20);
  const expected = new Map<string, number>();
  for (const { type, frame, at } of events) {
    const key = shared.frames[frame]?.name ?? '';
    expected.set(key, (expected.get(key) ?? 0) + (type === 'O' ? -at : at));
  }
  const lanes = new Set([...imported.lanes].filter(([, l]) => l.stage === name).map(([n]) => n));
  const spans = imported.events.filter((e) => lanes.has(e.lane) && e.category === 'span');
  assert.equal(spans.length * 2, events.length, name);
  const found = new Map<string, number>();
  for (const s of spans) found.set(s.name, (found.get(s.name) ?? 0) + (s.extra - s.startNs) / 1000);
  assertSameTimes(found, expected, 0.5);
}

describe('a speedscope file', () => {
  for (const name of ['busy.speedscope.json', 'threads.speedscope.json.gz']) {
    it(`of speedscope’s own exporter (${name}) has every slice of every profile`, () => {
      const bytes = fileBytes(`${folder}${name}`);
      const raw = JSON.parse(decodeUtf8(bytes)) as SpeedscopeFile;
      const imported = importBytes(bytes, 1000);
      assert.deepEqual(imported.outcome, {
        kind: 'read',
        format: 'speedscope',
        problem: null,
        emptyReason: null,
      });
      for (const profile of raw.profiles) checkEvented(imported, raw, profile);
    });
  }

  it('that is sampled has the times of its stacks, after the schema', () => {
    // https://www.speedscope.app/file-format-schema.json: SampledProfile.
    const samples = [[0, 1, 2], [0, 1], [], [0, 2], [0, 1, 2]];
    const weights = [2, 3, 5, 7, 11];
    const file = {
      $schema: 'https://www.speedscope.app/file-format-schema.json',
      name: 'hand-made',
      shared: {
        frames: [{ name: 'main' }, { name: 'f', file: '/a.js', line: 3, col: 5 }, { name: 'g' }],
      },
      profiles: [
        {
          type: 'sampled',
          name: 'thread 1',
          unit: 'milliseconds',
          startValue: 100,
          endValue: 128,
          samples,
          weights,
        },
      ],
    };
    const { model, profiles } = importJson(file);
    const times = selfTimes(profiles);
    assert.deepEqual(
      ['g', 'f', '(idle)'].map((name) => times.get(name)),
      [20_000, 3000, 5000],
    );
    const report = model.report();
    assert.equal(report.capture.processes[0]?.title, 'hand-made');
    const [stage] = report.pipelines[0]?.stages ?? [];
    // What runs before and behind the empty stack.
    assert.deepEqual([stage?.name, stage?.executions], ['thread 1', 2]);
    assert.deepEqual(
      stage?.functions?.map((f) => [f.name, f.source?.line, Math.round(f.selfShare * 23)]),
      [
        ['g', undefined, 20],
        ['f', 3, 3],
        ['main', undefined, 0],
      ],
    );
  });

  it('may count other things than time, and says so', () => {
    const { model } = importJson({
      $schema: 'https://www.speedscope.app/file-format-schema.json',
      shared: { frames: [{ name: 'malloc' }, { name: 'main' }] },
      profiles: [
        {
          type: 'sampled',
          name: 'heap',
          unit: 'bytes',
          startValue: 0,
          endValue: 30,
          samples: [[1, 0], [1]],
          weights: [20, 10],
        },
      ],
    });
    const { notes, pipelines } = model.report();
    assert.match(notes.join('\n'), /"heap" counts bytes, not time: one is drawn as a microsecond/);
    assert.equal(pipelines[0]?.stages[0]?.serviceNs?.max, 30_000);
  });

  it('may have frames behind the profiles, and events that are not closed', () => {
    const { model, events } = importJson({
      profiles: [
        {
          events: [
            { type: 'O', frame: 0, at: 1.5 },
            { type: 'O', frame: 1, at: 2 },
            { type: 'C', frame: 1, at: 3 },
          ],
          unit: 'milliseconds',
          type: 'evented',
          startValue: 1,
          endValue: 5,
          name: 'main',
        },
      ],
      shared: { frames: [{ name: 'outer' }, { name: 'inner' }] },
    });
    assert.deepEqual(
      events.map((e) => [e.category, e.name, e.startNs, e.extra]),
      [
        ['stage', 'main', 0, 3.5e6],
        ['span', 'outer', 0, 3.5e6],
        ['span', 'inner', 0.5e6, 1.5e6],
      ],
    );
    assert.match(model.report().notes.join('\n'), /nothing closes them: 1 frame\./);
  });

  it('without profiles says so', () => {
    const schema = 'https://www.speedscope.app/file-format-schema.json';
    const empty = importJson({ $schema: schema, shared: { frames: [] }, profiles: [] });
    assert.deepEqual(empty.outcome, {
      kind: 'read',
      format: 'speedscope',
      problem: null,
      emptyReason: 'it holds no profiles',
    });
  });
});
