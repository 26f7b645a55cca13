/** The drain thread's own view of threads and quotas, four times a second, in a ring of its own. */
import { EventWriter, type Lane } from '../eventWriter.js';
import { Ref } from '../names.js';
import { createRing, RingWriter } from '../ring.js';
import { CpuQuota } from './cgroup.js';
import { GpuWatch } from './gpuWatch.js';
import { OsThreads } from './osThreads.js';

const PERIOD_NS = 250e6;
/** Two records a thread and round; the drain empties it every round. */
const RING_BYTES = 64 * 1024;

/** Owns the ring; the drain reads it like any other. */
export class MachineGauges {
  /** The ring that the gauges are written to. */
  readonly ring = createRing(RING_BYTES);
  readonly #events: EventWriter;
  readonly #threads: OsThreads;
  readonly #quota = new CpuQuota();
  readonly #gpu = new GpuWatch();
  #mainLane: Lane | undefined;
  #lastNs = 0;
  #throttledNs: number | null;

  constructor() {
    this.#events = new EventWriter(new RingWriter(this.ring));
    this.#threads = new OsThreads(this.#events);
    this.#throttledNs = this.#quota.throttledNs();
  }

  /** Cores that the process may use by its quota; null: no quota. */
  get quotaCores(): number | null {
    return this.#quota.cores;
  }

  /** A thread has begun to record; `tid` is from `osThreadId`. Gauges of the process stand on the main thread's lane. */
  threadBegan(threadId: number, tid: number | undefined, lane: Lane, nowNs: number): void {
    if (threadId === 0) this.#mainLane = lane;
    if (tid !== undefined) this.#threads.add(threadId, tid, lane, nowNs);
  }

  threadEnded(threadId: number): void {
    this.#threads.remove(threadId);
  }

  /** The program has a stage on a GPU. */
  watchGpu(): void {
    this.#gpu.begin();
  }

  /** Nothing is sampled any more. */
  dispose(): void {
    this.#gpu.dispose();
  }

  /** Writes the gauges when it is time. */
  sample(nowNs: number): void {
    const elapsedNs = nowNs - this.#lastNs;
    if (elapsedNs < PERIOD_NS) return;
    this.#lastNs = nowNs;
    this.#threads.sample(nowNs);
    if (this.#mainLane !== undefined) this.#writeGpu(this.#mainLane, nowNs);
    const throttledNs = this.#quota.throttledNs();
    if (throttledNs !== null && this.#throttledNs !== null && this.#mainLane !== undefined) {
      const share = (throttledNs - this.#throttledNs) / elapsedNs;
      this.#events.gauge(this.#mainLane, Ref.throttled, Math.max(share, 0), nowNs);
    }
    this.#throttledNs = throttledNs;
  }

  #writeGpu(lane: Lane, nowNs: number): void {
    const { utilization, memoryBytes, memoryLimitBytes } = this.#gpu.sample();
    if (utilization !== null) this.#events.gauge(lane, Ref.gpuUtilization, utilization, nowNs);
    if (memoryBytes !== null) this.#events.gauge(lane, Ref.gpuMemoryBytes, memoryBytes, nowNs);
    if (memoryLimitBytes !== null) {
      this.#events.gauge(lane, Ref.gpuMemoryLimitBytes, memoryLimitBytes, nowNs);
    }
  }
}
