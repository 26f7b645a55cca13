/** Nested spans by their names. */
import { BLOCK_ROWS } from '../model/blocks.js';
import type { Lane } from '../model/entities.js';
import { levelOf, settleSpans } from '../view/spans.js';
import type { Findings } from './findings.js';
import { spansOf, type RowSpan } from './rowScan.js';
import { isNamedSo, isWanted, type Terms } from './searchText.js';
import type { QuerySource } from './source.js';
import { lanesOf, stageEntries } from './stageRows.js';

/** Blocks that are told from their summaries between two steps. */
const BLOCKS_PER_STEP = 16;

/** The names that match, by their numbers. */
class Names {
  readonly texts: readonly string[];
  /** How many of the first n names match, for every n. */
  private readonly before: Uint32Array;

  constructor(texts: readonly string[], terms: Terms) {
    this.texts = [...texts];
    this.before = new Uint32Array(texts.length + 1);
    // 0 stands for the stage itself, which is no span.
    for (let id = 1; id < texts.length; id++) {
      const matches = isNamedSo(texts[id] ?? '', terms) ? 1 : 0;
      this.before[id + 1] = (this.before[id] ?? 0) + matches;
    }
  }

  /** Whether any number from `low` to `high` is one of them. */
  hasAny(low: number, high: number): boolean {
    const end = Math.min(high, this.texts.length - 1) + 1;
    return (this.before[end] ?? 0) > (this.before[Math.min(low, end)] ?? 0);
  }
}

/** Finds spans of that name and, where that is wanted, of certain durations. */
export function* findSpans(
  { store, prepared }: QuerySource,
  terms: Terms,
  findings: Findings,
): Generator<undefined, void> {
  const names = new Names(store.spanNames, terms);
  if (!names.hasAny(0, Infinity)) return;
  for (const entry of stageEntries(prepared, null)) {
    for (const lane of lanesOf(entry)) {
      yield* findOnLane(lane, { names, terms }, findings);
      if (!findings.isComplete) return;
    }
  }
}

interface Wanted {
  readonly names: Names;
  readonly terms: Terms;
}

function* findOnLane(
  lane: Lane,
  { names, terms }: Wanted,
  findings: Findings,
): Generator<undefined, void> {
  const { spans } = lane;
  settleSpans(lane);
  let passed = 0;
  for (const span of spansOf(0, spans.length)) {
    const { lowestFirst, highestFirst, longestNs } = spans.summary(span.block).extremes;
    if (!names.hasAny(lowestFirst, highestFirst) || longestNs < terms.atLeast.ns) {
      if (++passed % BLOCKS_PER_STEP === 0) yield;
      continue;
    }
    if (!findings.mayRead(span.to - span.from)) return;
    findInBlock(lane, span, { names, terms }, findings);
    yield;
  }
}

function findInBlock(
  { spans, rowId }: Lane,
  span: RowSpan,
  { names, terms }: Wanted,
  findings: Findings,
): void {
  const block = spans.block(span.block);
  const { startNs, durationNs, first, second } = block.data;
  for (let i = span.from; i < span.to; i++) {
    const name = first === null ? block.firstAll : (first[i] ?? 0);
    const duration = durationNs[i] ?? 0;
    if (!names.hasAny(name, name) || !isWanted(duration, terms)) continue;
    findings.total++;
    const start = startNs[i] ?? 0;
    if (!findings.admits(start)) continue;
    const level = levelOf(second === null ? block.secondAll : (second[i] ?? 0));
    const label = names.texts[name] ?? '';
    findings.keep(
      { row: rowId, level, startNs: start, durationNs: duration, label },
      span.block * BLOCK_ROWS + i,
    );
  }
}
