/** What assistants ask with, checked: models write these, and they write what they like. */
import type { Result } from '../../../agent/wire/result.js';
import {
  numberIn,
  nullable,
  object,
  text,
  type Check,
  type Checked,
} from '../../../agent/wire/validate.js';

const name = text(1024);
const which = { session: nullable(name), pipeline: nullable(name) };

const checkWhich = object(which);
const checkKnobChange = object({ ...which, knob: name, value: numberIn(0, 1e12) });

/** Which session, and which pipeline of it; null: the one that is most likely meant. */
export type WhichInput = Checked<typeof checkWhich>;
/** A knob by its id or its name, and a value for it. */
export type KnobChangeInput = Checked<typeof checkKnobChange>;

/** Input of `report` and `explain_bottleneck`. */
export const whichInput = (input: unknown): Result<WhichInput> => checked(checkWhich, input);

/** Input of `preview_knob_change` and `set_knob`. */
export const knobChangeInput = (input: unknown): Result<KnobChangeInput> =>
  checked(checkKnobChange, input);

/** Checks what a tool was called with; nothing at all counts as an empty object. */
export function checked<T>(check: Check<T>, input: unknown): Result<T> {
  return check(input ?? {}, 'arguments');
}

/** The value, or an exception with the reason: for tools, whose failures all end up as one text. */
export function orThrow<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
