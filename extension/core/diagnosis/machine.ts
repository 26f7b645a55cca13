/** What keeps lanes from working: a hot key, garbage collections, quotas, threads that come and go, a device without work. */
import type { DeviceTime } from '../analysis/deviceTime.js';
import { formatDurationNs, formatPercent } from '../format.js';
import {
  meanServiceNs,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { batchCostOf, meanBatch } from '../prediction/batches.js';
import { isSkewed } from '../prediction/workloadOf.js';
import { deviceShares } from '../report/deviceText.js';
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

const GC = 0.1;
const THROTTLED = 0.05;
const STARVED = 0.3;
const BUSY = 0.6;
/** A device that computes less of an execution than this waits for its launches. */
const COMPUTING = 0.5;
/** Share of an execution that is there whatever its size, from which larger batches are worth while. */
const FIXED = 0.4;
/** Threads that began in the window, and tasks for each, from which it is churn. */
const MIN_STARTED = 10;
const MAX_TASKS = 10;

/** One lane works while others stand free beside waiting items. */
export class Skew implements Rule {
  readonly topic = 'balance';

  check({ point }: DiagnosisContext): Verdict {
    const found = point.stages
      .filter((stage) => isSkewed(point, stage))
      .map((stage) => {
        const hot = Math.max(...stage.laneBusy);
        const mean = stage.laneBusy.reduce((a, b) => a + b, 0) / stage.laneBusy.length;
        return aboutStage(stage.name, {
          kind: 'skew',
          severity: 'limit',
          text: `One lane of ${stage.name} is busy ${formatPercent(hot)}, all of them together ${formatPercent(mean)}: work is given to lanes unevenly (by key), and the hot one is the limit.`,
          evidence: [
            `It handles ${formatPercent(Math.max(...stage.laneItems) / Math.max(stage.items, 1))} of the items.`,
          ],
          remedy:
            'Divide the work more evenly (another key, or let any lane take the next item); more lanes do not help.',
        });
      });
    return verdictOf(found, 'Work is spread evenly over lanes.');
  }
}

/** Time that the runtime or the system takes for itself. */
export class Pressure implements Rule {
  readonly topic = 'garbage collection and quotas';

  check({ point }: DiagnosisContext): Verdict {
    const { gcShare, throttledShare } = point;
    const found: FindingReport[] = [];
    if ((gcShare ?? 0) >= GC) {
      found.push(
        aboutProgram({
          kind: 'garbageCollection',
          severity: 'warn',
          text: `Garbage collections take ${formatPercent(gcShare ?? 0)} of a thread's time, which looks like slow work.`,
          evidence: [],
          remedy:
            'Make fewer objects for each item, or allow more memory (--max-semi-space-size, --max-old-space-size).',
        }),
      );
    }
    if ((throttledShare ?? 0) >= THROTTLED) {
      found.push(
        aboutProgram({
          kind: 'throttled',
          severity: 'warn',
          text: `A CPU quota held the program back ${formatPercent(throttledShare ?? 0)} of the time: stages look slower than they are.`,
          evidence: [],
          remedy: 'Raise the quota, or use fewer threads than it has cores.',
        }),
      );
    }
    if (gcShare === null && throttledShare === null) return notYet('Neither was measured.');
    return verdictOf(found, 'Neither takes much.');
  }
}

/** Threads that are started again and again. */
export class ThreadChurn implements Rule {
  readonly topic = 'starting threads';

  check({ point }: DiagnosisContext): Verdict {
    const found = point.stages.filter(isChurning).map((stage) =>
      aboutStage(stage.name, {
        kind: 'threadChurn',
        severity: 'warn',
        text: `${stage.name} started ${stage.threadsStarted} threads for ${stage.executions} tasks: starting one takes as long as a task of tens of milliseconds.`,
        evidence: [],
        remedy: 'Keep them: minThreads as large as maxThreads, or a longer idleTimeout.',
      }),
    );
    return verdictOf(found, 'Threads stay.');
  }
}

/** Whether threads of a stage come and go with its work. */
export function isChurning({ threadsStarted, executions }: MeasuredStage): boolean {
  return threadsStarted >= MIN_STARTED && executions < MAX_TASKS * threadsStarted;
}

/** A device that has nothing to do, or little for each launch. */
export class Gpu implements Rule {
  readonly topic = 'GPU';

  check(context: DiagnosisContext): Verdict {
    const stages = context.point.stages.filter(({ kind }) => kind === 'gpu');
    if (stages.length === 0) return fine('No stage runs on a GPU.');
    return verdictOf(
      stages.flatMap((stage) => gpuFinding(context, stage) ?? []),
      'The GPU has enough to do.',
    );
  }
}

function gpuFinding({ point, seen }: DiagnosisContext, stage: MeasuredStage): FindingReport | null {
  const onDevice = stage.device === undefined ? [] : deviceEvidence(stage.device);
  if (stage.shares.starved >= STARVED) {
    return aboutStage(stage.name, {
      kind: 'gpuStarved',
      severity: 'limit',
      text: `${stage.name} has nothing to do ${formatPercent(stage.shares.starved)} of the time: the stages before it do not deliver fast enough.`,
      evidence: [beforeText(point, stage), ...onDevice],
      remedy: null,
    });
  }
  if (stage.shares.busy < BUSY) return null;
  const reason = idleWhileBusy(stage) ?? fixedCost(seen, stage);
  if (reason === null) return null;
  return aboutStage(stage.name, {
    kind: 'gpuLaunchBound',
    severity: 'limit',
    text: `${stage.name} is launch-bound: ${reason}`,
    evidence: [`${meanBatch(stage).toFixed(1)} items an execution.`, ...onDevice],
    remedy: 'Larger batches, or fewer and larger kernels.',
  });
}

/** The stage is at work and the device mostly is not; null: it is, or it was not timed. */
function idleWhileBusy({ device, shares }: MeasuredStage): string | null {
  if (device === undefined) return null;
  const computes = Math.min(device.kernelShare / shares.busy, 1);
  if (computes >= COMPUTING) return null;
  return `the device computes ${formatPercent(computes)} of the time that it takes; the rest goes to launching and to the host.`;
}

/** Most of an execution does not depend on its items; null: that is not so, or not known. */
function fixedCost(seen: readonly OperatingPoint[], stage: MeasuredStage): string | null {
  const cost = batchCostOf(seen, stage);
  if (cost === null) return null;
  const fixed = cost.fixedNs / (cost.fixedNs + cost.perItemNs * meanBatch(stage));
  if (fixed < FIXED) return null;
  return `${formatPercent(fixed)} of each execution (${formatDurationNs(meanServiceNs(stage))}) does not depend on how many items it has.`;
}

/** How the device spent its time, and what first runs took. */
function deviceEvidence(device: DeviceTime): readonly string[] {
  const [computes = '', ...rest] = deviceShares(device).map(([what, share]) => `${what} ${share}`);
  const shares = `The device ${computes} of the time, ${rest.join(', ')}.`;
  if (device.firstRuns === 0) return [shares];
  return [
    shares,
    `${device.firstRuns} passes ran their pipeline for the first time, in ${formatDurationNs(device.firstRunNs)}: compiling is part of that.`,
  ];
}

function beforeText(point: OperatingPoint, stage: MeasuredStage): string {
  const before = point.stages.slice(0, point.stages.indexOf(stage));
  const busiest = before.reduce<MeasuredStage | null>(
    (best, s) => (best === null || s.shares.busy > best.shares.busy ? s : best),
    null,
  );
  return busiest === null
    ? 'There is no stage before it.'
    : `Of those ${busiest.name} is the busiest: ${formatPercent(busiest.shares.busy)}.`;
}
