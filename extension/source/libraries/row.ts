/** What the locator knows of a library: one row for each knob. */
import type { KnobKind } from '../../../agent/wire/manifest.js';

/**
 * Where a call takes a value.
 *
 * - `option`: a property of the object that is argument number `index`
 * - `argument`: argument number `index`; negative: counted from the last one, of calls with at least `atLeast` arguments
 * - `keyword`: Python's keyword argument
 */
export type Slot =
  | { readonly at: 'option'; readonly index: number; readonly name: string; readonly note?: string }
  | { readonly at: 'argument'; readonly index: number; readonly atLeast?: number }
  | { readonly at: 'keyword'; readonly name: string };

export interface KnobRow {
  /** As adapters say it in `via`. */
  readonly library: string;
  /** As adapters name the knob. */
  readonly knob: string;
  readonly kind: KnobKind;
  /**
   * Full names of what is called: module, a dot, and the way from there without `default`. `()` stands for what a call
   * returns, `**` for any way: `kafkajs.Kafka().consumer().run`, `tensorflow.data.**.map`.
   */
  readonly calls: readonly string[];
  /** The first that is given counts; where none is, the first that can be inserted. */
  readonly slots: readonly Slot[];
  /** The first argument is the knob's name (Sluice's own API). */
  readonly isNamed?: true;
}

/** A property of an object of options. */
export function option(index: number, name: string, note?: string): Slot {
  return note === undefined ? { at: 'option', index, name } : { at: 'option', index, name, note };
}

/** A positional argument. */
export function argument(index: number, atLeast?: number): Slot {
  return atLeast === undefined ? { at: 'argument', index } : { at: 'argument', index, atLeast };
}

/** A keyword argument of Python. */
export function keyword(name: string): Slot {
  return { at: 'keyword', name };
}

/** Rows of one library. */
export function rowsOf(
  library: string,
  rows: readonly Omit<KnobRow, 'library'>[],
): readonly KnobRow[] {
  return rows.map((row) => ({ library, ...row }));
}
