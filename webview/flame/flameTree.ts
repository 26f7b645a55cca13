/**
 * Call trees as they are drawn. An answer is a tree of calls in columns; here its nodes get places: a start and a width in time,
 * and a row by their depth, the root in row 0. Three orders:
 *
 *     name      children by name, so that the same function stands at the same place in every graph
 *     heavy     children by time, the heaviest at the left
 *     callers   upside down: in row 1 the functions that had the processor, below each who called it
 *
 * Everything is in arrays and nothing recurses: a tree has up to 20,000 nodes, and stacks are as deep as programs make them.
 */
import type { FlameReply } from '../../extension/core/panel/query.js';
import type { FlameOrder } from '../viewState.js';

export type FlameFunction = FlameReply['functions'][number];

/** What a tree is made of; node 0 is the root, parents come first. */
export interface CallColumns {
  readonly parent: readonly number[];
  /** -1: the root. */
  readonly function: readonly number[];
  readonly selfNs: readonly number[];
  readonly totalNs: readonly number[];
}

export interface FlameTree {
  readonly order: FlameOrder;
  readonly functions: readonly FlameFunction[];
  readonly columns: CallColumns;
  /** By node. */
  readonly startNs: Float64Array;
  readonly depth: Int32Array;
  /** Place of the first child in the next row, and how many there are; they stand side by side. */
  readonly firstChild: Int32Array;
  readonly children: Int32Array;
  /** Nodes by row, from left to right. */
  readonly rows: readonly (readonly number[])[];
}

/** Nodes of an inverted tree, and the least share of all time that one has. */
const MAX_CALLER_NODES = 30_000;
const LEAST_SHARE = 0.0002;
/** Callers further up are left out: looking at them takes the time of all stacks, row by row. */
const MAX_CALLER_ROWS = 250;
/** Of a key made of two indexes. */
const KEY = 2 ** 20;

interface Level {
  /** Where each stack is now, node of the answer by stack; -1: it is done. */
  readonly at: Int32Array;
  /** Node of the inverted tree that it has come to. */
  readonly place: Int32Array;
}

interface MutableColumns {
  readonly parent: number[];
  readonly function: number[];
  readonly selfNs: number[];
  readonly totalNs: number[];
}

/** Time by place in the inverted tree and function that called there. */
function nextLevel(
  reply: CallColumns,
  { at, place }: Level,
  selfNs: readonly number[],
): Map<number, number> {
  const timeNs = new Map<number, number>();
  for (let i = 0; i < at.length; i += 1) {
    const node = at[i] ?? -1;
    if (node <= 0) continue;
    const key = (place[i] ?? 0) * KEY + (reply.function[node] ?? 0);
    timeNs.set(key, (timeNs.get(key) ?? 0) + (selfNs[i] ?? 0));
  }
  return timeNs;
}

/** Adds the places that are large enough, the largest first; returns them by key. */
function addPlaces(
  columns: MutableColumns,
  timeNs: ReadonlyMap<number, number>,
  leastNs: number,
): ReadonlyMap<number, number> {
  const isTop = columns.parent.length === 1;
  const large = [...timeNs].filter(([, ns]) => ns >= leastNs).sort(([, a], [, b]) => b - a);
  const room = Math.max(0, MAX_CALLER_NODES - columns.parent.length);
  const places = new Map<number, number>();
  for (const [key, ns] of large.slice(0, room)) {
    places.set(key, columns.parent.length);
    columns.parent.push(Math.floor(key / KEY));
    columns.function.push(key % KEY);
    columns.selfNs.push(isTop ? ns : 0);
    columns.totalNs.push(ns);
  }
  return places;
}

/** Each stack one call up; those that are at the root or fell out are done. */
function stepUp(
  reply: CallColumns,
  { at, place }: Level,
  places: ReadonlyMap<number, number>,
): boolean {
  let isOpen = false;
  for (let i = 0; i < at.length; i += 1) {
    const node = at[i] ?? -1;
    if (node <= 0) continue;
    const next = places.get((place[i] ?? 0) * KEY + (reply.function[node] ?? 0));
    place[i] = next ?? 0;
    at[i] = next === undefined ? -1 : (reply.parent[node] ?? -1);
    if ((at[i] ?? -1) > 0) isOpen = true;
  }
  return isOpen;
}

/** The tree upside down, level by level: first the functions with time of their own, then who called them, and so on. */
export function invert(reply: CallColumns): CallColumns {
  const stacks = reply.selfNs.flatMap((ns, node) => (node > 0 && ns > 0 ? [node] : []));
  const selfNs = stacks.map((node) => reply.selfNs[node] ?? 0);
  const wholeNs = reply.totalNs[0] ?? 0;
  const columns: MutableColumns = {
    parent: [-1],
    function: [-1],
    selfNs: [reply.selfNs[0] ?? 0],
    totalNs: [wholeNs],
  };
  const level = { at: Int32Array.from(stacks), place: new Int32Array(stacks.length) };
  for (let row = 0; row < MAX_CALLER_ROWS; row += 1) {
    const timeNs = nextLevel(reply, level, selfNs);
    const places = addPlaces(columns, timeNs, LEAST_SHARE * wholeNs);
    if (!stepUp(reply, level, places)) break;
  }
  return columns;
}

/** Children of each node, side by side in one array. */
function childrenOf(parent: readonly number[]): {
  readonly first: Int32Array;
  readonly list: Int32Array;
} {
  const first = new Int32Array(parent.length + 1);
  for (const up of parent) if (up >= 0) first[up + 1] = (first[up + 1] ?? 0) + 1;
  for (let i = 1; i < first.length; i += 1) first[i] = (first[i] ?? 0) + (first[i - 1] ?? 0);
  const next = first.slice();
  const list = new Int32Array(Math.max(0, parent.length - 1));
  for (const [node, up] of parent.entries()) {
    if (up < 0) continue;
    const place = next[up] ?? 0;
    list[place] = node;
    next[up] = place + 1;
  }
  return { first, list };
}

type Compare = (a: number, b: number) => number;

function compareBy(
  order: FlameOrder,
  columns: CallColumns,
  functions: readonly FlameFunction[],
): Compare {
  const nameOf = (node: number): string => functions[columns.function[node] ?? -1]?.name ?? '';
  const byName: Compare = (a, b) => {
    const [x, y] = [nameOf(a), nameOf(b)];
    return x < y ? -1 : x > y ? 1 : a - b;
  };
  if (order === 'name') return byName;
  return (a, b) => (columns.totalNs[b] ?? 0) - (columns.totalNs[a] ?? 0) || byName(a, b);
}

/** The tree of an answer in an order. */
export function flameTree(reply: FlameReply, order: FlameOrder): FlameTree {
  const columns = order === 'callers' ? invert(reply) : reply;
  const { functions } = reply;
  const count = columns.parent.length;
  const { first, list } = childrenOf(columns.parent);
  const compare = compareBy(order, columns, functions);
  const startNs = new Float64Array(count);
  const depth = new Int32Array(count);
  const firstChild = new Int32Array(count);
  const children = new Int32Array(count);
  const rows: (readonly number[])[] = [];
  for (let row: readonly number[] = count === 0 ? [] : [0]; row.length > 0;) {
    const next: number[] = [];
    for (const node of row) {
      const sorted = [...list.subarray(first[node], first[node + 1])].sort(compare);
      firstChild[node] = next.length;
      children[node] = sorted.length;
      let atNs = startNs[node] ?? 0;
      for (const child of sorted) {
        startNs[child] = atNs;
        depth[child] = (depth[node] ?? 0) + 1;
        atNs += columns.totalNs[child] ?? 0;
        next.push(child);
      }
    }
    rows.push(row);
    row = next;
  }
  return { order, functions, columns, startNs, depth, firstChild, children, rows };
}

/** All time of the tree. */
export const wholeNs = ({ columns }: FlameTree): number => columns.totalNs[0] ?? 0;

export const totalNs = ({ columns }: FlameTree, node: number): number => columns.totalNs[node] ?? 0;

export const selfNs = ({ columns }: FlameTree, node: number): number => columns.selfNs[node] ?? 0;

/** The node's caller, drawn above it; the root has none. */
export const parentOf = ({ columns }: FlameTree, node: number): number =>
  columns.parent[node] ?? -1;

/** The nodes below a node, from left to right. */
export function childNodes(
  { rows, depth, firstChild, children }: FlameTree,
  node: number,
): readonly number[] {
  const from = firstChild[node] ?? 0;
  return rows[(depth[node] ?? 0) + 1]?.slice(from, from + (children[node] ?? 0)) ?? [];
}

/** The function of a node; null: the root. */
export const functionOf = ({ functions, columns }: FlameTree, node: number): FlameFunction | null =>
  functions[columns.function[node] ?? -1] ?? null;

/** What a function is remembered by: its name and its place. */
export function frameKey({ name, source }: FlameFunction): string {
  return source === null ? name : `${name}\n${source.file}:${source.line}:${source.column}`;
}

/** The nodes from below the root to a node. */
export function pathTo(tree: FlameTree, node: number): readonly number[] {
  const path: number[] = [];
  for (let at = node; at > 0; at = parentOf(tree, at)) path.push(at);
  return path.reverse();
}

/** Keys of the functions on the way to a node. */
export function keysTo(tree: FlameTree, node: number): readonly string[] {
  return pathTo(tree, node).flatMap((at) => {
    const of = functionOf(tree, at);
    return of === null ? [] : [frameKey(of)];
  });
}

/** The node at the end of a way, or as far as it leads in this tree. */
export function nodeAt(tree: FlameTree, keys: readonly string[]): number {
  let at = 0;
  for (const key of keys) {
    const next = childNodes(tree, at).find((child) => {
      const of = functionOf(tree, child);
      return of !== null && frameKey(of) === key;
    });
    if (next === undefined) break;
    at = next;
  }
  return at;
}
