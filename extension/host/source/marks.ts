/** What the editor says at a knob: hints, diagnostics and titles of actions, from where it stands and what is suggested. Pure. */
import { formatCount } from '../../core/format.js';
import { suggestionKey } from '../../core/panel/live.js';
import type { KnobKind } from '../../../agent/wire/manifest.js';
import type { PlanReport, Suggestion } from '../../core/report/report.js';
import { gainText, predictionText, type KnobFact } from './facts.js';
import type { PlacedKnob } from './sourceModel.js';

const KIND_WORDS: Readonly<Record<KnobKind, string>> = {
  parallelism: 'parallelism',
  queueDepth: 'queue depth',
  batchSize: 'batch size',
};

/** `batch size` */
export function kindText(kind: KnobKind): string {
  return KIND_WORDS[kind];
}

/** A knob's value, or that it has no limit. */
export function valueText(value: number | null): string {
  return value === null ? 'unlimited' : formatCount(value);
}

/** Does the program run with another value than the source states? null: the source states none that can be read. */
export function differs({ fact, place }: PlacedKnob): boolean | null {
  return place.value === null ? null : place.value !== fact.knob.value;
}

/** What stands behind the value in the editor; null: the text says it all. `ignored`: keys of suggestions nobody wants to see. */
export function hintText(placed: PlacedKnob, ignored: readonly string[]): string | null {
  const { fact, place } = placed;
  const parts: string[] = [];
  const isDifferent = differs(placed);
  if (isDifferent === true) parts.push(`running ${valueText(fact.knob.value)}`);
  else if (isDifferent === null || place.how === 'inserted')
    parts.push(`now ${valueText(fact.knob.value)}`);
  if (
    isWanted(placed) &&
    placed.fact.suggestion.to !== fact.knob.value &&
    !isIgnored(fact, ignored)
  )
    parts.push(`→ ${formatCount(placed.fact.suggestion.to)}`);
  return parts.length === 0 ? null : parts.join(' ');
}

/** Is there a suggestion that the source does not follow already? */
export function isWanted<T extends PlacedKnob>(
  placed: T,
): placed is T & { readonly fact: KnobFact & { readonly suggestion: Suggestion } } {
  const { suggestion } = placed.fact;
  return suggestion !== null && placed.place.value !== suggestion.to;
}

/** Does the user not want to see what is suggested? `keys`: of all ignored suggestions. */
export function isIgnored({ pipeline, suggestion }: KnobFact, keys: readonly string[]): boolean {
  return suggestion !== null && keys.includes(suggestionKey(pipeline, suggestion));
}

/** How much a suggestion matters. */
export type Severity = 'warning' | 'information' | 'hint';

const WARN_AT = 1.2;
const INFORM_AT = 1.05;

/** By predicted gain: that of the whole plan where the suggestion is a part of one. */
export function severityOf({ suggestion, plan }: KnobFact): Severity {
  const gain = Math.max(suggestion?.predicted.gain.mid ?? 1, plan?.gain.mid ?? 1);
  if (suggestion?.aim === 'throughput' && gain >= WARN_AT) return 'warning';
  return gain >= INFORM_AT ? 'information' : 'hint';
}

/** `concurrency 4 → 12: predicted +38%, 31 to 44%. read is busy 99% …` */
export function diagnosticText(fact: KnobFact, suggestion: Suggestion): string {
  const { from, to, reason } = suggestion;
  const change = `${fact.knob.name} ${formatCount(from)} → ${formatCount(to)}`;
  const together =
    fact.plan === null ? '' : ` Together with the other changes: ${gainText(fact.plan.gain)}.`;
  return `${change}: ${predictionText(fact.pipeline, suggestion)}. ${reason}${together}`;
}

/** `Set concurrency to 12 (predicted +38%, 31 to 44%)` */
export function setTitle({ knob, pipeline }: KnobFact, suggestion: Suggestion): string {
  return `Set ${knob.name} to ${formatCount(suggestion.to)} (${predictionText(pipeline, suggestion)})`;
}

/** `Apply all 3 changes (predicted +90%, 71 to 110%)` */
export function planTitle({ suggestions, gain }: PlanReport): string {
  return `Apply all ${suggestions.length} changes (predicted ${gainText(gain)})`;
}
