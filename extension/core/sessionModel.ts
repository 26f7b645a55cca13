/** One session: what feeds it, and what can be asked of it. The engine's live sessions and capture files both live in one. */
import type { FxtSink } from '../../agent/wire/records.js';
import { ok, type Result } from '../../agent/wire/result.js';
import { besideReports } from './analysis/besideReport.js';
import { CpuAttribution } from './analysis/cpuAttribution.js';
import { PipelineAnalysis, type Window } from './analysis/pipelineAnalysis.js';
import { findPipelines, type ItemLinksBook, type Pipeline } from './analysis/topology.js';
import { exportSession, type ExportPart, type ExportRequest } from './foreign/exportSession.js';
import { advise, type Advice } from './advice/advise.js';
import {
  previewKnob,
  unpredicted,
  type KnobChange,
  type KnobPreview,
} from './advice/previewKnob.js';
import { generatorJob, runJob, type Job } from './job.js';
import { operatingPoints } from './measure/measure.js';
import type { OperatingPoint } from './measure/operatingPoint.js';
import type { Objective } from './prediction/search.js';
import { DeclarationReader } from './model/declarations.js';
import type { PageFile } from './model/blocks.js';
import { pidOf, titleOf } from './model/entities.js';
import { Ingest } from './model/ingest.js';
import { DEFAULT_LIMITS, TraceStore, type StoreLimits } from './model/store.js';
import type { ViewReply, ViewRequest } from './panel/view.js';
import type { HitReply, HitRequest } from './panel/hit.js';
import type { Query, QueryReply } from './panel/query.js';
import type { PanelRow } from './panel/rows.js';
import type { PanelSnapshot, SessionState } from './panel/snapshot.js';
import { queryJob } from './query/answer.js';
import { buildReport, emptyText, withAdvice, type SessionFacts } from './report/build.js';
import type { BesideReport, Report } from './report/report.js';
import { GaugeRows } from './view/gaugeRows.js';
import { answerHit } from './view/hit.js';
import { panelRows } from './view/rows.js';
import { LatencySeries } from './view/latencySeries.js';
import { ThroughputFold } from './view/throughput.js';
import { blockFigures, type BlockFigures } from './trials/blockFigures.js';
import { RowGroups } from './view/rowGroups.js';
import { rowTargets, type Prepared } from './view/rowTargets.js';
import { ViewJob } from './view/view.js';

/** Numbers for lists of sessions; cheap. */
export interface SessionSummary {
  readonly processes: readonly { readonly pid: number; readonly title: string }[];
  readonly executions: number;
  readonly lostRecords: number;
  readonly bytes: number;
}

/** The operating points of pipelines, by their names. */
export type PointsByPipeline = ReadonlyMap<string, readonly OperatingPoint[]>;

/** What advice is to be based on, besides the session itself. */
export interface AdviceWish {
  readonly earlier?: readonly PointsByPipeline[];
  readonly objective?: Objective;
}

export interface SessionModelOptions {
  readonly title: string;
  /** Bounds on what is stored; `DEFAULT_LIMITS` when left out. */
  readonly limits?: StoreLimits;
  /** Where rows go that memory has no room for; left out: nowhere. */
  readonly pages?: PageFile | null;
}

/**
 * Takes records in through `sink` and answers snapshots, reports and views. All answers are about what has arrived so far;
 * asking again costs only what is new. Several streams may share the sink: before the records of another process comes a
 * `providerSection` record, in a file by itself and in a live session from whoever feeds it.
 */
export class SessionModel {
  readonly sink: FxtSink;
  private readonly title: string;
  private readonly store: TraceStore;
  private analyses: readonly PipelineAnalysis[] = [];
  private advice: ReadonlyMap<string, Advice> = new Map();
  private readonly itemLinks: ItemLinksBook = new Map();
  private readonly cpu: CpuAttribution;
  private readonly gauges: GaugeRows;
  private readonly groups: RowGroups;
  private targets: {
    readonly at: number;
    readonly shape: number;
    map: Prepared['targets'];
  } | null = null;
  private compared: {
    readonly at: number;
    readonly shape: number;
    readonly reports: readonly BesideReport[];
  } | null = null;
  private isCpuProfiling = false;
  private throughput: ThroughputFold | null = null;
  private latency: LatencySeries | null = null;
  private state: SessionState = 'waiting';
  private bytes = 0;
  private readShare = 1;
  private generation = 0;
  private truncatedAtByte: number | null = null;
  private truncatedReason: string | null = null;

  constructor({ title, limits = DEFAULT_LIMITS, pages = null }: SessionModelOptions) {
    this.title = title;
    this.store = new TraceStore(limits, pages);
    this.cpu = new CpuAttribution(this.store.cpu, () => this.store.newRowId());
    this.gauges = new GaugeRows(() => this.store.newRowId());
    this.groups = new RowGroups(() => this.store.newRowId());
    this.sink = new Ingest(this.store, new DeclarationReader(this.store));
  }

  /** Counts bytes of the capture, for the report. */
  addBytes(n: number): void {
    this.bytes += n;
  }

  setState(state: SessionState): void {
    this.state = state;
  }

  /** How much of a file has been read, 0..1. */
  setReadShare(share: number): void {
    this.readShare = share;
  }

  /** Whether the panel shows that a CPU profile is being recorded. */
  setCpuProfiling(isRunning: boolean): void {
    this.isCpuProfiling = isRunning;
  }

  /** Reading stopped early: at which byte (null: not known) and why. */
  markTruncated(atByte: number | null, reason: string): void {
    this.truncatedAtByte = atByte;
    this.truncatedReason = reason;
  }

  /** Where and why reading stopped early; null: it did not. */
  get truncation(): { readonly atByte: number | null; readonly reason: string } | null {
    const { truncatedAtByte: atByte, truncatedReason: reason } = this;
    return reason === null ? null : { atByte, reason };
  }

  /** Another one when anything has become known that advice could rest on. */
  get version(): string {
    const { arrivals, knobChanges, shape } = this.store;
    return [arrivals, knobChanges.length, shape, this.state].join(' ');
  }

  /** First and last moment with data; equal when there is none. */
  get extentNs(): readonly [number, number] {
    const { oldestNs, newestNs } = this.store;
    return newestNs >= oldestNs ? [oldestNs, newestNs] : [0, 0];
  }

  /** The connection of a process is gone for good; `orderly`: it said goodbye first. */
  processGone(provider: number, orderly: boolean): void {
    const process = this.store.process(provider);
    process.gone = true;
    if (orderly) process.ended = true;
  }

  /** A process that was gone is connected again. */
  processBack(provider: number): void {
    this.store.process(provider).gone = false;
  }

  get info(): SessionSummary {
    const { processes, receivedExecutions, lostExecutions, lostRecords } = this.store;
    return {
      processes: [...processes.values()].map((p) => ({ pid: pidOf(p), title: titleOf(p) })),
      executions: receivedExecutions + lostExecutions,
      lostRecords,
      bytes: this.bytes,
    };
  }

  report(): Report {
    return withAdvice(this.measuredReport(), this.advice);
  }

  /** What was measured, without advice. */
  private measuredReport(): Report {
    const analyses = this.analysed();
    this.cpu.refresh();
    const { cpu } = this;
    const beside = this.comparedTraces();
    return buildReport(this.store, analyses, { ...this.facts(), cpu, beside });
  }

  /** Traces of other tools beside the capture; each of their rows is read for it, so it is done once all are there. */
  private comparedTraces(): readonly BesideReport[] {
    if (this.isLive) return [];
    const { arrivals, shape } = this.store;
    if (this.compared?.at !== arrivals || this.compared.shape !== shape) {
      this.compared = { at: arrivals, shape, reports: besideReports(this.store) };
    }
    return this.compared.reports;
  }

  /**
   * Works out advice on every pipeline, as a job; reports tell it from then on. Points of other sessions say how stages behave
   * under other settings.
   */
  adviceJob(request: AdviceWish = {}): Job<'advised'> {
    return generatorJob(this.adviceInSteps(request));
  }

  /** What another value of a knob would do, as a job. */
  previewJob(change: KnobChange): Job<KnobPreview> {
    return generatorJob(this.previewInSteps(change));
  }

  /** Forgets advice that could not be renewed. */
  dropAdvice(): void {
    this.advice = new Map();
  }

  /** The operating points of every pipeline, by its name, as a job. */
  pointsJob(): Job<PointsByPipeline> {
    return generatorJob(this.pointsInSteps());
  }

  private *adviceInSteps({ earlier = [], objective }: AdviceWish): Generator<undefined, 'advised'> {
    const { pipelines } = this.measuredReport();
    const points = yield* this.pointsInSteps();
    const advice = new Map<string, Advice>();
    for (const { name, isShared, isImported, bottleneck, stages } of pipelines) {
      if (isShared || isImported) continue;
      const functions = new Map(stages.map((stage) => [stage.name, stage.functions ?? []]));
      const own = yield* advise({
        points: points.get(name) ?? [],
        earlier: earlier.flatMap((other) => other.get(name) ?? []),
        bottleneck,
        functionsOf: (stage) => functions.get(stage) ?? [],
        ...(objective === undefined ? {} : { objective }),
      });
      advice.set(name, own);
    }
    this.advice = advice;
    return 'advised';
  }

  private *previewInSteps(change: KnobChange): Generator<undefined, KnobPreview> {
    const { pipelines } = this.measuredReport();
    const owner = pipelines.find(({ knobs }) => knobs.some(({ id }) => id === change.knob));
    if (owner === undefined) return unpredicted(`There is no knob ${change.knob}.`);
    const points = yield* this.pointsOf(owner.name);
    return yield* previewKnob(owner, points, change);
  }

  private *pointsInSteps(): Generator<undefined, PointsByPipeline> {
    const points = new Map<string, readonly OperatingPoint[]>();
    for (const { pipeline } of this.prepared().analyses) {
      if (pipeline.isShared || pipeline.isImported) continue;
      points.set(pipeline.name, yield* this.pointsOf(pipeline.name));
    }
    return points;
  }

  /** None when the pipeline became another one meanwhile: who asks again gets those of the new one. */
  private *pointsOf(name: string): Generator<undefined, readonly OperatingPoint[]> {
    const analysis = this.prepared().analyses.find(({ pipeline }) => pipeline.name === name);
    if (analysis === undefined) return [];
    const work = operatingPoints({ store: this.store, analysis });
    for (;;) {
      const next = work.next();
      if (next.done === true) return next.value;
      yield;
      if (!this.analyses.includes(analysis)) return [];
    }
  }

  /** Everything of the panel but the pictures. */
  snapshot(): PanelSnapshot {
    const report = this.report();
    const { knobChanges, losses } = this.store;
    return {
      generation: ++this.generation,
      title: this.title,
      state: this.state,
      readShare: this.readShare,
      extentNs: this.extentNs,
      report,
      rows: [...this.pipelineRows(report), ...this.gauges.rows(this.store)],
      isCpuProfiling: this.isCpuProfiling,
      throughput: this.throughputSeries(),
      latency: this.latencySeries(),
      knobChanges: knobChanges.map(({ provider, knob, atNs, name, from, to }) => ({
        knob: `${pidOf(this.store.process(provider))}:${knob}`,
        atNs,
        name,
        from,
        to,
      })),
      losses: losses.map(({ fromNs, toNs, records }) => ({ fromNs, toNs, records })),
      emptyText: emptyText(this.store, this.analyses, this.facts()),
    };
  }

  /** The session in the format of another tool; fails when there is nothing to write. */
  export(request: Omit<ExportRequest, 'title'>): Result<readonly ExportPart[]> {
    const parts = exportSession(this.store, { ...request, title: this.title });
    if (!parts.ok) return parts;
    return ok(parts.value.map(({ thread, pieces }) => ({ thread, pieces: this.trimming(pieces) })));
  }

  private *trimming<T>(pieces: Iterable<T>): Generator<T> {
    for (const piece of pieces) {
      yield piece;
      this.trim();
    }
  }

  /** Names of the threads of which there are CPU samples. */
  get sampledThreads(): readonly string[] {
    return [...new Set(this.store.cpu.threads.map(({ thread }) => thread))];
  }

  /** The pixels of the rows asked for. */
  view(request: ViewRequest): ViewReply {
    return runJob(this.viewJob(request));
  }

  /** The same as a job that can be left between two rows. */
  viewJob(request: ViewRequest): Job<ViewReply> {
    const prepare = (former: Prepared | null): Prepared =>
      former !== null && this.areCurrent(former.analyses) ? former : this.prepared();
    return new ViewJob(this.store, prepare, request);
  }

  /** A question being answered. */
  queryJob(query: Query): Job<QueryReply> {
    return queryJob(this.store, () => this.prepared(), query);
  }

  /** Brings memory back under its limit. Call it when nothing reads from the model. */
  trim(): void {
    this.store.trim();
  }

  /** Figures of a pipeline in a stretch of time; null: there is no pipeline of that name (any more). */
  blockFigures(pipeline: string, range: Window): BlockFigures | null {
    const analysis = this.prepared().analyses.find((a) => a.pipeline.name === pipeline);
    return analysis === undefined ? null : blockFigures(this.store, analysis, range);
  }

  /** Knobs that were turned, the newest last, from number `from` on. */
  knobTurns(from: number): readonly { knob: string; to: number | null; atNs: number }[] {
    return this.store.knobChanges.slice(from).map(({ provider, knob, to, atNs }) => {
      return { knob: `${pidOf(this.store.process(provider))}:${knob}`, to, atNs };
    });
  }

  /** What is at a moment on a row. */
  hit(request: HitRequest): HitReply {
    return answerHit(this.store, this.prepared(), request);
  }

  /** More is to come: from a program, or from the rest of a file. */
  private get isLive(): boolean {
    return this.state === 'live' || this.state === 'reading';
  }

  private facts(): SessionFacts {
    const { truncatedAtByte } = this;
    return {
      title: this.title,
      bytes: this.bytes,
      isLive: this.isLive,
      isWaiting: this.state === 'waiting',
      truncatedAtByte,
      truncatedReason: this.truncatedReason ?? this.vanishedReason(),
    };
  }

  /** Processes that stopped without a last word leave a capture that looks whole and is not. */
  private vanishedReason(): string | null {
    const isOver = this.state === 'ended' || this.state === 'capture';
    const vanished = [...this.store.processes.values()].filter(
      (p) => p.declared !== null && !p.ended && (isOver || p.gone),
    );
    if (vanished.length === 0) return null;
    const who = vanished.map((p) => `${titleOf(p)} (pid ${pidOf(p)})`).slice(0, 3);
    return `${who.join(', ')} stopped without a last word, so its last records may be missing`;
  }

  private analysed(): readonly PipelineAnalysis[] {
    this.store.countAll();
    const former = this.analyses;
    this.analyses = findPipelines(this.store, this.itemLinks).map((pipeline) => {
      const known = former.find((a) => a.pipeline.name === pipeline.name);
      if (known?.isFor(pipeline) === true) return known;
      return new PipelineAnalysis(this.store, pipeline, known);
    });
    for (const analysis of former) if (!this.analyses.includes(analysis)) analysis.dispose();
    return this.analyses;
  }

  private areCurrent(analyses: readonly PipelineAnalysis[]): boolean {
    const { analyses: now } = this;
    return analyses.length === now.length && analyses.every((analysis, i) => analysis === now[i]);
  }

  /** Analyses that have been measured, for pictures. */
  private prepared(): Prepared {
    const analyses = this.analysed();
    for (const analysis of analyses) analysis.refresh(this.isLive);
    this.cpu.refresh();
    const { arrivals, shape } = this.store;
    if (this.targets?.at !== arrivals || this.targets.shape !== shape) {
      const { cpu, gauges, groups } = this;
      const map = rowTargets(this.store, { analyses, cpu, gauges, groups });
      this.targets = { at: arrivals, shape, map };
    }
    return { analyses, cpu: this.cpu, targets: this.targets.map };
  }

  private pipelineRows(report: Report): readonly PanelRow[] {
    const { cpu, groups } = this;
    return panelRows({ pipelines: this.pipelines(), reports: report.pipelines, cpu, groups });
  }

  private pipelines(): readonly Pipeline[] {
    return this.analyses.map(({ pipeline }) => pipeline);
  }

  private throughputSeries(): PanelSnapshot['throughput'] {
    const [first] = this.pipelines();
    const last = first?.isImported === true ? undefined : first?.stages.at(-1);
    const { oldestNs, newestNs } = this.store;
    if (last === undefined || newestNs < oldestNs) return { stepNs: 1, perSec: [] };
    const { throughput } = this;
    if (throughput?.stage !== last || throughput.fromNs !== oldestNs || throughput.isStale) {
      this.throughput = new ThroughputFold(last, oldestNs);
    }
    return this.throughput?.series(newestNs) ?? { stepNs: 1, perSec: [] };
  }

  private latencySeries(): PanelSnapshot['latency'] {
    const table = this.analyses[0]?.latencies ?? null;
    const { oldestNs, newestNs } = this.store;
    if (table === null) return (this.latency = null);
    if (this.latency?.table !== table || this.latency.fromNs !== oldestNs) {
      this.latency = new LatencySeries(table, oldestNs);
    }
    return this.latency.series(newestNs);
  }
}
