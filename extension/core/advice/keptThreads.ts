/** Pools whose threads come and go with every lull. */
import { isChurning } from '../diagnosis/machine.js';
import type { OperatingPoint } from '../measure/operatingPoint.js';
import type { Prediction } from '../prediction/model.js';
import { meanSplit } from '../prediction/serviceSplit.js';
import type { Suggestion } from '../report/report.js';
import { directSuggestion } from './suggestions.js';

/** A task is not claimed to get faster by more than this, and may still. */
const MOST = 4;
const UNKNOWN = 2.5;

/** A pool whose threads come and go keeps them with as many at least as at most. */
export function keptThreads(point: OperatingPoint): readonly Suggestion[] {
  const suggestions: Suggestion[] = [];
  for (const stage of point.stages) {
    if (!isChurning(stage)) continue;
    const [least, most] = ['minThreads', 'maxThreads'].map((name) =>
      point.knobs.find((knob) => knob.stage === stage.name && knob.name === name),
    );
    const to = most?.value ?? null;
    if (least === undefined || to === null || (least.value ?? Infinity) >= to) continue;
    const predicted = withoutStarts(point);
    suggestions.push(
      directSuggestion(least, to, {
        aim: 'throughput',
        predicted,
        reason: `${stage.name} starts threads again and again: with as many at least as at most they stay.`,
        evidence: [`${stage.threadsStarted} threads were started for ${stage.executions} tasks.`],
        costs: [
          `${to - (least.value ?? 0)} threads that stay in memory when there is nothing to do.`,
        ],
      }),
    );
  }
  return suggestions;
}

/**
 * What comes out when threads stay. Computing that is nobody's (threads that load their code, and run it cold) then goes to
 * the work; how much more that brings, no record says, so the interval is wide.
 */
function withoutStarts(point: OperatingPoint): Prediction {
  const lengthNs = point.window.toNs - point.window.fromNs;
  const worked = point.stages.reduce(
    (sum, stage) => sum + (meanSplit(point, stage).cpuNs * stage.executions) / lengthNs,
    0,
  );
  const now = point.throughputPerSec;
  const used = point.cpuCores ?? worked;
  const mid = now * Math.min(Math.max(used / Math.max(worked, 0.01), 1.2), MOST);
  return {
    throughputPerSec: { low: now, mid, high: mid * UNKNOWN },
    gain: { low: 1, mid: mid / now, high: (mid * UNKNOWN) / now },
    latencyP95Ns: null,
  };
}
