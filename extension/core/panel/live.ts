/**
 * What goes on with the knobs of a running program, beside the snapshot: trials, a search, what the source says, what came of
 * predictions. `LiveState` is whole, so a panel that was hidden needs nothing but the next.
 */
import {
  flag,
  listOf,
  nullable,
  numberIn,
  object,
  oneOf,
  text,
  type Checked,
} from '../../../agent/wire/validate.js';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { Interval, KnobReport, PipelineReport, Suggestion } from '../report/report.js';
import type { Verdict } from '../trials/decision.js';
import type { TrialRecord } from '../trials/record.js';
import type { KnobMove } from '../trials/setting.js';
import type { Standing, TuneEnd, TuneResult } from '../trials/tuning.js';
import { checkTuneWish } from '../trials/wish.js';

const knobId = text(64);
const knobValue = numberIn(0, 1e12);
const MAX_MOVES = 64;

const checkMove = object({ knob: knobId, to: knobValue });

/** Longest name of a suggestion that is ignored; see `suggestionKey`. */
export const MAX_SUGGESTION_KEY = 2048;

/** Panel to host, about a running program. */
export const liveVariants = {
  /** Sets a knob for good; a trial that runs is stopped first. `knob` is the report's knob id. */
  setKnob: { knob: knobId, value: knobValue },
  /** Back to what knobs were at; `knob` null: all. A trial that runs is stopped first. */
  revertKnobs: { knob: nullable(knobId), to: oneOf('start', 'before') },
  /** Tries changes out together, and keeps them when they are better. */
  tryLive: { moves: listOf(checkMove, MAX_MOVES), why: text(1000) },
  /** Searches for better settings. */
  tune: { wish: checkTuneWish },
  /** Ends the trial or the search that runs; what it tried is taken back. */
  stopTrials: {},
  /** `expression`: the value as the source shall say it (`os.availableParallelism()`). */
  writeToSource: {
    moves: listOf(
      object({ knob: knobId, to: knobValue, expression: nullable(text(500)) }),
      MAX_MOVES,
    ),
  },
  /** Hides a suggestion in this workspace, or shows it again. */
  ignore: { key: text(MAX_SUGGESTION_KEY), ignored: flag },
} as const;

/** A change of knobs for the source. */
export type WrittenMove = Checked<(typeof liveVariants)['writeToSource']['moves']>[number];

/** A trial or a search that is under way. */
export interface RunningTrial {
  readonly kind: 'trial' | 'tuning';
  /** What is turned now; empty while nothing is. */
  readonly moves: readonly KnobMove[];
  /** `workers 2 → 4`; empty while nothing is turned. */
  readonly change: string;
  /** What it does at present, in words. */
  readonly step: string;
  readonly elapsedMs: number;
  /** At most; null: not known. */
  readonly leftMs: number | null;
  /** Trials of a search that are over, and the best of them in words; null: none was better. */
  readonly trials: number;
  readonly best: string | null;
  readonly isStopping: boolean;
}

/** A trial that is over, as a row. */
export interface TrialRow {
  /** Grows from row to row of a session. */
  readonly id: number;
  readonly change: string;
  readonly moves: readonly (KnobMove & { readonly from: number | null })[];
  readonly why: string;
  readonly objective: string;
  readonly verdict: Verdict;
  /** A sentence. */
  readonly reason: string;
  /** Of the objective: 0.1 is 10 % better. 95 % interval. */
  readonly effect: Interval | null;
  /** Blocks without and with the change. */
  readonly blocks: readonly [without: number, with_: number];
}

/** A knob that a search has changed. */
export interface TunedRow {
  readonly knob: string;
  readonly name: string;
  readonly owner: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly source: SourcePosition | null;
}

/** What came of a search. */
export interface TunedState {
  readonly end: TuneEnd;
  readonly reason: string;
  readonly pipeline: string | null;
  readonly trials: number;
  readonly kept: number;
  readonly effect: Interval | null;
  readonly isApart: boolean;
  readonly before: Standing | null;
  readonly after: Standing | null;
  /** Those that were changed. */
  readonly knobs: readonly TunedRow[];
}

/** What the source says of a knob. `value` null: it is not a plain number there; `text` is what stands there. */
export interface SourceValue {
  readonly value: number | null;
  readonly text: string;
}

/** What came of a prediction whose change was written to the source, by the next run. Gains: 0.38 is 38 % more. */
export interface PromiseReport {
  /** `workers 2 → 4` */
  readonly knobs: string;
  readonly predicted: Interval;
  /** null: not measured (yet). */
  readonly observed: Interval | null;
  readonly verdict: 'held' | 'missed' | 'unclear';
}

export interface LiveState {
  readonly running: RunningTrial | null;
  /** Oldest first. */
  readonly rows: readonly TrialRow[];
  /** The last search; null: none has ended. */
  readonly tuned: TunedState | null;
  /** Keys of suggestions that nobody wants to see; see `suggestionKey`. */
  readonly ignored: readonly string[];
  /** By knob id, of those knobs whose value the source is known to say. */
  readonly sourceValues?: Readonly<Record<string, SourceValue>>;
  readonly promises?: readonly PromiseReport[];
}

export const noLive: LiveState = { running: null, rows: [], tuned: null, ignored: [] };

const valueText = (value: number | null): string => (value === null ? 'unlimited' : String(value));

/** `workers 2 → 4, depth 8 → 16` */
export function changeOf(
  knobs: readonly Pick<KnobReport, 'id' | 'name' | 'value'>[],
  moves: readonly KnobMove[],
): string {
  return moves
    .map(({ knob, to }) => {
      const found = knobs.find(({ id }) => id === knob);
      return `${found?.name ?? knob} ${valueText(found?.value ?? null)} → ${to}`;
    })
    .join(', ');
}

/** A record as a row. */
export function trialRow(record: TrialRecord, id: number): TrialRow {
  const { knobs, why, objective, verdict, reason, effect, blocks } = record;
  const count = (side: 'a' | 'b'): number => blocks.filter((block) => block.side === side).length;
  const moves = knobs.map((knob) => ({
    knob: knob.id,
    from: knob.before,
    to: knob.candidate ?? 0,
  }));
  const before = knobs.map((knob) => ({ id: knob.id, name: knob.name, value: knob.before }));
  return {
    id,
    change: changeOf(before, moves),
    moves,
    why,
    objective,
    verdict,
    reason,
    effect,
    blocks: [count('a'), count('b')],
  };
}

/** The result of a search as the panel shows it. */
export function tunedState(result: TuneResult): TunedState {
  const { end, reason, pipeline, trials, effect, isApart, before, after, knobs } = result;
  return {
    end,
    reason,
    pipeline,
    trials: trials.length,
    kept: trials.filter(({ verdict }) => verdict === 'kept').length,
    effect,
    isApart,
    before,
    after,
    knobs: knobs
      .filter((knob) => knob.before !== knob.after)
      .map((knob) => ({
        knob: knob.id,
        name: knob.name,
        owner: knob.stage ?? knob.queue ?? '',
        before: knob.before,
        after: knob.after,
        source: knob.source,
      })),
  };
}

/** What a suggestion is called over runs of a program, where pids and so ids of knobs differ. */
export function suggestionKey(
  { name, knobs }: PipelineReport,
  { knob, to }: Pick<Suggestion, 'knob' | 'to'>,
): string {
  const found = knobs.find(({ id }) => id === knob);
  const owner = found?.stage ?? found?.queue ?? '';
  return `${name}/${owner}/${found?.name ?? knob}=${to}`.slice(0, MAX_SUGGESTION_KEY);
}

/** Why a knob cannot be tried while the program runs; null: it can. */
export function notLiveReason(
  knobs: readonly KnobReport[],
  moves: readonly KnobMove[],
): string | null {
  const fixed = moves.flatMap(({ knob }) => {
    const found = knobs.find(({ id }) => id === knob);
    return found === undefined || found.live ? [] : [found];
  });
  if (fixed.length === 0) return null;
  const names = [...new Set(fixed.map(({ name }) => name))].join(', ');
  const remarks = [...new Set(fixed.flatMap(({ remark }) => remark ?? []))].join(' ');
  return `${names} can only be set when the program starts.${remarks === '' ? '' : ` ${remarks}`}`;
}
