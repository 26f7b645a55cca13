/** An item whose way through the pipeline is shown, and what can be said of the way. All pure. */
import { formatCount, formatDurationNs, formatPercent } from '../../extension/core/format.js';
import type { ItemReply, ItemVisit } from '../../extension/core/panel/query.js';
import type { Selection } from '../state.js';
import type { TimeRange } from '../timeline/timeScale.js';

export type ItemPath = NonNullable<ItemReply['path']>;

export interface Followed {
  readonly item: number;
  readonly pipeline: string;
  /** A moment of its way: numbers are used again, and this tells which of the items is meant. */
  readonly atNs: number;
  /** null: it has not come yet. */
  readonly path: ItemPath | null;
}

/** What is kept of it: enough to ask again. null for anything else than a `Followed`, also for what an older panel kept. */
export function savedFollowed(value: unknown): Omit<Followed, 'path'> | null {
  if (typeof value !== 'object' || value === null) return null;
  const item: unknown = Reflect.get(value, 'item');
  const atNs: unknown = Reflect.get(value, 'atNs');
  const pipeline: unknown = Reflect.get(value, 'pipeline');
  if (typeof item !== 'number' || !Number.isInteger(item) || item < 0) return null;
  if (typeof atNs !== 'number' || !Number.isFinite(atNs)) return null;
  return typeof pipeline === 'string' ? { item, pipeline, atNs } : null;
}

/** The item of a way that has come. */
export function followedOf(path: ItemPath): Followed {
  const { item, pipeline, visits } = path;
  return { item, pipeline, atNs: visits[0]?.startNs ?? 0, path };
}

export const endOf = ({ startNs, durationNs }: ItemVisit): number => startNs + durationNs;

/** A way in figures: from when to when, and how much of it nobody worked on the item. */
export interface PathTimes {
  readonly range: TimeRange;
  readonly totalNs: number;
  readonly waitingNs: number;
}

/** From the arrival at the first stage, where that is known, to the end of the last visit. null: no visits. */
export function pathTimes({ visits }: Pick<ItemPath, 'visits'>): PathTimes | null {
  const [first] = visits;
  if (first === undefined) return null;
  const fromNs = first.startNs - (first.waitedNs ?? 0);
  let doneNs = fromNs;
  let busyNs = 0;
  // Visits come in the order in which they began and may overlap: time in two of them counts once.
  for (const visit of visits) {
    const end = endOf(visit);
    busyNs += Math.max(end - Math.max(visit.startNs, doneNs), 0);
    doneNs = Math.max(doneNs, end);
  }
  const totalNs = doneNs - fromNs;
  return { range: { fromNs, toNs: doneNs }, totalNs, waitingNs: Math.max(totalNs - busyNs, 0) };
}

/** A visit as it would be selected by a click on its box. */
export function selectionOf(path: ItemPath, visit: ItemVisit): Selection {
  const { stage, lane, startNs, durationNs, items, failed, row } = visit;
  const { item } = path;
  return {
    hit: { kind: 'execution', stage, lane, startNs, durationNs, item, items, failed },
    mark: { row, level: 0, fromNs: startNs, toNs: startNs + durationNs },
  };
}

/** `511 ms from end to end, 480 ms of it (94%) waiting` */
export function pathSentence({ totalNs, waitingNs }: PathTimes): string {
  const total = `${formatDurationNs(totalNs)} from end to end`;
  if (totalNs <= 0) return total;
  const share = formatPercent(waitingNs / totalNs);
  return `${total}, ${formatDurationNs(waitingNs)} of it (${share}) waiting`;
}

/** What is to be known about the way as a whole, besides its times. */
export function pathRemarks(path: ItemPath, mayGrow: boolean): readonly string[] {
  const { journeys, visits } = path;
  return [
    ...(journeys > 1
      ? [`${formatCount(journeys)} items had this number; this is the nearest one.`]
      : []),
    ...(mayGrow ? ['It may still be under way.'] : []),
    ...(visits.length === 0 ? ['No stage tells when it worked on it.'] : []),
  ];
}
