/** Which stages and queues make up which pipeline, and in which order: decided when asked, so late declarations count. */
import { pidOf, titleOf, type Process, type Queue, type Stage } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';

/** A queue with the stages on both sides. */
export interface LinkedQueue {
  readonly queue: Queue;
  readonly from: Stage | null;
  readonly to: Stage | null;
  /** The side that nobody declared and that was concluded from the order of stages. */
  readonly inferred: 'from' | 'to' | null;
}

/** A pipeline. Processes that work on a pipeline of the same name work on the same pipeline. */
export interface Pipeline {
  readonly name: string;
  /** From source to sink. */
  readonly stages: readonly Stage[];
  readonly queues: readonly LinkedQueue[];
}

/**
 * The pipelines of a session. A stage without a pipeline belongs to the only declared one; are there several or none, to
 * one named after its process.
 */
export function findPipelines(store: TraceStore): readonly Pipeline[] {
  const nameFor = (process: Process, declared: string | null): string =>
    pipelineNameFor(store, process, declared);
  const stages = new Map<string, Stage[]>();
  for (const stage of store.stages) {
    if (stage.declared === null && stage.lanes.length === 0 && isUnheard(stage)) continue;
    push(stages, nameFor(stage.process, stage.pipelineName), stage);
  }
  const queues = new Map<string, Queue[]>();
  for (const queue of store.queues) {
    push(queues, nameFor(queue.process, queue.declared?.pipeline ?? null), queue);
  }
  const names = new Set([...stages.keys(), ...queues.keys()]);
  return [...names].map((name) => linked(name, stages.get(name) ?? [], queues.get(name) ?? []));
}

/** The pipeline that something belongs to which was declared for `declared`, or for none. */
export function pipelineNameFor(
  store: TraceStore,
  process: Process,
  declared: string | null,
): string {
  if (declared !== null) return declared;
  const [only] = store.pipelineNames.size === 1 ? store.pipelineNames : [];
  return only ?? titleOf(process);
}

function isUnheard(stage: Stage): boolean {
  return stage.summary.executions + stage.lost.ring + stage.lost.socket === 0;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function linked(name: string, members: readonly Stage[], queues: readonly Queue[]): Pipeline {
  const declared = queues.map((queue) => ({
    queue,
    from: stageNamed(members, queue.process, queue.declared?.from ?? null),
    to: stageNamed(members, queue.process, queue.declared?.to ?? null),
  }));
  const stages = inOrder(members, declared);
  const links = declared.map((link) => withInferredSide(link, stages, declared));
  const place = ({ from, to }: LinkedQueue): number =>
    from !== null ? stages.indexOf(from) + 0.5 : to !== null ? stages.indexOf(to) - 0.5 : Infinity;
  return { name, stages, queues: links.sort((a, b) => place(a) - place(b)) };
}

/** Names are unique within a process; across processes the first one of that name serves. */
function stageNamed(stages: readonly Stage[], process: Process, name: string | null): Stage | null {
  if (name === null) return null;
  const named = stages.filter((stage) => stage.name === name);
  return named.find((stage) => stage.process === process) ?? named[0] ?? null;
}

type Edge = Pick<LinkedQueue, 'from' | 'to'>;

/** Topological order along the queues; stages that no queue orders come by kind, then by the time of their first execution. */
function inOrder(members: readonly Stage[], edges: readonly Edge[]): readonly Stage[] {
  const waiting = [...members].sort(
    (a, b) => rank(a) - rank(b) || a.firstStartNs - b.firstStartNs || a.rowId - b.rowId,
  );
  const before = new Map(waiting.map((stage) => [stage, new Set<Stage>()]));
  for (const { from, to } of edges) {
    if (from !== null && to !== null && from !== to) before.get(to)?.add(from);
  }
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

/**
 * The neighbour in the order of stages takes the side that nobody declared, unless another queue already joins that neighbour:
 * a limit on the work in flight has a stage in front of it and none behind, and must not pass for the input of the next.
 */
function withInferredSide(
  link: Omit<LinkedQueue, 'inferred'>,
  stages: readonly Stage[],
  declared: readonly Edge[],
): LinkedQueue {
  const { from, to } = link;
  if (from === null && to !== null) {
    const before = stages[stages.indexOf(to) - 1] ?? null;
    const leadsElsewhere = declared.some((d) => d.from === before && d.to !== null && d.to !== to);
    if (before !== null && !leadsElsewhere) return { ...link, from: before, inferred: 'from' };
  }
  if (to === null && from !== null) {
    const after = stages[stages.indexOf(from) + 1] ?? null;
    const isFed = declared.some((d) => d.to === after);
    if (after !== null && !isFed) return { ...link, to: after, inferred: 'to' };
  }
  return { ...link, inferred: null };
}

/** A stage's name, with the pid where several processes of the pipeline have one of that name. */
export function stageLabel(stage: Stage, pipeline: Pipeline): string {
  const isShared = pipeline.stages.some((other) => other !== stage && other.name === stage.name);
  return isShared ? `${stage.name} (pid ${pidOf(stage.process)})` : stage.name;
}
