/** What commands of trials are passed and answered, made sense of. */
import { ok, type Result } from '../../../agent/wire/result.js';
import { listOf, nullable, numberIn, object, oneOf, text } from '../../../agent/wire/validate.js';
import { notLiveReason, suggestionKey } from '../../core/panel/live.js';
import { changeText, effectText, planText, probeText } from '../../core/report/adviceFacts.js';
import type { Report } from '../../core/report/report.js';
import type { KnobMove } from '../../core/trials/setting.js';
import { checkTuneWish, type TuneWish } from '../../core/trials/wish.js';

/** Time budgets to choose from, in seconds. */
export const TUNE_TIMES: readonly number[] = [60, 120, 300, 900];

/** `2 minutes` */
export function timeLabel(seconds: number): string {
  return seconds === 60 ? '1 minute' : `${seconds / 60} minutes`;
}

/** A number above 0; null: it is none. */
export function parsePositive(typed: string): number | null {
  const value = typed.trim() === '' ? NaN : Number(typed);
  return value > 0 && value <= 1e9 ? value : null;
}

const checkMoves = listOf(object({ knob: text(64), to: numberIn(0, 1e12) }), 64);

/** A part of an argument that somebody passed to a command. */
function part(argument: unknown, name: string): unknown {
  return typeof argument === 'object' && argument !== null
    ? Reflect.get(argument, name)
    : undefined;
}

/** What to try; null: the caller did not say. */
export function movesIn(
  argument: unknown,
): Result<{ readonly moves: readonly KnobMove[]; readonly why: string } | null> {
  const raw = part(argument, 'moves');
  if (raw === undefined) return ok(null);
  const moves = checkMoves(raw, 'moves');
  if (!moves.ok) return moves;
  const why = part(argument, 'why');
  return ok({
    moves: moves.value,
    why: typeof why === 'string' ? why.slice(0, 1000) : 'asked for',
  });
}

/** What to tune for; null: the caller did not say. */
export function wishIn(argument: unknown): Result<TuneWish | null> {
  const raw = part(argument, 'wish');
  return raw === undefined ? ok(null) : checkTuneWish(raw, 'wish');
}

const checkRevert = object({ knob: nullable(text(64)), to: oneOf('start', 'before') });

/** Which knobs go back, and how far; all to the start when the caller did not say. */
export function revertIn(
  argument: unknown,
): Result<{ readonly knob: string | null; readonly to: 'start' | 'before' }> {
  if (part(argument, 'to') === undefined) return ok({ knob: null, to: 'start' });
  return checkRevert({ knob: part(argument, 'knob'), to: part(argument, 'to') }, 'argument');
}

/** Something that can be tried, as a choice. */
export interface TryChoice {
  readonly label: string;
  readonly description: string;
  readonly moves: readonly KnobMove[];
  readonly why: string;
  /** Why it cannot be; null: it can. */
  readonly refusal: string | null;
}

/** What a report suggests: the plan as one change, its parts, and what is worth a trial; those that are ignored left out. */
export function tryChoices(
  { pipelines }: Report,
  ignored: readonly string[] = [],
): readonly TryChoice[] {
  return pipelines.flatMap((pipeline): readonly TryChoice[] => {
    const { knobs, plan } = pipeline;
    const wanted = pipeline.suggestions.filter(
      (suggestion) => !ignored.includes(suggestionKey(pipeline, suggestion)),
    );
    const single = wanted.map((suggestion) => ({
      label: changeText(pipeline, suggestion),
      description: effectText(pipeline, suggestion),
      moves: [{ knob: suggestion.knob, to: suggestion.to }],
      why: suggestion.reason,
    }));
    const probes = pipeline.probes.map((probe) => ({
      label: probeText(pipeline, probe),
      description: 'worth a trial',
      moves: [{ knob: probe.knob, to: probe.to }],
      why: probe.reason,
    }));
    const joint = plan !== null && wanted.length > 1;
    const all = {
      label: `All of it: ${wanted.map((s) => changeText(pipeline, s)).join(', ')}`,
      description: planText(pipeline),
      moves: wanted.map(({ knob, to }) => ({ knob, to })),
      why: 'suggested together',
    };
    return [...(joint ? [all] : []), ...single, ...probes].map((choice) => ({
      ...choice,
      refusal: notLiveReason(knobs, choice.moves),
    }));
  });
}
