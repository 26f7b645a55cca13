/** What a report says that is judged here, read from its JSON. What an older report lacks is absent advice. */
import {
  listOf,
  nullable,
  numberIn,
  object,
  oneOf,
  parseJson,
  text,
  type Checked,
} from '../../../agent/wire/validate.js';
import type { Setting, Shape, ShapeKnob } from './shape.js';

const rate = numberIn(0, 1e12);
const checkInterval = object({ low: rate, mid: rate, high: rate });
const checkSuggestion = object({
  id: text(),
  /** Its id in the report, or its name. */
  knob: text(),
  from: nullable(rate),
  to: rate,
  predicted: object({ throughputPerSec: checkInterval }),
});
const checkKnob = object({
  id: text(),
  name: text(),
  stage: nullable(text()),
  queue: nullable(text()),
});
const kinds = ['stage', 'cpu', 'eventLoop', 'source', 'sink', 'external', 'none'] as const;
const checkPipeline = object({
  name: text(),
  throughputPerSec: rate,
  bottleneck: object({ kind: oneOf(...kinds), stage: nullable(text()) }),
  knobs: listOf(checkKnob),
  suggestions: listOf(checkSuggestion),
  plan: nullable(object({ suggestions: listOf(text()), throughputPerSec: checkInterval })),
  steady: nullable(object({ throughputPerSec: rate })),
  probes: nullable(listOf(object({ knob: text(), from: rate, to: rate }))),
});
const checkReport = object({ pipelines: listOf(checkPipeline) });

export type Advice = Checked<typeof checkPipeline>;
export type AdvisedChange = Advice['suggestions'][number];
export type Interval = Checked<typeof checkInterval>;

/** The advice of a report. Throws when the text is no report or has no pipeline. */
export function readAdvice(json: string): Advice {
  const report = parseJson(json, checkReport, 'report');
  if (!report.ok) throw new Error(report.error);
  const [first] = report.value.pipelines;
  if (first === undefined) throw new Error('the report has no pipeline');
  return first;
}

/** The knob of the shape that a suggestion is about; undefined: one that the program does not take from outside. */
export function knobOf(
  shape: Shape,
  { knobs }: Advice,
  { knob }: Pick<AdvisedChange, 'knob'>,
): ShapeKnob | undefined {
  const reported = knobs.find(({ id }) => id === knob) ?? knobs.find(({ name }) => name === knob);
  if (reported === undefined) return undefined;
  return shape.knobs.find(
    ({ key, name, stage }) =>
      (name ?? key) === reported.name && (stage === undefined || stage === reported.stage),
  );
}

/** A setting with some suggestions applied, and how many of them the program knows. */
export interface Applied {
  readonly setting: Setting;
  readonly known: number;
}

/** Applies suggestions to a setting, all at once. */
export function apply(
  shape: Shape,
  setting: Setting,
  {
    advice,
    changes,
  }: { readonly advice: Advice; readonly changes: readonly Pick<AdvisedChange, 'knob' | 'to'>[] },
): Applied {
  const applied: Record<string, number> = { ...setting };
  let known = 0;
  for (const change of changes) {
    const knob = knobOf(shape, advice, change);
    if (knob === undefined) continue;
    applied[knob.key] = change.to;
    known++;
  }
  return { setting: applied, known };
}

/** The suggestions of a plan. */
export function planned({ plan, suggestions }: Advice): readonly AdvisedChange[] {
  const ids = new Set(plan?.suggestions);
  return suggestions.filter(({ id }) => ids.has(id));
}
