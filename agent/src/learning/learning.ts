/**
 * Learning of links in one thread (`learner.ts` says what and how): when it begins and ends, and its way to the engine.
 *
 * Each stage carries a flag that says whether its calls matter, so that a call costs one look at a boolean when they do not.
 * It is up for a stage that was not called before, and for all while something is learned.
 */
import type { ThreadLink } from '../threadLink.js';
import { Learner, type Arrival, type LearnedLink, type LearnedStage } from './learner.js';
import { LearnOrders, mayLearn } from './order.js';

/** Calls between two looks at the clock in a thread whose event loop does not turn, and so never ticks. */
const CALLS_PER_TICK = 64;
/** While it learns, links that were seen more often are declared again at most so often. */
const DECLARE_NS = 1e9;

/** A stage whose calls may be followed. */
export interface FollowedStage extends LearnedStage {
  /** Do its calls matter? Written here, read by whoever calls the stage. */
  isFollowed: boolean;
}

/** One thread's learning. Lives as long as the thread; learns only between `attach` and `detach`. Nothing throws. */
export class Learning {
  readonly #now: () => number;
  readonly #isAllowed: boolean;
  readonly #stages = new Set<FollowedStage>();
  readonly #orders = new LearnOrders();
  #declared = new Map<LearnedStage, Map<LearnedStage, number>>();
  #declaredAtNs = 0;
  #link: ThreadLink | undefined;
  #learner: Learner | undefined;
  #calls = 0;

  /** `now` gives nanoseconds. */
  constructor(now: () => number, isAllowed = mayLearn(process.env)) {
    this.#now = now;
    this.#isAllowed = isAllowed;
  }

  /** Is async context followed now? */
  get isLearning(): boolean {
    return this.#learner?.isLearning === true;
  }

  /** A stage of the thread was declared. */
  add(stage: FollowedStage): void {
    this.#stages.add(stage);
    stage.isFollowed = this.#learner !== undefined;
  }

  /** A recording begins: all stages are news. */
  attach(link: ThreadLink): void {
    if (!this.#isAllowed) return;
    this.#link = link;
    this.#learner = new Learner(this.#now);
    this.#declared = new Map();
    this.#mark();
  }

  /** The recording is over. */
  detach(): void {
    this.#learner?.stop();
    this.#learner = undefined;
    this.#link = undefined;
    this.#mark();
  }

  /** The program calls the stage, or hands it work, in its own async context. */
  arrive(stage: FollowedStage): Arrival | undefined {
    const learner = this.#learner;
    if (learner === undefined) return undefined;
    const wasLearning = learner.isLearning;
    learner.meet(stage);
    const arrival = learner.arrive(stage);
    if (arrival === undefined) stage.isFollowed = false;
    else if (!wasLearning) this.#mark();
    else if (++this.#calls % CALLS_PER_TICK === 0) this.tick();
    return arrival;
  }

  /** The last arrival in the present async context. */
  arrivalHere(): Arrival | undefined {
    return this.#learner?.arrivalHere();
  }

  /** Begins what was ordered, ends what has taken long enough, and declares what is new. Call it now and then. */
  tick(): void {
    const learner = this.#learner;
    const link = this.#link;
    if (learner === undefined || link === undefined) return;
    const now = this.#now();
    const wasLearning = learner.isLearning;
    const orderedNs = this.#orders.take(link.control.words, now);
    if (orderedNs !== undefined) learner.learn(orderedNs);
    learner.tick();
    if (wasLearning !== learner.isLearning) this.#mark();
    if (!learner.isLearning || now - this.#declaredAtNs >= DECLARE_NS) this.declare();
  }

  /** Declares what is new. */
  declare(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#declaredAtNs = this.#now();
    for (const learned of this.#learner?.takeNews() ?? []) {
      if (this.#isDeclared(learned)) continue;
      const { from, to, seen, inside } = learned;
      const pipeline = to.pipeline ?? from.pipeline ?? null;
      link.declare({ kind: 'link', pipeline, from: from.name, to: to.name, seen, inside });
    }
  }

  #isDeclared({ from, to, seen }: LearnedLink): boolean {
    const counts = this.#declared.get(from) ?? new Map<LearnedStage, number>();
    if (counts.get(to) === seen) return true;
    this.#declared.set(from, counts.set(to, seen));
    return false;
  }

  #mark(): void {
    const learner = this.#learner;
    for (const stage of this.#stages) {
      stage.isFollowed = learner !== undefined && (learner.isLearning || !learner.knows(stage));
    }
  }
}
