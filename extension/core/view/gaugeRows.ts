/** The rows of gauges: which a process has, and what stands behind each. */
import { GaugeName } from '../../../agent/wire/format.js';
import {
  coresOf,
  isOwnLane,
  pidOf,
  titleOf,
  type Process,
  type Thread,
} from '../model/entities.js';
import type { GaugeSeries } from '../model/series.js';
import type { TraceStore } from '../model/store.js';
import type { GaugeRow, GaugesRow, GaugeUnit } from '../panel/rows.js';
import { GaugeHistory, type Fold } from './gaugeHistory.js';
import { HeldPart } from './heldGauge.js';
import { GcPart, JoinedPart, SampledPart, type GaugePart } from './gaugeParts.js';

/** Gauges that the agent does not know, of imported traces: so many have rows. */
export const MAX_OTHER_ROWS = 32;

/** More worker threads than this share a row for each measure. */
export const MAX_WORKER_ROWS = 8;

/** From here on a figure is a bad sign. */
const WARN_LOOP_DELAY_NS = 50e6;
const WARN_LOOP_SHARE = 0.95;
const WARN_THROTTLED_SHARE = 0.01;
/** Of a device's memory: beyond it a larger batch may not fit. */
const GPU_MEMORY_FULL = 0.9;

/** A row and what its values come from. */
export interface GaugeTarget {
  readonly rowId: number;
  readonly label: string;
  readonly process: Process;
  readonly thread: string | null;
  readonly unit: GaugeUnit;
  readonly part: GaugePart;
  /** Whose collections a hit can name; null: the row shows none. */
  readonly gc: Thread['gc'] | null;
  readonly warnAbove: number | null;
  /** The axis ends here or at the highest value; for cores at what there are. */
  readonly leastScale: number;
  /** What there is of it, where the machine's description does not say. */
  readonly limit?: number;
}

/** What is told of a measure beside its values. */
type Look = Pick<GaugeTarget, 'label' | 'unit'> &
  Partial<Pick<GaugeTarget, 'warnAbove' | 'leastScale' | 'limit'>>;

const ownGauges: ReadonlySet<string> = new Set(Object.values(GaugeName));

/** What a foreign gauge counts, by its name. */
function unitOf(name: string): GaugeUnit {
  const isBytes = /bytes|memory|\bheap\b|\brss\b/i.test(name);
  return isBytes && !/[kmg]i?b\b|count|number|percent/i.test(name) ? 'bytes' : 'count';
}

function nameOf({ declared, tenants }: Thread): string {
  return tenants.label ?? declared?.thread ?? '';
}

/** Knows the gauge rows of a session; their ids stay. */
export class GaugeRows {
  readonly #newRowId: () => number;
  readonly #ids = new WeakMap<object, Map<string, number>>();
  readonly #heldParts = new WeakMap<GaugeSeries, HeldPart>();
  readonly #histories = new WeakMap<Thread, Map<string, GaugeHistory>>();

  constructor(newRowId: () => number) {
    this.#newRowId = newRowId;
  }

  /** One group per process that measured anything. */
  rows(store: TraceStore): readonly GaugesRow[] {
    return [...store.processes.values()].flatMap((process) => {
      const gauges = this.#targetsOf(process).map(rowOf);
      if (gauges.length === 0) return [];
      const id = this.#id(process, 'group');
      return [
        { kind: 'gauges' as const, id, process: pidOf(process), title: titleOf(process), gauges },
      ];
    });
  }

  /** What stands behind the rows. */
  targets(store: TraceStore): readonly GaugeTarget[] {
    return [...store.processes.values()].flatMap((process) => this.#targetsOf(process));
  }

  #targetsOf(process: Process): readonly GaugeTarget[] {
    const own = [...process.threads.values()].filter((t) => isOwnLane(t) && t.gauges.size > 0);
    const isMain = (thread: Thread): boolean => thread.declared?.thread === 'main';
    const workers = own.filter((thread) => !isMain(thread));
    workers.sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true }));
    const targets = own
      .filter(isMain)
      .flatMap((main) => [...this.#mainTargets(main), ...this.#otherTargets(main)]);
    if (workers.length > MAX_WORKER_ROWS) {
      return [...targets, ...this.#joinedTargets(process, workers)];
    }
    return [...targets, ...workers.flatMap((worker) => this.#workerTargets(worker))];
  }

  #mainTargets(main: Thread): readonly GaugeTarget[] {
    const sampled = (name: string, look: Look, fold: Fold = 'mean'): readonly GaugeTarget[] =>
      this.#sampled(main, { name, look, fold, thread: null });
    const ofMain = (target: GaugeTarget): GaugeTarget => ({ ...target, thread: nameOf(main) });
    const delay: Look = {
      label: 'event loop delay',
      unit: 'ns',
      warnAbove: WARN_LOOP_DELAY_NS,
      leastScale: WARN_LOOP_DELAY_NS,
    };
    const busy: Look = { label: 'event loop busy', unit: 'share', warnAbove: WARN_LOOP_SHARE };
    const held: Look = {
      label: 'held by quota',
      unit: 'share',
      warnAbove: WARN_THROTTLED_SHARE,
      leastScale: 0.1,
    };
    return [
      ...sampled(GaugeName.eventLoopDelayNs, delay, 'max').map(ofMain),
      ...sampled(GaugeName.eventLoopUtilization, busy).map(ofMain),
      ...sampled(GaugeName.gilDelayNs, { ...delay, label: 'interpreter lock delay' }, 'max').map(
        ofMain,
      ),
      ...this.#collections(main, 'garbage collection').map(ofMain),
      ...sampled(GaugeName.cpuCores, { label: 'CPU, cores', unit: 'cores' }),
      ...sampled(GaugeName.throttled, held),
      ...sampled(
        GaugeName.rssBytes,
        { label: 'memory, resident', unit: 'bytes', leastScale: 0 },
        'max',
      ),
      ...sampled(GaugeName.gpuUtilization, { label: 'GPU busy', unit: 'share' }),
      ...sampled(GaugeName.gpuMemoryBytes, this.#gpuMemory(main), 'max'),
    ];
  }

  /** Memory of a device against its limit. */
  #gpuMemory(main: Thread): Look {
    const limits = main.gauges.get(GaugeName.gpuMemoryLimitBytes)?.value;
    const limit = limits === undefined || limits.length === 0 ? 0 : limits.at(limits.length - 1);
    return {
      label: 'GPU memory',
      unit: 'bytes',
      leastScale: limit,
      ...(limit > 0 ? { warnAbove: limit * GPU_MEMORY_FULL, limit } : {}),
    };
  }

  #otherTargets(main: Thread): readonly GaugeTarget[] {
    const others = [...main.gauges].filter(
      ([name, s]) => !ownGauges.has(name) && s.atNs.length > 0,
    );
    return others.slice(0, MAX_OTHER_ROWS).map(([name, series]) => ({
      rowId: this.#id(main, name),
      label: name,
      process: main.process,
      thread: null,
      unit: unitOf(name),
      part: this.#held(series),
      gc: null,
      warnAbove: null,
      leastScale: 0,
    }));
  }

  #held(series: GaugeSeries): HeldPart {
    const part = this.#heldParts.get(series) ?? new HeldPart(series);
    this.#heldParts.set(series, part);
    return part;
  }

  #workerTargets(worker: Thread): readonly GaugeTarget[] {
    const thread = nameOf(worker);
    const look: Look = { label: `${thread} CPU`, unit: 'share' };
    return [
      ...this.#sampled(worker, { name: GaugeName.threadCpu, look, fold: 'mean', thread }),
      ...this.#collections(worker, `${thread} GC`),
    ];
  }

  #joinedTargets(process: Process, workers: readonly Thread[]): readonly GaugeTarget[] {
    const all = workers.flatMap((worker) => this.#workerTargets(worker));
    const join = (targets: readonly GaugeTarget[], by: 'sum' | 'mean'): readonly GaugeTarget[] => {
      const unit = by === 'sum' ? 'cores' : 'share';
      const what = by === 'sum' ? 'CPU' : 'GC';
      if (targets.length === 0) return [];
      return [
        {
          rowId: this.#id(process, what),
          label: `${what}, ${by} of ${targets.length} workers`,
          process,
          thread: null,
          unit,
          part: new JoinedPart(
            targets.map((t) => t.part),
            by,
          ),
          gc: null,
          warnAbove: null,
          leastScale: 1,
        },
      ];
    };
    return [
      ...join(
        all.filter((t) => t.gc === null),
        'sum',
      ),
      ...join(
        all.filter((t) => t.gc !== null),
        'mean',
      ),
    ];
  }

  #sampled(
    owner: Thread,
    of: { readonly name: string; look: Look; fold: Fold; thread: string | null },
  ): readonly GaugeTarget[] {
    const history = this.#history(owner, of.name);
    if (history === null) return [];
    return [
      {
        rowId: this.#id(owner, of.name),
        process: owner.process,
        thread: of.thread,
        part: new SampledPart(history, of.fold),
        gc: null,
        warnAbove: null,
        leastScale: 1,
        ...of.look,
      },
    ];
  }

  #collections(thread: Thread, label: string): readonly GaugeTarget[] {
    const loop = this.#history(thread, GaugeName.eventLoopUtilization);
    if (loop === null || thread.gc.length === 0) return [];
    return [
      {
        rowId: this.#id(thread, 'gc'),
        label,
        process: thread.process,
        thread: nameOf(thread),
        unit: 'share',
        part: new GcPart(thread.gc, loop),
        gc: thread.gc,
        warnAbove: null,
        leastScale: 1,
      },
    ];
  }

  #history(thread: Thread, name: string): GaugeHistory | null {
    const series = thread.gauges.get(name);
    if (series === undefined || series.atNs.length === 0) return null;
    const known = this.#histories.get(thread) ?? new Map<string, GaugeHistory>();
    this.#histories.set(thread, known);
    let history = known.get(name);
    if (history === undefined) {
      history = new GaugeHistory(series, () => thread.gauges.get(GaugeName.eventLoopDelayNs));
      known.set(name, history);
    }
    return history;
  }

  #id(owner: object, what: string): number {
    const known = this.#ids.get(owner) ?? new Map<string, number>();
    this.#ids.set(owner, known);
    const id = known.get(what) ?? this.#newRowId();
    known.set(what, id);
    return id;
  }
}

function rowOf(target: GaugeTarget): GaugeRow {
  const { rowId, label, thread, unit, warnAbove, process } = target;
  const total = target.part.total();
  // A mean of longest delays would be the mean of nothing that anybody waited for.
  const mean = unit === 'ns' ? null : (total?.mean ?? null);
  const max = total?.max ?? null;
  const limit = unit === 'cores' ? coresOf(process) : (target.limit ?? null);
  const scaleMax = Math.max(limit ?? target.leastScale, max ?? 0, 1e-9);
  return { id: rowId, label, thread, unit, mean, max, scaleMax, warnAbove, limit };
}
