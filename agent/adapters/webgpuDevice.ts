/** A device of a program: follows its submissions from the call to the end, and times its passes. */
import type { Recorder } from '../src/probe.js';
import { GpuClock, QuantumFinder } from './gpuClock.js';
import {
  TIMESTAMPS,
  type GpuDevice,
  type GpuEncoder,
  type GpuNatives,
  type GpuQueue,
} from './webgpuShapes.js';
import type { DeviceStage, DeviceStages, HostPass } from './webgpuStage.js';
import { TimingSlots, type NamedPass, type TimedPass, type TimingSlot } from './webgpuTiming.js';

/** Submissions of a device that are followed at once; the device's answers are promises, and each costs memory. */
const MAX_OPEN = 1024;
/** Empty passes that set the clock, so that the first real one has a place. */
const CALIBRATIONS = 4;

const NO_TIMESTAMPS =
  'this device has no timestamp queries, so work on it is timed from the submission to its end as the program hears of it: ' +
  'passes are not told apart, and how long the device really computed is not known';

/** What is under way on the device. */
interface Submission {
  readonly submittedNs: number;
  /** 0: not yet. */
  doneNs: number;
  passes: readonly TimedPass[];
}

/** What a device's taps share in a thread. */
export interface DeviceContext {
  readonly recorder: Recorder;
  readonly natives: GpuNatives;
  readonly stages: DeviceStages;
}

/** Follows one device. Knows it weakly: a device that the program drops goes, and this with it. */
export class DeviceTap {
  readonly #context: DeviceContext;
  readonly #device: WeakRef<GpuDevice>;
  readonly #name: string;
  readonly #slots = new TimingSlots();
  readonly #clock = new GpuClock();
  readonly #quantum = new QuantumFinder();
  readonly #isTimed: boolean;
  readonly #open: Submission[] = [];
  #stage: DeviceStage | undefined;
  /** Of the submission that runs; undefined: none does. */
  #lane: number | undefined;
  #errors = 0;
  #isCalibrated = false;
  #isOver = false;

  /** `name`: what the device is called in the panel. */
  constructor(context: DeviceContext, device: GpuDevice, name: string) {
    this.#context = context;
    this.#device = new WeakRef(device);
    this.#name = name;
    this.#isTimed = device.features.has(TIMESTAMPS);
    device.addEventListener('uncapturederror', () => {
      this.#errors++;
    });
    device.lost.then(
      ({ reason, message }) => {
        if (reason !== 'destroyed') this.#note('lost', `a GPU device was lost: ${message}`);
        this.close();
      },
      () => undefined,
    );
  }

  get #canTime(): boolean {
    return this.#isTimed && !this.#isOver;
  }

  /** A slot for the passes of an encoder that has none yet. */
  slotFor(encoder: object): TimingSlot | undefined {
    const device = this.#device.deref();
    if (device === undefined || !this.#canTime) return undefined;
    this.#calibrate(device);
    return this.#slots.take(device, encoder);
  }

  /** The encoder of a slot is finished: the slot belongs to what it has become, or is free when it failed. */
  finished(slot: TimingSlot, buffer: object | undefined): void {
    if (buffer === undefined) this.#slots.release(slot);
    else this.#slots.handOver(slot, buffer);
  }

  /** Work went to the device's queue at `submittedNs`. */
  submitted(queue: GpuQueue, submittedNs: number, slots: readonly TimingSlot[]): void {
    if (this.#isOver) return;
    for (const slot of slots) this.#slots.handOver(slot, null);
    if (this.#open.length >= MAX_OPEN) {
      this.#note(
        'open',
        `more than ${MAX_OPEN} submissions wait for a device; those beyond are not recorded`,
      );
      for (const slot of slots) this.#readLater(slot);
      return;
    }
    if (!this.#isTimed) this.#note('timestamps', NO_TIMESTAMPS);
    const submission: Submission = { submittedNs, doneNs: 0, passes: [] };
    this.#open.push(submission);
    this.#stage ??= this.#context.stages.of(this.#name);
    if (this.#lane === undefined) this.#lane = this.#stage.begin();
    else this.#stage.waits(1, submittedNs);
    const reads = slots.map(async (slot) => await this.#read(slot));
    const done = reads.length > 0 ? Promise.all(reads) : queue.onSubmittedWorkDone();
    done.then(
      (passes) => {
        submission.doneNs = this.#context.recorder.now();
        submission.passes = Array.isArray(passes) ? (passes as TimedPass[][]).flat() : [];
        this.#settle();
      },
      () => {
        this.#errors++;
        submission.doneNs = this.#context.recorder.now();
        this.#settle();
      },
    );
  }

  /** The device ends: nothing more will be heard of it, and nothing of ours stays on it. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#lane !== undefined) this.#stage?.cancel(this.#lane);
    this.#stage?.waits(1 - Math.max(this.#open.length, 1), this.#context.recorder.now());
    this.#lane = undefined;
    this.#open.length = 0;
    this.#slots.dispose();
  }

  async #read(slot: TimingSlot): Promise<readonly TimedPass[]> {
    const passes = await slot.read();
    this.#slots.release(slot);
    return passes;
  }

  /** Only to have the slot back. */
  #readLater(slot: TimingSlot): void {
    this.#read(slot).catch(() => undefined);
  }

  /** Records what has ended, in the order in which it was submitted. */
  #settle(): void {
    for (let first = this.#open[0]; first !== undefined && first.doneNs > 0;) {
      this.#record(first);
      this.#open.shift();
      first = this.#open[0];
    }
  }

  #record(work: Submission): void {
    const stage = this.#stage;
    if (stage === undefined || this.#lane === undefined || this.#isOver) return;
    const { submittedNs, doneNs } = work;
    this.#learn(work);
    const next = this.#open[1];
    const hasNext = next !== undefined && next.submittedNs < doneNs;
    const passes = work.passes.map((pass): HostPass => {
      const { name, isFirst, begin, end } = pass;
      return {
        name,
        isFirst,
        startNs: this.#clock.toHostNs(begin),
        endNs: this.#clock.toHostNs(end),
      };
    });
    const failed = this.#errors > 0;
    this.#errors = 0;
    const endNs = stage.end(this.#lane, { submittedNs, doneNs, hasNext, failed, passes });
    this.#lane = undefined;
    if (next === undefined) return;
    this.#lane = stage.begin();
    stage.waits(-1, Math.max(endNs, next.submittedNs));
  }

  /** Shows the timestamps to those who learn from them. */
  #learn({ submittedNs, doneNs, passes }: Submission): void {
    const first = passes[0];
    if (first === undefined) return;
    let [begin, end] = [first.begin, first.end];
    for (const pass of passes) {
      if (pass.begin < begin) begin = pass.begin;
      if (pass.end > end) end = pass.end;
      this.#quantum.add(pass.begin);
      this.#quantum.add(pass.end);
    }
    const quantumNs = this.#quantum.quantumNs ?? 0;
    this.#clock.observe({ submittedNs, doneNs, begin, end }, quantumNs);
    if (quantumNs > 0) this.#note('quantum', quantumText(quantumNs));
  }

  /** Empty passes of our own, which the device has done at once: they bound its clock closely. */
  #calibrate(device: GpuDevice): void {
    if (this.#isCalibrated) return;
    this.#isCalibrated = true;
    this.#emptyPass(device, CALIBRATIONS);
  }

  #emptyPass(device: GpuDevice, left: number): void {
    if (left === 0 || this.#isOver) return;
    const { natives, recorder } = this.#context;
    const encoder: GpuEncoder = Reflect.apply(natives.createCommandEncoder, device, []);
    const slot = this.#slots.take(device, encoder);
    if (slot === undefined) return;
    const pass: NamedPass = { name: '', isFirst: false };
    natives.end.call(natives.beginComputePass.call(encoder, slot.timed(undefined, pass)));
    slot.encodeCopy(encoder);
    const buffer = natives.finish.call(encoder);
    const submittedNs = recorder.now();
    natives.submit.call(device.queue, [buffer]);
    this.#slots.handOver(slot, null);
    this.#read(slot).then(
      (passes) => {
        this.#learn({ submittedNs, doneNs: recorder.now(), passes });
        const again = this.#device.deref();
        if (again !== undefined) this.#emptyPass(again, left - 1);
      },
      () => undefined,
    );
  }

  #note(code: string, message: string): void {
    this.#context.recorder.note(`webgpu:${code}`, `${this.#name}: ${message}`);
  }
}

function quantumText(quantumNs: number): string {
  const step = `${(quantumNs / 1000).toLocaleString('en-US')} µs`;
  return (
    `the device's timestamps come in steps of ${step}, so a single pass is known to that and shorter ones read as 0 or one step; ` +
    "sums over many are right. Dawn rounds them by default: create(['disable-dawn-features=timestamp_quantization']) gives nanoseconds"
  );
}
