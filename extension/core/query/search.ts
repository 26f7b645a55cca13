/** Search through a session: executions by what is known of them; spans, functions and rows by their names. */
import { pidOf } from '../model/entities.js';
import { MAX_HITS, type QueryOf, type SearchReply } from '../panel/query.js';
import type { RowTarget } from '../view/rowTargets.js';
import { Findings } from './findings.js';
import { findExecutions } from './searchExecutions.js';
import { findFunctions } from './searchFunctions.js';
import { findSpans } from './searchSpans.js';
import { hasConditions, isNamedSo, parseSearch, type Terms } from './searchText.js';
import type { QuerySource } from './source.js';
import { entryOf } from './stageRows.js';

/** Answers `search`. */
export function* answerSearch(
  source: QuerySource,
  { seq, text }: QueryOf<'search'>,
  findings = new Findings(),
): Generator<undefined, SearchReply> {
  const parsed = parseSearch(text);
  const { meaning } = parsed;
  const none = { kind: 'search' as const, seq, meaning, hits: [], total: 0, isComplete: true };
  if (parsed.kind === 'wrong') return { ...none, isWrong: true, rows: [] };
  const { terms } = parsed;
  const isMore = hasConditions(terms);
  if (isMore) yield* findExecutions(source, terms, findings);
  // Neither a span nor a function fails or has an item.
  if (terms.names.length > 0 && terms.items.length === 0 && !terms.isFailed) {
    yield* findSpans(source, terms, findings);
    yield* findFunctions(source, terms, findings);
  }
  const rows = isMore ? [] : rowsNamed(source, terms);
  const { total, isComplete } = findings;
  return { ...none, isWrong: false, hits: findings.hits(), total, isComplete, rows };
}

/** Rows that are called so, in the order of the panel. */
function rowsNamed({ store, prepared }: QuerySource, terms: Terms): SearchReply['rows'] {
  const isOne = store.processes.size === 1;
  const rows = [...prepared.targets].flatMap(([row, target]) => {
    const label = labelOf(row, target, isOne);
    return label !== null && isNamedSo(label, terms) ? [{ row, label }] : [];
  });
  return rows.slice(0, MAX_HITS);
}

/** What a row is called; null for lanes, which are no rows of their own. `isOne`: there is one process. */
function labelOf(row: number, target: RowTarget, isOne: boolean): string | null {
  switch (target.kind) {
    case 'stages':
      return entryOf(row, target).label;
    case 'queues':
      return target.queues[0]?.name ?? null;
    case 'gauge': {
      const { label, process } = target.gauge;
      return isOne ? label : `${label} (pid ${pidOf(process)})`;
    }
    case 'lane':
    case 'cpu':
      return null;
  }
}
