/** A stage as one thread records it. */
import { eventHeaderHi } from '../wire/eventWords.js';
import { nowNs } from './clock.js';
import type { EventWriter, Lane } from './eventWriter.js';
import { NO_TOTALS } from './laneTotals.js';
import type { Arrival } from './learning/learner.js';
import type { FollowedStage, Learning } from './learning/learning.js';
import { Ref } from './names.js';
import type { ExecutionDetail, StageOptions, StageProbe } from './probe.js';
import { createRing, MAX_PLAIN_NS, plainHeader, RingWriter, type PlainRow } from './ring.js';
import { Slots } from './slots.js';
import { MAX_LANES, type ThreadLink } from './threadLink.js';

const FAILED: ExecutionDetail = { item: undefined, items: 1, failed: true };
const waitRef = { input: Ref.input, output: Ref.output, limit: Ref.limit } as const;

/** Slot `index` of a stage, taken or free. */
export interface StageSlot extends PlainRow {
  readonly index: number;
  /** undefined: nothing is recorded here, because the stage was dormant or a table was full. */
  readonly lane: Lane | undefined;
  /** The longest execution that `finishPlain` may record in short form; -1: none, as in all slots but slot 0. */
  readonly limitNs: number;
}

type OwnSlot = { -readonly [K in keyof StageSlot]: StageSlot[K] };

/** Stands for a thread's ring while dormant; nothing is ever written to it. */
const NO_RING = new RingWriter(createRing(16 * 1024));

/** Stands for a slot while dormant. */
const NO_SLOT: StageSlot = {
  index: -1,
  lane: undefined,
  limitNs: -1,
  plain: 0,
  totals: NO_TOTALS,
};
/** Stands for a slot when too many are taken; the execution is counted as lost. */
const FULL_SLOT: StageSlot = { ...NO_SLOT, index: -2 };

/** No state of a process (see `Control`). */
const NEVER = 0x7fff_ffff;
const NO_WORDS: Int32Array = new Int32Array(1);

/** Numbers that `begin` hands out in one recording: those of the last one must mean nothing in the next. */
const SLOT_NUMBERS = 65_536;
const GENERATIONS = 8192;

/**
 * Implements `StageProbe`; before `attach` it remembers what was declared and records nothing.
 *
 * What a recorded call touches is `private` and not `#`: access to `#` costs twice the bytecode, and V8 stops inlining at 920
 * bytes, of which the two readings of Node's clock take a third.
 */
export class StageRecorder implements StageProbe, FollowedStage {
  readonly name: string;
  readonly options: StageOptions;
  readonly #learning: Learning | undefined;
  #isFollowed = false;
  /**
   * The process's shared words, and the state in which a call is recorded and nothing else is looked after: then neither
   * `Recorder.active` nor `isFollowed` need be asked. Looked at from outside, because a getter would not be inlined.
   */
  words = NO_WORDS;
  plainState = NEVER;
  #parallelism: number | undefined;
  /**
   * Slot 0: all that a stage needs that runs one execution at a time. There from `attach` on, like `ring`: a field that is
   * given a value once and never before is a constant to the compiler, and what is in it as well (4 ns of a recorded call).
   */
  declare private first: StageSlot;
  /** 0 or 1: of a boolean V8 asks whether it is false, null, 0, empty, and so on. */
  private isFirstTaken = 1;
  /** The other slots, counted from 1. */
  #others = new Slots(MAX_LANES);
  readonly #slots: OwnSlot[] = [];
  /** Number of slot 0 in this recording. */
  #firstNumber = 0;
  #link: ThreadLink | undefined;
  #events: EventWriter | undefined;
  declare private ring: RingWriter;
  #nameRef = 0;
  /** Header's high half; 0 while the stage has no name in the string table. */
  private headerHi = 0;

  /** `options` have been cleaned; `name` is theirs or, after a clash, a longer one. Without `learning` it is in no link. */
  constructor(name: string, options: StageOptions, learning?: Learning) {
    this.name = name;
    this.options = options;
    this.#learning = learning;
    this.#parallelism = options.parallelism;
  }

  /** Starts recording: declares the stage. */
  attach(link: ThreadLink): void {
    if (this.#link !== undefined) return;
    this.#link = link;
    this.words = link.control.words;
    this.#notePlain();
    this.#events = link.events;
    this.ring = link.events.ring;
    const nameRef = link.string(this.name);
    this.#nameRef = nameRef;
    if (nameRef !== 0) {
      this.headerHi = eventHeaderHi(Ref.stage, nameRef);
      this.#declare(link);
    }
    this.first = this.#slot(0);
    this.isFirstTaken = 0;
  }

  /**
   * Ends recording. Executions that are under way will end into nothing, also when another recording has begun by then: the
   * slots that they hold are nobody's from now on.
   */
  detach(): void {
    this.#link = undefined;
    this.#notePlain();
    this.#events = undefined;
    this.ring = NO_RING;
    this.headerHi = 0;
    for (const slot of this.#slots) Object.assign(slot, NO_SLOT);
    this.#slots.length = 0;
    this.#firstNumber = (this.#firstNumber + SLOT_NUMBERS) % (SLOT_NUMBERS * GENERATIONS);
    this.#others = new Slots(MAX_LANES);
    this.first = NO_SLOT;
    this.isFirstTaken = 1;
  }

  /** The pipeline that it was declared for. */
  get pipeline(): string | undefined {
    return this.options.pipeline;
  }

  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  set isFollowed(isFollowed: boolean) {
    this.#isFollowed = isFollowed;
    this.#notePlain();
  }

  arrive(): Arrival | undefined {
    return this.#isFollowed ? this.#learning?.arrive(this) : undefined;
  }

  begin(): number {
    const { index } = this.take();
    return index < 0 ? index : index + this.#firstNumber;
  }

  end(slot: number, startNs: number, endNs: number, detail?: ExecutionDetail): void {
    const taken = this.#taken(slot) ?? (slot === FULL_SLOT.index ? FULL_SLOT : NO_SLOT);
    // Adapters bring times of several threads together; whatever they say, an execution does not end before it begins.
    this.finish(taken, startNs, endNs >= startNs ? endNs : startNs, detail);
  }

  cancel(slot: number): void {
    const taken = this.#taken(slot);
    if (taken !== undefined) this.release(taken);
  }

  wait(slot: number, name: 'input' | 'output' | 'limit', startNs: number, endNs: number): void {
    const lane = this.#taken(slot)?.lane;
    // Of a wait that began before the recording did, the part within it.
    const fromNs = Math.max(startNs, this.#link?.sinceNs ?? 0);
    if (lane === undefined || !(endNs > fromNs)) return;
    this.#events?.duration(lane, eventHeaderHi(Ref.wait, waitRef[name]), fromNs, endNs);
  }

  gpu(slot: number, name: string, startNs: number, endNs: number): void {
    const link = this.#link;
    const lane = this.#taken(slot)?.lane;
    if (link === undefined || lane === undefined || !(startNs >= link.sinceNs)) return;
    const nameRef = link.spanString(name);
    if (nameRef === 0 || !(endNs >= startNs)) return;
    this.#events?.duration(lane, eventHeaderHi(Ref.gpu, nameRef), startNs, endNs);
  }

  setParallelism(parallelism: number | undefined): void {
    if (parallelism === this.#parallelism) return;
    this.#parallelism = parallelism;
    if (this.#link !== undefined && this.headerHi !== 0) this.#declare(this.#link);
  }

  /** `begin`, handing out the slot itself. */
  take(): StageSlot {
    if (this.isFirstTaken !== 0) return this.takeOther();
    this.isFirstTaken = 1;
    return this.first;
  }

  /** Frees a slot that `take` returned, without a record of what ran on it. */
  release(slot: StageSlot): void {
    if (slot.lane !== undefined) slot.lane.cancelled++;
    this.#free(slot);
  }

  /** Records an execution without detail and frees its slot: the shortest way from a call to the ring. */
  finishPlain(slot: StageSlot, startNs: number, endNs: number): void {
    const durationNs = endNs - startNs;
    if (durationNs > slot.limitNs) {
      this.finish(slot, startNs, endNs, undefined);
    } else {
      this.ring.execution(slot, startNs, durationNs);
      this.isFirstTaken = 0;
    }
  }

  /** Records that the function of a slot has thrown, now. */
  fail(slot: StageSlot, startNs: number): void {
    this.finish(slot, startNs, nowNs(), FAILED);
  }

  /** Records an execution and frees its slot. */
  finish(
    slot: StageSlot,
    startNs: number,
    endNs: number,
    detail: ExecutionDetail | undefined,
  ): void {
    const { lane } = slot;
    const durationNs = endNs - startNs;
    if (detail === undefined && slot.plain !== 0 && durationNs <= MAX_PLAIN_NS) {
      this.ring.execution(slot, startNs, durationNs);
    } else if (lane !== undefined) {
      this.#events?.execution(lane, this.headerHi, startNs, endNs, detail);
    } else if (slot.index !== NO_SLOT.index) {
      this.#link?.control.addUnnamed(true);
    }
    this.#free(slot);
  }

  #free(slot: StageSlot): void {
    if (slot.index === 0) this.isFirstTaken = 0;
    else if (slot.index > 0) this.#others.release(slot.index - 1);
  }

  /** The slot of a number that `begin` gave out in this recording. */
  #taken(number: number): OwnSlot | undefined {
    return this.#slots[number - this.#firstNumber];
  }

  #notePlain(): void {
    const recording = this.#link?.recording ?? NEVER;
    this.plainState = this.#isFollowed ? NEVER : recording;
  }

  private takeOther(): StageSlot {
    if (this.#link === undefined) return NO_SLOT;
    const other = this.#others.take();
    return other < 0 ? FULL_SLOT : this.#slot(other + 1);
  }

  /** The slot of this index, with a lane of its own as soon as there is something to record. */
  #slot(index: number): StageSlot {
    const known = this.#slots[index];
    if (known !== undefined) return known;
    const isNamed = this.headerHi !== 0;
    const lane = isNamed
      ? this.#link?.lane(this.name, this.options.pipeline ?? null, index)
      : undefined;
    const plain = lane === undefined ? 0 : plainHeader(lane.ref, this.#nameRef);
    const slot = {
      index,
      lane,
      limitNs: plain === 0 || index > 0 ? -1 : MAX_PLAIN_NS,
      plain,
      totals: lane?.totals ?? NO_TOTALS,
    };
    this.#slots[index] = slot;
    return slot;
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
