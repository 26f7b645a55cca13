/** What is known of a task from the moment at which the program hands it over. */
import type { Arrival, Recorder, StageProbe } from '../src/probe.js';

/** A task that was handed over while somebody recorded. */
export interface HandOver {
  /** undefined: nobody knows since when it could have started. */
  readonly atNs: number | undefined;
  /** Only while it is learned which stage feeds which. */
  readonly arrival: Arrival | undefined;
  /** That of the call that handed many tasks over at once. */
  readonly call?: Arrival | undefined;
}

/** Notes that the program hands work to the stage; call it in the program's own async context. */
export function handOver(recorder: Recorder, stage: StageProbe): HandOver | undefined {
  if (!recorder.active) return undefined;
  return { atNs: recorder.now(), arrival: stage.arrive() };
}

/**
 * A call that handles many items: returns what tells how each of them came, to be asked when its task starts. `isQueue`:
 * all are handed over with the call and wait; else the library takes them as places become free.
 */
export function handOverMany(
  recorder: Recorder,
  stage: StageProbe,
  isQueue: boolean,
): () => HandOver | undefined {
  const handed = handOver(recorder, stage);
  if (handed === undefined) return () => undefined;
  const atNs = isQueue ? handed.atNs : undefined;
  const call = handed.arrival;
  // Each task is an execution of its own; what the program does after the call comes after all of them.
  return () => ({ atNs, arrival: call === undefined ? undefined : stage.arrive(), call });
}

/** The task's work is over. */
export function endOf(handed: HandOver | undefined): void {
  handed?.arrival?.end();
  handed?.call?.end();
}

/** How long a task waited that starts now; undefined when nobody saw it come. */
export function waitedNs(handed: HandOver | undefined, startNs: number): number | undefined {
  return handed?.atNs === undefined ? undefined : Math.max(0, startNs - handed.atNs);
}

/**
 * Hand-overs of tasks in the order in which a library starts them, for libraries that show nothing of their own to tie them
 * to. Those that nobody watched are counted only.
 */
export class HandOvers {
  /** A number stands for so many tasks in a row that nobody watched. */
  #list: (HandOver | number)[] = [];
  #first = 0;
  #isGivenUp = false;

  /** One more at the end. */
  push(handed: HandOver | undefined): void {
    if (this.#isGivenUp) return;
    const last = this.#list.length - 1;
    const unknown = last >= this.#first ? this.#list[last] : undefined;
    if (handed !== undefined) this.#list.push(handed);
    else if (typeof unknown === 'number') this.#list[last] = unknown + 1;
    else this.#list.push(1);
  }

  /** One more, to start before all others. */
  pushFirst(handed: HandOver | undefined): void {
    if (this.#first === 0) this.#list.unshift(handed ?? 1);
    else this.#list[--this.#first] = handed ?? 1;
  }

  /** The first one, which starts now; undefined when nobody watched it, or it is not known. */
  take(): HandOver | undefined {
    const first = this.#list[this.#first];
    if (typeof first === 'number' && first > 1) {
      this.#list[this.#first] = first - 1;
      return undefined;
    }
    if (this.#first < this.#list.length) this.#first++;
    // As many as are gone are moved at most: each once on average.
    if (this.#first * 2 > this.#list.length) {
      this.#list = this.#list.slice(this.#first);
      this.#first = 0;
    }
    return typeof first === 'number' ? undefined : first;
  }

  /** It is not known any more which comes next. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.clear();
  }

  /** All are dropped. */
  clear(): void {
    this.#list = [];
    this.#first = 0;
  }
}
