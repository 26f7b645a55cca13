/** Garbage collections of a thread, as spans of the category `runtime` on the thread's own lane. */
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { eventHeaderHi } from '../../wire/eventWords.js';
import { clockOffsetNs } from '../clock.js';
import { Ref } from '../names.js';
import type { ThreadLink } from '../threadLink.js';

const nameRefs = new Map<number, number>([
  [constants.NODE_PERFORMANCE_GC_MINOR, Ref.gcMinor],
  [constants.NODE_PERFORMANCE_GC_MAJOR, Ref.gcMajor],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, Ref.gcIncremental],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, Ref.gcWeakCallbacks],
]);

/**
 * Observes until the returned function is called. Node hands entries over when the event loop turns, so a thread that never
 * turns it must not be observed: its entries would pile up.
 */
export function observeGc(link: ThreadLink, isActive: () => boolean): () => void {
  const lane = link.ownLane;
  if (lane === undefined) return () => undefined;
  const observer = new PerformanceObserver((list) => {
    if (!isActive()) return;
    for (const entry of list.getEntries()) {
      const startNs = entry.startTime * 1e6 + clockOffsetNs;
      const nameRef = nameRefs.get(kindOf(entry)) ?? Ref.gcMajor;
      const headerHi = eventHeaderHi(Ref.runtime, nameRef);
      link.events.duration(lane, headerHi, startNs, startNs + entry.duration * 1e6);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => {
    observer.disconnect();
  };
}

function kindOf(entry: PerformanceEntry): number {
  // There since Node 16; the types know of it for other entries only.
  const detail: unknown = Reflect.get(entry, 'detail');
  const kind: unknown =
    typeof detail === 'object' && detail !== null ? Reflect.get(detail, 'kind') : undefined;
  return typeof kind === 'number' ? kind : -1;
}
