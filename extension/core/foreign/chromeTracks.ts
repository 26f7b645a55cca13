/** Processes and threads of a Chrome trace, with the slices of each. */
import type { ChromeEvent, ChromeId } from './chromeEvent.js';
import type { ForeignProcess, ForeignTrace, ThreadTrack } from './foreignTrace.js';
import type { SampleTable } from './sampleTable.js';

/** Begin events of one thread that may wait for their end. */
const MAX_OPEN = 10_000;

/**
 * Where a slice belongs. Kineto puts what ran on a GPU and the names that the program gave to stretches of it on the same
 * `thread`; they overlap, so they are tracks of their own.
 */
export type SliceClass = 'host' | 'gpu' | 'annotation';

/** A thread of the file. */
export interface ChromeThread {
  readonly id: ChromeId;
  readonly process: ChromeProcess;
  /** From metadata; empty without. */
  name: string;
  /** Number of the category of the first slice. */
  firstCategory: number;
  readonly tracks: Partial<Record<SliceClass, ThreadTrack>>;
  readonly open: { readonly name: number; readonly startNs: number }[];
  samples: SampleTable | null;
}

/** A process of the file, or a GPU, or whatever the tool took a number for. */
export interface ChromeProcess {
  readonly id: ChromeId;
  readonly foreign: ForeignProcess;
  name: string;
  labels: string;
  readonly threads: Map<ChromeId, ChromeThread>;
}

/** Keeps the slices of all threads. */
export class ChromeTracks {
  readonly processes = new Map<ChromeId, ChromeProcess>();
  /** Begins without an end, ends without a begin, slices that end before they begin. */
  unclosed = 0;
  unopened = 0;
  negative = 0;
  /** The newest moment. */
  newestNs = -Infinity;
  readonly #trace: ForeignTrace;
  #last: ChromeThread | null = null;

  constructor(trace: ForeignTrace) {
    this.#trace = trace;
  }

  process(id: ChromeId): ChromeProcess {
    const known = this.processes.get(id);
    if (known !== undefined) return known;
    const pid = typeof id === 'number' && Number.isInteger(id) ? id : null;
    const foreign = this.#trace.addProcess(pid, '', 'Chrome trace');
    const process = { id, foreign, name: '', labels: '', threads: new Map() };
    // Beyond the limit on processes the last one stands for all others.
    const last = [...this.processes.values()].at(-1);
    const made = last?.foreign === foreign ? last : process;
    this.processes.set(id, made);
    return made;
  }

  thread(pid: ChromeId, tid: ChromeId): ChromeThread {
    const last = this.#last;
    if (last?.id === tid && last.process.id === pid) return last;
    const process = this.process(pid);
    let thread = process.threads.get(tid);
    if (thread === undefined) {
      const fresh = { name: '', firstCategory: 0, samples: null };
      thread = { id: tid, process, tracks: {}, open: [], ...fresh };
      process.threads.set(tid, thread);
    }
    this.#last = thread;
    return thread;
  }

  /** A slice with both ends. `item` + 1, 0 without. */
  complete(event: ChromeEvent, at: { startNs: number; of: SliceClass; extra: number }): void {
    const { durUs, durNs } = event;
    const durationNs = Number.isNaN(durUs) ? 0 : durUs * 1000 + durNs;
    if (durationNs < 0) {
      this.negative++;
      return;
    }
    const { startNs, of, extra } = at;
    this.newestNs = Math.max(this.newestNs, startNs + durationNs);
    if (!this.#trace.admit()) return;
    const thread = this.#threadOf(event);
    this.#track(thread, of).slices.add({ startNs, durationNs, name: event.name, extra });
  }

  begin(event: ChromeEvent, startNs: number): void {
    this.newestNs = Math.max(this.newestNs, startNs);
    const { open } = this.#threadOf(event);
    if (open.length < MAX_OPEN) open.push({ name: event.name, startNs });
    else this.unclosed++;
  }

  end(event: ChromeEvent, endNs: number): void {
    this.newestNs = Math.max(this.newestNs, endNs);
    const thread = this.#threadOf(event);
    const opened = thread.open.pop();
    if (opened === undefined) this.unopened++;
    else this.#close(thread, opened, endNs);
  }

  /** Slices that never end are shown to the end of the trace. */
  finish(): void {
    for (const { threads } of this.processes.values()) {
      for (const thread of threads.values()) {
        for (const opened of thread.open.splice(0).reverse()) {
          this.unclosed++;
          this.#close(thread, opened, this.newestNs);
        }
      }
    }
  }

  #close(thread: ChromeThread, opened: ChromeThread['open'][number], endNs: number): void {
    const durationNs = endNs - opened.startNs;
    if (durationNs < 0) this.negative++;
    else if (this.#trace.admit()) {
      const { slices } = this.#track(thread, 'host');
      slices.add({ ...opened, durationNs, extra: 0 });
    }
  }

  #threadOf(event: ChromeEvent): ChromeThread {
    const thread = this.thread(event.pid, event.tid);
    if (thread.firstCategory === 0) thread.firstCategory = event.category;
    return thread;
  }

  #track(thread: ChromeThread, of: SliceClass): ThreadTrack {
    return (thread.tracks[of] ??= this.#trace.addThread(thread.process.foreign, {
      stage: '',
      thread: '',
      stageKind: of === 'host' ? 'cpu' : 'gpu',
      isGpu: of === 'gpu',
      hasSpans: true,
    }));
  }
}
