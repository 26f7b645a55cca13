/** Pools whose threads come and go with every lull. */
import { isChurning } from '../diagnosis/machine.js';
import type { PipelineModel, Prediction } from '../prediction/model.js';
import type { Suggestion } from '../report/report.js';
import { directSuggestion } from './suggestions.js';

/** A pool whose threads come and go keeps them with as many at least as at most. */
export function* keptThreads(model: PipelineModel): Generator<undefined, readonly Suggestion[]> {
  const { point } = model;
  const suggestions: Suggestion[] = [];
  for (const [index, stage] of point.stages.entries()) {
    if (!isChurning(stage)) continue;
    const [least, most] = ['minThreads', 'maxThreads'].map((name) =>
      point.knobs.find((knob) => knob.stage === stage.name && knob.name === name),
    );
    const to = most?.value ?? null;
    if (least === undefined || to === null || (least.value ?? Infinity) >= to) continue;
    const predicted = yield* withoutHandOver(model, index);
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

/** What comes out when work does not wait for lanes to be there. */
function* withoutHandOver(model: PipelineModel, index: number): Generator<undefined, Prediction> {
  const stage = model.point.stages[index];
  const share =
    stage === undefined ? 0 : stage.shares.idle / (stage.shares.idle + stage.shares.busy);
  const now = yield* model.evaluate(model.present);
  const then = yield* model.whatIf((workload) => ({
    ...workload,
    stages: workload.stages.map((s, i) =>
      i === index
        ? {
            ...s,
            samples: { ...s.samples, waitNs: s.samples.waitNs.map((ns) => ns * (1 - share)) },
          }
        : s,
    ),
  }));
  const mid = (model.point.throughputPerSec * then.throughputPerSec) / now.throughputPerSec;
  return {
    throughputPerSec: { low: model.point.throughputPerSec, mid, high: mid * 1.5 },
    latencyP95Ns: null,
  };
}
