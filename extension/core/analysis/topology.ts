/** Which stages and queues make up which pipeline, and in which order: decided when asked, so late declarations count. */
import {
  pidOf,
  titleOf,
  VIA_IMPORT,
  type Process,
  type Queue,
  type Stage,
} from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import type { LinkOrigin } from '../report/report.js';
import { ItemLinks, joinLinks, type SeenLink, type StageLink } from './links.js';

/** A queue with the stages on both sides. */
export interface LinkedQueue {
  readonly queue: Queue;
  readonly from: Stage | null;
  readonly to: Stage | null;
  /** The side that nobody declared, and how it was concluded. */
  readonly inferred: { readonly side: 'from' | 'to'; readonly by: LinkOrigin } | null;
}

/** A pipeline. Processes that work on a pipeline of the same name work on the same pipeline. */
export interface Pipeline {
  readonly name: string;
  /** From source to sink. */
  readonly stages: readonly Stage[];
  readonly queues: readonly LinkedQueue[];
  /** Not anybody's pipeline but a pool that stages share. */
  readonly isShared: boolean;
  /** No pipeline but the threads and tasks of another tool's trace: nobody knows what feeds what. */
  readonly isImported: boolean;
  /** Which stage feeds which, as far as it is known. */
  readonly links: readonly StageLink[];
}

/** What stays known about items between two looks at a session; one per pipeline name. */
export type ItemLinksBook = Map<string, ItemLinks>;

/**
 * The pipelines of a session. A stage without a pipeline belongs to the only declared one; are there several or none, to
 * one named after its process. What stages share (`sharedPools`) stands apart, behind them, and behind that what other tools
 * recorded of the same run.
 */
export function findPipelines(store: TraceStore, items: ItemLinksBook): readonly Pipeline[] {
  const stages = new Map<string, Stage[]>();
  for (const stage of store.stages) {
    if (stage.declared === null && stage.lanes.length === 0 && isUnheard(stage)) continue;
    const { process, pipelineName: pipeline, declared } = stage;
    push(stages, pipelineNameFor(store, process, { pipeline, via: declared?.via }), stage);
  }
  const queues = new Map<string, Queue[]>();
  for (const queue of store.queues) {
    const { pipeline = null, via } = queue.declared ?? {};
    push(queues, pipelineNameFor(store, queue.process, { pipeline, via }), queue);
  }
  const names = [...new Set([...stages.keys(), ...queues.keys()])];
  const placeOf = (name: string): number =>
    (stages.get(name) ?? []).some(isOfImport) ? 2 : Number(isSharedPool(name));
  names.sort((a, b) => placeOf(a) - placeOf(b));
  return names.map((name) => {
    const members = stages.get(name) ?? [];
    const followed = itemLinksOf(items, name, members);
    return linked(name, { members, queues: queues.get(name) ?? [] }, followed);
  });
}

function itemLinksOf(book: ItemLinksBook, name: string, members: readonly Stage[]): ItemLinks {
  let links = book.get(name);
  if (links?.isFor(members) !== true) {
    links = new ItemLinks(members);
    book.set(name, links);
  }
  return links;
}

/** Links that agents learned between these stages. */
function learnedLinks(members: readonly Stage[]): readonly SeenLink[] {
  const links: SeenLink[] = [];
  for (const process of new Set(members.map((stage) => stage.process))) {
    for (const { from: fromName, to: toName, seen, inside } of process.links.values()) {
      const from = members.find((s) => s.process === process && s.name === fromName);
      const to = members.find((s) => s.process === process && s.name === toName);
      if (from !== undefined && to !== undefined) links.push({ from, to, seen, inside });
    }
  }
  return links;
}

/** What the devices of all programs are called together. */
export const GPU_POOL = 'GPU';

/**
 * Pools that the stages of a process share, by who declares them. No item passes through them on its way, so they are no
 * stage of anybody's pipeline: as its last stage such a pool would give the pipeline its rate.
 */
export const sharedPools: ReadonlyMap<string, string> = new Map([
  ['libuv', 'thread pool of Node.js'],
  ['webgpu', GPU_POOL],
  ['cuda', GPU_POOL],
]);

function isSharedPool(pipeline: string): boolean {
  return [...sharedPools.values()].includes(pipeline);
}

/** Who declared something, and for which pipeline; null: for none. */
export interface Declared {
  readonly pipeline: string | null;
  readonly via: string | undefined;
}

/** The pipeline that something belongs to. */
export function pipelineNameFor(
  store: TraceStore,
  process: Process,
  { pipeline, via }: Declared,
): string {
  if (pipeline !== null) return pipeline;
  const shared = sharedPools.get(via ?? '');
  if (shared !== undefined) return shared;
  const [only] = store.pipelineNames.size === 1 ? store.pipelineNames : [];
  return only ?? titleOf(process);
}

function isOfImport({ declared }: Stage): boolean {
  return declared?.via === VIA_IMPORT;
}

function isUnheard(stage: Stage): boolean {
  return stage.summary.executions + stage.lost.ring + stage.lost.socket === 0;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

interface Parts {
  readonly members: readonly Stage[];
  readonly queues: readonly Queue[];
}

function linked(name: string, { members, queues }: Parts, followed: ItemLinks): Pipeline {
  const declared = queues.map((queue) => ({
    queue,
    from: stageNamed(members, queue.process, queue.declared?.from ?? null),
    to: stageNamed(members, queue.process, queue.declared?.to ?? null),
  }));
  const isImported = members.some(isOfImport);
  // The same item in two threads of a foreign trace says that they have to do with each other, not which one feeds which.
  const items = isImported ? [] : followed.links();
  const { links, order } = joinLinks({
    declared: declared.flatMap(bothSides),
    items,
    areItemsComplete: followed.isComplete,
    learned: learnedLinks(members),
  });
  const stages = inOrder(members, order);
  const sided = declared.map((link) => withInferredSide(link, stages, { declared, links }));
  const place = ({ from, to }: LinkedQueue): number =>
    from !== null ? stages.indexOf(from) + 0.5 : to !== null ? stages.indexOf(to) - 0.5 : Infinity;
  return {
    name,
    stages,
    isShared: isSharedPool(name),
    isImported,
    queues: sided.sort((a, b) => place(a) - place(b)),
    links: [...links, ...guessedLinks(sided, links)],
  };
}

function bothSides({ from, to }: Edge): { from: Stage; to: Stage }[] {
  return from === null || to === null ? [] : [{ from, to }];
}

/** Links that stand only on a guess about a queue's side. */
function guessedLinks(
  queues: readonly LinkedQueue[],
  known: readonly StageLink[],
): readonly StageLink[] {
  const guesses = queues
    .filter(({ inferred }) => inferred?.by === 'order')
    .flatMap(bothSides)
    .filter(({ from, to }) => !known.some((link) => link.from === from && link.to === to));
  return guesses.map(({ from, to }) => ({ from, to, known: 'order', isInside: false }));
}

/** Names are unique within a process; across processes the first one of that name serves. */
function stageNamed(stages: readonly Stage[], process: Process, name: string | null): Stage | null {
  if (name === null) return null;
  const named = stages.filter((stage) => stage.name === name);
  return named.find((stage) => stage.process === process) ?? named[0] ?? null;
}

type Edge = Pick<LinkedQueue, 'from' | 'to'>;

/** Topological order along the links; stages that no link orders come by kind, then by the time of their first execution. */
function inOrder(members: readonly Stage[], links: readonly StageLink[]): readonly Stage[] {
  const waiting = [...members].sort(
    (a, b) => rank(a) - rank(b) || a.firstStartNs - b.firstStartNs || a.rowId - b.rowId,
  );
  const before = new Map(waiting.map((stage) => [stage, new Set<Stage>()]));
  for (const { from, to } of links) before.get(to)?.add(from);
  const order: Stage[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex((stage) => before.get(stage)?.size === 0);
    // A cycle (a retry queue, say) leaves none that is ready: the earliest breaks it.
    const taken = waiting.splice(Math.max(ready, 0), 1);
    order.push(...taken);
    for (const rest of waiting) for (const stage of taken) before.get(rest)?.delete(stage);
  }
  return order;
}

function rank(stage: Stage): number {
  const kind = stage.declared?.stageKind;
  return kind === 'source' ? 0 : kind === 'sink' ? 2 : 1;
}

interface Known {
  readonly declared: readonly Edge[];
  readonly links: readonly StageLink[];
}

/** Gives a queue the side that nobody declared, if it can be concluded. */
function withInferredSide(
  link: Omit<LinkedQueue, 'inferred'>,
  stages: readonly Stage[],
  known: Known,
): LinkedQueue {
  const { from, to } = link;
  const side = from === null ? 'from' : 'to';
  const end = from ?? to;
  if ((from === null) === (to === null) || end === null) return { ...link, inferred: null };
  const other = otherSide(side, end, { stages, ...known });
  if (other === null) return { ...link, inferred: null };
  return { ...link, [side]: other.stage, inferred: { side, by: other.by } };
}

/**
 * The only stage that is known to feed (or to follow) the known end of a queue takes the other side. Is none known, then the
 * neighbour in the order of stages does, unless another queue already joins that neighbour: a limit on the work in flight
 * has a stage in front of it and none behind, and must not pass for the input of the next.
 */
function otherSide(
  side: 'from' | 'to',
  end: Stage,
  { stages, declared, links }: Known & { readonly stages: readonly Stage[] },
): { readonly stage: Stage; readonly by: LinkOrigin } | null {
  const near = links.filter((link) => (side === 'from' ? link.to : link.from) === end);
  const [only] = near;
  if (only !== undefined) {
    // Several may fill it, or one of them: nobody knows, so nobody is named. A stage that has its input queue needs no other.
    const hasItsQueue = side === 'to' && declared.some((d) => d.to === only.to);
    return near.length > 1 || hasItsQueue ? null : { stage: only[side], by: only.known };
  }
  const neighbour = stages[stages.indexOf(end) + (side === 'from' ? -1 : 1)];
  if (neighbour === undefined) return null;
  const isJoined =
    links.some((link) => link[side] === neighbour) ||
    declared.some((d) => d[side] === neighbour && (side === 'to' || d.to !== null));
  return isJoined ? null : { stage: neighbour, by: 'order' };
}

/** A stage's name, with the pid where several processes of the pipeline have one of that name. */
export function stageLabel(stage: Stage, pipeline: Pipeline): string {
  const isShared = pipeline.stages.some((other) => other !== stage && other.name === stage.name);
  return isShared ? `${stage.name} (pid ${pidOf(stage.process)})` : stage.name;
}
