/**
 * Questions of the panel whose answers are not pictures: figures of a range, the path of an item, a search, functions by CPU
 * samples, single executions. Of each kind the newest question counts; one that has been overtaken gets no answer.
 */
import {
  flag,
  integerIn,
  nullable,
  numberIn,
  oneOf,
  text,
  unionByKind,
  type Checked,
} from '../../../agent/wire/validate.js';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { ServiceTimes, StateShares } from '../report/report.js';
import { rowId, seq, timeNs } from './checks.js';

/** Most executions of one answer, and how far down a sorted list they may stand. */
export const MAX_LISTED = 500;
export const MAX_LIST_OFFSET = 10_000;

/** Panel to host. Ranges are half-open; `row` is the id of a stage row. */
export const checkQuery = unionByKind({
  /** Figures of a range; `row`: the stage whose service times are wanted as a histogram. */
  stats: { seq, fromNs: timeNs, toNs: timeNs, row: nullable(rowId) },
  /** The way of the item that was worked on at `atNs` on lane `row`. */
  itemAt: { seq, row: rowId, atNs: timeNs },
  /**
   * The way of an item by its number, in a pipeline or (null, or left out) in any; of several journeys with that number the one
   * nearest to `atNs`.
   */
  itemPath: { seq, item: numberIn(0, 0xffff_ffff), atNs: timeNs, pipeline: nullable(text(512)) },
  /** See `core/query/searchText.ts` for what can be asked. */
  search: { seq, text: text(200) },
  /** Functions by CPU samples, of one stage or (null) of all. */
  flame: { seq, fromNs: timeNs, toNs: timeNs, row: nullable(rowId) },
  /** Executions that began in the range, of one stage or (null) of all, a page of them in order. */
  executions: {
    seq,
    fromNs: timeNs,
    toNs: timeNs,
    row: nullable(rowId),
    order: oneOf('start', 'duration'),
    descending: flag,
    offset: integerIn(0, MAX_LIST_OFFSET),
    limit: integerIn(1, MAX_LISTED),
  },
});
type CheckedQuery = Checked<typeof checkQuery>;
export type Query = CheckedQuery extends infer Q
  ? Q extends { readonly kind: 'itemPath' }
    ? Omit<Q, 'pipeline'> & { readonly pipeline?: string | null }
    : Q
  : never;
export type QueryKind = Query['kind'];
export type QueryOf<K extends QueryKind> = Extract<Query, { kind: K }>;

/**
 * Figures of a stage in a range. Counts and times are about the executions that ended in it. All figures are about the part of
 * the range in which the pipeline ran, from its first execution to its last, as those of the report are; where that is all of
 * it, they are those of the report, executions whose records were lost included.
 */
export interface StageStats {
  readonly row: number;
  readonly executions: number;
  readonly items: number;
  readonly errors: number;
  readonly ratePerSec: number;
  readonly serviceNs: ServiceTimes | null;
  /** Shares of lane time; they add up to 1. */
  readonly shares: StateShares;
}

/** Figures of a queue in a range; `knownShare` is how much of the range its depth is known. */
export interface QueueStats {
  readonly row: number;
  readonly meanDepth: number;
  readonly maxDepth: number;
  readonly fullShare: number | null;
  readonly emptyShare: number;
  readonly knownShare: number;
}

/** How many executions took how long: bin i holds durations in [edgesNs[i], edgesNs[i + 1]), the last one its end as well. */
export interface DurationHistogram {
  readonly row: number;
  readonly edgesNs: readonly number[];
  readonly counts: readonly number[];
  /** Executions that took longer than the last edge: a few stragglers must not flatten all others. */
  readonly beyond: number;
}

export interface StatsReply {
  readonly kind: 'stats';
  readonly seq: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** By pipeline: items that left it, and how long the followed ones took from end to end. */
  readonly pipelines: readonly {
    readonly name: string;
    readonly throughputPerSec: number;
    readonly latencyNs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  }[];
  readonly stages: readonly StageStats[];
  readonly queues: readonly QueueStats[];
  /** null: not asked for, or nothing of that stage ended in the range. */
  readonly histogram: DurationHistogram | null;
}

/** A stop of an item on its way. */
export interface ItemVisit {
  /** Lane. */
  readonly row: number;
  readonly stageRow: number;
  readonly stage: string;
  readonly lane: string;
  readonly startNs: number;
  readonly durationNs: number;
  readonly failed: boolean;
  /** Items that were worked on together with it, itself included. */
  readonly items: number;
  /** Since it left the stage before, or since it arrived where that was recorded; null: not known. */
  readonly waitedNs: number | null;
  /** The queue that it waited in, where only one leads here. */
  readonly queue: string | null;
}

export interface ItemReply {
  readonly kind: 'itemPath';
  readonly seq: number;
  /** null: there is no such item, or its stage does not tell its items. */
  readonly path: {
    readonly item: number;
    readonly pipeline: string;
    /** In the order in which they began. */
    readonly visits: readonly ItemVisit[];
    /** Journeys that had the same number, this one included: numbers are used again. */
    readonly journeys: number;
  } | null;
}

/** Something that was searched for: a moment on a row. */
export interface SearchHit {
  readonly row: number;
  readonly level: number;
  readonly startNs: number;
  readonly durationNs: number;
  readonly label: string;
}

export interface SearchReply {
  readonly kind: 'search';
  readonly seq: number;
  /** What the text was taken for, in words; or what is wrong with it. */
  readonly meaning: string;
  readonly isWrong: boolean;
  /** In the order of time, the first `MAX_HITS` of them. */
  readonly hits: readonly SearchHit[];
  /** All there are; `isComplete` false: there may be more than were looked at. */
  readonly total: number;
  readonly isComplete: boolean;
  /** Rows whose names match. */
  readonly rows: readonly { readonly row: number; readonly label: string }[];
}

/** Hits of one search. */
export const MAX_HITS = 1000;

/** A tree of calls, as columns: node 0 is the root, whose parent is -1; parents come first. */
export interface FlameReply {
  readonly kind: 'flame';
  readonly seq: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Sampled time in which the stage's executions were open: on the processor, and idle. */
  readonly onCpuNs: number;
  readonly idleNs: number;
  readonly functions: readonly {
    readonly name: string;
    readonly source: SourcePosition | null;
  }[];
  readonly parent: readonly number[];
  /** Index into `functions`; -1 for the root. */
  readonly function: readonly number[];
  readonly selfNs: readonly number[];
  readonly totalNs: readonly number[];
  /** Time in calls that are too small to be told apart and were left out of the tree. */
  readonly droppedNs: number;
}

export interface ListedExecution {
  readonly row: number;
  readonly stage: string;
  readonly lane: string;
  readonly startNs: number;
  readonly durationNs: number;
  readonly item: number | null;
  readonly items: number;
  readonly waitedNs: number | null;
  readonly failed: boolean;
}

export interface ExecutionsReply {
  readonly kind: 'executions';
  readonly seq: number;
  readonly offset: number;
  /** Executions that the range has, whatever part of them is listed. */
  readonly total: number;
  readonly executions: readonly ListedExecution[];
}

/** Host to panel. */
export type QueryReply = StatsReply | ItemReply | SearchReply | FlameReply | ExecutionsReply;
