/**
 * What a pipeline would do under another setting of its knobs.
 *
 * The simulation of the present setting never matches the measurement exactly. So predictions are anchored: what was measured,
 * times what the simulation says the change makes of it. How far the two are apart for the present is known, and widens the
 * interval; when they are too far apart the model is not that pipeline's, and nothing is predicted.
 */
import type { OperatingPoint } from '../measure/operatingPoint.js';
import type { Interval } from '../report/report.js';
import { checkWorkload } from '../simulation/checkWorkload.js';
import { simulation } from '../simulation/simulation.js';
import type { SimulationResult, Workload } from '../simulation/workload.js';
import { blockLengthFor, resampledIndexes } from '../statistics/bootstrap.js';
import { deviation } from '../statistics/quantile.js';
import { Random } from '../statistics/random.js';
import { batchCostOf } from './batches.js';
import { calibrated } from './calibration.js';
import { leversOf, withSetting, type Lever, type Setting } from './levers.js';
import { workloadOf } from './workloadOf.js';

/** What is predicted for a setting, each with its interval (90 %). */
export interface Prediction {
  readonly throughputPerSec: Interval;
  /** Of the present throughput, 1: as much. Narrower than the above: how well the present is known changes both alike. */
  readonly gain: Interval;
  /** null: items could not be followed, so there is nothing to hold a prediction against. */
  readonly latencyP95Ns: Interval | null;
}

const ITEMS = 2000;
const WARM_UP = 0.25;
/** Batches that a simulation sees at least. */
const BATCHES = 60;
/** Rounds that a simulation sees at least, of a program that works in rounds. */
const MIN_ROUNDS = 4;
const REPLICATES = 12;
/** Simulation and measurement of the present may be so far apart, as a factor. */
const MAX_MISFIT = 1.25;
/** Half of the width of a 90 % interval, in standard deviations. */
const Z90 = 1.645;
/** How much of a predicted change may be wrong, as a standard deviation, by what it rests on. */
const DOUBT = { computing: 0.1, waiting: 0.2, queue: 0.2, batch: 0.15, line: 0.3 } as const;

/** The model of one operating point. Simulations are kept: asking again costs nothing. */
export class PipelineModel {
  readonly point: OperatingPoint;
  readonly levers: readonly Lever[];
  readonly present: Setting;
  private readonly workload: Workload;
  /** Stages whose cost by batch size was seen at three sizes or more. */
  private readonly fitted: ReadonlySet<string>;
  private readonly results = new Map<string, SimulationResult>();

  private constructor(point: OperatingPoint, seen: readonly OperatingPoint[], workload: Workload) {
    this.point = point;
    // What a batch of another size costs is not known from one size.
    this.levers = leversOf(point, seen).filter(
      ({ kind, stage }) => kind !== 'batch' || (workload.stages[stage]?.batchCost ?? null) !== null,
    );
    this.present = this.levers.map(({ value }) => value);
    this.workload = workload;
    const fitted = point.stages.filter((stage) => batchCostOf(seen, stage)?.by === 'fit');
    this.fitted = new Set(fitted.map(({ name }) => name));
  }

  /** The model of a point; `seen` are all points of the pipeline, this one included. */
  static *of(
    point: OperatingPoint,
    seen: readonly OperatingPoint[],
  ): Generator<undefined, PipelineModel> {
    const workload = yield* calibrated(workloadOf(point, seen), point);
    return new PipelineModel(point, seen, workload);
  }

  /** The workload under a setting. */
  workloadAt(setting: Setting): Workload {
    return withSetting(this.workload, this.levers, setting);
  }

  /** What the simulation makes of a setting. */
  *evaluate(setting: Setting): Generator<undefined, SimulationResult> {
    const key = setting.join(',');
    const known = this.results.get(key);
    if (known !== undefined) return known;
    const result = yield* run(this.workloadAt(setting), 1);
    this.results.set(key, result);
    return result;
  }

  /** The simulation of a workload that was changed by hand: a stage made faster, say; null: nothing would limit it then. */
  *whatIf(change: (workload: Workload) => Workload): Generator<undefined, SimulationResult | null> {
    const changed = change(this.workload);
    return checkWorkload(changed).ok ? yield* run(changed, 1) : null;
  }

  /** Simulated throughput of the present setting / the measured one. */
  *misfit(): Generator<undefined, number> {
    const { throughputPerSec } = yield* this.evaluate(this.present);
    return throughputPerSec / this.point.throughputPerSec;
  }

  /** Whether the model is this pipeline's. */
  *fits(): Generator<undefined, boolean> {
    const misfit = yield* this.misfit();
    return misfit <= MAX_MISFIT && misfit >= 1 / MAX_MISFIT;
  }

  /** Measured throughput times what the simulation says that the setting makes of it. */
  *throughputAt(setting: Setting): Generator<undefined, number> {
    const now = yield* this.evaluate(this.present);
    const then = yield* this.evaluate(setting);
    return (this.point.throughputPerSec * then.throughputPerSec) / now.throughputPerSec;
  }

  /** The prediction for a setting, with its interval. */
  *predict(setting: Setting): Generator<undefined, Prediction> {
    const { latencyNs } = this.point;
    const now = yield* this.evaluate(this.present);
    const then = yield* this.evaluate(setting);
    const rates: number[] = [];
    const latencies: number[] = [];
    for (let replicate = 1; replicate <= REPLICATES; replicate++) {
      const redrawn = resampled(this.workload, replicate);
      const before = yield* run(redrawn, replicate);
      const after = yield* run(withSetting(redrawn, this.levers, setting), replicate);
      rates.push(Math.log(after.throughputPerSec / before.throughputPerSec));
      latencies.push(Math.log(after.latencyNs.p95 / before.latencyNs.p95));
    }
    const gain = then.throughputPerSec / now.throughputPerSec;
    const shared = [Math.log(yield* this.misfit()) / 2, this.doubt(setting) * Math.log(gain)];
    const apart = (own: readonly number[]): number => Math.hypot(deviation(own), ...shared);
    const observed = noiseOf(this.point);
    return {
      throughputPerSec: around(
        this.point.throughputPerSec * gain,
        Math.hypot(apart(rates), observed),
      ),
      gain: around(gain, apart(rates)),
      latencyP95Ns:
        latencyNs === null
          ? null
          : around(
              (latencyNs.p95 * then.latencyNs.p95) / now.latencyNs.p95,
              apart(latencies) + 0.1,
            ),
    };
  }

  /** How much of the predicted change rests on what was not seen. */
  private doubt(setting: Setting): number {
    const doubts = this.levers.map((lever, i) =>
      setting[i] === lever.value ? 0 : this.doubtOf(lever),
    );
    return Math.max(...doubts, 0);
  }

  private doubtOf({ kind, stage }: Lever): number {
    const simulated = this.workload.stages[stage];
    if (kind === 'queue') return DOUBT.queue;
    if (kind === 'batch') return this.fitted.has(simulated?.name ?? '') ? DOUBT.batch : DOUBT.line;
    const { cpuNs, waitNs } = simulated?.samples ?? { cpuNs: [], waitNs: [] };
    return total(cpuNs) > total(waitNs) ? DOUBT.computing : DOUBT.waiting;
  }
}

function* run(workload: Workload, seed: number): Generator<undefined, SimulationResult> {
  const batch = Math.max(...workload.stages.map((stage) => stage.batch?.max ?? 1));
  const lanes = workload.stages.map(({ lanes: n }) => (Number.isFinite(n) ? n : 1));
  const enough = Math.max(ITEMS, BATCHES * batch, 20 * Math.max(...lanes));
  // Whole rounds, or the mean would be of a part that is filled more or less than the rest.
  const { arrivals } = workload;
  const round = arrivals.kind === 'closed' && arrivals.inRounds === true ? arrivals.customers : 1;
  const rounds = Math.max(Math.ceil(enough / round), MIN_ROUNDS);
  const warmUpItems = Math.max(Math.round(WARM_UP * rounds), 1) * round;
  return yield* simulation(workload, { items: rounds * round, warmUpItems, seed });
}

/** The workload with its samples drawn again in stretches, as another run of the same program might have given them. */
function resampled(workload: Workload, seed: number): Workload {
  const random = new Random(seed);
  const stages = workload.stages.map((stage) => {
    const { cpuNs, waitNs } = stage.samples;
    const { length } = cpuNs;
    const block = blockLengthFor(total(cpuNs) > total(waitNs) ? cpuNs : waitNs);
    const from = resampledIndexes(length, block, random);
    const drawn = (values: Float64Array): Float64Array =>
      Float64Array.from(from, (index) => values[index] ?? 0);
    return { ...stage, samples: { cpuNs: drawn(cpuNs), waitNs: drawn(waitNs) } };
  });
  return { ...workload, stages };
}

const total = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

/** How well the present throughput is known: standard error of its mean over blocks, relative to it. */
function noiseOf({ blockRates, throughputPerSec }: OperatingPoint): number {
  if (blockRates.length < 2 || throughputPerSec <= 0) return 0;
  return deviation(blockRates) / Math.sqrt(blockRates.length) / throughputPerSec;
}

function around(mid: number, deviation: number): Interval {
  const factor = Math.exp(Z90 * deviation);
  return { low: mid / factor, mid, high: mid * factor };
}
