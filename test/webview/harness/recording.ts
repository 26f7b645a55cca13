/**
 * What the agent would have sent of the simulated pipeline, in the order in which it would have: each record when what it tells
 * of is over. A model that is fed with it tells the panel what it would tell of a real program.
 */
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import type { Declaration, SourcePosition } from '../../../agent/wire/manifest.js';
import type { FxtSink } from '../../../agent/wire/records.js';
import {
  drawingStartNs,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../support/traceText.js';
import {
  GAUGE_STEP_MS,
  gaugesAt,
  KNOB_AT_MS,
  LOSS_MS,
  queues,
  RUN_MS,
  stages,
} from './pipeline.js';
import { simulate, type SimResult, type SimSpan } from './simulation.js';

const PIPELINE = 'code-index';
const MAIN = 1;
const TOKENISE = 2;
const source: SourcePosition = { file: '/home/me/code-index/index.mjs', line: 42, column: 16 };

const ns = (ms: number): number => drawingStartNs + Math.round(ms * 1e6);
const laneOf = (stage: number, slot: number): number => 100 * (stage + 1) + slot;
const ownLaneOf = (worker: number): number => 10 + worker;

let simulated: SimResult | null = null;
const run = (): SimResult =>
  (simulated ??= simulate(
    stages,
    queues.map((q) => q.capacity),
    RUN_MS,
  ));

function stageDeclarations(): readonly Declaration[] {
  return stages.flatMap(({ name, kind, lanes }, i): Declaration[] => {
    const rest = { pipeline: PIPELINE, stageKind: kind, parallelism: lanes };
    const slots = Array.from({ length: lanes }, (_, slot): Declaration => {
      const thread = i === TOKENISE ? `worker ${slot + 1}` : 'main';
      return { kind: 'lane', lane: laneOf(i, slot), stage: name, pipeline: PIPELINE, thread, slot };
    });
    const place = i === 3 ? null : source;
    return [stageDeclaration(name, { ...rest, source: place }), ...slots];
  });
}

function queueDeclarations(): readonly Declaration[] {
  return queues.map(({ name, capacity }, i): Declaration => {
    // Nobody says what the last one feeds: that is learned from the work itself.
    const to = i === queues.length - 1 ? null : (stages[i + 1]?.name ?? null);
    const ends = { from: stages[i]?.name ?? null, to };
    const where = { pipeline: PIPELINE, via: 'api', source };
    return { kind: 'queue', id: i + 1, name, capacity, ...ends, ...where };
  });
}

function knobs(): readonly Declaration[] {
  const common = {
    kind: 'knob',
    knobKind: 'parallelism',
    pipeline: PIPELINE,
    queue: null,
  } as const;
  const range = { min: 1, source };
  return [
    {
      ...common,
      ...range,
      id: 1,
      name: 'concurrency',
      stage: 'read',
      value: 8,
      max: 64,
      live: true,
      remark: null,
      via: 'p-queue',
    },
    {
      ...common,
      ...range,
      id: 2,
      name: 'maxThreads',
      stage: 'tokenise',
      value: 2,
      max: null,
      live: false,
      remark: 'Piscina grows at once and shrinks only when idle.',
      via: 'piscina',
    },
  ];
}

function head(): readonly Declaration[] {
  const ownLane = (lane: number, thread: string): Declaration => {
    return { kind: 'lane', lane, stage: null, pipeline: null, thread, slot: 0 };
  };
  return [
    processDeclaration(4711, 'index.mjs'),
    {
      kind: 'environment',
      platform: 'linux',
      arch: 'x64',
      cpuModel: 'sim',
      cores: 8,
      memoryBytes: 2 ** 34,
      quotaCores: 4,
    },
    { kind: 'pipeline', name: PIPELINE },
    ownLane(MAIN, 'main'),
    ownLane(ownLaneOf(1), 'worker 1'),
    ownLane(ownLaneOf(2), 'worker 2'),
    ...stageDeclarations(),
    ...queueDeclarations(),
    ...knobs(),
    { kind: 'link', pipeline: PIPELINE, from: 'embed', to: 'write', seen: 1000, inside: 0 },
    {
      kind: 'note',
      code: 'adapters',
      message: 'p-queue 9.3.5 and Piscina 5.3.2 were instrumented.',
    },
  ];
}

/** Something that is written at a moment. */
interface Written {
  readonly atMs: number;
  readonly write: (trace: TraceText) => void;
}

/** Tokenise runs two spans of the user's own inside each execution. */
function writeNested(trace: TraceText, lane: number, { startMs, endMs }: SimSpan): void {
  const at = (share: number): number => ns(startMs + (endMs - startMs) * share);
  const span = (name: string, from: number, to: number): void => {
    trace.interval(lane, { category: 'span', name, startNs: at(from), endNs: at(to) });
  };
  span('parse', 0.02, 0.55);
  span('stem', 0.58, 0.95);
}

/** When each item left the stage before tokenise. */
let readEnds: ReadonlyMap<number, number> | null = null;
function readEndMs(item: number): number | undefined {
  readEnds ??= new Map(
    (run().lanes[TOKENISE - 1] ?? []).flat().map((s) => [s.item, s.endMs] as const),
  );
  return readEnds.get(item);
}

/** How long an item had waited for tokenise, which asks its queue for that. */
function waitOf(stage: number, { item, startMs }: SimSpan): { readonly waitUs?: number } {
  const since = stage === TOKENISE ? readEndMs(item) : undefined;
  return since === undefined ? {} : { waitUs: Math.round((startMs - since) * 1000) };
}

function spanWritten(stage: number, slot: number, span: SimSpan): Written {
  const lane = laneOf(stage, slot);
  const times = { startNs: ns(span.startMs), endNs: ns(span.endMs) };
  return {
    atMs: span.endMs,
    write(trace) {
      if (span.state === 'busy') {
        if (stage === TOKENISE) writeNested(trace, lane, span);
        const { item, failed } = span;
        const name = stages[stage]?.name ?? '';
        trace.interval(lane, {
          category: 'stage',
          name,
          ...times,
          item,
          failed,
          ...waitOf(stage, span),
        });
      } else {
        const name = span.state === 'blocked' ? 'output' : 'input';
        trace.interval(lane, { category: 'wait', name, ...times });
      }
    },
  };
}

function depthWritten(queue: number, atMs: number, depth: number): Written {
  const name = queues[queue]?.name ?? '';
  return {
    atMs,
    write(trace) {
      trace.counter('queue', { name, id: queue + 1, atNs: ns(atMs), values: { depth } });
    },
  };
}

function gaugesWritten(atMs: number): Written {
  return {
    atMs,
    write(trace) {
      const measured = gaugesAt(atMs);
      const gauge = (lane: number, name: string, value: number): void => {
        trace.counter('gauge', { name, id: 0, atNs: ns(atMs), lane, values: { value } });
      };
      for (const [name, value] of Object.entries(measured)) gauge(MAIN, name, value);
      if (measured['threadCpu'] === undefined) return;
      for (const worker of [1, 2]) {
        gauge(ownLaneOf(worker), 'threadCpu', 0.84 + 0.07 * Math.sin(atMs / (300 * worker)));
      }
      const startNs = ns(atMs - 40);
      if (atMs % 1000 === 0 && atMs > 0) {
        const collection = { category: 'runtime', name: 'gc major', startNs, endNs: ns(atMs) };
        trace.interval(MAIN, collection);
      }
    },
  };
}

function declared(atMs: number, ...lines: readonly Declaration[]): Written {
  return {
    atMs,
    write(trace) {
      trace.declare(...lines);
    },
  };
}

const isLost = ({ endMs }: SimSpan): boolean => endMs >= LOSS_MS[0] && endMs < LOSS_MS[1];

/** What was lost, as the agent tells it afterwards: of one stage by its name, of the others together. */
function losses(lost: ReadonlyMap<number, number>): Written {
  const time = { fromNs: ns(LOSS_MS[0]), toNs: ns(LOSS_MS[1]) };
  const loss = (stage: string | null, count: number): Declaration => {
    const counts = { records: count, executions: count };
    return { kind: 'loss', where: 'ring', stage, pipeline: PIPELINE, ...counts, ...time };
  };
  const read = lost.get(1) ?? 0;
  const others = [...lost.values()].reduce((sum, n) => sum + n, 0) - read;
  return declared(LOSS_MS[1], loss('read', read), loss(null, others));
}

function everything(): readonly Written[] {
  const written: Written[] = [];
  const lost = new Map<number, number>();
  for (const [stage, lanes] of run().lanes.entries()) {
    for (const [slot, spans] of lanes.entries()) {
      for (const span of spans) {
        if (!isLost(span)) written.push(spanWritten(stage, slot, span));
        else if (span.state === 'busy') lost.set(stage, (lost.get(stage) ?? 0) + 1);
      }
    }
  }
  for (const [queue, steps] of run().depths.entries()) {
    for (const [atMs, depth] of steps) {
      if (atMs < LOSS_MS[0] || atMs >= LOSS_MS[1]) written.push(depthWritten(queue, atMs, depth));
    }
  }
  for (let atMs = 0; atMs < RUN_MS; atMs += GAUGE_STEP_MS) written.push(gaugesWritten(atMs));
  const cost = { records: 60_000, recordNs: 210, drainCpuNs: 27.4e6, processCpuNs: 3.07e9 };
  written.push(
    declared(1000, { kind: 'cost', atNs: ns(1000), ...cost }),
    losses(lost),
    declared(KNOB_AT_MS, {
      kind: 'knobChange',
      knob: 2,
      from: 2,
      to: 4,
      atNs: ns(KNOB_AT_MS),
      by: 'sluice',
    }),
  );
  return written.sort((a, b) => a.atMs - b.atMs);
}

/** Feeds a sink with the run, bit by bit. */
export class Recording {
  private readonly reader: FxtReader;
  private readonly trace = new TraceText();
  private readonly written = everything();
  private next = 0;
  private isOver = false;

  constructor(sink: FxtSink) {
    this.reader = new FxtReader(sink);
    this.trace.declare(...head());
  }

  /** Everything that is over by then. Returns the bytes of it. */
  until(atMs: number): number {
    for (
      let entry = this.written[this.next];
      entry !== undefined;
      entry = this.written[this.next]
    ) {
      if (entry.atMs > atMs) break;
      entry.write(this.trace);
      this.next += 1;
    }
    return this.flush();
  }

  /** The last words of the program. */
  end(atMs: number): number {
    const bytes = this.until(atMs);
    if (this.isOver) return bytes;
    this.isOver = true;
    this.trace.declare({ kind: 'end', atNs: ns(atMs), executions: 0 });
    return bytes + this.flush();
  }

  /** CPU samples of a worker: `tokenise`, which calls `split` in the first half of the run. */
  sample(worker: number): number {
    this.trace.cpuProfile(ownLaneOf(worker), cpuProfile());
    return this.flush();
  }

  private flush(): number {
    const bytes = this.trace.take();
    this.reader.push(bytes);
    return bytes.length;
  }
}

/** As V8 writes them; a sample a millisecond. */
function cpuProfile(): object {
  const frame = (functionName: string, line: number): object => {
    const url = functionName === '(root)' ? '' : `/app/src/${functionName}.ts`;
    return { functionName, scriptId: '1', url, lineNumber: line - 1, columnNumber: 0 };
  };
  const node = (id: number, name: string, line: number, children: readonly number[]): object => {
    return { id, callFrame: frame(name, line), hitCount: 0, children };
  };
  return {
    nodes: [node(1, '(root)', 0, [2]), node(2, 'tokenise', 12, [3]), node(3, 'split', 7, [])],
    startTime: drawingStartNs / 1000,
    endTime: drawingStartNs / 1000 + RUN_MS * 1000,
    samples: Array.from({ length: RUN_MS }, (_, i) => (i < RUN_MS / 2 ? 3 : 2)),
    timeDeltas: Array.from({ length: RUN_MS }, (_, i) => (i === 0 ? 500 : 1000)),
  };
}
