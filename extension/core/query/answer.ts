/** Answers the panel's questions about a session: one generator per kind, run in slices by the engine. */
import { generatorJob, type Job } from '../job.js';
import type { TraceStore } from '../model/store.js';
import type { Query, QueryReply } from '../panel/query.js';
import type { Prepared } from '../view/rowTargets.js';

/** A question being answered. */
export function queryJob(store: TraceStore, prepared: Prepared, query: Query): Job<QueryReply> {
  return generatorJob(answer(store, prepared, query));
}

function answer(
  _store: TraceStore,
  _prepared: Prepared,
  query: Query,
): Generator<undefined, QueryReply> {
  throw new Error(`${query.kind}: nothing answers this question`);
}
