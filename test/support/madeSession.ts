/** What an agent would have recorded of a made-up run, as a session: see `madeRun.ts`. */
import type { Declaration } from '../../agent/wire/manifest.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { runJob } from '../../extension/core/job.js';
import type { OperatingPoint } from '../../extension/core/measure/operatingPoint.js';
import type { Objective } from '../../extension/core/prediction/search.js';
import type { PipelineReport } from '../../extension/core/report/report.js';
import { SessionModel } from '../../extension/core/sessionModel.js';
import { madeGauges } from './madeGauges.js';
import {
  made,
  type MadeChange,
  type MadeExecution,
  type MadePipeline,
  type MadeRun,
  type MadeStage,
} from './madeRun.js';
import { drawingStartNs, processDeclaration, stageDeclaration, TraceText } from './traceText.js';

/** What is recorded besides the executions. */
export interface MadeRecording {
  /** Cores of the machine; 8 when left out. */
  readonly cores?: number;
  readonly quotaCores?: number;
  /** Cores that the program uses; left out: what its threads computed. */
  readonly cpuCores?: number;
  /** Share of time, by moment. */
  readonly throttled?: (atMs: number) => number;
  /** Garbage collections of the main thread. */
  readonly gcMs?: readonly (readonly [fromMs: number, toMs: number])[];
  /** The file that the knobs stand in; left out: they have no place. */
  readonly knobFile?: string;
  readonly withoutItems?: boolean;
  /** Nothing is recorded of threads, as on systems that do not tell. */
  readonly withoutThreads?: boolean;
  /** By how much the wall clock of the second process is wrong. */
  readonly wallClockOffMs?: number;
  /** Nanoseconds that a record takes, as the agent calibrated it. */
  readonly recordNs?: number;
  /** CPU samples of a stage's first lane, all of them in one function: what it computes. */
  readonly profile?: {
    readonly stage: string;
    readonly function: string;
    readonly everyMs: number;
  };
}

/** A run and the session of it. */
export interface MadeSession {
  readonly run: MadeRun;
  readonly model: SessionModel;
}

const PIPELINE = 'made';
const MAIN = 1;

const ns = (ms: number): number => drawingStartNs + Math.round(ms * 1e6);
const laneId = (stage: number, lane: number): number => 100 * (stage + 1) + lane;
const ownId = (stage: number, lane: number): number => 10_000 + laneId(stage, lane);

/** Runs a pipeline and records it. */
export function madeSession(pipeline: MadePipeline, recording: MadeRecording = {}): MadeSession {
  const run = made(pipeline);
  const model = new SessionModel({ title: 'made' });
  model.setState('capture');
  const reader = new FxtReader(model.sink);
  const second = pipeline.stages.some(({ process }) => process === 2);
  for (const process of second ? ([1, 2] as const) : ([1] as const)) {
    reader.push(new Recorder(run, recording, process).bytes());
  }
  reader.end();
  return { run, model };
}

/** The capture file of a run in one process. */
export function madeCapture(pipeline: MadePipeline, recording: MadeRecording = {}): Uint8Array {
  return new Recorder(made(pipeline), recording, 1).bytes();
}

/** The operating points that are measured. */
export function pointsOf({ model }: MadeSession): readonly OperatingPoint[] {
  return runJob(model.pointsJob()).get(PIPELINE) ?? [];
}

/** The last operating point. */
export function pointOf(session: MadeSession): OperatingPoint {
  const point = pointsOf(session).at(-1);
  if (point === undefined) throw new Error('nothing was measured');
  return point;
}

/** The report with advice. */
export function adviceOf({ model }: MadeSession, objective?: Objective): PipelineReport {
  runJob(model.adviceJob(objective === undefined ? {} : { objective }));
  const report = model.report().pipelines.find(({ name }) => name === PIPELINE);
  if (report === undefined) throw new Error('there is no pipeline');
  return report;
}

/** The pipeline with the plan of its report carried out. */
export function asPlanned(
  pipeline: MadePipeline,
  { plan, suggestions }: PipelineReport,
): MadePipeline {
  const chosen = suggestions.filter(({ id }) => plan?.suggestions.includes(id));
  return chosen.reduce((now, { knob, to }) => turned(now, knob, to), pipeline);
}

function turned(pipeline: MadePipeline, knob: string, to: number): MadePipeline {
  const id = Number(knob.split(':')[1]);
  const what = (['lanes', 'batch', 'queue'] as const)[id % 10] ?? 'lanes';
  return withStage(pipeline, Math.floor(id / 10) - 1, { [what]: to });
}

/** The pipeline with another stage, and with no knob turned on the way. */
export function withStage(
  pipeline: MadePipeline,
  index: number,
  change: Partial<MadeStage>,
): MadePipeline {
  const stages = pipeline.stages.map((stage, i) => (i === index ? { ...stage, ...change } : stage));
  return { ...pipeline, stages, changes: [] };
}

class Recorder {
  private readonly run: MadeRun;
  private readonly recording: MadeRecording;
  private readonly process: 1 | 2;
  private readonly trace: TraceText;
  /** Changes that have been written, and the values of knobs then. */
  private changed = 0;
  private readonly values = new Map<number, number>();

  constructor(run: MadeRun, recording: MadeRecording, process: 1 | 2) {
    this.run = run;
    this.recording = recording;
    this.process = process;
    this.trace = new TraceText(process);
  }

  bytes(): Uint8Array {
    this.head();
    // In the order of time: a declared parallelism holds from what was recorded last.
    for (const execution of this.run.executions) {
      this.changesUntil(execution.handedMs);
      if (this.isMine(execution.stage)) this.execution(execution);
    }
    for (const [stage, depths] of this.run.depths.entries()) {
      if (!this.hasQueue(stage) || !this.isMine(stage)) continue;
      for (const [atMs, depth] of depths) {
        const name = this.queueName(stage);
        this.trace.counter('queue', { name, id: stage + 1, atNs: ns(atMs), values: { depth } });
      }
    }
    if (this.recording.withoutThreads !== true) this.gauges();
    this.tail();
    return this.trace.take();
  }

  private isMine(stage: number): boolean {
    return (this.stages[stage]?.process ?? 1) === this.process;
  }

  private get stages(): MadePipeline['stages'] {
    return this.run.pipeline.stages;
  }

  private hasQueue(stage: number): boolean {
    return stage > 0 || this.run.pipeline.arrivals !== undefined;
  }

  private queueName(stage: number): string {
    return `before ${this.stages[stage]?.name ?? ''}`;
  }

  private head(): void {
    const { cores = 8, quotaCores = null, wallClockOffMs = 0 } = this.recording;
    const process = processDeclaration(this.process, `made ${this.process}`);
    const off = this.process === 2 ? wallClockOffMs : 0;
    const machine = { platform: 'linux', arch: 'x64', cpuModel: 'made', memoryBytes: 2 ** 34 };
    this.trace.declare(
      { ...process, anchorUnixMs: process.anchorUnixMs + off },
      { kind: 'environment', ...machine, cores, quotaCores },
      { kind: 'pipeline', name: PIPELINE },
      { kind: 'lane', lane: MAIN, stage: null, pipeline: null, thread: 'main', slot: 0 },
    );
    for (const [index] of this.stages.entries()) if (this.isMine(index)) this.declareStage(index);
  }

  private declareStage(index: number): void {
    const stage = this.stages[index];
    if (stage === undefined) return;
    const { name, kind = 'cpu', lanes, queue = null } = stage;
    const about = { pipeline: PIPELINE, stageKind: kind, parallelism: lanes };
    this.trace.declare(stageDeclaration(name, about));
    for (let slot = 0; slot < this.lanesOf(index); slot++) this.declareLane(index, slot);
    if (this.hasQueue(index)) {
      const from = this.stages[index - 1]?.name ?? null;
      const ends = { from: this.isMine(index - 1) ? from : null, to: name };
      const where = { pipeline: PIPELINE, via: 'api', source: null };
      const queueName = this.queueName(index);
      this.trace.declare({
        kind: 'queue',
        id: index + 1,
        name: queueName,
        capacity: queue,
        ...ends,
        ...where,
      });
    }
    this.trace.declare(...this.knobsOf(index));
  }

  private lanesOf(index: number): number {
    const { lanes = 1, name } = this.stages[index] ?? {};
    const changes = this.run.pipeline.changes ?? [];
    return Math.max(lanes, ...changes.filter((c) => c.stage === name).map(({ to }) => to));
  }

  private hasThreads(index: number): boolean {
    return (this.stages[index]?.threads ?? 'own') === 'own';
  }

  private declareLane(index: number, slot: number): void {
    const stage = this.stages[index]?.name ?? '';
    const threads = this.stages[index]?.threads ?? 'own';
    const workers = { own: `${stage} ${slot + 1}`, one: `${stage} worker`, main: 'main' };
    const thread = workers[threads];
    const place = { pipeline: PIPELINE, slot: threads === 'own' ? 0 : slot };
    this.trace.declare({ kind: 'lane', lane: laneId(index, slot), stage, thread, ...place });
    if (threads !== 'own') return;
    const own = { stage: null, pipeline: null, slot: 0 };
    this.trace.declare({ kind: 'lane', lane: ownId(index, slot), thread, ...own });
  }

  private knobsOf(index: number): readonly Declaration[] {
    const stage = this.stages[index];
    if (stage === undefined) return [];
    const { name, lanes, batch = 1, queue = null, lanesKnob, batchKnob, queueKnob } = stage;
    const { knobFile: file } = this.recording;
    const rest = {
      pipeline: PIPELINE,
      live: true,
      remark: null,
      via: 'api',
      source: file === undefined ? null : { file, line: 1, column: 1 },
    } as const;
    const id = 10 * (index + 1);
    const knobs: Declaration[] = [];
    if (lanesKnob !== undefined) {
      const [min, max] = lanesKnob;
      const about = { name: `${name} lanes`, knobKind: 'parallelism', value: lanes } as const;
      knobs.push({ kind: 'knob', id, ...about, stage: name, queue: null, min, max, ...rest });
    }
    if (batchKnob !== undefined) {
      const [min, max] = batchKnob;
      const about = { name: `${name} batch`, knobKind: 'batchSize', value: batch } as const;
      knobs.push({
        kind: 'knob',
        id: id + 1,
        ...about,
        stage: name,
        queue: null,
        min,
        max,
        ...rest,
      });
    }
    if (queueKnob !== undefined) {
      const [min, max] = queueKnob;
      const about = { name: `${name} queue`, knobKind: 'queueDepth', value: queue } as const;
      const place = { stage: null, queue: this.queueName(index) };
      knobs.push({ kind: 'knob', id: id + 2, ...about, ...place, min, max, ...rest });
    }
    return knobs;
  }

  private execution(execution: MadeExecution): void {
    const { stage, lane, item, items, waitedMs, takenMs, startMs, doneMs, handedMs } = execution;
    const made = this.stages[stage];
    const id = laneId(stage, lane);
    const wait = (name: string, fromMs: number, toMs: number): void => {
      if (ns(toMs) <= ns(fromMs)) return;
      this.trace.interval(id, { category: 'wait', name, startNs: ns(fromMs), endNs: ns(toMs) });
    };
    wait('limit', takenMs, startMs);
    const isInside = made?.putsInside === true;
    if (isInside) wait('output', doneMs, handedMs);
    this.trace.interval(id, {
      category: 'stage',
      name: made?.name ?? '',
      startNs: ns(startMs),
      endNs: ns(isInside ? handedMs : doneMs),
      items,
      ...(this.recording.withoutItems === true ? {} : { item }),
      ...(waitedMs === null ? {} : { waitUs: Math.round(waitedMs * 1000) }),
    });
    if (!isInside) wait('output', doneMs, handedMs);
  }

  private gauges(): void {
    const isOurs = (stage: number): boolean => this.isMine(stage) && this.hasThreads(stage);
    for (const { lane, name, atMs, value } of madeGauges(this.run, this.recording, isOurs)) {
      const id = lane === null ? MAIN : ownId(lane.stage, lane.lane);
      this.trace.counter('gauge', { name, id: 0, atNs: ns(atMs), lane: id, values: { value } });
    }
  }

  private changesUntil(untilMs: number): void {
    const { changes = [] } = this.run.pipeline;
    for (let next = changes[this.changed]; next !== undefined; next = changes[this.changed]) {
      if (next.atMs > untilMs) return;
      this.changed++;
      this.change(next);
    }
  }

  private change({ atMs, stage, to, what = 'lanes' }: MadeChange): void {
    const index = this.stages.findIndex(({ name }) => name === stage);
    const made = this.stages[index];
    if (made === undefined || !this.isMine(index)) return;
    const knob = 10 * (index + 1) + (what === 'lanes' ? 0 : 1);
    const from = this.values.get(knob) ?? (what === 'lanes' ? made.lanes : (made.batch ?? 1));
    this.values.set(knob, to);
    this.trace.declare({ kind: 'knobChange', knob, from, to, atNs: ns(atMs), by: 'program' });
    if (what === 'batch') return;
    const about = { pipeline: PIPELINE, stageKind: made.kind ?? ('cpu' as const) };
    this.trace.declare(stageDeclaration(made.name, { ...about, parallelism: to }));
  }

  private tail(): void {
    const { recordNs, profile, gcMs = [] } = this.recording;
    for (const [fromMs, toMs] of gcMs) {
      const times = { startNs: ns(fromMs), endNs: ns(toMs) };
      this.trace.interval(MAIN, { category: 'runtime', name: 'gc major', ...times });
    }
    if (profile !== undefined) {
      const stage = this.stages.findIndex(({ name }) => name === profile.stage);
      const count = Math.floor(this.run.pipeline.runMs / profile.everyMs);
      this.trace.cpuProfile(ownId(stage, 0), cpuProfile(profile, count));
    }
    const atNs = ns(this.run.pipeline.runMs);
    if (recordNs !== undefined) {
      const records = this.run.executions.length;
      const used = { drainCpuNs: 1e6, processCpuNs: 1e9 };
      this.trace.declare({ kind: 'cost', atNs, records, recordNs, ...used });
    }
    this.trace.declare({ kind: 'end', atNs, executions: 0 });
  }
}

/** As V8 writes them. */
function cpuProfile(
  { function: name, everyMs }: NonNullable<MadeRecording['profile']>,
  count: number,
): object {
  const frame = (functionName: string, url: string): object => {
    return { functionName, scriptId: '1', url, lineNumber: 6, columnNumber: 0 };
  };
  return {
    nodes: [
      { id: 1, callFrame: frame('(root)', ''), hitCount: 0, children: [2] },
      { id: 2, callFrame: frame(name, '/app/made.ts'), hitCount: 0, children: [] },
    ],
    startTime: drawingStartNs / 1000,
    endTime: drawingStartNs / 1000 + count * everyMs * 1000,
    samples: new Array<number>(count).fill(2),
    timeDeltas: new Array<number>(count).fill(everyMs * 1000),
  };
}
