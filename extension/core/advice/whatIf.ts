/** What would happen if: curves over the time of each stage and the value of each knob, all else as it is. */
import type { PipelineModel } from '../prediction/model.js';
import type { CurvePoint, WhatIfReport } from '../report/report.js';
import type { SimulatedStage, Workload } from '../simulation/workload.js';

/** How much less time a stage takes. */
const LESS_TIME = [0.2, 0.5, 1];
/** Values of a knob, as multiples of the present one. */
const MULTIPLES = [0.5, 1, 1.5, 2, 4];

/** The curves of a model. */
export function* whatIfOf(model: PipelineModel): Generator<undefined, WhatIfReport> {
  const now = yield* model.evaluate(model.present);
  const scale = model.point.throughputPerSec / now.throughputPerSec;
  const stages: WhatIfReport['stages'][number][] = [];
  for (const [index, { name }] of model.point.stages.entries()) {
    const points: CurvePoint[] = [];
    for (const share of LESS_TIME) {
      const then = yield* model.whatIf((w) => faster(w, index, share));
      if (then === null) continue;
      points.push({ at: share, throughputPerSec: then.throughputPerSec * scale });
    }
    stages.push({ stage: name, points });
  }
  const knobs: WhatIfReport['knobs'][number][] = [];
  for (const [i, { knob, value, min, max }] of model.levers.entries()) {
    const wanted = MULTIPLES.map((by) => Math.min(Math.max(Math.round(value * by), min), max));
    const points: CurvePoint[] = [];
    for (const at of new Set(wanted)) {
      const throughputPerSec = yield* model.throughputAt(model.present.with(i, at));
      points.push({ at, throughputPerSec });
    }
    knobs.push({ knob: knob.id, points });
  }
  return { stages, knobs };
}

/** The workload with one stage that takes so much less time. */
export function faster(workload: Workload, index: number, share: number): Workload {
  const stages = workload.stages.map((stage, i) =>
    i === index ? shortened(stage, 1 - share) : stage,
  );
  return { ...workload, stages };
}

function shortened(stage: SimulatedStage, by: number): SimulatedStage {
  const { cpuNs, waitNs } = stage.samples;
  const scaled = (values: Float64Array): Float64Array => values.map((ns) => ns * by);
  return { ...stage, samples: { cpuNs: scaled(cpuNs), waitNs: scaled(waitNs) } };
}
