/**
 * Which stage holds the pipeline back.
 *
 * Three rules, none of which is enough alone:
 *
 *  1. Utilisation law: the stage with the highest true utilisation (busy lane time; waiting for a full output is not work)
 *     is the first that cannot take more. Alone it fails when all stages are half idle, or several are near each other.
 *  2. Backpressure: walking downstream, blocked stages end at the one that causes it, which itself is neither blocked nor
 *     free. Alone it fails with unbounded queues, where nothing is ever blocked.
 *  3. Queues: the queue before the bottleneck fills, the one behind it runs empty. Alone it fails without queues.
 *
 * Utilisation is that of the stage as the pipeline sees it: a lane that stands free while work waits for it (the hand-over
 * takes time, say through a busy event loop) holds the work up as much as one that runs. The stage with the highest such
 * share is the candidate, but for stages whose output piles up in front of a later one: they deliver more than is taken.
 * Each rule that agrees adds to the confidence, and so does the distance to the second.
 * Then the question is whether the stage itself is the limit or something it shares: the machine's cores, or the one
 * thread of an event loop.
 */
import { GaugeName } from '../../../agent/wire/format.js';
import { formatPercent } from '../format.js';
import type { GaugeSeries } from '../model/series.js';
import { coresOf, type Process } from '../model/entities.js';
import type { Bottleneck, BottleneckKind, QueueReport, StageReport } from '../report/report.js';
import type { MeasuredPipeline, Window } from './pipelineAnalysis.js';

/** Fewer executions than this are no basis for a verdict. */
const MIN_EXECUTIONS = 30;
/** A stage below this utilisation holds nobody back. */
const MIN_UTILIZATION = 0.5;
/** Shares from which a rule speaks. */
const OFTEN = 0.3;
const SELDOM = 0.15;
/** Lanes that stand free so often although work waits are worth a word. */
const NOTABLE_HAND_OVER = 0.1;
/** Event loops and cores are used up from here. */
const LOOP_SATURATED = 0.95;
const CORES_SATURATED = 0.9;

/** What the gauges say about the resources that stages share; null: not measured. */
export interface SharedResources {
  readonly cores: number | null;
  /** Mean CPU use of all processes, in cores. */
  readonly cpuCores: number | null;
  /** Highest mean event-loop utilisation of a main thread, 0..1. */
  readonly eventLoopUtilization: number | null;
}

/** Reads the gauges of the processes in the window. */
export function sharedResources(processes: Iterable<Process>, window: Window): SharedResources {
  let cores: number | null = null;
  let cpuCores: number | null = null;
  let loop: number | null = null;
  for (const process of processes) {
    cores = coresOf(process) ?? cores;
    for (const thread of process.threads.values()) {
      const cpu = meanOf(thread.gauges.get(GaugeName.cpuCores), window);
      if (cpu !== null) cpuCores = (cpuCores ?? 0) + cpu;
      // Worker threads that compute have a saturated loop as a matter of course.
      if (thread.declared !== null && !/^main/i.test(thread.declared.thread)) continue;
      const used = meanOf(thread.gauges.get(GaugeName.eventLoopUtilization), window);
      if (used !== null) loop = Math.max(loop ?? 0, used);
    }
  }
  return { cores, cpuCores, eventLoopUtilization: loop };
}

function meanOf(gauge: GaugeSeries | undefined, { fromNs, toNs }: Window): number | null {
  return gauge?.mean(fromNs, toNs) ?? null;
}

/** Why nothing is said about what holds an imported trace back. */
export const NO_PIPELINE =
  'These are threads and tasks of an imported trace, not stages that feed each other, so nothing says which one holds the others back.';

/** The verdict on a measured pipeline. */
export function findBottleneck(measured: MeasuredPipeline, shared: SharedResources): Bottleneck {
  const { stages } = measured;
  if (measured.isImported) return none(0, [NO_PIPELINE]);
  const executions = stages.reduce((sum, stage) => sum + stage.executions, 0);
  const candidate = candidateOf(measured);
  if (candidate === undefined) return none(0, ['No stage was recorded.']);
  if (executions < MIN_EXECUTIONS) {
    const seen = `Only ${executions} executions were recorded; from ${MIN_EXECUTIONS} on there is a verdict.`;
    return none(0.1, [seen, ...stages.map(busyText)]);
  }
  const loop = saturatedLoop(measured, candidate, shared);
  if (loop !== null) return loop;
  if (holdUp(measured, candidate) < MIN_UTILIZATION) return whyNobody(measured, candidate);
  return verdict(measured, candidate, shared);
}

/** The verdict on a pool that stages share: it is one's limit when it is used up, and otherwise nobody's concern. */
export function findPoolLimit({ stages }: MeasuredPipeline): Bottleneck {
  const full = stages.find(({ shares }) => shares.busy >= CORES_SATURATED);
  if (full === undefined) return none(1, stages.map(busyText));
  const evidence = [busyText(full), 'What needs a thread of it waits.'];
  return { kind: 'stage', stage: full.name, confidence: full.shares.busy, evidence };
}

/** Share of its lane time in which a stage holds work up: it runs, or stands free while its queue holds something. */
function holdUp({ queues }: MeasuredPipeline, { name, shares }: StageReport): number {
  return shares.busy + handOver(queues, name, shares.idle);
}

/** Without a queue before the stage nothing is known of work that waits. */
function handOver(queues: readonly QueueReport[], name: string, idle: number): number {
  return queues.some((queue) => queue.to === name) ? idle : 0;
}

function candidateOf(measured: MeasuredPipeline): StageReport | undefined {
  const { stages, queues } = measured;
  const byName = new Map(stages.toReversed().map((stage) => [stage.name, stage]));
  // Once over the queues: a program may have thousands of them.
  const delivering = new Set<string>();
  for (const queue of queues) {
    const taker = queue.to === queue.from ? undefined : byName.get(queue.to ?? '');
    if (queue.from !== null && taker !== undefined && isPiled(queue, taker)) {
      delivering.add(queue.from);
    }
  }
  const causes = stages.filter((stage) => !delivering.has(stage.name));
  return (causes.length > 0 ? causes : stages).reduce<StageReport | undefined>(
    (best, stage) =>
      best === undefined || holdUp(measured, stage) > holdUp(measured, best) ? stage : best,
    undefined,
  );
}

function none(confidence: number, evidence: readonly string[]): Bottleneck {
  return { kind: 'none', stage: null, confidence, evidence };
}

function verdict(
  measured: MeasuredPipeline,
  candidate: StageReport,
  shared: SharedResources,
): Bottleneck {
  const votes = [
    distanceVote(measured, candidate),
    pressureVote(measured, candidate),
    queueVote(measured, candidate),
  ];
  const evidence = [
    busyText(candidate),
    ...handOverTexts(measured, candidate),
    ...votes.flatMap((vote) => vote.evidence),
  ];
  const agreeing = votes.reduce((sum, vote) => sum + vote.weight, 0);
  const confidence = clamp01(0.25 * holdUp(measured, candidate) + agreeing);
  const cpu = saturatedCores(candidate, shared);
  if (cpu !== null) {
    return { kind: 'cpu', stage: candidate.name, confidence, evidence: [cpu, ...evidence] };
  }
  return { kind: kindOfVerdict(candidate), stage: candidate.name, confidence, evidence };
}

function kindOfVerdict({ kind }: StageReport): BottleneckKind {
  return kind === 'source' || kind === 'sink' ? kind : 'stage';
}

interface Vote {
  readonly weight: number;
  readonly evidence: readonly string[];
}

const abstention: Vote = { weight: 0, evidence: [] };

/** Rule 1: how far ahead of the others it is. */
function distanceVote(measured: MeasuredPipeline, candidate: StageReport): Vote {
  const others = measured.stages.filter((stage) => stage !== candidate);
  if (others.length === 0) return { weight: 0.25, evidence: ['It is the only stage.'] };
  const second = others.reduce((a, b) => (b.utilization > a.utilization ? b : a));
  const weight = 0.25 * clamp01((holdUp(measured, candidate) - second.utilization) / 0.2);
  return { weight, evidence: [`Next is ${busyText(second)}`] };
}

/** Rule 2: stages before it are blocked, it is not, stages behind it starve. */
function pressureVote({ stages }: MeasuredPipeline, candidate: StageReport): Vote {
  const place = stages.indexOf(candidate);
  const isCause = candidate.shares.blocked < SELDOM;
  if (!isCause) {
    const blocked = `${candidate.name} itself is blocked ${formatPercent(candidate.shares.blocked)} of its lane time, so part of the cause is downstream.`;
    return { weight: -0.25, evidence: [blocked] };
  }
  const blocked = stages.slice(0, place).filter((stage) => stage.shares.blocked >= OFTEN);
  const starved = stages.slice(place + 1).filter((stage) => stage.shares.starved >= OFTEN);
  const evidence = [
    ...blocked.map((s) => `${s.name}, before it, is blocked ${formatPercent(s.shares.blocked)}.`),
    ...starved.map((s) => `${s.name}, behind it, starves ${formatPercent(s.shares.starved)}.`),
  ];
  const weight = (blocked.length > 0 ? 0.15 : 0) + (starved.length > 0 ? 0.1 : 0);
  return evidence.length === 0 ? abstention : { weight, evidence };
}

/** Rule 3: the queue before it fills, the queue behind it runs empty. */
function queueVote({ queues }: MeasuredPipeline, candidate: StageReport): Vote {
  const before = queues.filter((q) => q.to === candidate.name);
  const behind = queues.filter((q) => q.from === candidate.name && q.to !== candidate.name);
  const piled = before.filter((q) => isPiled(q, candidate));
  const dry = behind.filter((q) => q.emptyShare >= OFTEN);
  const weight = (piled.length > 0 ? 0.15 : 0) + (dry.length > 0 ? 0.1 : 0);
  return { weight, evidence: [...piled.map(piledText), ...dry.map(dryText)] };
}

/** Full often; or seldom empty; or, without a capacity, holding far more than the stage can work on at once. */
function isPiled(queue: QueueReport, { parallelism }: StageReport): boolean {
  const { fullShare, emptyShare, depth } = queue;
  if ((fullShare ?? 0) >= OFTEN || emptyShare <= SELDOM) return true;
  return fullShare === null && emptyShare < 0.5 && depth.mean >= 4 * parallelism;
}

function piledText(queue: QueueReport): string {
  const { fullShare, emptyShare, depth, name } = queue;
  if (fullShare !== null && fullShare >= OFTEN) {
    return `${name}, before it, is full ${formatPercent(fullShare)} of the time.`;
  }
  return `${name}, before it, holds ${depth.mean.toFixed(1)} items on average and is empty ${formatPercent(emptyShare)} of the time.`;
}

function dryText({ name, emptyShare }: QueueReport): string {
  return `${name}, behind it, is empty ${formatPercent(emptyShare)} of the time.`;
}

/** One line of numbers for a stage: `tokenise: 1 lane busy 99%.` */
function busyText(stage: StageReport): string {
  const { parallelism } = stage;
  const lanes = `${parallelism} ${parallelism === 1 ? 'lane' : 'lanes'}`;
  return `${stage.name}: ${lanes} busy ${formatPercent(stage.utilization)}.`;
}

function handOverTexts({ queues }: MeasuredPipeline, { name, shares }: StageReport): string[] {
  const share = handOver(queues, name, shares.idle);
  if (share < NOTABLE_HAND_OVER) return [];
  return [
    `Another ${formatPercent(share)} of its lane time passes while work waits: that is how long handing it over takes.`,
  ];
}

/** Async stages look busy, and stages in other threads stand free, when the one thread that must serve them is busy. */
function saturatedLoop(
  measured: MeasuredPipeline,
  candidate: StageReport,
  shared: SharedResources,
): Bottleneck | null {
  const used = shared.eventLoopUtilization;
  if (used === null || used <= LOOP_SATURATED) return null;
  const handedOver = handOverTexts(measured, candidate);
  if (candidate.kind !== 'io' && handedOver.length === 0) return null;
  return {
    kind: 'eventLoop',
    stage: candidate.name,
    confidence: 0.7,
    evidence: [
      `The main thread's event loop is busy ${formatPercent(used)} of the time, so ${candidate.name} waits for that thread: more concurrency will not help.`,
      busyText(candidate),
      ...handedOver,
    ],
  };
}

function saturatedCores(candidate: StageReport, shared: SharedResources): string | null {
  const { cores, cpuCores } = shared;
  if (candidate.kind !== 'cpu' || cores === null || cpuCores === null) return null;
  if (cpuCores < CORES_SATURATED * cores) return null;
  return `The program uses ${cpuCores.toFixed(1)} of ${cores} cores: more lanes for ${candidate.name} would only share them.`;
}

/** Nobody is busy: say who waits for what. */
function whyNobody(measured: MeasuredPipeline, candidate: StageReport): Bottleneck {
  const { stages } = measured;
  const first = stages[0];
  const texts = [`The busiest stage is ${busyText(candidate)}`];
  if (first !== undefined && first.shares.starved >= 0.5) {
    const hungry = `${first.name}, the first stage, has nothing to do ${formatPercent(first.shares.starved)} of its lane time: work is not offered fast enough.`;
    return { kind: 'source', stage: null, confidence: 0.5, evidence: [hungry, ...texts] };
  }
  const limited = stages.find((stage) => stage.shares.limited >= OFTEN);
  if (limited !== undefined) {
    const text = `${limited.name} waits for its rate limit ${formatPercent(limited.shares.limited)} of its lane time.`;
    return { kind: 'external', stage: limited.name, confidence: 0.6, evidence: [text, ...texts] };
  }
  return none(0.3, [...texts, 'No stage is busy half of the time or more.']);
}

function clamp01(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
