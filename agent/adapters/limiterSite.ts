/**
 * What limiters (`pLimit`, `async.queue`, ...) that are made at one place of the source have in common: one stage, at most
 * one queue, their knobs. A program that makes one per request makes thousands of them at that place.
 */
import type { KnobProbe, QueueProbe, StageProbe } from '../src/probe.js';
import type { KnobKind, SourcePosition } from '../wire/manifest.js';
import type { AdapterContext } from './adapter.js';
import { placeName } from './naming.js';
import { WeakGroup } from './weakGroup.js';

/** Places of one library beyond this (code made by `eval`, say) share one stage. */
const MAX_SITES = 500;

/** A knob that the limiters of one place share. */
export interface SiteKnob {
  readonly name: string;
  readonly kind: KnobKind;
  /** Infinity: unlimited. */
  readonly value: number;
  /**
   * Sets a whole number of at least 1 in one limiter; undefined: not live. It is kept for good: a function that is made where
   * a limiter is at hand would keep that one alive.
   */
  readonly set?: ((limiter: object, value: number) => void) | undefined;
  readonly remark?: string | undefined;
}

/** `SiteKnob.set` of libraries whose limiters have a property that can be set. */
export function setConcurrency(limiter: object, value: number): void {
  Reflect.set(limiter, 'concurrency', value);
}

/** What a site is made with. */
export interface SiteOptions {
  readonly via: string;
  readonly name: string;
  readonly source: SourcePosition | undefined;
  /** Of one limiter or call; Infinity: unlimited. */
  readonly parallelism: number;
  /** Where tasks wait: before the stage, behind it (results that nobody took yet), or nowhere that we can see. */
  readonly queue: 'input' | 'output' | 'none';
  /** undefined: unbounded. */
  readonly capacity?: number | undefined;
}

/** The stage of one place: its probes and the limiters that feed them. */
export class LimiterSite {
  readonly stage: StageProbe;
  readonly #context: AdapterContext;
  readonly #options: SiteOptions;
  readonly #queueName: string;
  readonly #queue: QueueProbe | undefined;
  readonly #knobs = new Map<string, { readonly probe: KnobProbe; applied: number | undefined }>();
  readonly #limiters = new WeakGroup<object>();
  #parallelism: number | undefined;
  #made = 0;
  #running = 0;
  #depth = 0;
  readonly #lastEndNs: number[] = [];

  constructor(context: AdapterContext, options: SiteOptions) {
    const { via, name, source, parallelism, queue, capacity } = options;
    const { recorder } = context;
    this.#context = context;
    this.#options = options;
    this.#parallelism = Number.isFinite(parallelism) ? parallelism : undefined;
    const known = this.#parallelism;
    this.stage = recorder.stage({ name, kind: 'io', parallelism: known, via, source });
    const stage = this.stage.name;
    this.#queueName = queue === 'output' ? `${stage} results` : `${stage} queue`;
    if (queue === 'none') return;
    const ends = queue === 'output' ? { from: stage } : { to: stage };
    const finite = Number.isFinite(capacity) ? capacity : undefined;
    this.#queue = recorder.queue({ name: this.#queueName, ...ends, capacity: finite, via, source });
    // A queue that is always empty is worth knowing, too.
    if (recorder.active) this.#queue.depth(0);
  }

  /** Takes in a limiter that was just made here: what runs at once in all of them together is unknown from the second on. */
  adopt(limiter: object): void {
    this.#made++;
    if (this.#made > 1) this.#setParallelism(undefined);
    this.#limiters.add(limiter);
  }

  /** A call of a function that limits for itself (`pMap`): several places' worth of limits make none that holds. */
  called(parallelism: number): void {
    this.#made++;
    const finite = Number.isFinite(parallelism) ? parallelism : undefined;
    if (finite !== this.#parallelism) this.#setParallelism(undefined);
  }

  /** Declares a knob, once for all limiters of this place. */
  knob({ name, kind, value, set, remark }: SiteKnob): void {
    if (this.#knobs.has(name)) return;
    const apply =
      set === undefined
        ? undefined
        : (asked: number): void => {
            const next = Math.max(1, Math.round(asked));
            const known = this.#knobs.get(name);
            if (known !== undefined) known.applied = next;
            this.#limiters.forEach((limiter) => {
              set(limiter, next);
            });
            if (kind === 'parallelism') this.#parallelismIs(next);
          };
    const of = kind === 'queueDepth' ? { queue: this.#queueName } : { stage: this.stage.name };
    const { via, source } = this.#options;
    const common = { name, kind, value, min: 1, apply, remark, via, source };
    this.#knobs.set(name, {
      probe: this.#context.recorder.knob({ ...common, ...of }),
      applied: undefined,
    });
  }

  /** A limiter has another value than before; says so unless it was Sluice that set it. */
  noticed(name: string, kind: KnobKind, value: number): void {
    const knob = this.#knobs.get(name);
    if (kind === 'parallelism') this.#parallelismIs(value);
    if (knob?.applied === value) return;
    if (knob !== undefined) knob.applied = undefined;
    knob?.probe.changed(value);
  }

  /** The waiting tasks (or results) of one limiter became more or fewer. */
  depthChanged(difference: number, atNs: number): void {
    this.#depth += difference;
    this.#queue?.depth(this.#depth, atNs);
  }

  /** An execution begins: more at once than one limiter allows is proof of several. */
  began(): void {
    this.#running++;
    if (this.#parallelism !== undefined && this.#running > this.#parallelism && this.#made > 1) {
      this.#setParallelism(undefined);
    }
  }

  /** The execution on the slot is over. */
  ended(slot: number, endNs: number): void {
    this.#running--;
    this.#lastEndNs[slot] = endNs;
  }

  /** The slot was free while tasks waited; it counts from its last execution. */
  recordHold(slot: number, heldSinceNs: number, startNs: number): void {
    const fromNs = Math.max(heldSinceNs, this.#lastEndNs[slot] ?? 0);
    if (fromNs < startNs) this.stage.wait(slot, 'limit', fromNs, startNs);
  }

  #parallelismIs(value: number): void {
    this.#setParallelism(this.#made === 1 && Number.isFinite(value) ? value : undefined);
  }

  #setParallelism(value: number | undefined): void {
    if (value === this.#parallelism) return;
    this.#parallelism = value;
    this.stage.setParallelism(value);
  }
}

/** The places of one thread at which a library is used. */
export class LimiterSites {
  readonly #context: AdapterContext;
  readonly #via: string;
  readonly #sites = new Map<string, LimiterSite>();

  constructor(context: AdapterContext, via: string) {
    this.#context = context;
    this.#via = via;
  }

  /** The site of this place; `spokenName` and `options` are asked for a place that is new. */
  at(
    source: SourcePosition | undefined,
    spokenName: () => string | undefined,
    options: Omit<SiteOptions, 'via' | 'name' | 'source'>,
  ): LimiterSite {
    const isPlaced = source !== undefined && this.#sites.size < MAX_SITES;
    const place = isPlaced ? `${source.file}:${source.line}:${source.column}` : 'elsewhere';
    const known = this.#sites.get(place);
    if (known !== undefined) return known;
    const name = spokenName() ?? placeName(this.#via, source);
    const site = new LimiterSite(this.#context, { ...options, via: this.#via, name, source });
    this.#sites.set(place, site);
    return site;
  }
}
