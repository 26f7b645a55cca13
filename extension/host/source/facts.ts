/** What the editor shows at places of the source: a report, turned from pipelines into positions. */
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { RevealedRow } from '../../core/panel/messages.js';
import { formatDurationNs, formatPercent, formatRate } from '../../core/format.js';
import { changeText, effectText } from '../../core/report/adviceFacts.js';
import type {
  Interval,
  KnobReport,
  PipelineReport,
  PlanReport,
  Report,
  StageReport,
  Suggestion,
} from '../../core/report/report.js';

/** A stage where it is defined; several of them when processes or threads have it from the same line. */
export interface StageFact {
  readonly name: string;
  readonly source: SourcePosition;
  readonly stages: readonly StageReport[];
  readonly isBottleneck: boolean;
  /** The first of them in the panel. */
  readonly row: RevealedRow;
}

/** A knob, with what is suggested for it. Processes that do the same have the same knob, and it counts once. */
export interface KnobFact {
  /** Names it in this and in other runs of the program. */
  readonly key: string;
  readonly pipeline: PipelineReport;
  readonly knob: KnobReport;
  readonly suggestion: Suggestion | null;
  /** The plan that the suggestion is part of, where it has other parts. */
  readonly plan: PlanReport | null;
}

/** What was predicted for these changes together: those of a plan, or one suggestion. null: nothing was. */
export function predictedFor(
  moves: readonly { readonly fact: KnobFact; readonly to: number }[],
): Interval | null {
  const [first] = moves;
  const chosen = moves.map(({ fact, to }) => (fact.suggestion?.to === to ? fact.suggestion : null));
  if (first === undefined || chosen.includes(null)) return null;
  if (moves.length === 1) return chosen[0]?.predicted.gain ?? null;
  const { plan, suggestions, knobs, name } = first.fact.pipeline;
  const planned = suggestions
    .filter(({ id }) => plan?.suggestions.includes(id) === true)
    .flatMap(({ knob: id }) => knobs.filter((knob) => knob.id === id))
    .map((knob) => knobKey(name, knob));
  const keys = new Set(moves.map(({ fact }) => fact.key));
  const isPlan = new Set(planned).size === keys.size && planned.every((key) => keys.has(key));
  return isPlan ? (plan?.gain ?? null) : null;
}

type KnobIdentity = Pick<KnobReport, 'name' | 'stage' | 'queue' | 'via' | 'source'>;

/** A knob's name over runs and processes. */
export function knobKey(
  pipeline: string,
  { name, stage, queue, via, source }: KnobIdentity,
): string {
  return JSON.stringify([name, withoutPid(stage), queue, via, pipeline, source?.file ?? null]);
}

/** A stage that several processes have stands in the report as `name (pid 12)`. */
function withoutPid(name: string | null): string | null {
  return name?.replace(/ \(pid \d+\)$/, '') ?? null;
}

/** Stages that have a position, by position. */
export function stageFacts({ pipelines }: Pick<Report, 'pipelines'>): readonly StageFact[] {
  const facts = new Map<string, StageFact>();
  for (const pipeline of pipelines) {
    for (const stage of pipeline.stages) {
      const { source } = stage;
      if (source === null) continue;
      const name = withoutPid(stage.name) ?? stage.name;
      const key = JSON.stringify([source, name]);
      const known = facts.get(key);
      const { bottleneck } = pipeline;
      const isBottleneck = bottleneck.kind !== 'none' && bottleneck.stage === stage.name;
      facts.set(key, {
        name,
        source,
        stages: [...(known?.stages ?? []), stage],
        isBottleneck: isBottleneck || known?.isBottleneck === true,
        row: known?.row ?? { kind: 'stage', pipeline: pipeline.name, name: stage.name },
      });
    }
  }
  return [...facts.values()];
}

/** All knobs of pipelines, each once. */
export function knobFacts({ pipelines }: Pick<Report, 'pipelines'>): readonly KnobFact[] {
  const facts = new Map<string, KnobFact>();
  for (const pipeline of pipelines) {
    for (const knob of pipeline.knobs) {
      const key = knobKey(pipeline.name, knob);
      const suggestion = pipeline.suggestions.find((s) => s.knob === knob.id) ?? null;
      const known = facts.get(key);
      if (known !== undefined && (known.suggestion !== null || suggestion === null)) continue;
      const { plan } = pipeline;
      const isPart =
        suggestion !== null &&
        plan !== null &&
        plan.suggestions.length > 1 &&
        plan.suggestions.includes(suggestion.id);
      facts.set(key, { key, pipeline, knob, suggestion, plan: isPart ? plan : null });
    }
  }
  return [...facts.values()];
}

/** `123/s · 87% busy · p95 4.2 ms · bottleneck` */
export function stageText({ stages, isBottleneck }: StageFact): string {
  const sum = (of: (stage: StageReport) => number): number =>
    stages.reduce((total, stage) => total + of(stage), 0);
  const utilization = sum((stage) => stage.utilization) / stages.length;
  const p95s = stages.flatMap(({ serviceNs }) => serviceNs?.p95 ?? []);
  const parts = [
    ...(stages.length > 1 ? [`${stages.length} processes`] : []),
    formatRate(sum(({ ratePerSec }) => ratePerSec)),
    `${formatPercent(utilization)} busy`,
    ...(p95s.length > 0 ? [`p95 ${formatDurationNs(Math.max(...p95s))}`] : []),
    ...stateOf(stages, isBottleneck),
  ];
  return parts.join(' · ');
}

/** A share of time that is worth a word. */
const NOTABLE = 0.3;

function stateOf(stages: readonly StageReport[], isBottleneck: boolean): readonly string[] {
  if (isBottleneck) return ['bottleneck'];
  const mean = (of: (shares: StageReport['shares']) => number): number =>
    stages.reduce((total, { shares }) => total + of(shares), 0) / stages.length;
  const waits = [
    { share: mean(({ blocked }) => blocked), text: 'blocked' },
    { share: mean(({ starved }) => starved), text: 'starved' },
    { share: mean(({ limited }) => limited), text: 'held back by a rate limit' },
  ];
  const [most] = [...waits].sort((a, b) => b.share - a.share);
  return most !== undefined && most.share >= NOTABLE
    ? [`${most.text} ${formatPercent(most.share)}`]
    : [];
}

/** `concurrency of read: 4 → 12: +38% throughput (+31% to +44%), 1,104/s` */
export function suggestionText({ pipeline }: KnobFact, suggestion: Suggestion): string {
  return `${changeText(pipeline, suggestion)}: ${effectText(pipeline, suggestion)}`;
}

/** `predicted +38%, 31 to 44%`, or what becomes of the latency. */
export function predictionText(pipeline: PipelineReport, { aim, predicted }: Suggestion): string {
  const p95 = predicted.latencyP95Ns;
  if (aim === 'latency' && p95 !== null) {
    const now =
      pipeline.latencyNs === null ? '' : ` from ${formatDurationNs(pipeline.latencyNs.p95)}`;
    return `predicted p95 ${formatDurationNs(p95.mid)}${now}`;
  }
  return `predicted ${gainText(predicted.gain)}`;
}

/** `+38%, 31 to 44%` of a ratio of throughputs. */
export function gainText({ low, mid, high }: { low: number; mid: number; high: number }): string {
  const percent = (ratio: number): string => String(Math.round((ratio - 1) * 100));
  return `${mid >= 1 ? '+' : ''}${percent(mid)}%, ${percent(low)} to ${percent(high)}%`;
}
