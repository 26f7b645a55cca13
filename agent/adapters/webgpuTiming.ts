/**
 * Timestamps around the passes of a device, without waiting for anything: each command encoder gets a slot with a query set
 * and two small buffers; when it is finished, a copy of its timestamps to the mappable buffer is encoded behind the program's
 * own commands; after the submission the buffer is mapped, which the device answers when it gets there. Then the slot is free
 * for another encoder. There are few slots; encoders beyond them are not timed.
 */
import {
  GpuUsage,
  MAP_MODE_READ,
  type GpuBuffer,
  type GpuDevice,
  type GpuEncoder,
  type GpuQuerySet,
} from './webgpuShapes.js';

/** Encoders of a device that are timed at once. */
const MAX_SLOTS = 32;
/** Passes of an encoder that are timed. */
const MAX_PASSES = 128;
const BYTES_PER_PASS = 16;

/** A pass of which nothing but its name is known yet. */
export interface NamedPass {
  name: string;
  /** Runs a pipeline for the first time, so compiling may be part of its time. */
  isFirst: boolean;
}

/** A pass with its timestamps. */
export interface TimedPass {
  readonly name: string;
  readonly isFirst: boolean;
  readonly begin: bigint;
  readonly end: bigint;
}

/** What one command encoder writes its timestamps to. */
export class TimingSlot {
  readonly #querySet: GpuQuerySet;
  readonly #resolved: GpuBuffer;
  readonly #readable: GpuBuffer;
  #passes: NamedPass[] = [];

  constructor(device: GpuDevice) {
    const size = MAX_PASSES * BYTES_PER_PASS;
    this.#querySet = device.createQuerySet({ type: 'timestamp', count: MAX_PASSES * 2 });
    this.#resolved = device.createBuffer({
      size,
      usage: GpuUsage.queryResolve | GpuUsage.copySource,
    });
    this.#readable = device.createBuffer({ size, usage: GpuUsage.mapRead | GpuUsage.copyTarget });
  }

  /** Options for a pass that is timed as well; undefined when there have been too many. */
  timed(options: object | undefined, pass: NamedPass): object | undefined {
    const index = this.#passes.length;
    if (index >= MAX_PASSES) return undefined;
    this.#passes.push(pass);
    const timestampWrites = {
      querySet: this.#querySet,
      beginningOfPassWriteIndex: index * 2,
      endOfPassWriteIndex: index * 2 + 1,
    };
    // The program's options stay behind it, whatever they are made of.
    return Object.create(options ?? Object.prototype, {
      timestampWrites: { value: timestampWrites, enumerable: true },
    }) as object;
  }

  /** Encodes the copy of the timestamps, behind the last pass. */
  encodeCopy(encoder: GpuEncoder): void {
    const count = this.#passes.length;
    encoder.resolveQuerySet(this.#querySet, 0, count * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#readable, 0, count * BYTES_PER_PASS);
  }

  /** The passes with their times, as soon as the device has run them. Rejects when the device is lost or destroyed. */
  async read(): Promise<readonly TimedPass[]> {
    const passes = this.#passes;
    await this.#readable.mapAsync(MAP_MODE_READ);
    const bytes = this.#readable.getMappedRange(0, passes.length * BYTES_PER_PASS);
    const values = new BigUint64Array(bytes).slice();
    this.#readable.unmap();
    return passes.flatMap(({ name, isFirst }, i) => {
      const begin = values[i * 2] ?? 0n;
      const end = values[i * 2 + 1] ?? 0n;
      // Queries that were never written read as 0.
      return begin === 0n || end < begin
        ? []
        : [{ name: name === '' ? 'pass' : name, isFirst, begin, end }];
    });
  }

  /** Ready for the next encoder. */
  reset(): void {
    this.#passes = [];
  }

  dispose(): void {
    this.#querySet.destroy();
    this.#resolved.destroy();
    this.#readable.destroy();
  }
}

/** The slots of a device. */
export class TimingSlots {
  readonly #all = new Set<TimingSlot>();
  readonly #free: TimingSlot[] = [];
  /** Of encoders and command buffers that the program dropped without submitting them. */
  readonly #dropped = new FinalizationRegistry<TimingSlot>((slot) => {
    this.release(slot);
  });

  /** A slot for `holder`; undefined when all are in use. Throws what the device throws. */
  take(device: GpuDevice, holder: object): TimingSlot | undefined {
    let slot = this.#free.pop();
    if (slot === undefined) {
      if (this.#all.size >= MAX_SLOTS) return undefined;
      slot = new TimingSlot(device);
      this.#all.add(slot);
    }
    this.#dropped.register(holder, slot, slot);
    return slot;
  }

  /** From now on the slot stands and falls with another object; with null it is under way. */
  handOver(slot: TimingSlot, holder: object | null): void {
    this.#dropped.unregister(slot);
    if (holder !== null) this.#dropped.register(holder, slot, slot);
  }

  release(slot: TimingSlot): void {
    this.#dropped.unregister(slot);
    if (!this.#all.has(slot)) return;
    slot.reset();
    this.#free.push(slot);
  }

  /** The device ends. */
  dispose(): void {
    for (const slot of this.#all) slot.dispose();
    this.#all.clear();
    this.#free.length = 0;
  }
}
