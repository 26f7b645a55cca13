/**
 * What blocks of two settings say about which one is better. No clock, no input or output: figures in, verdict out.
 *
 * While a trial runs only harm ends it early; "better" is said once, when all blocks are there. Looking for it after each
 * block would find something by chance sooner or later. Harm is: a guard that is broken, or an objective that is worse by far
 * more than blocks of one setting differ.
 */
import { formatPercent } from '../format.js';
import type { Interval } from '../report/report.js';
import { relativeEffect } from '../statistics/effect.js';
import { holm } from '../statistics/holm.js';
import { mannWhitney } from '../statistics/mannWhitney.js';
import { coefficientOfVariation, mean } from '../statistics/quantile.js';
import type { BlockFigures } from './blockFigures.js';
import type { Side } from './blockOrder.js';
import { brokenGuard, formatMetric, type Sides } from './guards.js';
import { scoreOf, type Guard, type Objective } from './objective.js';

export type Verdict = 'kept' | 'rolledBack' | 'noDifference' | 'aborted';

/** A block of a trial that has been measured. */
export interface TrialBlock {
  readonly side: Side;
  readonly figures: BlockFigures;
}

/** How blocks of one and the same setting differ. */
export interface Noise {
  /** Standard deviation of a block's score / its mean. */
  readonly blockDeviation: number;
  /** Two means of so many blocks differ by less than this in 95 of 100 cases though nothing changed. */
  readonly floor: number;
}

/** What a trial is judged by. */
export interface TrialTerms {
  readonly objective: Objective;
  readonly guards: readonly Guard[];
  /** What is smaller than this is not worth a change, 0.03: 3 %. Never less than the noise floor. */
  readonly minEffect: number;
  readonly noise: Noise;
  /** Chance to see a difference where none is, over all trials of the session. */
  readonly alpha: number;
  /** p of the trials before this one. */
  readonly formerPs: readonly number[];
  /** Blocks of setting A from before the trial: for a first look when B comes first. */
  readonly reference: readonly BlockFigures[];
}

/** What is said of a trial. `effect`: of the objective, B against A: 0.1 is 10 % better. null: not enough blocks. */
export interface Decision {
  readonly verdict: Verdict;
  /** A sentence. */
  readonly reason: string;
  readonly effect: Interval | null;
  readonly p: number | null;
  /** As it counts among all trials of the session. */
  readonly pAdjusted: number | null;
}

export const DEFAULT_MIN_EFFECT = 0.03;
export const DEFAULT_ALPHA = 0.05;

/** Blocks of a candidate that show harm by themselves are so much worse than A, in deviations of a block ... */
const ONE_BLOCK_DEVIATIONS = 5;
/** ... and two of them together. */
const TWO_BLOCK_DEVIATIONS = 4;
const ONE_BLOCK_LOSS = 0.15;
/** Losses that are told early are at least so many times the least effect. */
const TWO_BLOCK_LOSS = 2;
/** Two blocks that lose so much need only be below the others. */
const HUGE_LOSS = 0.5;
/** Half the width of a 95 % interval, in standard errors. */
const NORMAL_95 = 1.96;

/** What blocks of one setting, taken as those of a trial are, say about noise. */
export function noiseOf(
  blocks: readonly BlockFigures[],
  objective: Objective,
  blocksPerSide: number,
): Noise {
  const spread = coefficientOfVariation(blocks.map((block) => scoreOf(block, objective)));
  const blockDeviation = Number.isFinite(spread) ? spread : 0;
  return {
    blockDeviation,
    floor: NORMAL_95 * blockDeviation * Math.sqrt(2 / Math.max(blocksPerSide, 1)),
  };
}

/** The least effect that counts. */
export function leastEffect({ minEffect, noise }: TrialTerms): number {
  return Math.max(minEffect, noise.floor);
}

/** Why the candidate must be taken back at once; null: go on. Call it with each block that has come. */
export function harmSoFar(blocks: readonly TrialBlock[], terms: TrialTerms): string | null {
  const sides = sidesOf(blocks);
  if (sides.b.length === 0) return null;
  const known: Sides = { a: [...terms.reference, ...sides.a], b: sides.b };
  if (known.a.length === 0) return null;
  return brokenGuard(terms.guards, known, false) ?? clearLoss(known, terms);
}

function clearLoss({ a, b }: Sides, terms: TrialTerms): string | null {
  // For less cost a lower rate is the point; its floor is a guard.
  if (terms.objective.kind === 'cost') return null;
  const before = mean(a.map((block) => scoreOf(block, terms.objective)));
  if (before <= 0) return null;
  const after = mean(b.map((block) => scoreOf(block, terms.objective)));
  const { blockDeviation } = terms.noise;
  const limit =
    b.length === 1
      ? Math.max(ONE_BLOCK_LOSS, ONE_BLOCK_DEVIATIONS * blockDeviation)
      : Math.max(TWO_BLOCK_LOSS * leastEffect(terms), TWO_BLOCK_DEVIATIONS * blockDeviation);
  const loss = 1 - after / before;
  if (loss <= limit && !(loss > HUGE_LOSS && isBelow({ a, b }, terms))) return null;
  return `${nameOf(terms.objective)} fell by ${formatPercent(loss)} in ${b.length === 1 ? 'its first block' : `${b.length} blocks`}`;
}

/** Are two blocks and more of B all below those of A? Where blocks differ much, deviations alone excuse anything. */
function isBelow({ a, b }: Sides, { objective }: TrialTerms): boolean {
  const low = Math.min(...a.map((block) => scoreOf(block, objective)));
  return b.length >= 2 && b.every((block) => scoreOf(block, objective) < low);
}

/** The verdict on all blocks of a trial. */
export function decide(blocks: readonly TrialBlock[], terms: TrialTerms): Decision {
  const sides = sidesOf(blocks);
  const lost = blocks.reduce((sum, { figures }) => sum + figures.lostRecords, 0);
  const a = sides.a.map((block) => scoreOf(block, terms.objective));
  const b = sides.b.map((block) => scoreOf(block, terms.objective));
  if (a.length === 0 || b.length === 0 || a.every((score) => score === 0)) {
    return { ...none, verdict: 'aborted', reason: 'No items left the pipeline in the trial.' };
  }
  const { p } = mannWhitney(a, b);
  const pAdjusted = holm([...terms.formerPs, p]).at(-1) ?? p;
  const effect = relativeEffect(a, b);
  const figures = { effect, p, pAdjusted };
  if (lost > 0) {
    const reason = `Records were lost in the trial (${lost}), so its counts cannot be compared.`;
    return { ...figures, verdict: 'aborted', reason };
  }
  const broken = brokenGuard(terms.guards, sides, true);
  if (broken !== null) {
    return { ...figures, verdict: 'rolledBack', reason: `A guard was broken: ${broken}.` };
  }
  return terms.objective.kind === 'cost'
    ? { ...figures, verdict: 'kept', reason: costReason(sides, terms.objective.targetRatePerSec) }
    : { ...figures, ...compared(figures, terms) };
}

const none = { effect: null, p: null, pAdjusted: null } as const;

/** The decision on a trial that did not come to its end. */
export function stopped(
  verdict: 'rolledBack' | 'aborted',
  reason: string,
  blocks: readonly TrialBlock[],
  terms: TrialTerms,
): Decision {
  const { a, b } = sidesOf(blocks);
  const scores = (of: readonly BlockFigures[]): number[] =>
    of.map((block) => scoreOf(block, terms.objective));
  const effect = relativeEffect(scores(a.length > 0 ? a : terms.reference), scores(b));
  return { ...none, effect, verdict, reason };
}

function compared(
  { effect, pAdjusted }: Pick<Decision, 'effect' | 'pAdjusted'>,
  terms: TrialTerms,
): Pick<Decision, 'verdict' | 'reason'> {
  const least = leastEffect(terms);
  const what = nameOf(terms.objective);
  if (effect === null || pAdjusted === null) {
    return { verdict: 'noDifference', reason: `Nothing can be said about ${what}.` };
  }
  const said = `${what} ${formatChange(effect.mid)} (${formatChange(effect.low)} to ${formatChange(effect.high)})`;
  const isSure = pAdjusted <= terms.alpha;
  if (isSure && effect.mid >= least && effect.low > 0) {
    return { verdict: 'kept', reason: `${capital(said)}.` };
  }
  if (isSure && effect.mid <= -least) {
    return { verdict: 'rolledBack', reason: `${capital(said)}: worse.` };
  }
  const why = isSure
    ? `less than the ${formatPercent(least)} that count`
    : 'which blocks of one setting may differ by as well';
  return { verdict: 'noDifference', reason: `${capital(said)}, ${why}.` };
}

function costReason({ b }: Sides, targetRatePerSec: number): string {
  const rate = formatMetric('ratePerSec', mean(b.map((block) => block.throughputPerSec)));
  return `${capital(rate)} with less, ${formatMetric('ratePerSec', targetRatePerSec)} wanted.`;
}

/** `+12 %`, `-3 %`. */
export function formatChange(share: number): string {
  const size = Math.abs(share);
  const text = size > 0.99 ? `${Math.round(size * 100)}%` : formatPercent(size);
  return `${share < 0 ? '-' : '+'}${text}`;
}

function nameOf(objective: Objective): string {
  if (objective.kind === 'time') return 'runs per time';
  return objective.kind === 'latency' ? `1 / ${objective.metric} latency` : 'throughput';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sidesOf(blocks: readonly TrialBlock[]): Sides {
  const of = (side: Side): BlockFigures[] =>
    blocks.filter((block) => block.side === side).map(({ figures }) => figures);
  return { a: of('a'), b: of('b') };
}
