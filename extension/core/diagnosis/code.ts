/** Causes that are no knob: a function in which the limiting stage spends its computing time. */
import { formatPercent } from '../format.js';
import { stageOf } from '../measure/operatingPoint.js';
import { meanSplit } from '../prediction/serviceSplit.js';
import {
  aboutStage,
  fine,
  notYet,
  verdictOf,
  type DiagnosisContext,
  type Rule,
  type Verdict,
} from './rule.js';

/** A function with so much of the computing time is worth a look. */
const HOT = 0.2;
/** Stages that compute for less of their time are not slow because of code. */
const COMPUTING = 0.3;

/** What the limiting stage computes, by CPU samples. */
export class SlowFunction implements Rule {
  readonly topic = 'code';

  check({ point, bottleneck, functionsOf }: DiagnosisContext): Verdict {
    const stage = stageOf(point, bottleneck.stage);
    if (stage === undefined)
      return fine('No stage is the limit, so none is slow because of its code.');
    const { cpuNs, waitNs } = meanSplit(point, stage);
    const computing = cpuNs / Math.max(cpuNs + waitNs, 1);
    if (computing < COMPUTING) {
      return fine(
        `${stage.name} computes ${formatPercent(computing)} of the time in which it runs; the rest is waiting.`,
      );
    }
    const functions = functionsOf(stage.name);
    if (functions.length === 0) {
      return notYet(
        `What ${stage.name} computes is not known: a CPU profile shows it (sluice run --cpu-profile, or Record CPU Profile).`,
      );
    }
    const hot = functions.filter(({ selfShare }) => selfShare >= HOT).slice(0, 3);
    return verdictOf(
      hot.map((fn) =>
        aboutStage(stage.name, {
          kind: 'slowFunction',
          severity: 'warn',
          text: `${formatPercent(fn.selfShare)} of the computing time of ${stage.name} is in ${fn.name}.`,
          evidence: [`With what it calls: ${formatPercent(fn.totalShare)}.`],
          remedy: `No knob changes that; making it half as slow makes ${stage.name} ${formatPercent((fn.selfShare * computing) / 2)} faster.`,
          source: fn.source,
        }),
      ),
      `No single function of ${stage.name} stands out.`,
    );
  }
}
