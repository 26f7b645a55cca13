/**
 * Which setting is tried next. A hill is climbed without a model of it, one knob after the other, nearest to the bottleneck
 * first: double and half, on as long as it helps, then between the best value and the next one that was no better. What the
 * report suggests comes before that, and two knobs together at the end. No setting is tried twice, so nothing goes back and
 * forth.
 */
import type { KnobReport, PipelineReport } from '../report/report.js';
import type { Verdict } from './decision.js';
import { rankedKnobs } from './knobRank.js';
import {
  moved,
  settingKey,
  settingOf,
  STEP_DOWN,
  STEP_UP,
  stepped,
  type KnobMove,
  type KnobRange,
} from './setting.js';

/** A setting to try. */
export interface Candidate {
  readonly moves: readonly KnobMove[];
  /** Where it comes from, in words. */
  readonly why: string;
}

export interface SearchOptions {
  /** Knobs in a row that may bring nothing before the search ends. */
  readonly patience: number;
  /** By name or id: only these knobs are turned, and only so far. null: all live ones, as far as they go. */
  readonly ranges: ReadonlyMap<string, KnobRange> | null;
  /** Less is better, as long as the trial holds: only steps down. */
  readonly isForLess: boolean;
}

export const DEFAULT_PATIENCE = 2;
/** Values between the best one and the next that was no better: 16 to 32 by way of 23, then 19 or 27. */
const MAX_REFINEMENTS = 2;

type Step = 'up' | 'down' | 'between';

/** What is under way with one knob. */
interface Climb {
  readonly knob: string;
  readonly group: string;
  /** Directions that have not failed. */
  open: readonly ('up' | 'down')[];
  hasGained: boolean;
  /** A knob that is at the end of its range both ways says nothing about the others. */
  isTried: boolean;
  /** A value that was no better than the present one. */
  beyond: number | null;
  refinements: number;
}

interface Asked {
  readonly candidate: Candidate;
  /** How the climb goes on; null: a suggestion, or several knobs together. */
  readonly step: Step | null;
  /** The knob that is turned; null: several. */
  readonly knob: KnobReport | null;
}

/** The state of a search: ask `next` with a fresh report, try what it says, tell the verdict. */
export class KnobSearch {
  private readonly options: SearchOptions;
  private readonly tried = new Set<string>();
  private readonly finished = new Set<string>();
  private climb: Climb | null = null;
  private asked: Asked | null = null;
  private fruitless = 0;

  constructor(options: SearchOptions) {
    this.options = options;
  }

  /** Knobs of a pipeline that may be turned. */
  knobsOf(pipeline: PipelineReport): readonly KnobReport[] {
    return pipeline.knobs.filter(
      (knob) => knob.live && knob.value !== null && this.rangeOf(knob) !== null,
    );
  }

  /** The next setting to try from where the knobs stand; null: enough. */
  next(pipeline: PipelineReport): Candidate | null {
    const knobs = this.knobsOf(pipeline);
    this.tried.add(settingKey(settingOf(knobs)));
    this.asked =
      this.planned(pipeline, knobs) ??
      this.suggested(pipeline, knobs) ??
      this.climbing(pipeline, knobs) ??
      this.together(pipeline, knobs);
    if (this.asked === null) return null;
    this.tried.add(settingKey(moved(settingOf(knobs), this.asked.candidate.moves)));
    return this.asked.candidate;
  }

  /** What became of the candidate that `next` gave. */
  learn(verdict: Verdict): void {
    const { asked, climb } = this;
    if (asked === null || verdict === 'aborted') return;
    if (asked.step === null) {
      if (verdict === 'kept') this.beginFrom(asked.knob);
      return;
    }
    if (climb === null) return;
    climb.isTried = true;
    const to = asked.candidate.moves[0]?.to ?? null;
    const { step } = asked;
    if (verdict === 'kept') {
      climb.hasGained = true;
      // What helped once may help again; the other way cannot.
      if (step !== 'between') climb.open = [step];
      return;
    }
    if (climb.hasGained) climb.beyond = to;
    climb.open = climb.open.filter((direction) => direction !== step);
  }

  /** A suggestion (for `knob`), or a joint change, has helped: the bottleneck may be elsewhere now. */
  private beginFrom(knob: KnobReport | null): void {
    this.finished.clear();
    this.fruitless = 0;
    this.climb = knob === null ? null : { ...newClimb(knob), hasGained: true };
  }

  /** All changes of the report's plan at once: some of them bring nothing alone. One step of each at most. */
  private planned(
    { plan, suggestions }: PipelineReport,
    knobs: readonly KnobReport[],
  ): Asked | null {
    if (plan === null || plan.suggestions.length < 2) return null;
    const moves = new Map<string, KnobMove>();
    for (const { id, knob: knobId, to } of suggestions) {
      const knob = knobs.find((k) => k.id === knobId);
      if (knob === undefined || !plan.suggestions.includes(id)) continue;
      for (const move of this.towards(knobs, knob, to)) moves.set(move.knob, move);
    }
    if (moves.size < 2 || this.options.isForLess) return null;
    const untried = this.untried(knobs, [...moves.values()]);
    const why = 'what the report plans, together';
    return untried === null ? null : { candidate: { moves: untried, why }, step: null, knob: null };
  }

  /** One step of a knob, and of those that are turned with it, towards a value. */
  private towards(knobs: readonly KnobReport[], knob: KnobReport, to: number): readonly KnobMove[] {
    const range = this.rangeOf(knob);
    if (range === null || knob.value === null || knob.value <= 0) return [];
    const factor = Math.min(Math.max(to / knob.value, STEP_DOWN), STEP_UP);
    const value = factor === 1 ? null : stepped(knob.value, factor, range);
    return value === null ? [] : allOf(knobs, knob, value);
  }

  private suggested(pipeline: PipelineReport, knobs: readonly KnobReport[]): Asked | null {
    for (const { knob: id, to, reason } of pipeline.suggestions) {
      const knob = knobs.find((k) => k.id === id);
      if (knob === undefined || knob.value === null || knob.value <= 0) continue;
      const factor = Math.min(Math.max(to / knob.value, STEP_DOWN), STEP_UP);
      if (factor === 1 || (this.options.isForLess && factor > 1)) continue;
      const moves = this.moveOf(knobs, knob, factor);
      if (moves !== null) return { candidate: { moves, why: reason }, step: null, knob };
    }
    return null;
  }

  /** The next step with the knob at hand, or with the next one. */
  private climbing(pipeline: PipelineReport, knobs: readonly KnobReport[]): Asked | null {
    // Each turn ends a knob, or returns.
    for (let turns = 0; turns <= knobs.length + 1; turns++) {
      const climb = this.climb ?? this.nextClimb(pipeline, knobs);
      if (climb === null) return null;
      this.climb = climb;
      const knob = knobs.find(({ id }) => id === climb.knob);
      const asked =
        knob === undefined
          ? null
          : (this.along(knobs, knob, climb) ?? this.between(knobs, knob, climb));
      if (asked !== null) return asked;
      this.end(climb);
    }
    return null;
  }

  private nextClimb(pipeline: PipelineReport, knobs: readonly KnobReport[]): Climb | null {
    if (this.fruitless >= this.options.patience) return null;
    const knob = rankedKnobs(pipeline, knobs).find((k) => !this.finished.has(groupOf(k)));
    if (knob === undefined) return null;
    return { ...newClimb(knob), open: this.options.isForLess ? ['down'] : ['up', 'down'] };
  }

  private along(knobs: readonly KnobReport[], knob: KnobReport, climb: Climb): Asked | null {
    for (const direction of climb.open) {
      const moves = this.moveOf(knobs, knob, direction === 'up' ? STEP_UP : STEP_DOWN);
      if (moves === null) continue;
      const why = `${knob.name}: a step ${direction}`;
      return { candidate: { moves, why }, step: direction, knob };
    }
    return null;
  }

  private between(knobs: readonly KnobReport[], knob: KnobReport, climb: Climb): Asked | null {
    const { value } = knob;
    const { beyond } = climb;
    if (!climb.hasGained || beyond === null || value === null || value <= 0) return null;
    if (climb.refinements >= MAX_REFINEMENTS || beyond <= 0) return null;
    climb.refinements++;
    const to = Math.round(Math.sqrt(value * beyond));
    const moves = this.untried(knobs, allOf(knobs, knob, to));
    return moves === null
      ? null
      : {
          candidate: { moves, why: `${knob.name}: between ${value} and ${beyond}` },
          step: 'between',
          knob,
        };
  }

  private end(climb: Climb): void {
    this.climb = null;
    if (climb.hasGained) {
      this.fruitless = 0;
      // With this knob higher, others may matter that did not before.
      this.finished.clear();
    } else if (climb.isTried) this.fruitless++;
    this.finished.add(climb.group);
  }

  /** Two knobs that bring nothing one by one may hold each other back: the first two, together. */
  private together(pipeline: PipelineReport, knobs: readonly KnobReport[]): Asked | null {
    if (this.options.isForLess) return null;
    const groups = new Map<string, readonly KnobMove[]>();
    const names: string[] = [];
    for (const knob of rankedKnobs(pipeline, knobs)) {
      const range = this.rangeOf(knob);
      const to = range === null ? null : stepped(knob.value, STEP_UP, range);
      if (to === null || groups.has(groupOf(knob)) || groups.size === 2) continue;
      groups.set(groupOf(knob), allOf(knobs, knob, to));
      names.push(knob.name);
    }
    if (groups.size < 2) return null;
    const moves = this.untried(knobs, [...groups.values()].flat());
    const why = `${names.join(' and ')} together`;
    return moves === null ? null : { candidate: { moves, why }, step: null, knob: null };
  }

  private moveOf(
    knobs: readonly KnobReport[],
    knob: KnobReport,
    factor: number,
  ): readonly KnobMove[] | null {
    const range = this.rangeOf(knob);
    const to = range === null ? null : stepped(knob.value, factor, range);
    return to === null ? null : this.untried(knobs, allOf(knobs, knob, to));
  }

  private untried(
    knobs: readonly KnobReport[],
    moves: readonly KnobMove[],
  ): readonly KnobMove[] | null {
    return this.tried.has(settingKey(moved(settingOf(knobs), moves))) ? null : moves;
  }

  private rangeOf(knob: KnobReport): KnobRange | null {
    const own = { min: knob.min, max: knob.max ?? Infinity };
    const { ranges } = this.options;
    if (ranges === null) return own;
    const given = ranges.get(knob.id) ?? ranges.get(knob.name);
    if (given === undefined) return null;
    return { min: Math.max(own.min, given.min), max: Math.min(own.max, given.max) };
  }
}

function allOf(knobs: readonly KnobReport[], knob: KnobReport, to: number): readonly KnobMove[] {
  const group = groupOf(knob);
  return knobs.filter((k) => groupOf(k) === group).map(({ id }) => ({ knob: id, to }));
}

/** Processes that do the same work have the same knobs, which are turned together. */
function groupOf({ name, stage, queue }: KnobReport): string {
  return [name, stage, queue].join('\0');
}

function newClimb(knob: KnobReport): Climb {
  return {
    knob: knob.id,
    group: groupOf(knob),
    open: ['up', 'down'],
    hasGained: false,
    isTried: false,
    beyond: null,
    refinements: 0,
  };
}
