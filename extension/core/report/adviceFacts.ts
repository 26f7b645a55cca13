/** Advice in words, the same in the terminal and in the panel. */
import { formatCount, formatDurationNs, formatPercent, formatRate } from '../format.js';
import { formatChange } from '../trials/decision.js';
import type {
  CurvePoint,
  FindingReport,
  Interval,
  KnobReport,
  PipelineReport,
  ProbeReport,
  Suggestion,
} from './report.js';

/** Gains below 1% are not worth a line. */
export const WORTH = 1.01;

/** Throughput of the steady part: what predictions compare with. */
export const presentOf = ({ steady, throughputPerSec }: PipelineReport): number =>
  steady?.throughputPerSec ?? throughputPerSec;

/** `+38% throughput (+31% to +44%), 1,104/s`. */
export function gainText({ gain, throughputPerSec }: Gain): string {
  const { low, mid, high } = gain;
  return `${signed(mid - 1)} throughput (${signed(low - 1)} to ${signed(high - 1)}), ${formatRate(throughputPerSec.mid)}`;
}

/** A predicted change of throughput. */
export interface Gain {
  readonly gain: Interval;
  readonly throughputPerSec: Interval;
}

/** `+38%`, `-3%`. */
const signed = formatChange;

/** What the plan brings as a whole; empty without one. */
export function planText(pipeline: PipelineReport): string {
  const { plan } = pipeline;
  if (plan === null) return '';
  const together = plan.suggestions.length > 1 ? 'together ' : '';
  return `${together}${gainText(plan)}`;
}

/** What a suggestion brings by itself. */
export function effectText(pipeline: PipelineReport, { aim, predicted }: Suggestion): string {
  const p95 = predicted.latencyP95Ns;
  const { latencyNs } = pipeline;
  return aim === 'latency' && p95 !== null && latencyNs !== null
    ? `p95 ${formatDurationNs(latencyNs.p95)} → ${formatDurationNs(p95.mid)}`
    : gainText(predicted);
}

/** `maxThreads of decode: 1 → 2 (os.availableParallelism())` */
export function changeText({ knobs }: PipelineReport, suggestion: Suggestion): string {
  const { from, to, expression, knob } = suggestion;
  const value = expression === null ? formatCount(to) : `${formatCount(to)} (${expression})`;
  return `${knobText(knobs, knob)}: ${formatCount(from)} → ${value}`;
}

/** `embed batch: 4 → 8. embed was seen with batches of 4 only: …` */
export function probeText({ knobs }: PipelineReport, probe: ProbeReport): string {
  const { knob, from, to, reason } = probe;
  return `${knobText(knobs, knob)}: ${formatCount(from)} → ${formatCount(to)}. ${reason}`;
}

/** A knob's name, and whose it is unless the name says that. */
export function knobText(knobs: readonly KnobReport[], id: string): string {
  const knob = knobs.find((k) => k.id === id);
  const owner = knob?.stage ?? knob?.queue ?? null;
  const name = knob?.name ?? id;
  return owner === null || name.includes(owner) ? name : `${name} of ${owner}`;
}

/** Findings without those that only repeat the verdict. */
export function newsOf({ findings, bottleneck }: PipelineReport): readonly FindingReport[] {
  return findings.filter(
    ({ kind, stage }) => !(kind === 'parallelism' && stage === bottleneck.stage),
  );
}

/** What led to a finding, and what to do about it. */
export function findingDetails({ evidence, remedy, kind }: FindingReport): readonly string[] {
  // The verdict's evidence is told with the verdict.
  const texts = kind === 'source' || kind === 'external' ? [] : [...evidence];
  return remedy === null ? texts : [...texts, `→ ${remedy}`];
}

/** Why there are no suggestions; null when there are, or nothing has been worked out yet. */
export function withoutPrediction({ unpredicted, checks }: PipelineReport): string | null {
  return checks.length === 0 ? null : unpredicted;
}

/**
 * What stages are worth making faster, by how much that would bring: `decode 20% faster: +24%; at most 812/s`. Then what the
 * knobs that no suggestion turns would do: `prefetch instead of 2: 1, 4, 8 make no difference`.
 */
export function whatIfTexts(pipeline: PipelineReport): readonly string[] {
  return [...fasterTexts(pipeline), ...otherValueTexts(pipeline)];
}

function otherValueTexts(pipeline: PipelineReport): readonly string[] {
  const present = presentOf(pipeline);
  const turned = new Set(pipeline.suggestions.map(({ knob }) => knob));
  return (pipeline.whatIf?.knobs ?? []).flatMap(({ knob: id, points }) => {
    const knob = pipeline.knobs.find((k) => k.id === id);
    if (knob === undefined || turned.has(id) || present <= 0) return [];
    const others = points.filter(({ at }) => at !== knob.value);
    return others.length === 0 ? [] : [otherValuesText(knob, others, present)];
  });
}

function otherValuesText(
  { name, value }: KnobReport,
  others: readonly CurvePoint[],
  present: number,
): string {
  const gains = others.map((point) => point.throughputPerSec / present - 1);
  const instead = `${name} instead of ${value === null ? 'no limit' : formatCount(value)}`;
  if (gains.every((gain) => Math.abs(gain) < WORTH - 1)) {
    const values = others.map(({ at }) => formatCount(at));
    return `${instead}: ${values.join(', ')} ${values.length === 1 ? 'makes' : 'make'} no difference`;
  }
  return `${instead}: ${others.map(({ at }, i) => `${formatCount(at)} ${signed(gains[i] ?? 0)}`).join(', ')}`;
}

function fasterTexts(pipeline: PipelineReport): readonly string[] {
  const present = presentOf(pipeline);
  const stages = (pipeline.whatIf?.stages ?? []).flatMap(({ stage, points }) => {
    const a = points.find(({ at }) => at < 1);
    const best = points.find(({ at }) => at === 1);
    if (a === undefined || a.throughputPerSec < WORTH * present) return [];
    const gain = signed(a.throughputPerSec / present - 1);
    const end = best === undefined ? '' : `; at best ${formatRate(best.throughputPerSec)}`;
    return {
      gain: a.throughputPerSec,
      text: `${stage} ${formatPercent(a.at)} faster: ${gain}${end}`,
    };
  });
  return stages.sort((a, b) => b.gain - a.gain).map(({ text }) => text);
}
