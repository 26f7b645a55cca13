/**
 * Depth that the simulation sees no use for.
 *
 * It shares cores evenly at every moment; an operating system gives turns of some milliseconds. A loader whose batches come in
 * order, worker by worker (torch's), stands still whenever the worker whose turn it is has none, so with every core at work each
 * worker needs batches in hand to bridge the others' turns. Measured with examples/torch-train on two cores, two workers, nine
 * runs each by turns: 4 batches ahead instead of 2 gave 11% more (median), and three or four workers little beside that.
 */
import type { Setting } from './levers.js';
import type { PipelineModel } from './model.js';

/** Cores that are used to this share have nothing left for whoever comes late. */
const USED_UP = 0.9;
/** Batches in hand for each worker. */
const PER_WORKER = 4;

/** The setting with a depth that bridges turns, where lanes were added until the cores are used up. */
export function* cushioned(model: PipelineModel, setting: Setting): Generator<undefined, Setting> {
  const { levers } = model;
  let deeper = setting;
  for (const [i, { kind, perLaneOf, max }] of levers.entries()) {
    if (kind !== 'queue' || perLaneOf === undefined) continue;
    const isRaised = levers.some(
      (lever, j) =>
        lever.kind === 'lanes' && lever.stage === perLaneOf && (setting[j] ?? 0) > lever.value,
    );
    if (!isRaised || !(yield* usesUpCores(model, setting))) continue;
    deeper = deeper.with(i, Math.max(deeper[i] ?? 0, Math.min(PER_WORKER, max)));
  }
  return deeper;
}

/** Whether what computes under a setting wants all cores. */
function* usesUpCores(model: PipelineModel, setting: Setting): Generator<undefined, boolean> {
  const { cores, stages } = model.workloadAt(setting);
  if (cores === null) return false;
  const result = yield* model.evaluate(setting);
  const wanted = stages.map(({ lanes, samples: { cpuNs, waitNs } }, i) => {
    const sum = (column: Float64Array): number => column.reduce((total, ns) => total + ns, 0);
    const [computing, waiting] = [sum(cpuNs), sum(waitNs)];
    if (computing <= 0 || !Number.isFinite(lanes)) return 0;
    return ((result.stages[i]?.busyShare ?? 0) * lanes * computing) / (computing + waiting);
  });
  return wanted.reduce((total, one) => total + one, 0) >= USED_UP * cores;
}
