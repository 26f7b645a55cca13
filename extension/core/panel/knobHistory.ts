/** What a knob was at before, by the changes that a session has seen. */
import type { PanelSnapshot } from './snapshot.js';

type Changes = PanelSnapshot['knobChanges'];

/** Changes of a knob closer together than this are one: a slider that was drawn, a trial that turned it to and fro. */
const ONE_CHANGE_NS = 2e9;

/** A value to go back to; null in it: unlimited. */
export interface FormerValue {
  readonly value: number | null;
}

/** What the knob was at when the program started; null: it was never changed. */
export function startValue(changes: Changes, knob: string): FormerValue | null {
  const first = changes.find((change) => change.knob === knob);
  return first === undefined ? null : { value: first.from };
}

/** What the knob was at before its last change; null: it was never changed. */
export function valueBefore(changes: Changes, knob: string): FormerValue | null {
  const own = changes.filter((change) => change.knob === knob);
  let first = own.at(-1);
  if (first === undefined) return null;
  for (const change of own.toReversed()) {
    if (first.atNs - change.atNs > ONE_CHANGE_NS) break;
    first = change;
  }
  return { value: first.from };
}

/** A knob that is to get a former value again. */
export interface KnobReturn {
  readonly knob: string;
  readonly name: string;
  readonly value: number | null;
}

/** Which way back: to the start of the program, or to before the last change. */
export type RevertTo = 'start' | 'before';

/** The knobs that are not where they were, of one knob or (null) of all live ones. */
export function knobReturns(
  { report, knobChanges }: Pick<PanelSnapshot, 'report' | 'knobChanges'>,
  knob: string | null,
  to: RevertTo,
): readonly KnobReturn[] {
  const former = to === 'start' ? startValue : valueBefore;
  const knobs = report.pipelines.flatMap((pipeline) => pipeline.knobs);
  return knobs
    .filter(({ id, live }) => live && (knob === null || id === knob))
    .flatMap(({ id, name, value }) => {
      const was = former(knobChanges, id);
      return was === null || was.value === value ? [] : [{ knob: id, name, value: was.value }];
    });
}
