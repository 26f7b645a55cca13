/** A search and what it found, as one list that one steps through. All pure. */
import type { SearchHit, SearchReply } from '../../extension/core/panel/query.js';
import { formatCount, formatDurationNs } from '../../extension/core/format.js';
import { momentLabel, spanOf, xOf, type TimeRange } from '../timeline/timeScale.js';

export interface Search {
  readonly text: string;
  /** The answer to this text, never to another one; null: it has not come, or there is nothing to search for. */
  readonly reply: SearchReply | null;
  /** Where to step: rows first, which match as a whole, then hits in the order of time. */
  readonly found: readonly SearchHit[];
  /** Which of them is looked at; -1: none yet. */
  readonly at: number;
}

/** Longer texts are not taken (`checkQuery`). */
export const MAX_SEARCH_CHARS = 200;

export const noSearch: Search = { text: '', reply: null, found: [], at: -1 };

/** Longer than any session. */
const ALWAYS_NS = 1e18;

/** A row as a whole is a hit without beginning and end. */
const wholeRow = ({ row, label }: SearchReply['rows'][number]): SearchHit => ({
  row,
  level: 0,
  startNs: -ALWAYS_NS,
  durationNs: 2 * ALWAYS_NS,
  label,
});

export const isWholeRow = (hit: SearchHit): boolean => hit.startNs === -ALWAYS_NS;

const isSame = (a: SearchHit, b: SearchHit): boolean =>
  a.row === b.row && a.level === b.level && a.startNs === b.startNs;

/** A text was typed: what was found for the last one is none of it. */
export function withSearchText(search: Search, text: string): Search {
  return search.text.trim() === text.trim() ? { ...search, text } : { ...noSearch, text };
}

/** The answer came. Asked again, because there is more of the session, one stays at what one was looking at. */
export function withSearchReply(search: Search, reply: SearchReply): Search {
  const found = [...reply.rows.map(wholeRow), ...reply.hits];
  const looked = search.found[search.at];
  const at = looked === undefined ? -1 : found.findIndex((hit) => isSame(hit, looked));
  return { ...search, reply, found, at };
}

/**
 * One further, round and round. The first step goes to the first hit that can be seen or is behind that, so that nobody is taken
 * to the start of the session for a search in its middle; backwards to the last one that is not behind what can be seen.
 */
export function stepped(search: Search, by: 1 | -1, range: TimeRange): Search {
  const { found, at } = search;
  const count = found.length;
  if (count === 0) return search;
  if (at >= 0) return { ...search, at: (at + by + count) % count };
  const isAhead = (hit: SearchHit): boolean =>
    isWholeRow(hit) || hit.startNs + hit.durationNs > range.fromNs;
  const isBehind = (hit: SearchHit): boolean => isWholeRow(hit) || hit.startNs < range.toNs;
  const first = by > 0 ? found.findIndex(isAhead) : found.findLastIndex(isBehind);
  return { ...search, at: first >= 0 ? first : by > 0 ? 0 : count - 1 };
}

/** `3 of 1,204 (1,000 shown)`, `no hits`; empty while nothing is known. */
export function searchCount({ text, reply, found, at }: Search): string {
  if (reply === null) return text.trim() === '' ? '' : '…';
  if (reply.isWrong) return '';
  const total = reply.rows.length + reply.total;
  if (total === 0) return reply.isComplete ? 'nothing found' : 'nothing found so far';
  const least = reply.isComplete ? '' : 'at least ';
  const shown = found.length < total ? ` (${formatCount(found.length)} shown)` : '';
  const place = at < 0 ? '' : `${formatCount(at + 1)} of `;
  return `${place}${least}${formatCount(total)}${at < 0 ? ' found' : ''}${shown}`;
}

/** The hit that is looked at, for readers: `tokenise, 28 ms at 0.34 s`; empty while none is. */
export function lookedAtText({ found, at }: Search): string {
  const hit = found[at];
  if (hit === undefined) return '';
  if (isWholeRow(hit)) return `row ${hit.label}`;
  return `${hit.label}, ${formatDurationNs(hit.durationNs)} at ${momentLabel(hit.startNs, 1e6)}`;
}

/** Where hits are on a strip, in whole pixels, each once, in order. Rows as a whole are nowhere. */
export function hitPixels(
  found: readonly SearchHit[],
  extent: TimeRange,
  widthPx: number,
): readonly number[] {
  if (spanOf(extent) <= 0) return [];
  const pixels = new Set<number>();
  for (const hit of found) {
    if (isWholeRow(hit)) continue;
    const x = Math.round(xOf(extent, widthPx, hit.startNs));
    if (x >= 0 && x <= widthPx) pixels.add(Math.min(x, widthPx - 1));
  }
  return [...pixels].sort((a, b) => a - b);
}
