/** What the panel says in words: one place, pure, so that the picture, the tooltip and the tables cannot disagree. */
import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
} from '../extension/core/format.js';
import type { HitReply } from '../extension/core/panel/hit.js';
import type { GaugeRow, GaugeUnit, QueueRow, StageRow } from '../extension/core/panel/rows.js';
import type { PanelSnapshot, SessionState } from '../extension/core/panel/snapshot.js';
import { linkOriginText } from '../extension/core/report/factText.js';
import type {
  KnobReport,
  LinkReport,
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../extension/core/report/report.js';
import { gpuLines } from './gpuText.js';
import { momentLabel } from './timeline/timeScale.js';

/** Where something stands in the user's source. */
export type SourcePosition = NonNullable<StageReport['source']>;

/** Lane states in the order of the utilisation bar. */
export const knownStates = ['busy', 'blocked', 'limited', 'starved', 'idle'] as const;

/** A line of a tooltip: a name and a value, or a heading. */
export type Line = readonly [name: string, value: string] | string;

export const noValue = '–';

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A knob's value; null is unlimited. */
export const knobValue = (value: number | null): string =>
  value === null ? 'unlimited' : formatCount(value);

/** `concurrency 4 → 8` */
export function knobChangeText(change: PanelSnapshot['knobChanges'][number]): string {
  return `${change.name} ${knobValue(change.from)} → ${knobValue(change.to)}`;
}

/** `4 (1 … 64)`, `unlimited (1 …)` */
export function knobRange(knob: KnobReport): string {
  return `${formatCount(knob.min)} … ${knob.max === null ? '∞' : formatCount(knob.max)}`;
}

/** Why a typed number cannot be set; null when it can. Knobs count things, so only whole numbers pass. */
export function knobFault(knob: KnobReport, value: number): string | null {
  if (!Number.isInteger(value)) return `${knob.name} takes a whole number.`;
  if (value < knob.min || (knob.max !== null && value > knob.max)) {
    return `${knob.name} takes ${knobRange(knob)}.`;
  }
  return null;
}

export const stateText: Readonly<Record<SessionState, string>> = {
  waiting: 'waiting',
  reading: 'reading',
  live: 'live',
  ended: 'ended',
  capture: 'capture',
};

/** `live`, `reading 42%` */
export function stateLine({ state, readShare }: PanelSnapshot): string {
  return state === 'reading' ? `reading ${formatPercent(readShare)}` : stateText[state];
}

/** `3 processes · 41 s` */
export function sessionText(report: Report): string {
  const { processes, durationNs } = report.capture;
  return `${plural(processes.length, 'process', 'processes')} · ${formatDurationNs(durationNs)}`;
}

export const executionsText = (report: Report): string =>
  plural(report.capture.executions, 'execution');

/** `0 lost`, and what it means for the reader. */
export function lossText(report: Report): { readonly short: string; readonly long: string } {
  const { records, shareOfExecutions } = report.capture.lost;
  if (records === 0) return { short: '0 lost', long: 'Every record that was made has arrived.' };
  const share = formatPercent(shareOfExecutions);
  return {
    short: `${formatCount(records)} lost`,
    long:
      `${plural(records, 'record')} were made and never arrived, so ${share} of the executions are missing from the ` +
      'picture. The number of executions includes them; where they are missing, the rows show a dotted gap.',
  };
}

/** `cpu ×2` */
export const stageKindText = (kind: string, parallelism: number | null): string =>
  parallelism === null ? kind : `${kind} ×${formatCount(parallelism)}`;

/** `cpu ×2 · on CPU 84%`: of the time in which it was busy, where that is measured; `cpu ×64 · 8 processes`. */
export function stageTitleText(row: StageRow, stage: StageReport | null): string {
  const kind = stageKindText(row.stageKind, stage?.parallelism ?? null);
  const where =
    row.joined === null ? '' : ` · ${plural(row.joined.processes, 'process', 'processes')}`;
  const what = kind + where;
  const onCpu = stage?.cpuShare ?? null;
  return onCpu === null ? what : `${what} · on CPU ${formatPercent(onCpu)}`;
}

/** Which stages feed this one, which ones it feeds, and how that is known. */
export function linkLines(stage: string, links: readonly LinkReport[]): readonly Line[] {
  return links.flatMap(({ from, to, known }): readonly Line[] => {
    const how = ` (${linkOriginText[known]})`;
    if (to === stage) return [['fed by', from + how]];
    return from === stage ? [['feeds', to + how]] : [];
  });
}

/** `1,203 lost`: executions that were made and never arrived; empty without any. */
export const stageLossText = (stage: StageReport | null): string =>
  stage === null || stage.lost === 0 ? '' : `${formatCount(stage.lost)} lost`;

/** `67% busy · 399/s · p95 13.6 ms` */
export function stageLine(stage: StageReport): string {
  const p95 = stage.serviceNs === null ? noValue : formatDurationNs(stage.serviceNs.p95);
  return `${formatPercent(stage.utilization)} busy · ${formatRate(stage.ratePerSec)} · p95 ${p95}`;
}

/** Everything about a stage that its header has no room for. */
export function stageLines(stage: StageReport, links: readonly LinkReport[] = []): readonly Line[] {
  const { shares, serviceNs } = stage;
  const time = (ns: number | undefined): string =>
    ns === undefined ? noValue : formatDurationNs(ns);
  const lines: Line[] = [
    `${stage.name} · ${stageKindText(stage.kind, stage.parallelism)} · pid ${stage.process}`,
    ['executions', formatCount(stage.executions)],
    ...(stage.lost === 0 ? [] : [['of them lost', formatCount(stage.lost)] as const]),
    ['items', formatCount(stage.items)],
    ['errors', formatCount(stage.errors)],
    ['rate', formatRate(stage.ratePerSec)],
    ['true rate', stage.trueRatePerSec === null ? noValue : formatRate(stage.trueRatePerSec)],
    ['p50', time(serviceNs?.p50)],
    ['p95', time(serviceNs?.p95)],
    ['p99', time(serviceNs?.p99)],
    ['max', time(serviceNs?.max)],
    ['busy', formatPercent(shares.busy)],
    ['blocked', formatPercent(shares.blocked)],
    ['starved', formatPercent(shares.starved)],
    ['limited', formatPercent(shares.limited)],
    ['idle', formatPercent(shares.idle)],
  ];
  if (stage.cpuShare !== null) lines.push(['on CPU while busy', formatPercent(stage.cpuShare)]);
  return [...lines, ...gpuLines(stage.gpu), ...linkLines(stage.name, links)];
}

/** `capacity 32 · full 45%` or `unbounded` */
export function queueCapacityText(row: QueueRow, report: QueueReport | null): string {
  if (row.capacity === null) return 'unbounded';
  const full = row.joined === null ? (report?.fullShare ?? null) : row.joined.fullShare;
  const head = `capacity ${formatCount(row.capacity)}`;
  return full === null ? head : `${head} · full ${formatPercent(full)}`;
}

/** A mean depth: one decimal where it matters. */
export const depthText = (depth: number): string =>
  depth < 100 ? String(Math.round(depth * 10) / 10) : formatCount(Math.round(depth));

/** `mean depth 20.1 · wait p95 74 ms`, `mean depth 20.1 · 8 queues` */
export function queueDepthText({ joined }: QueueRow, queue: QueueReport | null): string {
  if (joined !== null) {
    return `mean depth ${depthText(joined.meanDepth)} · ${plural(joined.queues, 'queue')}`;
  }
  if (queue === null) return 'no depth seen yet';
  const wait = queue.waitNs === null ? '' : ` · wait p95 ${formatDurationNs(queue.waitNs.p95)}`;
  return `mean depth ${depthText(queue.depth.mean)}${wait}`;
}

/** `read → tokenise`; null when neither side is known. */
export function queueEnds(queue: QueueReport | null): string | null {
  if (queue === null || (queue.from === null && queue.to === null)) return null;
  return `${queue.from ?? '?'} → ${queue.to ?? '?'}`;
}

/** `files · read → parse`; the name alone where that says it already, or the ends are not known. */
export function queueTitleText({ queue }: QueueRow, report: QueueReport | null): string {
  const ends = queueEnds(report);
  return ends === null || queue.includes('→') ? queue : `${queue} · ${ends}`;
}

/** Everything about a queue that its header has no room for. */
export function queueLines(queue: QueueReport): readonly Line[] {
  const ends = queueEnds(queue);
  const lines: Line[] = [
    ends === null ? queue.name : `${queue.name} · ${ends}`,
    ['capacity', queue.capacity === null ? 'unbounded' : formatCount(queue.capacity)],
    ['mean depth', depthText(queue.depth.mean)],
    ['p50', depthText(queue.depth.p50)],
    ['p95', depthText(queue.depth.p95)],
    ['highest', depthText(queue.depth.max)],
    ['full', queue.fullShare === null ? noValue : formatPercent(queue.fullShare)],
    ['empty', formatPercent(queue.emptyShare)],
  ];
  if (queue.waitNs !== null) {
    lines.push(
      ['wait p50', formatDurationNs(queue.waitNs.p50)],
      ['wait p95', formatDurationNs(queue.waitNs.p95)],
    );
  }
  if (queue.inferred !== null) lines.push(['place', linkOriginText[queue.inferred]]);
  return lines;
}

const waitText = {
  starved: 'starved: waits for input',
  blocked: 'blocked: waits for room in its output',
  limited: 'limited: waits for its rate limit',
} as const;

/** A place in a file, short enough for a tooltip. */
export function placeText({ file, line }: SourcePosition): string {
  return `${file.split(/[/\\]/).slice(-2).join('/')}:${line}`;
}

function functionLines(
  hit: Extract<NonNullable<HitReply['hit']>, { kind: 'function' }>,
): readonly Line[] {
  const lines: Line[] = [hit.name];
  if (hit.source !== null) lines.push(['at', placeText(hit.source)]);
  lines.push(
    ['self, in view', formatDurationNs(hit.selfNs)],
    ['total, in view', formatDurationNs(hit.totalNs)],
    ['this call, sampled', formatDurationNs(hit.durationNs)],
    ['in', `${hit.stage} · ${hit.lane}`],
  );
  if (hit.isShared) lines.push('not counted: other stages had executions open');
  return lines;
}

const coresText = (cores: number): string => String(Math.round(cores * 100) / 100);

/** A gauge's value with its unit. */
export function gaugeValue(value: number, unit: GaugeUnit): string {
  switch (unit) {
    case 'ns':
      return formatDurationNs(value);
    case 'share':
      return formatPercent(value);
    case 'cores':
      return `${coresText(value)} ${value === 1 ? 'core' : 'cores'}`;
    case 'bytes':
      return formatBytes(value);
    case 'count':
      return formatCount(value);
  }
}

/** `max 312 ms`, `max 3.1 of 8`, `max 1.1 GiB of 79.6 GiB`; `mean 4%` where the highest value is not known. */
export function gaugeLine({ unit, mean, max, limit }: GaugeRow): string {
  const short = (n: number): string => (unit === 'cores' ? coresText(n) : gaugeValue(n, unit));
  if (max === null) return mean === null ? noValue : `mean ${short(mean)}`;
  return limit === null ? `max ${short(max)}` : `max ${short(max)} of ${short(limit)}`;
}

/** Everything about a gauge that its header has no room for. */
export function gaugeLines(gauge: GaugeRow): readonly Line[] {
  const { label, thread, unit, mean, max, warnAbove, limit } = gauge;
  const value = (n: number | null): string => (n === null ? noValue : gaugeValue(n, unit));
  const lines: Line[] = [label];
  if (thread !== null) lines.push(['thread', thread]);
  if (mean !== null) lines.push(['mean', value(mean)]);
  if (max !== null) lines.push(['highest', value(max)]);
  if (limit !== null) lines.push(['may use', value(limit)]);
  if (warnAbove !== null) lines.push(['a warning above', value(warnAbove)]);
  return lines;
}

function gaugeHitLines(
  hit: Extract<NonNullable<HitReply['hit']>, { kind: 'gauge' }>,
): readonly Line[] {
  const lines: Line[] = [hit.label, ['value', gaugeValue(hit.value, hit.unit)]];
  if (hit.collection !== null) {
    lines.push([hit.collection.name, formatDurationNs(hit.collection.durationNs)]);
  }
  if (hit.thread !== null) lines.push(['thread', hit.thread]);
  lines.push(
    ['process', hit.process],
    ['from', momentLabel(hit.startNs, 1e6)],
    ['over', formatDurationNs(hit.durationNs)],
  );
  return lines;
}

function manyLines(hit: Extract<NonNullable<HitReply['hit']>, { kind: 'many' }>): readonly Line[] {
  const { executions, failed, longestNs, shares, fromNs, toNs } = hit;
  return [
    hit.label,
    ['begin here', plural(executions, 'execution')],
    ...(failed === 0 ? [] : [['of them failed', formatCount(failed)] as const]),
    ...(longestNs === null ? [] : [['longest', formatDurationNs(longestNs)] as const]),
    ...knownStates.flatMap((state): readonly Line[] =>
      shares[state] > 0 ? [[state, formatPercent(shares[state])]] : [],
    ),
    ['from', momentLabel(fromNs, 1e3)],
    ['over', formatDurationNs(toNs - fromNs)],
  ];
}

/** What a hit is, for the tooltip and the details. Moments to the microsecond. */
export function hitLines(hit: NonNullable<HitReply['hit']>): readonly Line[] {
  const start = (ns: number): Line => ['start', momentLabel(ns, 1e3)];
  switch (hit.kind) {
    case 'execution': {
      const lines: Line[] = [hit.failed ? `${hit.stage} · failed` : hit.stage, ['lane', hit.lane]];
      if (hit.item !== null) lines.push(['item', formatCount(hit.item)]);
      if (hit.items > 1) lines.push(['batch', plural(hit.items, 'item')]);
      return [...lines, start(hit.startNs), ['duration', formatDurationNs(hit.durationNs)]];
    }
    case 'wait':
      return [
        waitText[hit.state],
        ['lane', hit.lane],
        start(hit.startNs),
        ['duration', formatDurationNs(hit.durationNs)],
      ];
    case 'span':
      return [
        hit.name,
        ['lane', hit.lane],
        start(hit.startNs),
        ['duration', formatDurationNs(hit.durationNs)],
      ];
    case 'function':
      return functionLines(hit);
    case 'gauge':
      return gaugeHitLines(hit);
    case 'many':
      return manyLines(hit);
    case 'depth':
      return [hit.queue, ['depth', formatCount(hit.depth)], ['at', momentLabel(hit.atNs, 1e3)]];
  }
}

/** Where a duration stands among the stage's service times: `above p95`; null when nothing is known of them. */
export function rankText(durationNs: number, stage: StageReport | null): string | null {
  const service = stage?.serviceNs ?? null;
  if (service === null) return null;
  if (durationNs >= service.p99) return 'among the slowest 1%';
  if (durationNs >= service.p95) return 'among the slowest 5%';
  return durationNs >= service.p50 ? 'slower than the median' : 'faster than the median';
}

/** The verdict on a pipeline in a few words. */
export function bottleneckTitle(pipeline: PipelineReport): string {
  const { kind, stage } = pipeline.bottleneck;
  switch (kind) {
    case 'none':
      return 'No bottleneck found';
    case 'cpu':
      return 'The CPU';
    case 'eventLoop':
      return 'The event loop';
    case 'external':
      return stage === null ? 'Something outside' : `${stage}, outside of this program`;
    case 'source':
    case 'sink':
    case 'stage':
      return stage ?? `The ${kind}`;
  }
}

/** One sentence for readers who do not see the picture. */
export function summaryText(snapshot: PanelSnapshot): string {
  const { report } = snapshot;
  if (snapshot.emptyText !== null) return snapshot.emptyText;
  const parts = report.pipelines.map((p) => {
    const verdict =
      p.bottleneck.kind === 'none' ? 'no bottleneck' : `bottleneck ${bottleneckTitle(p)}`;
    const size = `${plural(p.stages.length, 'stage')}, ${plural(p.queues.length, 'queue')}`;
    if (p.isImported) return `${p.name}: ${size}, imported`;
    return `${p.name}: ${size}, ${formatRate(p.throughputPerSec)}, ${verdict}`;
  });
  const head = `${stateLine(snapshot)}, ${executionsText(report)}, ${lossText(report).short}`;
  return [head, ...parts].join('. ') + '.';
}
