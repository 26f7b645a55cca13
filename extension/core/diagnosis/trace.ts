/** Whether the measurement can be believed at all. */
import { formatPercent } from '../format.js';
import { littleError } from '../laws/operational.js';
import type { MeasuredQueue, MeasuredStage, OperatingPoint } from '../measure/operatingPoint.js';
import type { FindingReport } from '../report/report.js';
import { aboutProgram, aboutStage, notYet, verdictOf, type Rule, type Verdict } from './rule.js';

/** Depths and waits that do not agree by more than this are not of the same thing. */
const MAX_LITTLE_ERROR = 0.05;
/** Items whose waits were seen, below which chance alone is larger. */
const MIN_WAITS = 200;
/** A queue that has grown by more of what went through it was not steady, and the law holds for steady queues. */
const MAX_GROWTH = 0.01;
/**
 * A queue that holds more of what went through it says too much of those who were in it from the beginning: they may have come
 * all at once, and waited less than who came later.
 */
const MAX_HELD = 0.05;
/** With more of its executions missing a trace is not broken, only incomplete. */
const MAX_LOST = 0.005;
/** Mean depths below this are rounding. */
const MIN_DEPTH = 0.2;

/**
 * Little's law, N = X W, on each queue where all three are measured on their own: the depth by the program's own count, the
 * rate by executions, the wait item by item. A trace that breaks it counts something twice, or not at all.
 */
export class LittlesLaw implements Rule {
  readonly topic = "Little's law";

  check({ point }: { readonly point: OperatingPoint }): Verdict {
    const checked = point.queues.flatMap((queue) => {
      const error = errorOf(point, queue);
      return error === null ? [] : [{ queue, error }];
    });
    if (point.lostShare > MAX_LOST) {
      return notYet('Records are missing, so depths and waits are not about the same items.');
    }
    if (checked.length === 0) {
      return notYet(
        'No queue tells its depth and the wait of each item, so they cannot be held against each other.',
      );
    }
    const broken = checked.filter(({ error }) => Math.abs(error) > MAX_LITTLE_ERROR);
    return verdictOf(
      broken.map(({ queue, error }) => finding(queue, error)),
      `Depth, rate and waiting time agree in ${checked.length === 1 ? '1 queue' : `${checked.length} queues`}.`,
    );
  }
}

function finding(queue: MeasuredQueue, error: number): FindingReport {
  const which = error > 0 ? 'more' : 'fewer';
  return aboutStage(queue.to ?? '', {
    kind: 'brokenTrace',
    severity: 'warn',
    text: `${queue.name} before ${queue.to ?? '?'} holds ${formatPercent(Math.abs(error))} ${which} items than its rate and waiting time allow, so its figures cannot be trusted.`,
    evidence: ["Little's law (items = rate x time) holds for every steady queue."],
    remedy:
      error > 0
        ? 'Look for items that are counted in and never out, or leave by another way.'
        : 'Look for items that pass the queue without being counted, or arrival times taken too early.',
  });
}

/** Relative error of the law on a queue; null: not all of it is measured, or it was not steady. */
export function errorOf(point: OperatingPoint, queue: MeasuredQueue): number | null {
  const stage = point.stages.find(({ name }) => name === queue.to);
  const alone = point.queues.filter(({ to }) => to === queue.to).length === 1;
  if (stage === undefined || !alone || queue.meanDepth < MIN_DEPTH) return null;
  const waitNs = meanWaitNs(stage);
  if (waitNs === null || Math.abs(queue.growth) > MAX_GROWTH * stage.items) return null;
  if (queue.meanDepth > MAX_HELD * stage.items) return null;
  return littleError({
    meanDepth: queue.meanDepth,
    ratePerSec: stage.ratePerSec,
    meanWaitNs: waitNs,
  });
}

function meanWaitNs({ sampled: { waitedNs, items } }: MeasuredStage): number | null {
  let sum = 0;
  let count = 0;
  for (const [i, waited] of waitedNs.entries()) {
    if (Number.isNaN(waited)) continue;
    // A batch tells of its first item only.
    if ((items[i] ?? 1) > 1) return null;
    sum += waited;
    count++;
  }
  return count < MIN_WAITS || count < waitedNs.length / 2 ? null : sum / count;
}

/** Records that are missing. */
export class LostRecords implements Rule {
  readonly topic = 'losses';

  check({ point }: { readonly point: OperatingPoint }): Verdict {
    const { lostShare } = point;
    const found = aboutProgram({
      kind: 'lostRecords',
      severity: 'warn',
      text: `${formatPercent(lostShare)} of all executions are missing from the records: counts are exact, the rest is about those that are there.`,
      evidence: [],
      remedy: 'Less at a time is lost with fewer nested spans, or a shorter recording.',
    });
    return verdictOf(lostShare > 0.01 ? [found] : [], 'Nothing to speak of was lost.');
  }
}
