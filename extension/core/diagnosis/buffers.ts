/** Queues that are too small or too deep, batches that are too small or too large. */
import { formatDurationNs, formatPercent } from '../format.js';
import { batchDurationNs, batchForShare } from '../laws/batchCost.js';
import { coefficientOfVariation } from '../statistics/quantile.js';
import {
  lanesOf,
  meanServiceNs,
  stageOf,
  type MeasuredQueue,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { batchCostOf, batchRuleOf, meanBatch } from '../prediction/batches.js';
import { residenceNs } from '../prediction/workloadOf.js';
import type { FindingReport } from '../report/report.js';
import {
  aboutQueue,
  aboutStage,
  fine,
  notYet,
  verdictOf,
  type DiagnosisContext,
  type Rule,
  type Verdict,
} from './rule.js';

/** Shares of time from which a queue is often full, or often empty. */
const OFTEN = 0.1;
/** Waiting and being held up for so much of their time is worth a larger buffer. */
const LOST = 0.05;
/** A stage that is so busy has no use for a fuller queue. */
const BUSY = 0.95;
/** A queue that is never empty and holds so many times what its lanes can take only makes items wait. */
const TIMES_LANES = 4;
/** CoDel's rule: a queue whose shortest wait is long is a bad one. Here: longer than so many times the service itself. */
const TIMES_SERVICE = 5;

/** Both of its sides wait for the other in turn. */
export class QueueTooSmall implements Rule {
  readonly topic = 'queue sizes';

  check({ point }: DiagnosisContext): Verdict {
    const bounded = point.queues.filter(({ capacity }) => capacity !== null);
    if (bounded.length === 0) return notYet('No queue has a bound.');
    return verdictOf(
      bounded.flatMap((queue) => tooSmall(point, queue) ?? []),
      'No queue is full and empty in turn.',
    );
  }
}

function tooSmall(point: OperatingPoint, queue: MeasuredQueue): FindingReport | null {
  const [before, behind] = [stageOf(point, queue.from), stageOf(point, queue.to)];
  if (before === undefined || behind === undefined) return null;
  const isBoth = (queue.fullShare ?? 0) >= OFTEN && queue.emptyShare >= OFTEN;
  const isLost = before.shares.blocked >= LOST && behind.shares.starved >= LOST;
  if (!isBoth || !isLost || behind.shares.busy >= BUSY || before.shares.busy >= BUSY) return null;
  const variation = coefficientOfVariation(behind.sampled.durationNs);
  return aboutQueue(queue.name, {
    kind: 'queueTooSmall',
    severity: 'warn',
    text: `${queue.name} is too small for how much its stages vary: it is full ${formatPercent(queue.fullShare ?? 0)} and empty ${formatPercent(queue.emptyShare)} of the time.`,
    evidence: [
      `${before.name} is blocked ${formatPercent(before.shares.blocked)}, ${behind.name} starves ${formatPercent(behind.shares.starved)}.`,
      `The durations of ${behind.name} vary by ${formatPercent(variation)} of their mean.`,
    ],
    remedy: null,
  });
}

/** It is never empty, so all it adds is latency. */
export class QueueTooDeep implements Rule {
  readonly topic = 'waiting in queues';

  check({ point }: DiagnosisContext): Verdict {
    // The deepest one stands for all: they are full for the same reason.
    const [deepest] = point.queues
      .toSorted((a, b) => b.meanDepth - a.meanDepth)
      .flatMap((queue) => tooDeep(point, queue) ?? []);
    return verdictOf(deepest === undefined ? [] : [deepest], 'No queue only makes items wait.');
  }
}

function tooDeep(point: OperatingPoint, queue: MeasuredQueue): FindingReport | null {
  const stage = stageOf(point, queue.to);
  if (stage === undefined || queue.emptyShare > 0.01 || stage.ratePerSec <= 0) return null;
  const waitNs = (queue.meanDepth / stage.ratePerSec) * 1e9;
  const isDeep = queue.meanDepth >= TIMES_LANES * lanesOf(stage) * meanBatch(stage);
  if (!isDeep || waitNs < TIMES_SERVICE * meanServiceNs(stage)) return null;
  const latencyNs = point.stages.reduce((sum, s) => sum + residenceNs(point, s), 0);
  return aboutQueue(queue.name, {
    kind: 'queueTooDeep',
    severity: 'info',
    text: `Items wait ${formatDurationNs(waitNs)} in ${queue.name}, which never runs empty: that is ${formatPercent(Math.min(waitNs / latencyNs, 1))} of their way, and adds nothing to throughput.`,
    evidence: [
      `It holds ${queue.meanDepth.toFixed(0)} items on average; ${stage.name} has ${lanesOf(stage)} lanes.`,
    ],
    remedy: queue.capacity === null ? 'Give it a bound.' : null,
  });
}

/** The fixed part of each execution against its items. */
export class BatchSize implements Rule {
  readonly topic = 'batch sizes';

  check({ point, seen }: DiagnosisContext): Verdict {
    const batched = point.stages.filter((stage) => batchRuleOf(point, stage) !== null);
    if (batched.length === 0) return fine('No stage takes several items at once.');
    const known = batched.flatMap((stage) => {
      const cost = batchCostOf(seen, stage);
      return cost === null ? [] : [{ stage, cost }];
    });
    if (known.length === 0) {
      return notYet(
        `${batched.map(({ name }) => name).join(', ')} was seen with one batch size only: what an item adds shows when it changes.`,
      );
    }
    const found = known.flatMap(({ stage, cost }) => {
      const size = meanBatch(stage);
      const fixed = cost.fixedNs / batchDurationNs(cost, size);
      const enough = batchForShare(cost, 0.95);
      const text = `An execution of ${stage.name} takes ${formatDurationNs(cost.fixedNs)} and ${formatDurationNs(cost.perItemNs)} for each item`;
      if (fixed >= 0.2) {
        return aboutStage(stage.name, {
          kind: 'batchTooSmall',
          severity: 'warn',
          text: `${text}: with ${size.toFixed(0)} items ${formatPercent(fixed)} of it is the fixed part.`,
          evidence: Number.isFinite(enough) ? [`${enough} items would leave 5% of it.`] : [],
          remedy: null,
        });
      }
      if (size <= 2 * enough) return [];
      return aboutStage(stage.name, {
        kind: 'batchTooLarge',
        severity: 'info',
        text: `${text}: ${enough} items do 95% of what a batch of any size could, and ${size.toFixed(0)} only make items wait.`,
        evidence: [],
        remedy: null,
      });
    });
    return verdictOf(found, 'Batches are large enough for what an execution costs.');
  }
}
