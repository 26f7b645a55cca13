/** What a gauge was at a moment. */
import { titleOf, type Thread } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import type { HitReply } from '../panel/hit.js';
import { GAUGE_GAP } from './gaugeHistory.js';
import { SampledPart } from './gaugeParts.js';
import { HeldPart } from './heldGauge.js';
import type { GaugeTarget } from './gaugeRows.js';

/** What is shown around a moment where no sample of its own stands behind the value: the least stretch, in nanoseconds. */
const LEAST_STRETCH_NS = 1000;

/** The sample at the moment, with the time that it speaks about; else the value within the tolerance around it. */
export function gaugeHit(
  store: TraceStore,
  target: GaugeTarget,
  atNs: number,
  toleranceNs: number,
): HitReply['hit'] {
  const { label, process, thread, unit, part, gc } = target;
  const who = { kind: 'gauge' as const, label, process: titleOf(process), thread, unit };
  if (part instanceof SampledPart || part instanceof HeldPart) {
    const sample = part instanceof HeldPart ? part.sampleAt(atNs) : part.history.sampleAt(atNs);
    if (sample === null) return null;
    const { value, fromNs, toNs } = sample;
    return { ...who, value, startNs: fromNs, durationNs: toNs - fromNs, collection: null };
  }
  const halfNs = Math.max(toleranceNs, LEAST_STRETCH_NS / 2);
  const value = part.valueIn(atNs - halfNs, atNs + halfNs);
  if (Number.isNaN(value) || value === GAUGE_GAP) return null;
  const collection = gc === null ? null : collectionAt(store, gc, atNs, halfNs);
  return { ...who, value, startNs: atNs - halfNs, durationNs: 2 * halfNs, collection };
}

/** The last collection that began before the moment and reaches it, both within the tolerance. */
function collectionAt(
  store: TraceStore,
  gc: Thread['gc'],
  atNs: number,
  toleranceNs: number,
): { readonly name: string; readonly durationNs: number } | null {
  gc.settle();
  const index = gc.startNs.upperBound(atNs + toleranceNs) - 1;
  if (index < 0 || gc.endNs(index) + toleranceNs < atNs) return null;
  const name = store.spanNames[gc.first.at(index)] ?? '';
  return { name, durationNs: gc.durationNs.at(index) };
}
