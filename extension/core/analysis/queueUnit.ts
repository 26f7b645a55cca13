/**
 * What one entry of a queue is. Between two stages that work on batches of the same size the program may count batches (torch's
 * prefetch queue) or the items in them. Little's law and the room before a stage need items.
 */
import { startedIn } from '../measure/executions.js';
import type { Stage } from '../model/entities.js';
import type { DepthSeries } from '../model/series.js';
import type { LinkedQueue } from './topology.js';

/** Items an execution from which a stage works on batches. */
const BATCH = 1.05;
/** Batches of two stages that are as alike are the same ones. */
const ALIKE = 0.05;
/** Newest records that are looked at, and executions that there must be meanwhile. */
const RECORDS = 4096;
const MIN_EXECUTIONS = 20;

/** Items in one entry: those of a batch where the queue counts batches, else 1. */
export function itemsPerEntry({ queue, from, to }: LinkedQueue): number {
  if (from === null || to === null) return 1;
  const [made, taken] = [batchOf(from), batchOf(to)];
  if (made < BATCH || taken < BATCH || Math.abs(made / taken - 1) > ALIKE) return 1;
  return countsBatches(queue.series, from, taken) ? Math.round(taken) : 1;
}

const batchOf = ({ received: { items, executions } }: Stage): number =>
  executions === 0 ? 1 : items / executions;

/**
 * Whether the depth grows by one for each execution of the stage before it, and not by the number of its items. Records merge
 * changes, so less growth may be seen than there was, never more.
 */
function countsBatches(series: DepthSeries, from: Stage, batch: number): boolean {
  const first = Math.max(series.length - RECORDS, 0);
  if (series.length - first < 2) return false;
  const stretch = { fromNs: series.atNs.at(first), toNs: series.atNs.at(series.length - 1) };
  const executions = startedIn(from, stretch);
  if (executions < MIN_EXECUTIONS) return false;
  let grown = 0;
  for (let i = first + 1; i < series.length; i++) {
    const highest = Math.max(series.depth.at(i), series.high.at(i));
    grown += Math.max(highest - series.depth.at(i - 1), 0);
  }
  return grown <= executions * Math.min(Math.sqrt(batch), 1.5);
}
