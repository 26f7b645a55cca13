/**
 * Names of rows and lanes that outlive their ids: a session that is read back from its capture counts them anew. Two that
 * are called the same are told apart by their order. Pure.
 */
import type { PanelRow } from '../../extension/core/panel/rows.js';
import { foldKey } from './layout.js';

/** What a row and its parts are called, each with its id. */
function calledOf(row: PanelRow): readonly (readonly [called: string, id: number])[] {
  if (row.kind === 'queue') return [[`queue ${row.pipeline}/${row.queue}`, row.id]];
  const key = foldKey(row);
  const parts = row.kind === 'stage' ? row.lanes : row.gauges;
  return [[key, row.id], ...parts.map(({ label, id }) => [`${key} ${label}`, id] as const)];
}

/** All rows by their names. */
function byName(rows: readonly PanelRow[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  const seen = new Map<string, number>();
  for (const [called, id] of rows.flatMap(calledOf)) {
    const nth = seen.get(called) ?? 0;
    seen.set(called, nth + 1);
    names.set(JSON.stringify([called, nth]), id);
  }
  return names;
}

/** The name of a row; null: there is none with this id. */
export function rowName(rows: readonly PanelRow[], id: number): string | null {
  return [...byName(rows)].find(([, named]) => named === id)?.[0] ?? null;
}

/** The id of the row of a name; null: it is not there. */
export function rowNamed(rows: readonly PanelRow[], name: string | null): number | null {
  return name === null ? null : (byName(rows).get(name) ?? null);
}
