/**
 * Learns which stage feeds which by following async context, for a moment.
 *
 * A pipeline's stages are often joined by nothing but the program's own code: `const text = await read(file);
 * await parse(text)`. What the agent can see is in which async context `parse` is called. So while it learns, each call of a
 * stage leaves a mark in the context it is called in (a *flow*), and the call's end is noted on that mark: whoever is called
 * next in this context works on what came out.
 *
 *     await read(a)        leaves flow 1 in the context; at its end, flow 1 says "read"
 *     await parse(...)     is called in flow 1: read feeds parse; leaves flow 2
 *
 * Work that is handed on from inside of a stage is told from a stage inside of a stage by what is over first: a stage that
 * queues work for another one ends before that work does, one that awaits it does not. Either way the one feeds the other;
 * but time spent inside must not be counted twice, so it is said with the link how often it was inside.
 *
 * The price is why this is for a moment only. As long as one AsyncLocalStorage is in use, every await of the process takes
 * about 110 ns more on Node 20 and 22 (none on 24); switched off, it costs nothing again. Learning begins when a stage is
 * called for the first time and ends when enough was seen, after ten seconds at the latest; a stage that turns up later is
 * learned about then, a few times in a thread's life, and Sluice can ask for more.
 *
 * What it cannot see: items that wait in the program's own arrays between stages, and joins (`Promise.all`), where only the
 * stage that was called last is followed.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Calls that are plenty to know the links. */
const ENOUGH_CALLS = 1000;
/** These suffice when they came over at least this time. */
const FEW_CALLS = 100;
const SHORT_NS = 1e9;
const LONG_NS = 10e9;
/** Times that learning begins by itself: stages that turn up later are rarer and rarer news. */
const MAX_STARTS = 8;
/** Links of one thread; a pipeline has a few dozen. */
const MAX_LINKS = 1000;

/** A stage, as far as a link needs it. */
export interface LearnedStage {
  readonly name: string;
  readonly pipeline: string | undefined;
}

/** Work of `from` led to work of `to`. */
export interface LearnedLink {
  readonly from: LearnedStage;
  readonly to: LearnedStage;
  readonly seen: number;
  /** How often of these `to` was over before `from` was: then `from` may have waited for it. */
  readonly inside: number;
}

interface Counts {
  seen: number;
  inside: number;
}

/** A call of a stage's function that may still run. */
interface Running {
  readonly stage: LearnedStage;
  isOver: boolean;
}

/** The mark in an async context. */
interface Flow {
  /** The stage whose work ended last in this context. */
  last: LearnedStage | undefined;
  /** The execution that this context is inside of. */
  readonly within: Running | undefined;
  /** What left the mark; undefined inside of an execution. */
  arrival: Arrival | undefined;
}

/** One call of a stage, from the moment at which the program makes it. */
export class Arrival {
  readonly #learner: Learner;
  readonly #storage: AsyncLocalStorage<Flow>;
  readonly #flow: Flow;
  readonly #running: Running;

  /** Made by `Learner.arrive`. */
  constructor(learner: Learner, storage: AsyncLocalStorage<Flow>, flow: Flow, stage: LearnedStage) {
    this.#learner = learner;
    this.#storage = storage;
    this.#flow = flow;
    this.#running = { stage, isOver: false };
  }

  /**
   * Runs the stage's function, in whatever context the library calls it. Throws what the function throws. When learning has
   * ended meanwhile it only calls the function: a storage that is used again is switched on again.
   */
  run<T>(fn: () => T): T {
    if (!this.#learner.uses(this.#storage)) return fn();
    return this.#storage.run({ last: undefined, within: this.#running, arrival: undefined }, fn);
  }

  /** The stage's work is over. More than once counts once. */
  end(): void {
    if (this.#running.isOver) return;
    this.#running.isOver = true;
    const { stage } = this.#running;
    const outer = this.#flow.within;
    if (this.#flow.last === undefined && outer !== undefined) {
      this.#learner.saw(outer.stage, stage, !outer.isOver);
    }
    this.#flow.last = stage;
  }
}

/** One thread's learner. */
export class Learner {
  readonly #now: () => number;
  readonly #known = new Set<LearnedStage>();
  readonly #links = new Map<LearnedStage, Map<LearnedStage, Counts>>();
  #linkCount = 0;
  #storage: AsyncLocalStorage<Flow> | undefined;
  #starts = 0;
  #calls = 0;
  #sinceNs = 0;
  #untilNs = 0;
  #hasNews = false;

  /** `now` gives nanoseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Is async context followed now? */
  get isLearning(): boolean {
    return this.#storage !== undefined;
  }

  /** Follows for so long, whatever it has seen before. */
  learn(durationNs: number): void {
    const now = this.#now();
    this.#storage ??= new AsyncLocalStorage();
    this.#calls = -Infinity;
    this.#sinceNs = now;
    this.#untilNs = Math.max(this.#untilNs, now + durationNs);
  }

  /** A stage is called that may not have been seen before: begins to learn, unless that has happened too often. */
  meet(stage: LearnedStage): void {
    if (this.#known.has(stage) || this.#known.size >= MAX_LINKS) return;
    this.#known.add(stage);
    if (this.#storage !== undefined || this.#starts >= MAX_STARTS) return;
    this.#starts++;
    this.#storage = new AsyncLocalStorage();
    this.#calls = 0;
    this.#sinceNs = this.#now();
    this.#untilNs = this.#sinceNs + LONG_NS;
  }

  /** The program calls a stage, or hands it work; undefined when nothing is being learned. */
  arrive(stage: LearnedStage): Arrival | undefined {
    const storage = this.#storage;
    if (storage === undefined) return undefined;
    this.#calls++;
    const outer = storage.getStore();
    if (outer?.last !== undefined) this.saw(outer.last, stage, false);
    const flow: Flow = { last: outer?.last, within: outer?.within, arrival: undefined };
    storage.enterWith(flow);
    flow.arrival = new Arrival(this, storage, flow, stage);
    return flow.arrival;
  }

  /** The last arrival in the present async context: whose it is when a library calls back in the context of a call. */
  arrivalHere(): Arrival | undefined {
    return this.#storage?.getStore()?.arrival;
  }

  /** Was the stage met before? */
  knows(stage: LearnedStage): boolean {
    return this.#known.has(stage);
  }

  /** Is this the storage in use? */
  uses(storage: object): boolean {
    return this.#storage === storage;
  }

  /** Counts a link; `isInside`: `to` is over and `from` is not. */
  saw(from: LearnedStage, to: LearnedStage, isInside: boolean): void {
    if (from === to) return;
    const links = this.#links.get(from) ?? new Map<LearnedStage, Counts>();
    const counts = links.get(to) ?? { seen: 0, inside: 0 };
    if (counts.seen === 0 && this.#linkCount >= MAX_LINKS) return;
    if (counts.seen === 0) this.#linkCount++;
    counts.seen++;
    if (isInside) counts.inside++;
    links.set(to, counts);
    this.#links.set(from, links);
    this.#hasNews = true;
  }

  /** Stops when enough was seen or the time is over. Call it now and then. */
  tick(): void {
    if (this.#storage === undefined) return;
    const now = this.#now();
    const elapsedNs = now - this.#sinceNs;
    const isEnough =
      this.#calls >= ENOUGH_CALLS || (this.#calls >= FEW_CALLS && elapsedNs >= SHORT_NS);
    if (isEnough || now >= this.#untilNs) this.stop();
  }

  /** Stops at once, and the process's awaits are as cheap as before. */
  stop(): void {
    this.#storage?.disable();
    this.#storage = undefined;
  }

  /** All links, if there is something new since the last call; else none. */
  takeNews(): readonly LearnedLink[] {
    if (!this.#hasNews) return [];
    this.#hasNews = false;
    return [...this.#links].flatMap(([from, counts]) =>
      [...counts].map(([to, { seen, inside }]) => ({ from, to, seen, inside })),
    );
  }
}
