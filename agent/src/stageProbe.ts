/** A stage as one thread records it. */
import { eventHeaderHi } from '../wire/eventWords.js';
import type { Lane } from './eventWriter.js';
import { Ref } from './names.js';
import type { ExecutionDetail, StageOptions, StageProbe } from './probe.js';
import { Slots } from './slots.js';
import { MAX_LANES, type ThreadLink } from './threadLink.js';

const waitRef = { input: Ref.input, output: Ref.output, limit: Ref.limit } as const;

/** Implements `StageProbe`; before `attach` it remembers what was declared and records nothing. */
export class StageRecorder implements StageProbe {
  readonly name: string;
  readonly options: StageOptions;
  #parallelism: number | undefined;
  readonly #slots = new Slots(MAX_LANES);
  /** By slot; undefined: the table of lanes was full. */
  readonly #lanes: (Lane | undefined)[] = [];
  #link: ThreadLink | undefined;
  /** Header's high half; 0 while the stage has no name in the string table. */
  #headerHi = 0;

  /** `options` have been cleaned; `name` is theirs or, after a clash, a longer one. */
  constructor(name: string, options: StageOptions) {
    this.name = name;
    this.options = options;
    this.#parallelism = options.parallelism;
  }

  /** Starts recording: declares the stage. */
  attach(link: ThreadLink): void {
    if (this.#link !== undefined) return;
    this.#link = link;
    const nameRef = link.string(this.name);
    if (nameRef === 0) return;
    this.#headerHi = eventHeaderHi(Ref.stage, nameRef);
    this.#declare(link);
  }

  begin(): number {
    const slot = this.#slots.take();
    if (slot >= this.#lanes.length) this.#addLanes(slot);
    return slot;
  }

  end(slot: number, startNs: number, endNs: number, detail?: ExecutionDetail): void {
    if (slot < 0) {
      this.#unnamed();
      return;
    }
    const lane = this.#lanes[slot];
    const link = this.#link;
    if (lane === undefined || link === undefined) {
      this.#unnamed();
    } else {
      const end = endNs >= startNs ? endNs : startNs;
      link.events.execution(lane, this.#headerHi, startNs, end, detail);
      lane.ended++;
    }
    this.#slots.release(slot);
  }

  cancel(slot: number): void {
    if (slot < 0) return;
    const lane = this.#lanes[slot];
    if (lane !== undefined) lane.ended++;
    this.#slots.release(slot);
  }

  wait(slot: number, name: 'input' | 'output' | 'limit', startNs: number, endNs: number): void {
    const lane = this.#lanes[slot];
    if (lane === undefined || this.#link === undefined || !(endNs > startNs)) return;
    this.#link.events.duration(lane, eventHeaderHi(Ref.wait, waitRef[name]), startNs, endNs);
  }

  setParallelism(parallelism: number | undefined): void {
    if (parallelism === this.#parallelism) return;
    this.#parallelism = parallelism;
    if (this.#link !== undefined && this.#headerHi !== 0) this.#declare(this.#link);
  }

  /** The lane of a slot in use. */
  lane(slot: number): Lane | undefined {
    return this.#lanes[slot];
  }

  #addLanes(slot: number): void {
    // A slot that was given out while dormant has no lane; it gets one when it is next the highest.
    while (this.#lanes.length <= slot) {
      const index = this.#lanes.length;
      if (this.#link === undefined) return;
      this.#lanes.push(
        this.#headerHi === 0
          ? undefined
          : this.#link.lane(this.name, this.options.pipeline ?? null, index),
      );
    }
  }

  #unnamed(): void {
    this.#link?.control.addUnnamed(true);
  }

  #declare(link: ThreadLink): void {
    const { kind, pipeline, via, source } = this.options;
    const parallelism = this.#parallelism;
    link.declare({
      kind: 'stage',
      name: this.name,
      pipeline: pipeline ?? null,
      stageKind: kind,
      parallelism: parallelism === undefined || !(parallelism <= 1e9) ? null : parallelism,
      via,
      source: source ?? null,
    });
  }
}
