/** Finds the rows of what the report calls by name. Pure. */
import type { PanelRow, QueueRow, StageRow } from '../../extension/core/panel/rows.js';

export interface RowLookup {
  /** The row of a stage; where several processes share a row, that one. */
  readonly stage: (pipeline: string, name: string) => StageRow | null;
  /** The row of a queue: of several with one name the n-th, in the order of the report. */
  readonly queue: (pipeline: string, name: string, nth: number) => QueueRow | null;
}

const keyOf = (pipeline: string, name: string): string => JSON.stringify([pipeline, name]);

/** The report names the stage of each process apart where there are several. */
const withoutPid = (name: string): string => name.replace(/ \(pid \d+\)$/, '');

/** Looks up rows of a snapshot. */
export function rowLookup(rows: readonly PanelRow[]): RowLookup {
  const stages = new Map<string, StageRow>();
  const queues = new Map<string, QueueRow[]>();
  for (const row of rows) {
    if (row.kind === 'stage') stages.set(keyOf(row.pipeline, row.stage), row);
    if (row.kind !== 'queue') continue;
    const key = keyOf(row.pipeline, row.queue);
    const known = queues.get(key);
    if (known === undefined) queues.set(key, [row]);
    else known.push(row);
  }
  return {
    stage(pipeline, name) {
      const own = stages.get(keyOf(pipeline, name));
      if (own !== undefined) return own;
      const shared = stages.get(keyOf(pipeline, withoutPid(name)));
      return shared === undefined || shared.joined === null ? null : shared;
    },
    queue(pipeline, name, nth) {
      const named = queues.get(keyOf(pipeline, name)) ?? [];
      return named[nth] ?? named[0] ?? null;
    },
  };
}
