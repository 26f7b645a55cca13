/** What other tools get: speedscope, OTLP and .cpuprofile files of a session, and what our own import makes of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Declaration } from '../../../../agent/wire/manifest.js';
import { parseCpuProfile } from '../../../../extension/core/model/cpuProfile.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import { profileRecord, textProfile } from '../../../support/cpuProfileText.js';
import { bytesOf, exported, exportedJson } from '../../../support/exported.js';
import { importBytes } from '../../../support/imported.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  stageDeclaration,
} from '../../../support/pipelineText.js';

const drawing = `
  read source x1           | aabbcc>>dd--eeff
  queue files read>work 2  | 0011222211112222
  work cpu x1              | --aaabbbbb--cccD`;

const ownLanes: readonly Declaration[] = [
  { kind: 'lane', lane: 91, stage: null, pipeline: null, thread: 'main', slot: 0 },
  { kind: 'lane', lane: 92, stage: null, pipeline: null, thread: 'worker 1', slot: 0 },
];

/** The drawing, with samples of its thread, and of another one with a gap between two profiles. */
function sampled(): SessionModel {
  return modelOf(
    Buffer.concat([
      drawingBytes(drawing, { extra: ownLanes }),
      profileRecord(91, textProfile(['f/g', 'f/g', 'f', '(idle)', 'node:x', 'f/g'])),
      profileRecord(92, textProfile(['a', 'a/b'])),
      profileRecord(92, textProfile(['a'], 10)),
    ]),
  );
}

interface Speedscope {
  readonly shared: { readonly frames: readonly { name: string; file?: string; line?: number }[] };
  readonly profiles: readonly {
    readonly type: string;
    readonly name: string;
    readonly unit: string;
    readonly startValue: number;
    readonly endValue: number;
    readonly events?: readonly { readonly type: 'O' | 'C'; frame: number; at: number }[];
    readonly samples?: readonly (readonly number[])[];
    readonly weights?: readonly number[];
  }[];
}

describe('a Chrome trace of a session', () => {
  /** Stages whose parallelism was declared again while it ran: `work` by itself, `read` with its knob. */
  const declaredAgain = (): SessionModel => {
    const read = { pipeline: 'drawn', stageKind: 'source', parallelism: 1 } as const;
    const extra: Declaration[] = [
      stageDeclaration('work', { pipeline: 'drawn', parallelism: 3 }),
      knob,
      { kind: 'knobChange', knob: 1, from: 1, to: 2, atNs: drawingStartNs + 8e6, by: 'program' },
      stageDeclaration('read', { ...read, parallelism: 2 }),
    ];
    return modelOf(drawingBytes(drawing, { extra }));
  };
  const knob: Declaration = {
    ...{ kind: 'knob', knobKind: 'parallelism', id: 1, name: 'readers', value: 1, min: 1 },
    ...{ max: null, pipeline: 'drawn', stage: 'read', queue: null, live: true, via: 'api' },
    ...{ remark: null, source: null },
  };

  it('tells what was declared last, but where a knob tells when it changed', () => {
    const { traceEvents } = exportedJson(declaredAgain(), 'chrome') as {
      readonly traceEvents: readonly { readonly args?: { readonly kind?: string } }[];
    };
    const stages = traceEvents.flatMap(({ args }) =>
      args?.kind === 'stage' && 'name' in args && 'parallelism' in args
        ? [[args.name, args.parallelism] as const]
        : [],
    );
    assert.deepEqual(Object.fromEntries(stages), { read: 1, work: 3 });
  });
});

describe('speedscope export', () => {
  it('has a well-nested profile for each lane', () => {
    const file = exportedJson(sampled(), 'speedscope') as Speedscope;
    const [read, work] = file.profiles;
    assert.equal(read?.name, 'app.js (pid 100): read, main #0');
    const name = (frame: number): string => file.shared.frames[frame]?.name ?? '';
    assert.deepEqual(
      read.events?.map((e) => `${e.type} ${name(e.frame)} ${e.at / 1e6}`).slice(0, 10),
      [
        ...['O read 0', 'C read 2', 'O read 2', 'C read 4', 'O read 4', 'C read 6'],
        ...['O waits for room in the output 6', 'C waits for room in the output 8'],
        ...['O read 8', 'C read 10'],
      ],
    );
    assert.deepEqual([work?.unit, work?.startValue, work?.endValue], ['nanoseconds', 0, 16e6]);
    for (const { events = [] } of file.profiles) {
      const open: number[] = [];
      let lastAt = 0;
      for (const { type, frame, at } of events) {
        assert.ok(at >= lastAt);
        lastAt = at;
        if (type === 'O') open.push(frame);
        else assert.equal(open.pop(), frame);
      }
      assert.deepEqual(open, []);
    }
  });

  it('has a sampled profile for each thread that was sampled', () => {
    const file = exportedJson(sampled(), 'speedscope') as Speedscope;
    const stacks = (thread: string): string[] => {
      const profile = file.profiles.find((p) => p.name.endsWith(`CPU samples of ${thread}`));
      return (profile?.samples ?? []).map((stack, i) => {
        const names = stack.map((frame) => file.shared.frames[frame]?.name ?? '').join('/');
        return `${names} ${(profile?.weights?.[i] ?? 0) / 1e6}`;
      });
    };
    assert.deepEqual(stacks('main'), ['f/g 1', 'f/g 1', 'f 1', ' 1', 'x 1', 'f/g 0.5']);
    assert.deepEqual(stacks('worker 1'), ['a 1', 'a/b 0.5', ' 8.5', 'a 0.5']);
    const f = file.shared.frames.find((frame) => frame.name === 'f');
    assert.deepEqual([f?.file, f?.line], ['/app/f.js', 7]);
  });

  it('is imported again with the same times', () => {
    const { model } = importBytes(exported(sampled(), 'speedscope'));
    const stages = model.report().pipelines[0]?.stages ?? [];
    const busy = (name: string): number => {
      const stage = stages.find((s) => s.name.includes(name));
      return Math.round(((stage?.serviceNs?.mean ?? 0) * (stage?.executions ?? 0)) / 1e5) / 10;
    };
    // Executions and waits stand side by side in a profile of speedscope's.
    assert.deepEqual([busy(': read,'), busy(': work,')], [14, 12]);
    assert.deepEqual([busy('CPU samples of main'), busy('CPU samples of worker 1')], [4.5, 2]);
  });

  it('of a stretch of time has that stretch', () => {
    const range = { fromNs: 3e6, toNs: 5e6 };
    const file = exportedJson(sampled(), 'speedscope', range) as Speedscope;
    const [read] = file.profiles;
    assert.deepEqual(
      read?.events?.map((e) => [e.type, e.at]),
      [
        ['O', 0],
        ['C', 1e6],
        ['O', 1e6],
        ['C', 2e6],
      ],
    );
    const main = file.profiles.find((p) => p.name.endsWith('samples of main'));
    assert.deepEqual(
      main?.weights?.map((w) => w / 1e6),
      [0.5, 1, 0.5],
    );
  });
});

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code: number };
  readonly attributes: readonly { readonly key: string; value: Record<string, string> }[];
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const spansOf = (file: Otlp): readonly OtlpSpan[] =>
  file.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans));

describe('OTLP export', () => {
  const model = sampled();
  const file = exportedJson(model, 'otlp') as Otlp;
  const spans = spansOf(file);

  it('has a span for each execution, at its time of day', () => {
    assert.deepEqual(
      spans.map((s) => s.name),
      [...Array<string>(6).fill('read'), ...Array<string>(4).fill('work')],
    );
    const [first] = spans;
    // The process was anchored at the moment at which drawings begin.
    assert.equal(first?.startTimeUnixNano, '1700000000000000000');
    assert.equal(first.endTimeUnixNano, '1700000000002000000');
    assert.deepEqual(
      spans.filter((s) => s.status?.code === 2).map((s) => s.name),
      ['work'],
    );
  });

  it('has one trace for each item, on its way through the stages', () => {
    const byItem = new Map<string, Set<string>>();
    for (const span of spans) {
      assert.match(span.traceId, /^(?!0{32})[0-9a-f]{32}$/);
      assert.match(span.spanId, /^(?!0{16})[0-9a-f]{16}$/);
      const item = span.attributes.find((a) => a.key === 'sluice.item')?.value['intValue'] ?? '';
      byItem.set(item, (byItem.get(item) ?? new Set()).add(span.traceId));
    }
    assert.equal(byItem.size, 6);
    assert.ok([...byItem.values()].every((ids) => ids.size === 1));
    assert.equal(new Set(spans.map((s) => s.spanId)).size, spans.length);
    assert.equal(new Set(spans.map((s) => s.traceId)).size, 6);
  });

  it('says which process and which stage', () => {
    const attributes = (list: OtlpSpan['attributes'] = []): Record<string, string> =>
      Object.fromEntries(list.map((a) => [a.key, Object.values(a.value)[0] ?? '']));
    const resource = attributes(file.resourceSpans[0]?.resource.attributes);
    assert.equal(resource['service.name'], 'app.js');
    assert.equal(resource['process.pid'], '100');
    const span = attributes(spans[0]?.attributes);
    assert.deepEqual(
      [span['sluice.pipeline'], span['sluice.stage'], span['thread.name']],
      ['drawn', 'read', 'main #0'],
    );
  });

  it('is imported again with the same executions and items', () => {
    const { model: back, events } = importBytes(exported(model, 'otlp'));
    const numbers = (m: SessionModel): unknown =>
      m
        .report()
        .pipelines.flatMap((p) => p.stages)
        .map((s) => [s.name, s.executions, s.errors, s.serviceNs])
        .toSorted();
    assert.deepEqual(numbers(back), numbers(model));
    assert.equal(new Set(events.map((e) => e.args['item'])).size, 6);
  });

  it('of a stretch of time cuts what reaches into it', () => {
    const range = { fromNs: 3e6, toNs: 5e6 };
    const some = spansOf(exportedJson(model, 'otlp', range) as Otlp);
    assert.deepEqual(
      some.map((s) => [s.name, s.startTimeUnixNano.slice(-8), s.endTimeUnixNano.slice(-8)]),
      [
        ['read', '03000000', '04000000'],
        ['read', '04000000', '05000000'],
        ['work', '03000000', '05000000'],
      ],
    );
  });
});

describe('.cpuprofile export', () => {
  it('has the samples of one thread, idle where nothing is known', () => {
    const bytes = exported(sampled(), 'cpuprofile', null, 'worker 1');
    const parsed = parseCpuProfile(bytes);
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
    const { nodes, samples, endNs } = parsed.value;
    assert.deepEqual(
      samples.map((s) => [nodes[s.node]?.frame.functionName, s.atNs / 1e6]),
      [
        ['a', 0.5],
        ['b', 1.5],
        ['(idle)', 2],
        ['a', 10.5],
      ],
    );
    assert.equal(endNs / 1e6, 11);
    const { model } = importBytes(bytes, 100, 'x.cpuprofile');
    assert.equal(model.report().pipelines[0]?.stages[0]?.executions, 2);
  });

  it('is a file for each thread, or for the one that is asked for', () => {
    const model = sampled();
    const parts = model.export({ format: 'cpuprofile', range: null, thread: null });
    assert.ok(parts.ok);
    assert.deepEqual(
      parts.value.map((part) => part.thread),
      ['main', 'worker 1'],
    );
    for (const part of parts.value) assert.ok(parseCpuProfile(bytesOf(part)).ok);
    const main = model.export({ format: 'cpuprofile', range: null, thread: 'main' });
    assert.ok(main.ok && main.value.length === 1 && main.value[0]?.thread === null);
  });

  it('of a stretch of time begins and ends there', () => {
    const range = { fromNs: 1e6, toNs: 3e6 };
    const parsed = parseCpuProfile(exported(sampled(), 'cpuprofile', range, 'main'));
    assert.ok(parsed.ok);
    const { nodes, samples, endNs } = parsed.value;
    assert.deepEqual(
      samples.map((s) => [nodes[s.node]?.frame.functionName, s.atNs / 1e6]),
      [
        ['g', 1],
        ['g', 1.5],
        ['f', 2.5],
      ],
    );
    assert.equal(endNs / 1e6, 3);
  });

  it('that has no samples says which there are', () => {
    const model = sampled();
    const reason = (range: [number, number] | null, thread: string | null): string => {
      const within = range === null ? null : { fromNs: range[0], toNs: range[1] };
      const parts = model.export({ format: 'cpuprofile', range: within, thread });
      return parts.ok ? 'it has' : parts.error;
    };
    assert.match(
      reason(null, 'nobody'),
      /^it has no CPU samples of nobody, but of main, worker 1$/,
    );
    assert.match(reason([20e6, 30e6], null), /^it has no CPU samples in that time$/);
  });
});

describe('every export', () => {
  it('comes in pieces, and of a session without anything it is whole', () => {
    const empty = modelOf(drawingBytes(''));
    for (const format of ['chrome', 'speedscope', 'otlp'] as const) {
      assert.equal(typeof exportedJson(empty, format), 'object');
    }
    const lane = 'abcdefgh'.repeat(4000);
    const long = modelOf(drawingBytes(`work cpu x1 | ${lane}`, { stepNs: 1000 }), 1 << 20);
    for (const format of ['chrome', 'speedscope', 'otlp', 'fxt'] as const) {
      const parts = long.export({ format, range: null, thread: null });
      assert.ok(parts.ok);
      const lengths = Array.from(parts.value[0]?.pieces ?? [], (piece) => piece.length);
      assert.ok(lengths.length > 5 && Math.max(...lengths) < 400_000, format);
    }
  });

  it('starts where the session starts', () => {
    const file = exportedJson(modelOf(drawingBytes(drawing)), 'chrome') as {
      traceEvents: { ph: string; ts?: number }[];
    };
    const times = file.traceEvents.flatMap((e) => (e.ph === 'X' ? [e.ts ?? NaN] : []));
    assert.equal(Math.min(...times), 0);
  });
});
