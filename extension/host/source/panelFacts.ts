/** What the source model has to say in the panel. Pure. */
import type { PromiseReport, SourceValue } from '../../core/panel/live.js';
import { knobKey } from './facts.js';
import type { PromiseOutcome } from './promises.js';
import type { SourceView } from './sourceModel.js';

/** What the source says of knobs, by the report's knob ids: processes that do the same have one source. */
export function sourceValues({
  report,
  knobs,
}: Pick<SourceView, 'report' | 'knobs'>): Readonly<Record<string, SourceValue>> {
  const byKey = new Map<string, SourceValue>();
  for (const { fact, place } of knobs) {
    if (place.kind !== 'found' || place.how === 'inserted') continue;
    byKey.set(fact.key, { value: place.value, text: place.place.text.slice(0, 200) });
  }
  const values: Record<string, SourceValue> = {};
  for (const pipeline of report.pipelines) {
    for (const knob of pipeline.knobs) {
      const value = byKey.get(knobKey(pipeline.name, knob));
      if (value !== undefined) values[knob.id] = value;
    }
  }
  return values;
}

/** An outcome as the panel shows it: gains instead of ratios. */
export function promiseReport({
  text,
  predicted,
  observed,
  verdict,
}: PromiseOutcome): PromiseReport {
  const { low, mid, high } = predicted;
  const gain = observed === null ? null : observed - 1;
  return {
    knobs: text,
    predicted: { low: low - 1, mid: mid - 1, high: high - 1 },
    observed: gain === null ? null : { low: gain, mid: gain, high: gain },
    verdict,
  };
}
