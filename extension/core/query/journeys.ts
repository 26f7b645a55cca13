/**
 * The ways of all items that had the same number.
 *
 *     stage a   11      11        11             numbers are used again: `a` works on item 11 three times, and each time
 *     stage b      11      11 11                 another way begins. The third item is still on its way. At `b` the second
 *               `-1--´  `--2---´  `3             one failed (say) and was tried again: that is one stop more on the same way.
 *
 * Processes that are copies of each other count their items each for itself, so of several ways that a visit may belong to,
 * one that was in its process before is the likelier one; else it is the last that began.
 */
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';

/** An execution that worked on the item, as it was read. */
export interface Visit {
  readonly lane: Lane;
  readonly stage: Stage;
  readonly startNs: number;
  readonly durationNs: number;
  readonly word: number;
  /** As in `IntervalTable.waited`. */
  readonly waited: number;
}

/** Whether the execution failed, so that another one may follow at the same stage. */
export const isFailed = ({ word }: Visit): boolean => (word & ExecutionFlag.failed) !== 0;

/** The way of one item. */
export interface Journey {
  /** In the order in which they began. */
  readonly visits: readonly Visit[];
  readonly fromNs: number;
  readonly toNs: number;
}

/** Ways that a visit may still belong to; older ones are over. */
const MAX_OPEN = 64;

/** Visits that are placed between two steps. */
const VISITS_PER_STEP = 128;

class Way implements Journey {
  readonly visits: Visit[] = [];
  readonly fromNs: number;
  toNs = -Infinity;
  private readonly processes = new Set<unknown>();
  /** Stages by name: those of several processes are the same. The last visit of each. */
  private readonly last = new Map<string, Visit>();

  constructor(first: Visit) {
    this.fromNs = first.startNs;
    this.add(first);
  }

  add(visit: Visit): void {
    this.visits.push(visit);
    this.toNs = Math.max(this.toNs, visit.startNs + visit.durationNs);
    this.last.set(visit.stage.name, visit);
    this.processes.add(visit.stage.process);
  }

  /** A stage that it was at already can only be the next attempt there. */
  mayHave({ stage }: Visit): boolean {
    const before = this.last.get(stage.name);
    return before === undefined || isFailed(before);
  }

  wasIn({ stage }: Visit): boolean {
    return this.processes.has(stage.process);
  }
}

/** Divides visits, in the order in which they began, into ways; these come in the order in which they began, too. */
export function* journeysOf(visits: readonly Visit[]): Generator<undefined, readonly Journey[]> {
  const ways: Way[] = [];
  for (const [i, visit] of visits.entries()) {
    const open = ways.slice(-MAX_OPEN).filter((way) => way.mayHave(visit));
    const way = open.findLast((one) => one.wasIn(visit)) ?? open.at(-1);
    if (way === undefined) ways.push(new Way(visit));
    else way.add(visit);
    if (i % VISITS_PER_STEP === VISITS_PER_STEP - 1) yield;
  }
  return ways;
}

/** The way that is nearest to a moment; of several, the one that began last. */
export function nearest(journeys: readonly Journey[], atNs: number): Journey | null {
  let best: Journey | null = null;
  let bestNs = Infinity;
  for (const journey of journeys) {
    const awayNs = distanceNs(journey, atNs);
    if (awayNs > bestNs) continue;
    best = journey;
    bestNs = awayNs;
  }
  return best;
}

/** How far a moment is from a way; 0 within it. */
export function distanceNs({ fromNs, toNs }: Journey, atNs: number): number {
  return Math.max(fromNs - atNs, atNs - toNs, 0);
}
