/**
 * Which stage feeds which, and how that is known. Four ways, from sure to guessed:
 *
 *     declared   a queue of the program names both its sides
 *     items      the same items were seen first in one stage, then in the other
 *     learned    the agent followed async context for a while and saw work of one lead to work of the other
 *     order      nobody said: the neighbour in the order in which stages began (see topology.ts)
 *
 * Real programs have links that are no flow of items: a loop's last stage is followed by its first, a failed item goes back.
 * So a link that was seen, not declared, is taken only when it is not rare beside its sisters and closes no circle with
 * stronger ones.
 */
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';
import type { LinkOrigin } from '../report/report.js';

/** Work of `from` becomes work of `to`. */
export interface StageLink {
  readonly from: Stage;
  readonly to: Stage;
  readonly known: LinkOrigin;
  /** `to` runs inside of `from`, which waits for it: its time is part of the other's. */
  readonly isInside: boolean;
}

/** The same two stages, known in the same way? */
export function isSameLink(a: StageLink, b: StageLink | undefined): boolean {
  return a.from === b?.from && a.to === b.to && a.known === b.known && a.isInside === b.isInside;
}

/** A link that was seen `seen` times. */
export interface SeenLink {
  readonly from: Stage;
  readonly to: Stage;
  readonly seen: number;
  /** How often of these `to` was over before `from`; left out: never. */
  readonly inside?: number;
}

/** Items that are followed; the first ones are as good as any. */
const MAX_ITEMS = 5000;
const MAX_VISITS = 32;
const MAX_ROWS_PER_LANE = 5000;
/** A link this much rarer than the strongest one from the same stage is taken for chance, or for an exceptional path. */
const RARE_SHARE = 0.05;

interface Visit {
  readonly stage: Stage;
  readonly startNs: number;
  readonly endNs: number;
}

/** Links between stages as their items show them. Reads each execution once, and only the first ones of a lane. */
export class ItemLinks {
  private readonly stages: readonly Stage[];
  private readonly visits = new Map<number, Visit[]>();
  private readonly read = new Map<Lane, number>();
  private readonly carriers = new Set<Stage>();
  private found: readonly SeenLink[] = [];

  constructor(stages: readonly Stage[]) {
    this.stages = stages;
  }

  /** Whether it still follows these stages; they come in the order in which they became known. */
  isFor(stages: readonly Stage[]): boolean {
    return (
      stages.length === this.stages.length && stages.every((stage, i) => stage === this.stages[i])
    );
  }

  /**
   * Whether all stages that ran tell their items. If one does not, it may stand between two that do, and then what items show
   * is which stage comes first, not which one feeds which.
   */
  get isComplete(): boolean {
    return this.stages.every(
      (stage) =>
        this.carriers.has(stage) || stage.lanes.every((lane) => lane.executions.length === 0),
    );
  }

  /** Takes in what has arrived, and returns the links seen so far. Cheap when nothing has. */
  links(): readonly SeenLink[] {
    let hasNews = false;
    for (const stage of this.stages) {
      for (const lane of stage.lanes) if (this.advance(stage, lane)) hasNews = true;
    }
    if (hasNews) this.found = this.count();
    return this.found;
  }

  private advance(stage: Stage, lane: Lane): boolean {
    const { executions } = lane;
    const from = this.read.get(lane) ?? 0;
    const to = Math.min(executions.length, MAX_ROWS_PER_LANE);
    if (from >= to) return false;
    executions.settle();
    for (let i = from; i < to; i++) {
      if ((executions.second.at(i) & ExecutionFlag.hasItem) === 0) continue;
      this.carriers.add(stage);
      const startNs = executions.startNs.at(i);
      this.visit(executions.first.at(i), { stage, startNs, endNs: executions.endNs(i) });
    }
    this.read.set(lane, to);
    return true;
  }

  private visit(item: number, visit: Visit): void {
    const visits = this.visits.get(item);
    if (visits === undefined) {
      if (this.visits.size < MAX_ITEMS) this.visits.set(item, [visit]);
    } else if (visits.length < MAX_VISITS) visits.push(visit);
  }

  private count(): readonly SeenLink[] {
    const seen = new Map<Stage, Map<Stage, number>>();
    for (const visits of this.visits.values()) {
      visits.sort((a, b) => a.startNs - b.startNs);
      let journey = new Set<Stage>();
      let last: Visit | undefined;
      for (const next of visits) {
        // A visit within the last one is a stage inside of a stage, not one behind it.
        if (last !== undefined && next.startNs < last.endNs) continue;
        // Numbers are used again, and items come back: either way this is not what the last stage handed on.
        if (journey.has(next.stage)) journey = new Set();
        if (last !== undefined && journey.size > 0) countLink(seen, last.stage, next.stage);
        journey.add(next.stage);
        last = next;
      }
    }
    return [...seen].flatMap(([from, to]) =>
      [...to].map(([stage, n]) => ({ from, to: stage, seen: n })),
    );
  }
}

function countLink(seen: Map<Stage, Map<Stage, number>>, from: Stage, to: Stage): void {
  const counts = seen.get(from) ?? new Map<Stage, number>();
  seen.set(from, counts);
  counts.set(to, (counts.get(to) ?? 0) + 1);
}

/** What is known of links, from sure to likely. */
export interface KnownLinks {
  readonly declared: readonly Pick<StageLink, 'from' | 'to'>[];
  readonly items: readonly SeenLink[];
  /** `items` are links, not only an order (see `ItemLinks.isComplete`). */
  readonly areItemsComplete: boolean;
  readonly learned: readonly SeenLink[];
}

/**
 * The links that hold: the declared ones, then what items show, then what was learned, each kind from the most to the least
 * seen. `order` are all of them and what is known beyond them of which stage comes first.
 */
export function joinLinks(known: KnownLinks): {
  readonly links: readonly StageLink[];
  readonly order: readonly StageLink[];
} {
  const { declared, items, areItemsComplete, learned } = known;
  const graph = new LinkGraph();
  for (const { from, to } of declared) graph.add({ from, to, known: 'declared', isInside: false });
  const likelyItems = likely(items);
  if (areItemsComplete) for (const link of likelyItems) graph.addUnlessCircle(link, 'items');
  for (const link of likely(learned)) graph.addUnlessCircle(link, 'learned');
  const links = [...graph.links];
  if (!areItemsComplete) for (const link of likelyItems) graph.addUnlessCircle(link, 'items');
  return { links, order: graph.links };
}

/** Without the rare ones; the strongest first, and where two stages follow each other, the one that began first leads. */
function likely(links: readonly SeenLink[]): readonly SeenLink[] {
  const strongest = new Map<Stage, number>();
  for (const { from, seen } of links) {
    strongest.set(from, Math.max(strongest.get(from) ?? 0, seen));
  }
  return links
    .filter(({ from, seen }) => seen >= RARE_SHARE * (strongest.get(from) ?? 0))
    .sort(
      (a, b) => rankOf(b, links) - rankOf(a, links) || a.from.firstStartNs - b.from.firstStartNs,
    );
}

/** A loop shows a link in both directions, the way back once less: nearly equal counts count as equal. */
function rankOf(link: SeenLink, links: readonly SeenLink[]): number {
  const back = links.find((other) => other.from === link.to && other.to === link.from);
  return back === undefined ? link.seen : Math.max(link.seen, back.seen);
}

class LinkGraph {
  readonly links: StageLink[] = [];
  private readonly next = new Map<Stage, Set<Stage>>();

  add(link: StageLink): void {
    if (link.from === link.to || this.next.get(link.from)?.has(link.to) === true) return;
    const next = this.next.get(link.from) ?? new Set();
    next.add(link.to);
    this.next.set(link.from, next);
    this.links.push(link);
  }

  addUnlessCircle({ from, to, seen, inside = 0 }: SeenLink, known: LinkOrigin): void {
    if (!this.leads(to, from)) this.add({ from, to, known, isInside: inside > seen / 2 });
  }

  private leads(from: Stage, to: Stage): boolean {
    const reached = new Set([from]);
    for (const stage of reached) {
      if (stage === to) return true;
      for (const next of this.next.get(stage) ?? []) reached.add(next);
    }
    return false;
  }
}
