/**
 * Devices as stages: what was submitted to a device runs in the order in which it was submitted, so a device is a stage with
 * one lane, an execution lasts from the submission (or the end of the one before it) until the device is done, and what was
 * submitted meanwhile is its queue. Passes stand below their execution.
 *
 * Devices of one adapter are one stage, because programs may make a device for each request.
 */
import { FIRST_RUN_SUFFIX } from '../wire/format.js';
import type { QueueProbe, Recorder, StageProbe } from '../src/probe.js';

const VIA = 'webgpu';

/** A pass in time of the host. */
export interface HostPass {
  readonly name: string;
  readonly isFirst: boolean;
  readonly startNs: number;
  readonly endNs: number;
}

/** One submission, finished. */
export interface DeviceWork {
  readonly submittedNs: number;
  readonly doneNs: number;
  /** Another one was there when it ended, so the device went straight on. */
  readonly hasNext: boolean;
  readonly failed: boolean;
  readonly passes: readonly HostPass[];
}

/** A stage for all devices of an adapter. */
export class DeviceStage {
  readonly #probe: StageProbe;
  readonly #queue: QueueProbe;
  #waiting = 0;
  /** By slot: executions on a lane must not overlap. */
  readonly #laneEndsNs = new Map<number, number>();

  constructor(recorder: Recorder, name: string) {
    this.#probe = recorder.stage({ name, kind: 'gpu', parallelism: 1, via: VIA });
    const stage = this.#probe.name;
    this.#queue = recorder.queue({ name: `${stage} queue`, to: stage, via: VIA });
  }

  /** A device begins to work. */
  begin(): number {
    return this.#probe.begin();
  }

  cancel(slot: number): void {
    this.#probe.cancel(slot);
  }

  /** This many more (or fewer) submissions wait. */
  waits(change: number, atNs: number): void {
    if (change === 0) return;
    this.#waiting = Math.max(0, this.#waiting + change);
    this.#queue.depth(this.#waiting, atNs);
  }

  /** Records what has run on a slot and gives it back. Returns when it ended. */
  end(slot: number, work: DeviceWork): number {
    const { submittedNs, doneNs, passes } = work;
    const startNs = Math.max(submittedNs, this.#laneEndsNs.get(slot) ?? 0);
    const lastNs = passes.reduce((last, { endNs }) => Math.max(last, endNs), 0);
    const endNs = Math.max(startNs, work.hasNext && lastNs > 0 ? Math.min(lastNs, doneNs) : doneNs);
    let atNs = startNs;
    for (const { name, isFirst, ...times } of passes) {
      // Passes of one submission may run side by side, and clocks are not exact; spans of a lane must not overlap.
      const from = Math.min(Math.max(times.startNs, atNs), endNs);
      atNs = Math.min(Math.max(times.endNs, from), endNs);
      this.#probe.gpu(slot, isFirst ? `${name}${FIRST_RUN_SUFFIX}` : name, from, atNs);
    }
    const waitedNs = Math.max(0, startNs - submittedNs);
    this.#probe.end(slot, startNs, endNs, {
      item: undefined,
      items: 1,
      failed: work.failed,
      waitedNs,
    });
    this.#laneEndsNs.set(slot, endNs);
    return endNs;
  }
}

/** The stages of a thread's devices. */
export class DeviceStages {
  readonly #recorder: Recorder;
  readonly #stages = new Map<string, DeviceStage>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The stage for devices of an adapter, which has one of a few names. */
  of(name: string): DeviceStage {
    const known = this.#stages.get(name);
    if (known !== undefined) return known;
    const stage = new DeviceStage(this.#recorder, name);
    this.#stages.set(name, stage);
    return stage;
  }
}
