/** Under which setting each trial of a journal was made: earlier trials of the same search had changed other knobs than its own. */
import type { JournalEntry } from '../core/trials/record.js';
import { isSameKnob, type StartValue } from './wholeRun.js';

/**
 * What was set before each trial, by trial: what earlier trials of the same search left, and over that the values that the
 * trial itself says its knobs had. Entries in the order of the journal, also those that are not to be repeated.
 */
export function settingsOf(
  entries: readonly JournalEntry[],
): ReadonlyMap<JournalEntry, readonly StartValue[]> {
  const settings = new Map<JournalEntry, readonly StartValue[]>();
  let last: JournalEntry | undefined;
  let left: readonly StartValue[] = [];
  for (const entry of entries) {
    const known = last !== undefined && isSameSearch(last, entry) ? left : [];
    const before = over(known, valuesOf(entry, 'before'));
    settings.set(entry, before);
    left = over(before, valuesOf(entry, 'after'));
    last = entry;
  }
  return settings;
}

/** A journal is appended to by one search after another; within one, seeds count up, and then the search is begun anew. */
function isSameSearch(last: JournalEntry, next: JournalEntry): boolean {
  return (
    (next.seed | 0) === ((last.seed + 1) | 0) &&
    next.kind === last.kind &&
    next.cwd === last.cwd &&
    next.input === last.input &&
    next.command.join('\0') === last.command.join('\0')
  );
}

function valuesOf(entry: JournalEntry, which: 'before' | 'after'): readonly StartValue[] {
  return entry.knobs.map(({ name, stage, queue, [which]: to }) => ({ name, stage, queue, to }));
}

/** The newer values, and of the older ones those of other knobs. */
function over(older: readonly StartValue[], newer: readonly StartValue[]): readonly StartValue[] {
  return [...older.filter((value) => !newer.some((other) => isSameKnob(value, other))), ...newer];
}
