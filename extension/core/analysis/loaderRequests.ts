/**
 * When a training loop asked its DataLoader for a batch until it had it, by Sluice's own records: it waited (a wait for input),
 * and then received the batch (a span of that name at the begin of its step), or one of the two alone.
 */
import { WaitKind, type Lane, type Stage } from '../model/entities.js';
import type { CommonTime, Sum } from './commonTime.js';

/** The span of the Python agent's DataLoader (`_steps.py`). */
const RECEIVE = 'receive';

interface Request {
  readonly fromNs: number;
  readonly toNs: number;
}

/** The requests of the loops over these stages. */
export class LoaderRequests {
  readonly #requests: readonly Request[];

  /** `stages` are steps, fed by loaders. */
  constructor(stages: readonly Stage[], nameOf: (spanName: number) => string) {
    this.#requests = stages
      .flatMap(({ lanes }) => lanes.flatMap((lane) => requestsOf(lane, nameOf)))
      .sort((a, b) => a.fromNs - b.fromNs);
  }

  /** How often and how long they asked in that time. */
  sumIn(time: CommonTime): Sum {
    const held = this.#requests.filter(({ fromNs, toNs }) => time.holds(fromNs, toNs - fromNs));
    return {
      count: held.length,
      totalNs: held.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0),
    };
  }

  /** Whether one of them takes at least half of a stretch of time. */
  hasOneIn(startNs: number, endNs: number): boolean {
    for (let i = this.#firstFrom(startNs); i < this.#requests.length; i++) {
      const request = this.#requests[i];
      if (request === undefined || request.fromNs > endNs) return false;
      const insideNs = Math.min(request.toNs, endNs) - Math.max(request.fromNs, startNs);
      if (insideNs * 2 >= endNs - startNs) return true;
    }
    return false;
  }

  /** The first request that may reach beyond a moment: requests of one loop do not overlap, and few loops run side by side. */
  #firstFrom(ns: number): number {
    let [low, high] = [0, this.#requests.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#requests[middle]?.fromNs ?? Infinity) < ns) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - SIDE_BY_SIDE, 0);
  }
}

const SIDE_BY_SIDE = 16;

function requestsOf(
  { waits, spans }: Lane,
  nameOf: (spanName: number) => string,
): readonly Request[] {
  waits.settle();
  spans.settle();
  const found: Request[] = [];
  const waitEnds = new Map<number, number>();
  for (let row = 0; row < waits.length; row++) {
    if (waits.first.at(row) !== WaitKind.starved) continue;
    waitEnds.set(waits.endNs(row), waits.startNs.at(row));
  }
  for (let row = 0; row < spans.length; row++) {
    if (nameOf(spans.first.at(row)) !== RECEIVE) continue;
    const fromNs = spans.startNs.at(row);
    found.push({ fromNs: waitEnds.get(fromNs) ?? fromNs, toNs: spans.endNs(row) });
    waitEnds.delete(fromNs);
  }
  for (const [toNs, fromNs] of waitEnds) found.push({ fromNs, toNs });
  return found;
}
