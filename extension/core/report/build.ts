/** The report of a session, from its trace store. */
import {
  findBottleneck,
  findPoolLimit,
  NO_PIPELINE,
  sharedResources,
} from '../analysis/bottleneck.js';
import { unadvised, type Advice } from '../advice/advise.js';
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import type { CpuAttribution } from '../analysis/cpuAttribution.js';
import { deviceTime } from '../analysis/deviceTime.js';
import { stageCpu } from '../analysis/cpuFunctions.js';
import { threadReports, throttledShare } from '../analysis/threadTime.js';
import { pipelineNameFor } from '../analysis/topology.js';
import { formatCount, printable } from '../format.js';
import { pidOf, titleOf, type Knob, type Process, type Stage } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import {
  REPORT_SCHEMA,
  type Bottleneck,
  type FunctionReport,
  type AgentCost,
  type BesideReport,
  type KnobReport,
  type PipelineReport,
  type ProcessReport,
  type Report,
} from './report.js';

/** What the session knows besides the store. */
export interface SessionFacts {
  readonly title: string;
  readonly bytes: number;
  /** The pipelines run at this moment: windows reach to the newest record. */
  readonly isLive: boolean;
  readonly isWaiting: boolean;
  readonly truncatedAtByte: number | null;
  readonly truncatedReason: string | null;
  /** CPU samples by stage. */
  readonly cpu?: CpuAttribution;
  /** What other tools recorded of the same run. */
  readonly beside?: readonly BesideReport[];
}

/** Functions listed per stage. */
const MAX_FUNCTIONS = 20;

/** Builds the report. `analyses`: one per pipeline, in the order of the report. */
export function buildReport(
  store: TraceStore,
  analyses: readonly PipelineAnalysis[],
  facts: SessionFacts,
): Report {
  const pipelines = analyses.map((analysis) => pipelineReport(store, analysis, facts));
  const empty = emptyText(store, analyses, facts);
  const { beside = [] } = facts;
  // Beside a capture they need no excuse: the capture has a verdict.
  const hasExcuse = beside.length === 0 && pipelines.some(({ isImported }) => isImported);
  return {
    schema: REPORT_SCHEMA,
    capture: captureOf(store, facts),
    pipelines: withKnobs(store, pipelines),
    ...(beside.length === 0 ? {} : { beside }),
    notes: [
      ...(empty === null ? [] : [empty]),
      ...truncationNotes(store, facts),
      ...inferredNotes(analyses),
      ...(hasExcuse ? [NO_PIPELINE] : []),
      ...store.notes,
    ],
  };
}

function captureOf(store: TraceStore, facts: SessionFacts): Report['capture'] {
  const { lostRecords, lostExecutions, receivedExecutions, oldestNs, newestNs } = store;
  const executions = receivedExecutions + lostExecutions;
  const processes = [...store.processes.values()];
  const environment = processes.find((p) => p.environment !== null)?.environment ?? null;
  return {
    durationNs: newestNs > oldestNs ? newestNs - oldestNs : 0,
    executions,
    bytes: facts.bytes,
    lost: {
      records: lostRecords,
      shareOfExecutions: executions === 0 ? 0 : lostExecutions / executions,
    },
    agentCost: agentCostOf(processes),
    truncatedAtByte: facts.truncatedAtByte,
    truncatedReason: facts.truncatedReason,
    processes: processes.map(processReport),
    environment: environment === null ? null : withoutKind(environment),
  };
}

function agentCostOf(processes: readonly Process[]): AgentCost | null {
  let records = 0;
  let recordingNs = 0;
  let agentNs = 0;
  let cpuNs = 0;
  for (const { cost } of processes) {
    if (cost === null) continue;
    records += cost.records;
    recordingNs += cost.records * cost.recordNs;
    agentNs += cost.records * cost.recordNs + cost.drainCpuNs;
    cpuNs += cost.processCpuNs;
  }
  if (cpuNs <= 0) return null;
  const recordNs = records === 0 ? 0 : recordingNs / records;
  return { records, recordNs, cpuNs: agentNs, cpuShare: Math.min(agentNs / cpuNs, 1) };
}

function withoutKind(
  environment: NonNullable<Process['environment']>,
): NonNullable<Report['capture']['environment']> {
  const { platform, arch, cpuModel, cores, memoryBytes, quotaCores } = environment;
  return { platform, arch, cpuModel, cores, memoryBytes, quotaCores };
}

function processReport(process: Process): ProcessReport {
  return {
    pid: pidOf(process),
    title: titleOf(process),
    runtime: process.declared?.runtime ?? 'unknown',
    throttledShare: throttledShare(process),
    threads: threadReports(process),
    ended: process.ended,
  };
}

function pipelineReport(
  store: TraceStore,
  analysis: PipelineAnalysis,
  { isLive, cpu }: SessionFacts,
): PipelineReport {
  const measured = analysis.measure(isLive);
  const processes = new Set(analysis.pipeline.stages.map((stage) => stage.process));
  const shared = sharedResources(processes, analysis.window(isLive));
  return {
    ...measured,
    stages: measured.stages.map((stage, i) => {
      const measuredStage = analysis.pipeline.stages[i];
      const functions = functionsOf(store, cpu, measuredStage);
      const gpu =
        stage.kind === 'gpu' && measuredStage !== undefined
          ? deviceTime(store, measuredStage, analysis.window(isLive))
          : null;
      return {
        ...stage,
        ...(functions === null ? {} : { functions }),
        ...(gpu === null ? {} : { gpu }),
      };
    }),
    knobs: [],
    bottleneck: measured.isShared ? findPoolLimit(measured) : findBottleneck(measured, shared),
    ...unadvised(measured.isImported ? NO_PIPELINE : 'Nothing has been computed yet.'),
  };
}

/** The advisor knows of limits outside, sources that do not offer enough, and threads that come and go. */
function isMorePrecise(own: Bottleneck, fresh: Bottleneck): boolean {
  return own.kind === 'external' || own.kind === 'source' || fresh.kind === 'none';
}

/** The report with what the advisor says about its pipelines, by their names. */
export function withAdvice(report: Report, advice: ReadonlyMap<string, Advice>): Report {
  const pipelines = report.pipelines.map((pipeline) => {
    const own = advice.get(pipeline.name);
    if (own === undefined) return pipeline;
    // What the advisor has made more precise; else the verdict of the report is newer.
    const bottleneck = isMorePrecise(own.bottleneck, pipeline.bottleneck)
      ? own.bottleneck
      : pipeline.bottleneck;
    return { ...pipeline, ...own, bottleneck };
  });
  return { ...report, pipelines };
}

function functionsOf(
  store: TraceStore,
  cpu: CpuAttribution | undefined,
  stage: Stage | undefined,
): readonly FunctionReport[] | null {
  if (cpu === undefined || stage === undefined) return null;
  const sampled = stageCpu(cpu.rowsOf(stage), store.cpu.table.functions);
  if (sampled === null || sampled.onCpuNs === 0) return null;
  return sampled.functions.slice(0, MAX_FUNCTIONS).map(({ name, source, selfNs, totalNs }) => ({
    name,
    source,
    selfShare: selfNs / sampled.onCpuNs,
    totalShare: totalNs / sampled.onCpuNs,
  }));
}

/** Puts each knob to the pipeline it was declared for, else to the one that has its stage or queue, else to the first. */
function withKnobs(
  store: TraceStore,
  pipelines: readonly PipelineReport[],
): readonly PipelineReport[] {
  const knobs = new Map<PipelineReport, KnobReport[]>(pipelines.map((p) => [p, []]));
  for (const process of store.processes.values()) {
    for (const knob of process.knobs.values()) {
      const { stage, queue } = knob.declared;
      const name = pipelineNameFor(store, process, knob.declared);
      const owner =
        pipelines.find((p) => p.name === name) ??
        pipelines.find((p) => p.stages.some((s) => s.name === stage)) ??
        pipelines.find((p) => p.queues.some((q) => q.name === queue)) ??
        pipelines[0];
      if (owner !== undefined) knobs.get(owner)?.push(knobReport(knob));
    }
  }
  return pipelines.map((p) => ({ ...p, knobs: knobs.get(p) ?? [] }));
}

function knobReport({ process, declared, value }: Knob): KnobReport {
  const { id, name, knobKind, stage, queue, min, max, live, remark, via, source } = declared;
  return {
    id: `${pidOf(process)}:${id}`,
    name,
    kind: knobKind,
    stage,
    queue,
    value,
    min,
    max,
    live,
    remark,
    via,
    source,
  };
}

function truncationNotes(store: TraceStore, facts: SessionFacts): readonly string[] {
  const notes: string[] = [];
  if (facts.truncatedReason !== null) {
    const place =
      facts.truncatedAtByte === null ? '' : ` at byte ${formatCount(facts.truncatedAtByte)}`;
    notes.push(`The capture was cut short${place}: ${facts.truncatedReason}.`);
  }
  if (store.lostRecords > 0) {
    notes.push(
      `${formatCount(store.lostRecords)} records were lost on the way, ${formatCount(store.lostExecutions)} of them executions: counts include them, pictures and waiting times cannot.`,
    );
  }
  return notes;
}

function inferredNotes(analyses: readonly PipelineAnalysis[]): readonly string[] {
  return analyses.flatMap(({ pipeline }) =>
    pipeline.queues.flatMap(({ queue, from, to, inferred }) => {
      if (inferred?.by !== 'order' || from === null || to === null) return [];
      const [which, stage] = inferred.side === 'from' ? ['fills', from] : ['empties', to];
      return [
        `Nobody declared which stage ${which} the queue ${queue.name}; taken to be ${stage.name} (inferred from the order in which stages began).`,
      ];
    }),
  );
}

/** What to say when there is no pipeline to show; null when there is one. */
export function emptyText(
  store: TraceStore,
  analyses: readonly PipelineAnalysis[],
  facts: SessionFacts,
): string | null {
  if (analyses.some(({ pipeline }) => pipeline.stages.length > 0)) return null;
  const processes = [...store.processes.values()];
  const [process] = processes;
  if (process === undefined) {
    if (facts.isWaiting) return `Waiting for a process of ${printable(facts.title)} to connect.`;
    return (
      `No process joined ${printable(facts.title)}. Start the program through Sluice ` +
      '("sluice run -- node app.js", or Sluice: Profile Active File); it must run on Node.js 20 or newer, or Python 3.9 or newer.'
    );
  }
  const who = processes
    .slice(0, 3)
    .map((p) => `${printable(titleOf(p))} (pid ${pidOf(p)})`)
    .join(', ');
  return (
    `No pipeline was found in ${who}: the program uses none of the libraries that Sluice knows, nor the Sluice API. ` +
    `Name its stages with the API (${exampleFor(process)}) and profile again; the README lists the libraries.`
  );
}

function exampleFor({ declared }: Process): string {
  return declared?.runtime.startsWith('python') === true
    ? 'from sluice_agent import pipeline; @pipeline("name").stage("step", kind="io") above the function'
    : "import { pipeline } from 'sluice'; pipeline('name').stage('step', { kind: 'io' }, fn)";
}
