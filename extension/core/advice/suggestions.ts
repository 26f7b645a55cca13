/** A better setting as suggestions: what to change, what it brings, why, and what it costs. */
import { formatDurationNs, formatPercent, formatRate } from '../format.js';
import { meanServiceNs, type KnobSetting, type OperatingPoint } from '../measure/operatingPoint.js';
import { meanSplit } from '../prediction/serviceSplit.js';
import type { Lever, Setting } from '../prediction/levers.js';
import type { PipelineModel, Prediction } from '../prediction/model.js';
import type { Interval, PlanReport, Suggestion } from '../report/report.js';

/** Gains below this are within what anybody would call noise. */
export const MIN_GAIN = 0.03;

/** A plan with its parts. */
export interface Planned {
  readonly plan: PlanReport | null;
  readonly suggestions: readonly Suggestion[];
  /** Best reachable throughput / present throughput. */
  readonly headroom: Interval;
}

/**
 * The changes from the present to a setting, by predicted gain. For throughput there is no plan when it would bring nothing;
 * for a limit of latency or a target rate it may cost some.
 */
export function* planned(
  model: PipelineModel,
  best: Setting,
  aim: Suggestion['aim'] = 'throughput',
): Generator<undefined, Planned> {
  const { point, levers, present } = model;
  const none: Planned = { plan: null, suggestions: [], headroom: { low: 1, mid: 1, high: 1 } };
  if (best.every((value, i) => value === present[i])) return none;
  const together = yield* model.predict(best);
  const headroom = together.gain;
  if (aim === 'throughput' && (headroom.mid < 1 + MIN_GAIN || headroom.low <= 1)) {
    // The present setting is one of those that can be reached.
    const { low, mid, high } = headroom;
    return {
      ...none,
      headroom: { low: Math.max(low, 1), mid: Math.max(mid, 1), high: Math.max(high, 1) },
    };
  }
  const suggestions: Suggestion[] = [];
  for (const [i, lever] of levers.entries()) {
    const to = best[i] ?? lever.value;
    if (to === lever.value) continue;
    const alone = yield* model.predict(present.with(i, to));
    suggestions.push(suggestion(point, lever, { to, alone, aim }));
    suggestions.push(...companions(point, lever, { to, alone, aim }));
  }
  const byGain = suggestions.toSorted(
    (a, b) => b.predicted.throughputPerSec.mid - a.predicted.throughputPerSec.mid,
  );
  return {
    plan: { suggestions: byGain.map(({ id }) => id), ...together },
    suggestions: byGain,
    headroom,
  };
}

interface Change {
  readonly to: number;
  /** With nothing else changed. */
  readonly alone: Prediction;
  readonly aim: Suggestion['aim'];
}

function suggestion(point: OperatingPoint, lever: Lever, { to, alone, aim }: Change): Suggestion {
  return {
    id: `${lever.knob.id}=${to}`,
    knob: lever.knob.id,
    from: lever.value,
    to,
    aim,
    expression: expressionFor(point, lever, to),
    predicted: alone,
    reason: reasonFor(point, lever, { to, aim }),
    evidence: evidenceFor(point, lever, alone),
    costs: costsOf(point, lever, to),
  };
}

/** Bounds of a pool that move together: a pool whose least and most were the same keeps them so. */
function companions(
  point: OperatingPoint,
  { kind, knob, value }: Lever,
  { to, alone, aim }: Change,
): readonly Suggestion[] {
  if (kind !== 'lanes' || !/^max/i.test(knob.name)) return [];
  const least = knob.name.replace(/^max/i, (max) => (max === 'max' ? 'min' : 'Min'));
  const other = point.knobs.find(
    (k) => k.stage === knob.stage && k.name === least && k.value === value && k !== knob,
  );
  if (other === undefined) return [];
  return [
    {
      id: `${other.id}=${to}`,
      knob: other.id,
      from: value,
      to,
      aim,
      expression: null,
      predicted: alone,
      reason: `${other.name} was as large as ${knob.name}: they move together, or threads come and go with the load.`,
      evidence: [],
      costs: [],
    },
  ];
}

/** `os.availableParallelism()` or `os.cpu_count()`, where the number of cores is what decides. */
export function expressionFor(
  { cores, stages }: OperatingPoint,
  { kind, knob, stage: index }: Lever,
  to: number,
): string | null {
  const stage = stages[index];
  if (kind !== 'lanes' || cores === null || stage?.loop !== null) return null;
  const computes = stage.cpuShare === null ? stage.kind === 'cpu' : stage.cpuShare >= 0.7;
  if (!computes || !Number.isInteger(cores)) return null;
  const all = knob.isPython === true ? 'os.cpu_count()' : 'os.availableParallelism()';
  if (to === cores) return all;
  return to === cores - 1 ? `${all} - 1` : null;
}

function reasonFor(
  point: OperatingPoint,
  lever: Lever,
  { to, aim }: Pick<Change, 'to' | 'aim'>,
): string {
  const stage = point.stages[lever.stage];
  const name = stage?.name ?? '';
  if (to < lever.value) return lowerReason(lever, name, aim);
  if (lever.perLaneOf !== undefined) {
    const from = point.stages[lever.perLaneOf]?.name ?? '';
    return `Batches come in order, worker by worker. With every core at work each worker of ${from} needs some in hand for when it waits for a core, which the prediction does not know.`;
  }
  if (lever.kind === 'queue') {
    return `A deeper queue before ${name} evens out how much its neighbours vary.`;
  }
  if (lever.kind === 'batch') {
    return `Each execution of ${name} has a fixed part that a larger batch divides among more items.`;
  }
  const busy = formatPercent(stage?.shares.busy ?? 0);
  return `${name} is busy ${busy} of its lane time and needs more lanes.`;
}

function lowerReason({ kind }: Lever, name: string, aim: Suggestion['aim']): string {
  if (aim === 'cost') return `${name} keeps up with fewer lanes.`;
  if (aim === 'latency') return `Items wait less: ${kindWords[kind]} ${name}.`;
  return kind === 'lanes'
    ? `${name} does more with fewer lanes: they are in each other's way.`
    : `${name} does as much with less, and items wait less.`;
}

const kindWords = {
  lanes: 'less is under way in',
  queue: 'fewer stand in the queue before',
  batch: 'batches are smaller in',
} as const;

function evidenceFor(
  point: OperatingPoint,
  { kind, stage: index }: Lever,
  alone: Prediction,
): readonly string[] {
  const stage = point.stages[index];
  if (stage === undefined) return [];
  const { low, high } = alone.throughputPerSec;
  const { cpuNs, waitNs } = meanSplit(point, stage);
  const texts = [
    `By simulation of what was measured: ${formatRate(low)} to ${formatRate(high)} with this change alone, ${formatRate(point.throughputPerSec)} now.`,
  ];
  if (kind !== 'queue') {
    const share = cpuNs / Math.max(cpuNs + waitNs, 1);
    texts.push(
      `An execution takes ${formatDurationNs(meanServiceNs(stage))}, of which it computes ${formatPercent(share)}.`,
    );
  }
  return texts;
}

function costsOf(
  point: OperatingPoint,
  { kind, stage: index, value }: Lever,
  to: number,
): readonly string[] {
  const stage = point.stages[index];
  if (to < value || stage === undefined) return [];
  if (kind === 'queue') {
    const waitNs = stage.ratePerSec > 0 ? ((to - value) / stage.ratePerSec) * 1e9 : 0;
    return [
      `Up to ${to - value} more items in memory, each of which waits up to ${formatDurationNs(waitNs)} longer.`,
    ];
  }
  if (kind === 'batch') {
    const fillNs = stage.ratePerSec > 0 ? ((to - 1) / stage.ratePerSec) * 1e9 : 0;
    return [
      `A batch takes up to ${formatDurationNs(fillNs)} to fill at ${formatRate(stage.ratePerSec)}; memory for ${to} items at once.`,
    ];
  }
  return stage.loop === null && stage.kind === 'cpu'
    ? [`${to - value} more workers, each with its own memory.`]
    : [`${to - value} more at once for whatever is on the other side.`];
}

/** A change of a knob that the model does not turn, by what it is known to do. */
export function directSuggestion(
  knob: KnobSetting,
  to: number,
  rest: Pick<Suggestion, 'predicted' | 'reason' | 'evidence' | 'costs' | 'aim'>,
): Suggestion {
  return {
    id: `${knob.id}=${to}`,
    knob: knob.id,
    from: knob.value ?? 0,
    to,
    expression: null,
    ...rest,
  };
}
