/**
 * Queues that are constructed at one place of the source are one stage. A program that makes a queue per request or per
 * host makes thousands of them there, and a stage for each would be neither bounded nor readable.
 */
import type { KnobProbe, QueueProbe, StageProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import type { AdapterContext } from './adapter.js';
import { nameAt, placeName, withoutSuffix } from './naming.js';
import { WeakGroup } from './weakGroup.js';

const VIA = 'p-queue';
/** Places beyond this (code made by `eval`, say) share one stage. */
const MAX_SITES = 500;

const UNBOUNDED =
  'Unbounded: p-queue starts every task at once unless concurrency is given, so memory and sockets are the limit.';

function concurrencyOf(queue: object): number {
  return Number(Reflect.get(queue, 'concurrency'));
}

/** The stage of one place: its probes and the queues that feed them. */
export class PQueueSite {
  readonly stage: StageProbe;
  readonly #context: AdapterContext;
  readonly #source: SourcePosition | undefined;
  readonly #queueName: string;
  readonly #queue: QueueProbe;
  #knob: KnobProbe | undefined;
  readonly #queues = new WeakGroup<object>();
  #constructed = 0;
  #depth = 0;
  readonly #lastEndNs: number[] = [];
  #isApplying = false;
  /** The argument of `onSizeLessThan` in the source, and the one in force since Sluice changed it. */
  #limit: { readonly declared: number; inForce: number } | undefined;
  #limitKnob: KnobProbe | undefined;

  /** `first` is the concurrency of the first queue that was constructed here. */
  constructor(
    context: AdapterContext,
    name: string,
    source: SourcePosition | undefined,
    first: number,
  ) {
    this.#context = context;
    this.#source = source;
    const parallelism = Number.isFinite(first) ? first : undefined;
    this.stage = context.recorder.stage({ name, kind: 'io', parallelism, via: VIA, source });
    const to = this.stage.name;
    this.#queueName = `${to} queue`;
    this.#queue = context.recorder.queue({ name: this.#queueName, to, via: VIA, source });
    // A queue that is always empty is worth knowing, too.
    if (context.recorder.active) this.#queue.depth(0);
  }

  /** Takes in a queue that was just constructed here. */
  adopt(queue: object): void {
    this.#constructed++;
    this.#queues.add(queue);
    const value = concurrencyOf(queue);
    this.#knob ??= this.#declareKnob(value);
    this.#setParallelism(value);
  }

  /** The program set the concurrency of a queue. */
  concurrencyChanged(value: number): void {
    if (this.#isApplying) return;
    this.#setParallelism(value);
    this.#knob?.changed(value);
  }

  /** The waiting tasks of one queue became more or fewer. */
  depthChanged(difference: number, atNs: number): void {
    this.#depth += difference;
    this.#queue.depth(this.#depth, atNs);
  }

  /** An execution on the slot is over. */
  ended(slot: number, endNs: number): void {
    this.#lastEndNs[slot] = endNs;
  }

  /** The slot was free while tasks waited; it counts from its last execution. */
  recordHold(slot: number, heldSinceNs: number, startNs: number): void {
    const fromNs = Math.max(heldSinceNs, this.#lastEndNs[slot] ?? 0);
    if (fromNs < startNs) this.stage.wait(slot, 'limit', fromNs, startNs);
  }

  /** Does this call of `onSizeLessThan` teach us a capacity? A smaller one than known is for draining, not for feeding. */
  isNewLimit(limit: unknown): limit is number {
    return Number.isFinite(limit) && Number(limit) > (this.#limit?.declared ?? 0);
  }

  /** Declares the limit that the producer honours as the queue's capacity, and a live knob for it. */
  learnLimit(limit: number, source: SourcePosition | undefined): void {
    const inForce = { declared: limit, inForce: limit };
    this.#limit = inForce;
    this.#queue.setCapacity(limit);
    if (this.#limitKnob !== undefined) {
      this.#limitKnob.changed(limit);
      return;
    }
    this.#limitKnob = this.#context.recorder.knob({
      name: 'onSizeLessThan',
      kind: 'queueDepth',
      queue: this.#queueName,
      value: limit,
      min: 1,
      apply: (value) => {
        if (this.#limit === undefined) return;
        this.#limit.inForce = Math.max(1, Math.round(value));
        this.#queue.setCapacity(this.#limit.inForce);
      },
      remark: 'How many tasks may wait before the producer pauses; counts from its next call.',
      via: VIA,
      source,
    });
  }

  /** The limit to wait for when the program asks for `limit`. */
  limitFor(limit: number): number {
    return limit === this.#limit?.declared ? this.#limit.inForce : limit;
  }

  #setParallelism(value: number): void {
    const isKnown = this.#constructed === 1 && Number.isFinite(value);
    this.stage.setParallelism(isKnown ? value : undefined);
  }

  #declareKnob(value: number): KnobProbe {
    return this.#context.recorder.knob({
      name: 'concurrency',
      kind: 'parallelism',
      stage: this.stage.name,
      value,
      min: 1,
      apply: (next) => {
        this.#apply(Math.max(1, Math.round(next)));
      },
      remark: value === Infinity ? UNBOUNDED : undefined,
      via: VIA,
      source: this.#source,
    });
  }

  #apply(value: number): void {
    this.#isApplying = true;
    try {
      this.#queues.forEach((queue) => {
        Reflect.set(queue, 'concurrency', value);
      });
    } finally {
      this.#isApplying = false;
    }
    this.#setParallelism(value);
  }
}

/** The places of one thread at which queues are constructed. */
export class PQueueSites {
  readonly #context: AdapterContext;
  readonly #sites = new Map<string, PQueueSite>();

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** The site of a construction, which the queue has just come out of. */
  at(queue: object, source: SourcePosition | undefined, subclass: string | undefined): PQueueSite {
    const place =
      source === undefined || this.#sites.size >= MAX_SITES
        ? 'elsewhere'
        : `${source.file}:${source.line}:${source.column}`;
    const known = this.#sites.get(place);
    if (known !== undefined) return known;
    const spoken = nameAt(source) ?? (subclass ? withoutSuffix(subclass) : undefined);
    const name = spoken ?? placeName(VIA, source);
    const site = new PQueueSite(this.#context, name, source, concurrencyOf(queue));
    this.#sites.set(place, site);
    return site;
  }
}
