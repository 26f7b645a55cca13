/**
 * What one knob at one other value would do, everything else as it is. The curves of the report (`whatIf.ts`) have a few values
 * and no intervals; this is worked out for exactly the value that somebody asks about, and says why when it cannot be.
 */
import { diagnose } from '../diagnosis/diagnose.js';
import { formatCount } from '../format.js';
import type { OperatingPoint } from '../measure/operatingPoint.js';
import type { Lever } from '../prediction/levers.js';
import { PipelineModel, type Prediction } from '../prediction/model.js';
import type { PipelineReport } from '../report/report.js';
import { whyNotModelled, whyNotYet } from './advise.js';

/** A change to look at: the id of a knob in the report, and the value that it would have. */
export interface KnobChange {
  readonly knob: string;
  readonly value: number;
}

/** What it would do; 90 % intervals. */
export interface PredictedChange extends Prediction {
  readonly kind: 'predicted';
  readonly from: number;
  readonly to: number;
  /** What it compares with: the steady part under the present setting. null: items could not be followed. */
  readonly present: {
    readonly throughputPerSec: number;
    readonly latencyP95Ns: number | null;
  };
}

/** A preview, or the reason why there is none: one sentence. */
export type KnobPreview =
  PredictedChange | { readonly kind: 'unpredicted'; readonly reason: string };

/** No preview, for this reason. */
export const unpredicted = (reason: string): KnobPreview => ({ kind: 'unpredicted', reason });

/** Works it out. `points`: those of the pipeline, the present one last. */
export function* previewKnob(
  { bottleneck, isShared, isImported, knobs }: PipelineReport,
  points: readonly OperatingPoint[],
  { knob, value }: KnobChange,
): Generator<undefined, KnobPreview> {
  if (isShared) return unpredicted('It belongs to a pool that pipelines share, not to a pipeline.');
  if (isImported) return unpredicted('Nothing is predicted for traces of other tools.');
  const point = points.at(-1);
  if (point === undefined) return unpredicted('There is no stretch of time to measure.');
  const diagnosis = diagnose({ point, seen: points, bottleneck, functionsOf: () => [] });
  yield;
  const doubt = whyNotYet(point, diagnosis);
  if (doubt !== null) return unpredicted(doubt);
  const model = yield* PipelineModel.of(point, points);
  const misfit = yield* whyNotModelled(model);
  if (misfit !== null) return unpredicted(misfit);
  const index = model.levers.findIndex((lever) => lever.knob.id === knob);
  const lever = model.levers[index];
  if (lever === undefined) return unpredicted(whyNoLever(knobs, knob));
  const beyond = whyBeyond(lever, value);
  if (beyond !== null) return unpredicted(beyond);
  const prediction = yield* model.predict(model.present.with(index, value));
  return {
    kind: 'predicted',
    from: lever.value,
    to: value,
    present: {
      throughputPerSec: point.throughputPerSec,
      latencyP95Ns: point.latencyNs?.p95 ?? null,
    },
    ...prediction,
  };
}

function whyNoLever(knobs: PipelineReport['knobs'], id: string): string {
  const knob = knobs.find((k) => k.id === id);
  if (knob?.kind === 'batchSize') {
    return 'It was seen with batches of one size only, so what a batch of another size costs is not known: try another size out.';
  }
  if (knob?.value === null) return 'It is unlimited now, so there is no value to compare with.';
  return 'The model does not know what this knob changes: it does not set the lanes, the queue or the batch of a stage that was measured.';
}

function whyBeyond({ kind, min, max }: Lever, value: number): string | null {
  if (value >= min && value <= max) return null;
  if (value < min) return `The smallest value is ${formatCount(min)}.`;
  const why =
    kind === 'lanes'
      ? 'twice of what was seen, or the cores where a stage computes'
      : 'a multiple of what was seen';
  return `The model speaks up to ${formatCount(max)} only (${why}); beyond that it would be a guess. Try it out instead.`;
}
