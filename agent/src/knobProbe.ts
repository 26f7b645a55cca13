/** A knob as one thread declares it, and the channel on which orders to turn knobs arrive. */
import { BroadcastChannel } from 'node:worker_threads';
import { nowNs } from './clock.js';
import { Limit } from './control.js';
import type { KnobOptions, KnobProbe } from './probe.js';
import type { ThreadLink } from './threadLink.js';
import { downChannel, type KnobOrder, type ToThreads } from './uplink.js';

/** Knobs of one process at once. */
export const MAX_KNOBS = Limit.knobs;
const MAX_VALUE = 1e12;

/** `Infinity` and what is beyond the format's range become null: unlimited. */
function declared(value: number): number | null {
  return value <= MAX_VALUE ? Math.max(0, value) : null;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Apply = (value: number) => void;

/** Setters that live exactly as long as what they set: they usually refer to it, and we must not keep it alive. */
const setters = new WeakMap<object, Apply[]>();

/** How a knob reaches its setter; undefined: there is none. The inner function returns undefined when the owner is gone. */
function reach({ apply, owner }: KnobOptions): (() => Apply | undefined) | undefined {
  if (apply === undefined) return undefined;
  if (owner === undefined) return () => apply;
  setters.set(owner, [...(setters.get(owner) ?? []), apply]);
  return weakly(new WeakRef(apply));
}

/** A function of its own: closures made in one function keep alive what any of them refers to. */
function weakly(reference: WeakRef<Apply>): () => Apply | undefined {
  return () => reference.deref();
}

/** Implements `KnobProbe`; before `attach` it remembers what was declared. */
export class KnobRecorder implements KnobProbe {
  readonly #options: KnobOptions;
  readonly #setter: (() => Apply | undefined) | undefined;
  readonly #orders: KnobOrders;
  readonly #key: string;
  #value: number;
  #remark: string | undefined;
  #link: ThreadLink | undefined;
  #id: number | undefined;
  /** Who changes the value now: a setter that Sluice calls reports the change like any other. */
  #by: 'program' | 'sluice' = 'program';
  /** When the change under way began: what the setter starts at once belongs to the new value. */
  #orderedAtNs: number | undefined;

  constructor(options: KnobOptions, orders: KnobOrders) {
    // Without what would keep the program's objects alive.
    const rest = { ...options, apply: undefined, owner: undefined };
    this.#options = rest;
    this.#setter = reach(options);
    this.#orders = orders;
    this.#key = [rest.pipeline, rest.stage, rest.queue, rest.name].map((s) => s ?? '').join('\0');
    this.#value = options.value;
    this.#remark = options.remark;
  }

  /** Declares the knob. False when there are too many: then nothing needs to know of it. */
  attach(link: ThreadLink): boolean {
    if (this.#link !== undefined) return this.#id !== undefined;
    this.#link = link;
    const id = link.control.knobs.take(this.#key, link.threadId);
    if (id === undefined) {
      link.noteLimit('knobs', MAX_KNOBS);
      return false;
    }
    this.#id = link.knobBase + id;
    this.#declare(link, this.#id);
    if (this.#setter !== undefined) this.#orders.add(this.#id, this, link);
    return true;
  }

  /** The program has dropped what the knob tunes: its id goes to the next knob of the same name. */
  dropped(): void {
    if (this.#link === undefined || this.#id === undefined) return;
    const { control, knobBase, threadId } = this.#link;
    this.#orders.remove(this.#id);
    this.#declare(this.#link, this.#id);
    control.knobs.release(this.#key, this.#id - knobBase, threadId);
    this.#id = undefined;
  }

  /** Ends recording. The value goes on being followed. */
  detach(): void {
    this.#link = undefined;
    this.#id = undefined;
  }

  changed(value: number): void {
    this.#change(value);
  }

  remark(remark: string): void {
    if (remark === this.#remark) return;
    this.#remark = remark;
    if (this.#link !== undefined && this.#id !== undefined) this.#declare(this.#link, this.#id);
  }

  /**
   * Turns the knob as Sluice asked. Throws with the reason when the value is out of range or the program refuses it. `isBack`:
   * the value is one that it had before.
   */
  apply(value: number, isBack = false): void {
    const { min, max, name } = this.#options;
    if (!isBack && (!(value >= min) || value > (max ?? Infinity))) {
      throw new Error(`${name}: ${value} is not between ${min} and ${max ?? 'unlimited'}`);
    }
    const apply = this.#setter?.();
    if (apply === undefined) throw new Error(`${name}: the program has dropped what it tunes`);
    this.#by = 'sluice';
    this.#orderedAtNs = nowNs();
    try {
      apply(value);
      this.#change(value);
    } finally {
      this.#by = 'program';
      this.#orderedAtNs = undefined;
    }
  }

  #change(value: number): void {
    const from = this.#value;
    if (Number.isNaN(value) || value === from) return;
    this.#value = value;
    if (this.#link === undefined || this.#id === undefined) return;
    this.#link.declare({
      kind: 'knobChange',
      knob: this.#id,
      from: declared(from),
      to: declared(value),
      atNs: this.#orderedAtNs ?? nowNs(),
      by: this.#by,
    });
  }

  #declare(link: ThreadLink, id: number): void {
    const o = this.#options;
    link.declare({
      kind: 'knob',
      id,
      name: o.name,
      knobKind: o.kind,
      pipeline: o.pipeline ?? null,
      stage: o.stage ?? null,
      queue: o.queue ?? null,
      value: declared(this.#value),
      min: declared(o.min) ?? 0,
      max: o.max === undefined ? null : declared(o.max),
      live: this.#setter?.() !== undefined,
      remark: this.#remark?.slice(0, 1024) ?? null,
      via: o.via,
      source: o.source ?? null,
    });
  }
}

/** Takes orders for the live knobs of this thread. It listens from the first live knob on, and never keeps the process alive. */
export class KnobOrders {
  readonly #knobs = new Map<number, KnobRecorder>();
  #channel: BroadcastChannel | undefined;

  add(id: number, knob: KnobRecorder, link: ThreadLink): void {
    this.#knobs.set(id, knob);
    if (this.#channel !== undefined) return;
    this.#channel = new BroadcastChannel(downChannel(link.nonce));
    this.#channel.onmessage = (event: unknown) => {
      // Only the drain thread posts here: the name of the channel is a secret of the process.
      const order = (event as { readonly data: ToThreads }).data;
      if (order.threadId === link.threadId) this.#carryOut(order, link);
    };
    this.#channel.unref();
  }

  /** Takes no more orders for the knob. */
  remove(id: number): void {
    this.#knobs.delete(id);
  }

  /** Takes no more orders, until a knob is added again. */
  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#knobs.clear();
  }

  #carryOut(order: KnobOrder, link: ThreadLink): void {
    let error: string | null = null;
    try {
      const knob = this.#knobs.get(order.knob);
      if (knob === undefined) throw new Error(`there is no live knob ${order.knob} in this thread`);
      knob.apply(order.value, order.isBack);
    } catch (cause) {
      error = reasonOf(cause);
    }
    link.post({ kind: 'knobReply', id: order.id, error });
  }
}
