/** Values that nobody has seen and no model can judge, where the limit is: worth a trial. */
import type { OperatingPoint } from '../measure/operatingPoint.js';
import { batchCostOf } from '../prediction/batches.js';
import { levelsOf } from '../prediction/contention.js';
import { leversOf, type Lever } from '../prediction/levers.js';
import { isSkewed } from '../prediction/workloadOf.js';
import { meanSplit } from '../prediction/serviceSplit.js';
import type { Bottleneck, ProbeReport } from '../report/report.js';

/** Stages that compute more of their time than this are explained by the cores. */
const COMPUTING = 0.7;

/** A stage whose lanes are busy for less is not held back by how many there are. */
const AT_LIMIT = 0.8;

/** What to try besides the plan. One step down as well as up: in many programs the largest gain is fewer lanes. */
export function probesOf(
  point: OperatingPoint,
  seen: readonly OperatingPoint[],
  { kind, stage: name }: Bottleneck,
): readonly ProbeReport[] {
  const index = point.stages.findIndex((stage) => stage.name === name);
  const limiting = point.stages[index];
  if (limiting === undefined || isSkewed(point, limiting)) return [];
  const { busy, idle } = limiting.shares;
  const held = point.queues.some(({ to }) => to === name) ? busy + idle : busy;
  if (held < AT_LIMIT || (kind !== 'stage' && kind !== 'sink')) return [];
  return leversOf(point, seen)
    .filter(({ stage }) => stage === index)
    .flatMap((lever) => probeOf(point, seen, lever) ?? []);
}

function probeOf(
  point: OperatingPoint,
  seen: readonly OperatingPoint[],
  { kind, knob, stage: index, value, min, max }: Lever,
): ProbeReport | null {
  const stage = point.stages[index];
  if (stage === undefined) return null;
  if (kind === 'batch' && batchCostOf(seen, stage) === null) {
    const to = value * 2 <= max ? value * 2 : Math.max(Math.floor(value / 2), min);
    const reason = `${stage.name} was seen with batches of ${value} only: a second size shows what an item costs.`;
    return to === value ? null : { knob: knob.id, from: value, to, reason };
  }
  const { cpuNs, waitNs } = meanSplit(point, stage);
  const isExplained = cpuNs > COMPUTING * (cpuNs + waitNs);
  const half = Math.max(Math.floor(value / 2), min);
  if (kind !== 'lanes' || isExplained || half === value) return null;
  if (levelsOf(seen, stage.name).length > 1) return null;
  const reason = `${stage.name} was seen with ${value} lanes only: whether they are in each other's way shows with ${half}.`;
  return { knob: knob.id, from: value, to: half, reason };
}
