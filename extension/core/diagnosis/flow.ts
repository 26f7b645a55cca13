/** How stages follow each other: at the same time, in turns, in rounds that fill and drain. */
import { formatDurationNs, formatPercent } from '../format.js';
import { bubbleShare } from '../laws/operational.js';
import {
  endsNs,
  meanServiceNs,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { coefficientOfVariation } from '../statistics/quantile.js';
import { isSynchronous } from '../prediction/serviceSplit.js';
import { overlapOf } from './overlap.js';
import {
  aboutProgram,
  aboutStage,
  fine,
  notYet,
  verdictOf,
  type DiagnosisContext,
  type Rule,
  type Verdict,
} from './rule.js';

/** Stages that run less of the time than this have little to overlap. */
const MIN_ACTIVE = 0.1;
/** Stages that together are active for so much of the time, and hardly ever at once, take turns. */
const MIN_SUM = 0.7;
const SELDOM = 0.25;
const BUBBLE = 0.1;
const MIN_ROUNDS = 5;
const MAX_MISSING = 0.05;
const REGULAR = 0.3;
/** Behind a stage the next one begins so soon that nothing lies between them. */
const AT_ONCE_NS = 1e6;

/** Stages that could run at the same time and do not. */
export class TakingTurns implements Rule {
  readonly topic = 'overlap';

  check({ point }: DiagnosisContext): Verdict {
    const stages = point.stages.filter(({ inside }) => inside === null);
    if (stages.length < 2) return fine('There is one stage only.');
    const overlap = overlapOf(stages);
    if (overlap === null) return notYet('Too few executions to tell what runs at the same time.');
    const taking = stages.filter((_, i) => (overlap.active[i] ?? 0) >= MIN_ACTIVE);
    const sum = overlap.active.reduce((a, b) => a + b, 0);
    const isApart = overlap.together < SELDOM * Math.max(overlap.expected, 0.1);
    if (taking.length < 2 || sum < MIN_SUM || sum > 1.2 || !isApart) {
      return fine(`Two stages or more run at once ${formatPercent(overlap.together)} of the time.`);
    }
    const names = taking.map(({ name }) => name).join(', ');
    const isOneThread = taking.every(isSynchronous);
    const slowest = Math.max(...overlap.active);
    const found = aboutProgram({
      kind: 'takingTurns',
      severity: 'limit',
      text: isOneThread
        ? `${names} compute on one thread, so they take turns.`
        : `${names} take turns instead of overlapping: two of them run at once only ${formatPercent(overlap.together)} of the time.`,
      evidence: taking.map(
        ({ name }) =>
          `${name} is active ${formatPercent(overlap.active[stages.findIndex((s) => s.name === name)] ?? 0)} of the time.`,
      ),
      remedy: isOneThread
        ? 'Give the slowest of them a thread of its own.'
        : `Something holds each back until the other is done (a barrier such as await Promise.all over a round, or one item at a time). With a queue between them the time for an item is that of the slowest alone: up to ${(sum / slowest).toFixed(1)} times as many items.`,
    });
    return verdictOf([found], '');
  }
}

/** Stages that wait side by side for nothing of each other, one after the other. */
export class Sequential implements Rule {
  readonly topic = 'independent stages';

  check({ point }: DiagnosisContext): Verdict {
    const found = point.links.flatMap(({ from, to }) => {
      const [first, second] = [from, to].map((name) => point.stages.find((s) => s.name === name));
      if (first === undefined || second === undefined) return [];
      if (!followsAtOnce(point, first, second)) return [];
      const [a, b] = [meanServiceNs(first), meanServiceNs(second)];
      return aboutStage(second.name, {
        kind: 'sequential',
        severity: 'info',
        text: `${second.name} begins when ${first.name} has ended, and both only wait. If it does not need what ${first.name} gives, side by side an item takes ${formatDurationNs(Math.max(a, b))} in them instead of ${formatDurationNs(a + b)}.`,
        evidence: [
          `${first.name} takes ${formatDurationNs(a)}, ${second.name} ${formatDurationNs(b)} on average.`,
        ],
        remedy: 'Start both, then wait for both (Promise.all).',
      });
    });
    return verdictOf(
      found,
      'No stage that only waits follows directly upon another one that does.',
    );
  }
}

/** Both only wait, nothing stands between them, each item goes straight on, and neither is short beside the other. */
function followsAtOnce(
  point: OperatingPoint,
  first: MeasuredStage,
  second: MeasuredStage,
): boolean {
  const isBetween = point.queues.some(({ to }) => to === second.name);
  const [a, b] = [meanServiceNs(first), meanServiceNs(second)];
  if (isBetween || first.kind !== 'io' || second.kind !== 'io') return false;
  if (first.inside !== null || second.inside !== null || Math.min(a, b) < 0.2 * Math.max(a, b))
    return false;
  const ends = endsNs(first.sampled).sort();
  const starts = second.sampled.startNs;
  const direct = starts.reduce((count, start) => count + Number(isJustBehind(ends, start)), 0);
  return starts.length >= 30 && direct >= 0.9 * starts.length;
}

/** Whether one of the sorted moments is at `ns` or just before it. */
function isJustBehind(sorted: Float64Array, ns: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= ns) low = middle + 1;
    else high = middle;
  }
  return low > 0 && ns - (sorted[low - 1] ?? 0) <= AT_ONCE_NS;
}

/**
 * Rounds of m items through K stages that fill and drain the pipeline each time: K - 1 of K + m - 1 steps are bubbles (Huang
 * et al., GPipe, NeurIPS 2019). Rounds show as times at which nothing is under way.
 */
export class Bubble implements Rule {
  readonly topic = 'rounds';

  check({ point }: DiagnosisContext): Verdict {
    const overlap = overlapOf(point.stages);
    const last = point.stages.at(-1);
    if (overlap === null || last === undefined) return notYet('Too few executions to tell rounds.');
    const lengthS = (point.window.toNs - point.window.fromNs) / 1e9;
    const rounds = roundsOf(point);
    const stages = point.stages.filter(({ inside }) => inside === null).length;
    const itemsPerRound = (point.throughputPerSec * lengthS) / Math.max(rounds, 1);
    const share = bubbleShare(stages, itemsPerRound);
    if (
      rounds < MIN_ROUNDS ||
      stages < 2 ||
      itemsPerRound < 2 ||
      share < BUBBLE ||
      overlap.together < 0.05
    ) {
      return fine('The pipeline does not run empty between rounds.');
    }
    const found = aboutProgram({
      kind: 'bubble',
      severity: 'warn',
      text: `The pipeline fills and runs empty in rounds of about ${Math.round(itemsPerRound)} items: with ${stages} stages ${formatPercent(share)} of the time is spent filling and draining.`,
      evidence: [
        `${rounds} times nothing was under way.`,
        '(K - 1) of (K + m - 1) steps of K stages and m items are bubbles.',
      ],
      remedy:
        'Begin the next round before the last one has left the pipeline, or make rounds of more items.',
    });
    return verdictOf([found], '');
  }
}

/** How often as little was under way as ever, when the first stage began something: once in a while by chance, or each round. */
function roundsOf({ stages }: OperatingPoint): number {
  const first = stages[0];
  const last = stages.at(-1);
  if (first === undefined || last === undefined || first === last) return 0;
  // Where some items never reach the end, nobody knows what is under way.
  if (Math.abs(first.items - last.items) > MAX_MISSING * first.items) return 0;
  const left = endsNs(last.sampled).sort();
  const underWay: number[] = [];
  let gone = 0;
  for (const [begun, start] of first.sampled.startNs.entries()) {
    while (gone < left.length && (left[gone] ?? 0) <= start) gone++;
    underWay.push(begun - gone);
  }
  const least = underWay.reduce((a, b) => Math.min(a, b), Infinity);
  const starts = underWay.flatMap((n, i) => (n === least ? [i] : []));
  const sizes = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
  // A small pipeline runs empty by chance, now and then; rounds are all of about the same size.
  return coefficientOfVariation(sizes) <= REGULAR ? starts.length : 0;
}
