/**
 * Answers the panel's questions about a session: one generator per kind, run in slices by the engine.
 *
 *     stats        stats.ts, stageStats.ts        figures of a range, those of the report where it is all of the session
 *     itemAt       itemPath.ts, journeys.ts       the way of an item
 *     itemPath
 *     search       searchText.ts, search*.ts      what was typed, and what it finds
 *     flame        flame.ts, callTree.ts          functions by CPU samples
 *     executions   executions.ts                  single executions, a page of them
 *
 * Three rules keep a session of ten million executions quick. A step reads a block of rows or so, and then yields. What a
 * block's summary tells is not read (`IntervalBlock.extremes`). And nothing but indexes and numbers is kept over a `yield`:
 * meanwhile records arrive, and blocks leave memory.
 */
import { generatorJob, type Job } from '../job.js';
import type { TraceStore } from '../model/store.js';
import type { Query, QueryReply } from '../panel/query.js';
import type { Prepared } from '../view/rowTargets.js';
import { answerExecutions } from './executions.js';
import { answerFlame } from './flame.js';
import { answerItemAt, answerItemPath } from './itemPath.js';
import { answerSearch } from './search.js';
import { QuerySource } from './source.js';
import { answerStats } from './stats.js';

/** A question being answered. `prepare` brings what is made from the store's records up to date. */
export function queryJob(
  store: TraceStore,
  prepare: () => Prepared,
  query: Query,
): Job<QueryReply> {
  return generatorJob(answer(new QuerySource(store, prepare), query));
}

function answer(source: QuerySource, query: Query): Generator<undefined, QueryReply> {
  switch (query.kind) {
    case 'stats':
      return answerStats(source, query);
    case 'itemAt':
      return answerItemAt(source, query);
    case 'itemPath':
      return answerItemPath(source, query);
    case 'search':
      return answerSearch(source, query);
    case 'flame':
      return answerFlame(source, query);
    case 'executions':
      return answerExecutions(source, query);
  }
}
