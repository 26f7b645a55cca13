/** Stretches of a session in which no knob of a pipeline was turned, and the settings that were in force in each. */
import { pidOf, type Knob, type Process } from '../model/entities.js';
import type { KnobChange, TraceStore } from '../model/store.js';
import { pipelineNameFor, type Pipeline } from '../analysis/topology.js';
import type { KnobSetting } from './operatingPoint.js';
import type { Stretch } from './steadyWindow.js';

/** A stretch and its settings. */
export interface Epoch extends Stretch {
  readonly knobs: readonly KnobSetting[];
}

/** Changes that follow each other faster were made together. */
const TOGETHER_NS = 100e6;
/** Epochs of a session that are looked at: the newest. */
const MAX_EPOCHS = 24;

/** The knobs of a pipeline, in the order in which they were declared. */
export function knobsOf(store: TraceStore, pipeline: Pipeline): readonly Knob[] {
  return [...processesOf(pipeline)].flatMap((process) =>
    [...process.knobs.values()].filter((knob) => isOf(store, pipeline, knob)),
  );
}

/** The processes in which a pipeline has stages or queues. */
export function processesOf({ stages, queues }: Pipeline): ReadonlySet<Process> {
  return new Set([...stages.map((s) => s.process), ...queues.map((q) => q.queue.process)]);
}

function isOf(store: TraceStore, pipeline: Pipeline, { process, declared }: Knob): boolean {
  const { stage, queue, pipeline: name, via } = declared;
  if (pipelineNameFor(store, process, { pipeline: name, via }) === pipeline.name) return true;
  return (
    pipeline.stages.some((s) => s.process === process && s.name === stage) ||
    pipeline.queues.some((q) => q.queue.process === process && q.queue.name === queue)
  );
}

/** Settings in time order; the last epoch is the present one. */
export function epochsOf(store: TraceStore, pipeline: Pipeline, window: Stretch): readonly Epoch[] {
  const knobs = knobsOf(store, pipeline);
  const values = new Map(knobs.map((knob) => [knob, knob.value]));
  const changes = store.knobChanges.filter((change) => knobOf(knobs, change) !== undefined);
  const epochs: Epoch[] = [];
  let toNs = window.toNs;
  // Backwards: only the present values are known for sure.
  for (const change of changes.toSorted((a, b) => b.atNs - a.atNs)) {
    const knob = knobOf(knobs, change);
    if (knob === undefined) continue;
    if (change.atNs < toNs - TOGETHER_NS) {
      epochs.push({ fromNs: change.atNs, toNs, knobs: settings(values) });
      toNs = change.atNs;
      if (epochs.length >= MAX_EPOCHS) return epochs.reverse();
    } else toNs = Math.min(toNs, change.atNs);
    values.set(knob, change.from);
  }
  if (toNs > window.fromNs) {
    epochs.push({ fromNs: window.fromNs, toNs, knobs: settings(values) });
  }
  return epochs.reverse();
}

function knobOf(knobs: readonly Knob[], change: KnobChange): Knob | undefined {
  return knobs.find(
    ({ process, declared }) => process.provider === change.provider && declared.id === change.knob,
  );
}

function settings(values: ReadonlyMap<Knob, number | null>): readonly KnobSetting[] {
  return [...values].map(([{ process, declared }, value]) => {
    const { id, name, knobKind: kind, stage, queue, min, max, live, source } = declared;
    const setting = { name, kind, stage, queue, value, min, max, live };
    const isPython = source?.file.endsWith('.py') === true;
    return { id: `${pidOf(process)}:${id}`, ...setting, ...(isPython ? { isPython } : {}) };
  });
}
