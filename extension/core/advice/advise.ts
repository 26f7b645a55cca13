/**
 * The advisor: what limits a pipeline, what would help, and by how much.
 *
 *     operating points -> diagnosis -> model -> search -> plan
 *
 * It rather says nothing than something wrong. A trace that breaks Little's law, a pipeline that was too short or a model that
 * does not reproduce what was measured give findings, and the reason why nothing is predicted.
 */
import { diagnose, type Diagnosis } from '../diagnosis/diagnose.js';
import { hiddenInput } from '../diagnosis/limits.js';
import { formatPercent } from '../format.js';
import type { OperatingPoint } from '../measure/operatingPoint.js';
import { PipelineModel } from '../prediction/model.js';
import {
  bestSetting,
  keepsLimits,
  maximumThroughput,
  type Objective,
} from '../prediction/search.js';
import { checkWorkload } from '../simulation/checkWorkload.js';
import type { Bottleneck, FunctionReport, PipelineReport, Suggestion } from '../report/report.js';
import { probesOf } from './probes.js';
import { MIN_GAIN, planned, type Planned } from './suggestions.js';
import { keptThreads } from './keptThreads.js';
import { shallowerQueues } from './shallower.js';
import { whatIfOf } from './whatIf.js';

/** What the advisor adds to a report on a pipeline. */
export type Advice = Pick<
  PipelineReport,
  | 'bottleneck'
  | 'steady'
  | 'headroom'
  | 'suggestions'
  | 'plan'
  | 'probes'
  | 'findings'
  | 'checks'
  | 'whatIf'
  | 'unpredicted'
>;

export interface AdviceRequest {
  /** Points of the session, the present one last. */
  readonly points: readonly OperatingPoint[];
  /** Points of earlier captures of the same pipeline. */
  readonly earlier: readonly OperatingPoint[];
  /** By shares of time. */
  readonly bottleneck: Bottleneck;
  readonly functionsOf: (stage: string) => readonly FunctionReport[];
  readonly objective?: Objective;
}

/** Executions of each stage that a prediction takes at least. */
const MIN_EXECUTIONS = 30;
/** The window holds at least so many times what an item takes. */
const MIN_RESIDENCES = 5;

/** Advice on a pipeline, in steps. */
export function* advise(request: AdviceRequest): Generator<undefined, Advice> {
  const { points, earlier, bottleneck, functionsOf } = request;
  const point = points.at(-1);
  if (point === undefined)
    return { bottleneck, ...unadvised('There is no stretch of time to measure.') };
  const seen = [...earlier, ...points];
  const diagnosis = diagnose({ point, seen, bottleneck, functionsOf });
  yield;
  const doubt = whyNotYet(point, diagnosis);
  const without = (why: string): Advice => ({
    bottleneck: diagnosis.bottleneck,
    ...unadvised(why),
    ...told(diagnosis),
    steady: steadyOf(point),
  });
  if (doubt !== null) return without(doubt);
  const model = yield* PipelineModel.of(point, seen);
  const misfit = yield* whyNotModelled(model);
  if (misfit !== null) {
    // Starting threads is what no model of stages and queues holds; what to do about it is known all the same.
    const kept = keptThreads(point);
    if (kept.length === 0) return without(misfit);
    return { ...without(misfit), suggestions: kept, plan: planOf(kept), unpredicted: null };
  }
  const objective = request.objective ?? maximumThroughput;
  const best = yield* bestSetting(model, objective);
  const isKept = yield* keepsLimits(model, objective);
  const aim = objective.aim === 'cost' ? 'cost' : isKept ? 'throughput' : 'latency';
  const found = yield* planned(model, best, aim);
  const kept = keptThreads(point);
  const others = [...kept, ...(yield* shallowerQueues(model, found))];
  const probes = aim === 'throughput' ? probesOf(point, seen, diagnosis.bottleneck) : [];
  return {
    ...told(diagnosis, hiddenInput(point) === null ? nothingToGain(found, others) : []),
    bottleneck: diagnosis.bottleneck,
    steady: steadyOf(point),
    headroom: found.headroom,
    suggestions: [...found.suggestions, ...others],
    plan: found.plan ?? planOf(kept),
    probes,
    whatIf: yield* whatIfOf(model),
    unpredicted: null,
  };
}

const steadyOf = ({ window, throughputPerSec }: OperatingPoint): Advice['steady'] => ({
  ...window,
  throughputPerSec,
});

/** Suggestions of which each is enough by itself, as a plan; null without any. */
function planOf(suggestions: readonly Suggestion[]): Advice['plan'] {
  const [first] = suggestions;
  if (first === undefined) return null;
  return { suggestions: suggestions.map(({ id }) => id), ...first.predicted };
}

/** Advice without anything but the reason why there is no more; null: there is none. */
export function unadvised(why: string | null): Omit<Advice, 'bottleneck'> {
  return {
    steady: null,
    headroom: null,
    suggestions: [],
    plan: null,
    probes: [],
    findings: [],
    checks: [],
    whatIf: null,
    unpredicted: why,
  };
}

function told(
  { findings, checks }: Diagnosis,
  more: Advice['findings'] = [],
): Pick<Advice, 'findings' | 'checks'> {
  return { findings: [...findings, ...more], checks };
}

/** What is missing for a prediction; null: nothing. */
export function whyNotYet(point: OperatingPoint, { findings }: Diagnosis): string | null {
  const broken = findings.find(({ kind }) => kind === 'brokenTrace');
  if (broken !== undefined) return `The measurement contradicts itself: ${broken.text}`;
  if (point.throughputPerSec <= 0) return 'Nothing has left the last stage yet.';
  const rare = point.stages.find(({ executions }) => executions < MIN_EXECUTIONS);
  if (rare !== undefined) {
    return `${rare.name} ran ${rare.executions} times in the steady part; from ${MIN_EXECUTIONS} on there is a prediction.`;
  }
  const lengthNs = point.window.toNs - point.window.fromNs;
  const residenceNs = point.latencyNs?.p50 ?? 0;
  if (lengthNs < MIN_RESIDENCES * residenceNs) {
    return 'The steady part is hardly longer than an item takes: record for longer.';
  }
  return null;
}

/** Why the model is not that of the pipeline; null: it is. */
export function* whyNotModelled(model: PipelineModel): Generator<undefined, string | null> {
  const sound = checkWorkload(model.workloadAt(model.present));
  if (!sound.ok) return `The pipeline cannot be simulated: ${sound.error}.`;
  if (yield* model.fits()) return null;
  const misfit = yield* model.misfit();
  return `A simulation of what was measured gives ${formatPercent(misfit)} of the measured throughput, so something is at work that the records do not show, and nothing is predicted.`;
}

function nothingToGain(
  { plan, headroom }: Planned,
  others: readonly Suggestion[],
): Advice['findings'] {
  if (plan !== null || others.some(({ aim }) => aim === 'throughput')) return [];
  const about = {
    severity: 'info',
    stage: null,
    queue: null,
    evidence: [],
    remedy: null,
    source: null,
  } as const;
  const gain = formatPercent(Math.max(headroom.mid - 1, 0));
  if (headroom.mid >= 1 + MIN_GAIN) {
    return [
      {
        ...about,
        kind: 'uncertain',
        text: `Other settings might bring ${gain}, or nothing: what was measured varies too much to tell. Record for longer, or let sluice tune try.`,
      },
    ];
  }
  return [
    {
      ...about,
      kind: 'nothingToGain',
      text: `Nothing to gain: the best setting of all knobs would bring ${gain}.`,
    },
  ];
}
