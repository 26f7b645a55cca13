/** Which pipeline and which knob of a report somebody means; failures say what there is to choose from. */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { formatCount } from '../format.js';
import { knobText } from '../report/adviceFacts.js';
import type { KnobReport, PipelineReport, Report } from '../report/report.js';
import { plainName } from './answer.js';

/** Choices that an error lists. */
const MAX_CHOICES = 20;

/** The pipeline of this name; null: the first one that is somebody's own. */
export function choosePipeline(
  { pipelines, notes }: Report,
  name: string | null,
): Result<PipelineReport> {
  const [first] = pipelines;
  if (first === undefined) {
    const why = notes[0] === undefined ? '' : `: ${plainName(notes[0])}`;
    return fail(`There is no pipeline in this session${why}`);
  }
  if (name === null) {
    return ok(pipelines.find((p) => !p.isShared && !p.isImported) ?? first);
  }
  const found = pipelines.find((p) => p.name === name || plainName(p.name) === name);
  if (found !== undefined) return ok(found);
  return fail(
    `There is no pipeline ${plainName(name)} in this session. It has: ${choices(pipelines.map((p) => p.name))}.`,
  );
}

/** A knob and the pipeline that it belongs to. */
export interface ChosenKnob {
  readonly pipeline: PipelineReport;
  readonly knob: KnobReport;
}

/** The knob of this id or name, in this pipeline or in any. */
export function chooseKnob(
  report: Report,
  wanted: { readonly pipeline: string | null; readonly knob: string },
): Result<ChosenKnob> {
  let { pipelines } = report;
  if (wanted.pipeline !== null) {
    const chosen = choosePipeline(report, wanted.pipeline);
    if (!chosen.ok) return chosen;
    pipelines = [chosen.value];
  }
  const all = pipelines.flatMap((pipeline) => pipeline.knobs.map((knob) => ({ pipeline, knob })));
  const named = all.filter((one) => isCalled(one, wanted.knob));
  const [first, second] = named;
  if (first !== undefined && second === undefined) return ok(first);
  if (first !== undefined) {
    return fail(
      `Several knobs are called ${plainName(wanted.knob)}; name one by its id: ${choices(named.map(described))}.`,
    );
  }
  if (all.length === 0) {
    return fail('There is no knob in this session: its program has none that Sluice knows of.');
  }
  return fail(
    `There is no knob ${plainName(wanted.knob)} in this session. It has: ${choices(all.map(described))}.`,
  );
}

/** Why a knob cannot have this value; null: it can. */
export function whyNotValue({ kind, min, max, name }: KnobReport, value: number): string | null {
  const range =
    max === null
      ? `from ${formatCount(min)} on`
      : `from ${formatCount(min)} to ${formatCount(max)}`;
  const what = kind === 'parallelism' ? 'lanes' : 'items';
  if (Number.isInteger(value) && value >= min && value <= (max ?? Infinity)) return null;
  return `${plainName(name)} cannot be ${value}: choose a whole number of ${what} ${range}.`;
}

function isCalled({ pipeline, knob }: ChosenKnob, wanted: string): boolean {
  const own = [knob.id, knob.name, knobText(pipeline.knobs, knob.id)];
  return own.some((name) => name === wanted || plainName(name) === wanted);
}

const described = ({ pipeline, knob }: ChosenKnob): string =>
  `${knobText(pipeline.knobs, knob.id)} (${knob.id})`;

function choices(names: readonly string[]): string {
  const more = names.length > MAX_CHOICES ? `, and ${names.length - MAX_CHOICES} more` : '';
  return `${names.slice(0, MAX_CHOICES).map(plainName).join(', ')}${more}`;
}
