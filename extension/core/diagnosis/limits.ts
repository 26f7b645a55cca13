/** What holds a pipeline back: a stage, the cores, one event loop, a limiter, somebody else. */
import { formatPercent } from '../format.js';
import {
  lanesOf,
  stageOf,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { contentionOf, levelsOf } from '../prediction/contention.js';
import { isSaturated } from '../prediction/arrivals.js';
import { roundsOf } from '../prediction/rounds.js';
import { loopCpuShare } from '../prediction/serviceSplit.js';
import { isSkewed, limitOf } from '../prediction/workloadOf.js';
import type { FindingReport } from '../report/report.js';
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

const AT_LIMIT = 0.85;
const LOOP_FULL = 0.9;
const CORES_FULL = 0.9;
/** A level with so many more lanes that did not even so much more. */
const MORE_LANES = 1.4;
const NO_MORE = 1.1;
const LESS = 0.95;

const lanesText = (n: number): string => `${n} ${n === 1 ? 'lane' : 'lanes'}`;

/** Whether the lanes of a stage are all it needs more of. */
function isOutOfLanes(point: OperatingPoint, stage: MeasuredStage): boolean {
  const { busy, idle } = stage.shares;
  // Without a queue nobody knows whether anything waits while a lane is free.
  const held = point.queues.some(({ to }) => to === stage.name) ? busy + idle : busy;
  return stage.parallelism !== null && held >= AT_LIMIT && !isSkewed(point, stage);
}

/** A stage whose lanes are never free. */
export class OutOfParallelism implements Rule {
  readonly topic = 'parallelism';

  check({ point, bottleneck }: DiagnosisContext): Verdict {
    const stage = stageOf(point, bottleneck.stage);
    const isIt = bottleneck.kind === 'stage' || bottleneck.kind === 'sink';
    if (stage === undefined || !isIt || !isOutOfLanes(point, stage)) {
      return fine('No stage is held back by its number of lanes alone.');
    }
    const found = aboutStage(stage.name, {
      kind: bottleneck.kind === 'sink' ? 'sink' : 'parallelism',
      severity: 'limit',
      text: `${stage.name} is out of parallelism: ${lanesText(lanesOf(stage))}, busy ${formatPercent(stage.shares.busy)} of the time.`,
      evidence: bottleneck.evidence,
      remedy: null,
    });
    return verdictOf([found], '');
  }
}

/** The machine has no more to give. */
export class CoresUsedUp implements Rule {
  readonly topic = 'cores';

  check({ point }: DiagnosisContext): Verdict {
    const { cores, cpuCores } = point;
    if (cores === null || cpuCores === null) return notYet('The use of cores was not measured.');
    const text = `The program uses ${cpuCores.toFixed(1)} of ${cores} cores`;
    if (cpuCores < CORES_FULL * cores) return fine(`${text}.`);
    const waiting = point.stages.filter(
      ({ coreWaitShare, shares }) => (coreWaitShare ?? 0) >= 0.1 && shares.busy >= 0.05,
    );
    const found = aboutProgram({
      kind: 'cores',
      severity: 'limit',
      text: `${text}: more lanes would only share them.`,
      evidence: waiting.map(
        ({ name, coreWaitShare }) =>
          `${name} waits for a core ${formatPercent(coreWaitShare ?? 0)} of the time in which it runs.`,
      ),
      remedy: 'Compute less for each item, or use more cores.',
    });
    return verdictOf([found], '');
  }
}

/** One thread that everything on it waits for. */
export class EventLoopFull implements Rule {
  readonly topic = 'event loops';

  check({ point }: DiagnosisContext): Verdict {
    if (point.loops.every((_, i) => loopCpuShare(point, i) === null)) {
      return notYet('The use of event loops was not measured.');
    }
    // Libraries for devices ask in rounds of the event loop whether the device is done, so it looks busy while it waits.
    if (point.stages.some(({ device }) => device !== undefined)) {
      return fine('The event loop polls a GPU while that works, so its use says nothing.');
    }
    const full = point.loops.flatMap((loop, i) => {
      const used = Math.max(loop.utilization ?? 0, loop.cpuShare ?? 0);
      return used >= LOOP_FULL && point.stages.some((s) => s.loop === i) ? [{ loop, i, used }] : [];
    });
    const found = full.map(({ loop, i, used }) =>
      aboutProgram({
        kind: 'eventLoop',
        severity: 'limit',
        text: `The event loop of ${loop.name} is busy ${formatPercent(used)} of the time: more concurrency on it does nothing, only other threads do.`,
        evidence: point.stages
          .filter((stage) => stage.loop === i)
          .map(({ name }) => `${name} runs on it.`),
        remedy: 'Move the computing part to a pool of worker threads.',
      }),
    );
    return verdictOf(found, 'No event loop is used up.');
  }
}

/** A limiter of the program's own at work. */
export class RateLimit implements Rule {
  readonly topic = 'rate limits';

  check({ point }: DiagnosisContext): Verdict {
    const found = point.stages.flatMap((stage) => {
      const limit = limitOf(stage);
      if (limit === null) return [];
      return aboutStage(stage.name, {
        kind: 'rateLimit',
        severity: 'limit',
        text: `${stage.name} waits for its rate limit ${formatPercent(stage.shares.limited)} of its lane time: ${limit.toFixed(0)}/s get through, whatever the stages before it do.`,
        evidence: [],
        remedy: 'Raise the limit if whoever set it allows that; nothing else will help.',
      });
    });
    return verdictOf(found, 'No stage waits for a rate limit.');
  }
}

/** Under more lanes a stage has done no more, or less. */
export class Contention implements Rule {
  readonly topic = 'contention';

  check({ point, seen }: DiagnosisContext): Verdict {
    const tried = point.stages.filter(({ name }) => levelsOf(seen, name).length > 1);
    if (tried.length === 0) {
      return notYet(
        'Every stage was seen at one parallelism only: whether lanes are in each other’s way shows when it changes.',
      );
    }
    return verdictOf(
      tried.flatMap((stage) => finding(seen, stage) ?? []),
      `More lanes did more: ${tried.map(({ name }) => name).join(', ')}.`,
    );
  }
}

function finding(seen: readonly OperatingPoint[], stage: MeasuredStage): FindingReport | null {
  const levels = levelsOf(seen, stage.name);
  const most = levels.at(-1);
  const best = levels.reduce((a, b) => (b.ratePerSec > a.ratePerSec ? b : a));
  if (most === undefined) return null;
  const evidence = levels.map(
    ({ n, ratePerSec }) => `${lanesText(n)}: ${ratePerSec.toFixed(0)}/s when always busy.`,
  );
  if (best.n < most.n && most.ratePerSec < LESS * best.ratePerSec) {
    return aboutStage(stage.name, {
      kind: 'contention',
      severity: 'warn',
      text: `${stage.name} did more with ${lanesText(best.n)} than with ${most.n}: its lanes are in each other's way (a lock, a connection, a cache).`,
      evidence,
      remedy: null,
    });
  }
  const fewer = levels.find(
    ({ n, ratePerSec }) => most.n >= MORE_LANES * n && most.ratePerSec < NO_MORE * ratePerSec,
  );
  if (fewer === undefined || contentionOf(seen, stage) === null) return null;
  const isOutside = stage.kind === 'io' || stage.kind === 'sink' || stage.kind === 'gpu';
  return aboutStage(stage.name, {
    kind: isOutside ? 'external' : 'contention',
    severity: 'limit',
    text: `${stage.name} does no more with ${lanesText(most.n)} than with ${fewer.n}: ${isOutside ? 'what it waits for is at its limit' : 'its lanes wait for each other'}.`,
    evidence,
    remedy: isOutside ? 'Ask the other side for more, or ask it less often.' : null,
  });
}

/** What fills the queue before the first stage where nobody sees it at work, and only its settings are known. */
export interface HiddenInput {
  readonly queue: string;
  /** Names of the knobs that say how much of it runs at once. */
  readonly knobs: readonly string[];
}

/** The hidden input of a pipeline; null: there is none. */
export function hiddenInput({
  stages: [first],
  queues,
  knobs,
}: OperatingPoint): HiddenInput | null {
  const queue = queues.find(({ from, to }) => from === null && to === first?.name);
  if (queue === undefined) return null;
  const ofInput = knobs.filter((k) => k.kind === 'parallelism' && k.queue === queue.name);
  if (ofInput.length === 0) return null;
  return { queue: queue.name, knobs: [...new Set(ofInput.map(({ name }) => name))] };
}

function waitsForInput(first: MeasuredStage, { queue, knobs }: HiddenInput): FindingReport {
  const waits = formatPercent(first.shares.starved + first.shares.idle);
  return aboutStage(first.name, {
    kind: 'source',
    severity: 'limit',
    text: `${first.name} waits ${waits} of its lane time for what fills ${queue}, and nobody sees into that.`,
    evidence: [],
    remedy: `Have more of it run at once: ${knobs.join(', ')}. What that brings cannot be predicted.`,
  });
}

/** Nobody offers enough work. */
export class SourceTooSlow implements Rule {
  readonly topic = 'source';

  check({ point, bottleneck }: DiagnosisContext): Verdict {
    const [first] = point.stages;
    // The next round waits for this one, so faster stages are given more.
    const isHungry =
      !isSaturated(point) &&
      roundsOf(point) === null &&
      point.stages.every((s) => s.shares.busy < AT_LIMIT);
    if (first === undefined || !(bottleneck.kind === 'source' || isHungry)) {
      return fine('There is always something to do.');
    }
    const hidden = hiddenInput(point);
    if (isHungry && hidden !== null) return verdictOf([waitsForInput(first, hidden)], '');
    const found = aboutStage(first.name, {
      kind: 'source',
      severity: 'limit',
      text: isHungry
        ? `${first.name}, the first stage, has nothing to do ${formatPercent(first.shares.starved + first.shares.idle)} of its lane time: the pipeline keeps up with what it is given.`
        : `${first.name}, the source, is busy ${formatPercent(first.shares.busy)} of the time: it delivers no faster.`,
      evidence: bottleneck.evidence,
      remedy: isHungry ? 'More throughput needs more work, not other settings.' : null,
    });
    return verdictOf([found], '');
  }
}
