/** The answer to `preview_knob_change`: what one other value of a knob would do, or why that cannot be told. */
import type { KnobPreview, PredictedChange } from '../advice/previewKnob.js';
import { formatCount, formatDurationNs, formatPercent, formatRate } from '../format.js';
import { changeText, effectText, gainText, knobText } from '../report/adviceFacts.js';
import type { Interval, PipelineReport } from '../report/report.js';
import { DATA_NOTICE, plainName, quotedName, sentence, textOf, type Answer } from './answer.js';
import { placeText } from './places.js';
import type { ChosenKnob } from './which.js';

/** What is shown. */
export interface PreviewFacts extends ChosenKnob {
  readonly session: string;
  readonly to: number;
  readonly preview: KnobPreview;
  /** The change in the source as a diff; null: not known where, or nobody asked. */
  readonly edit: string | null;
}

const MAX_EDIT = 4000;

/** Puts it in words. */
export function previewAnswer(facts: PreviewFacts): Answer {
  const { session, pipeline, knob, to, preview } = facts;
  const name = knobText(pipeline.knobs, knob.id);
  const from = knob.value === null ? 'unlimited' : formatCount(knob.value);
  const edit = facts.edit === null ? null : facts.edit.slice(0, MAX_EDIT);
  const lines = [
    `# ${quotedName(name)}: ${from} → ${formatCount(to)} in session ${quotedName(session)}`,
    DATA_NOTICE,
    '',
    ...(knob.value === to ? ['That is the value it has now.'] : effectLines(preview)),
    ...suggestedLines(pipeline, knob.id, to),
    ...howLines(facts),
    ...(edit === null
      ? []
      : ['', 'The change in the source:', '```diff', edit.replaceAll('```', "'''"), '```']),
  ];
  const predicted = preview.kind === 'predicted' ? preview : null;
  return {
    text: textOf(lines),
    data: {
      session: plainName(session),
      pipeline: plainName(pipeline.name),
      knob: knob.id,
      name: plainName(name),
      from: knob.value,
      to,
      throughputPerSec: intervalOf(predicted?.throughputPerSec),
      gain: intervalOf(predicted?.gain),
      latencyP95Ns: intervalOf(predicted?.latencyP95Ns),
      unpredicted: preview.kind === 'unpredicted' ? sentence(preview.reason) : null,
      edit,
    },
  };
}

/** Without an interval that JSON has no numbers for. */
function intervalOf(interval: Interval | null | undefined): Interval | null {
  if (interval === null || interval === undefined) return null;
  const { low, mid, high } = interval;
  return [low, mid, high].every(Number.isFinite) ? { low, mid, high } : null;
}

function effectLines(preview: KnobPreview): readonly string[] {
  if (preview.kind === 'unpredicted') {
    return [`This cannot be predicted. ${sentence(preview.reason)}`];
  }
  const { present } = preview;
  return [
    `Predicted: ${gainText(preview)} (now ${formatRate(present.throughputPerSec)} in the steady part; 90% interval).`,
    ...latencyLines(preview),
    ...(preview.gain.low < 1 && preview.gain.high > 1
      ? ['The interval holds no change at all: whether this helps is not certain.']
      : []),
  ];
}

function latencyLines({ present, latencyP95Ns }: PredictedChange): readonly string[] {
  const before = present.latencyP95Ns;
  if (before === null || latencyP95Ns === null) {
    return ['Latency: not predicted, because items could not be followed from end to end.'];
  }
  const { low, mid, high } = latencyP95Ns;
  const change = mid / before - 1;
  const signed = `${change < 0 ? '-' : '+'}${formatPercent(Math.abs(change))}`;
  return [
    `Item latency p95: ${formatDurationNs(before)} → ${formatDurationNs(mid)} (${signed}; ${formatDurationNs(low)} to ${formatDurationNs(high)}).`,
  ];
}

function suggestedLines(pipeline: PipelineReport, id: string, to: number): readonly string[] {
  const suggestion = pipeline.suggestions.find((s) => s.knob === id);
  if (suggestion === undefined) {
    return pipeline.unpredicted === null
      ? ['The advisor does not suggest to change this knob.']
      : [];
  }
  const costs = suggestion.costs.map((cost) => `Costs: ${sentence(cost)}`);
  if (suggestion.to === to) return ['This is what the advisor suggests.', ...costs];
  return [
    `The advisor suggests ${sentence(changeText(pipeline, suggestion))}: ${effectText(pipeline, suggestion)}`,
  ];
}

function howLines({ knob, preview }: PreviewFacts): readonly string[] {
  const where = knob.source === null ? '' : ` It is set at ${placeText(knob.source)}.`;
  const how = knob.live
    ? 'Its program can take over another value while it runs.'
    : 'Another value takes effect after a restart of the program.';
  const trial =
    preview.kind === 'unpredicted' && knob.live
      ? ['`sluice tune` tries values out on the running program and keeps what is better.']
      : [];
  return [`${how}${where}`, ...trial];
}
