/** Knobs as trials turn them. */
import type { KnobReport } from '../report/report.js';

/** One knob gets another value. Several together are a joint change. */
export interface KnobMove {
  /** `pid:knob`, as in the report. */
  readonly knob: string;
  readonly to: number;
}

/** Values of knobs, by id; null: unlimited. */
export type Setting = ReadonlyMap<string, number | null>;

/** How far a knob may be turned. */
export interface KnobRange {
  readonly min: number;
  readonly max: number;
}

/** Largest steps of one trial, as factors. */
export const STEP_UP = 2;
export const STEP_DOWN = 0.5;

/** The values of knobs now. */
export function settingOf(knobs: readonly KnobReport[]): Setting {
  return new Map(knobs.map(({ id, value }) => [id, value]));
}

/** The setting after some moves. */
export function moved(setting: Setting, moves: readonly KnobMove[]): Setting {
  return new Map([...setting, ...moves.map(({ knob, to }) => [knob, to] as const)]);
}

/** The same text for the same setting. */
export function settingKey(setting: Setting): string {
  return [...setting]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([knob, value]) => `${knob}=${value ?? 'unlimited'}`)
    .join(' ');
}

/**
 * The value one step away, at most `factor` (2: up, 0.5: down) and at least 1, in the range and whole; null: there is none,
 * because the knob is at the end of its range or unlimited.
 */
export function stepped(value: number | null, factor: number, range: KnobRange): number | null {
  if (value === null) return null;
  const wanted =
    factor > 1 ? Math.max(Math.round(value * factor), value + 1) : Math.round(value * factor);
  const to = Math.min(Math.max(wanted, Math.ceil(range.min)), Math.floor(range.max));
  const isStep = factor > 1 ? to > value : to < value;
  return isStep ? to : null;
}

/** What is wrong with a move; null: nothing. `isFar`: steps may be larger than the limits. */
export function moveProblem(
  knob: KnobReport | undefined,
  move: KnobMove,
  isFar: boolean,
): string | null {
  if (knob === undefined) return `there is no knob ${move.knob}`;
  const { name, value, min, max, live } = knob;
  if (!live) return `${name} cannot be set while the program runs`;
  if (!Number.isFinite(move.to) || move.to < min || move.to > (max ?? Infinity)) {
    return `${name}: ${move.to} is not between ${min} and ${max ?? 'unlimited'}`;
  }
  if (move.to === value) return `${name} is ${move.to} already`;
  return isFar || value === null ? null : stepProblem(name, value, move.to);
}

function stepProblem(name: string, value: number, to: number): string | null {
  const most = Math.max(value * STEP_UP, value + 1);
  const least = Math.min(value * STEP_DOWN, value - 1);
  return to > most || to < least
    ? `${name}: from ${value} to ${to} is more than one step (half to double)`
    : null;
}
