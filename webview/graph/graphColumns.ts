/**
 * Order and height of what stands in the columns of a graph. Two steps, both pure: nodes of a column are ordered so that few
 * lines cross, then moved up and down to stand beside what they are linked to, as near as their neighbours let them.
 */

/** Something in a column: a stage, a box on an edge, or a place where a long edge passes through. */
export interface ColumnNode {
  readonly column: number;
  readonly heightPx: number;
  /** Above and below, towards its neighbours. */
  readonly gapPx: number;
}

/** A line between neighbouring columns, by the index of its nodes; `from` stands at the left. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** How much it pulls its ends to one height. */
  readonly weight: number;
}

const ORDER_SWEEPS = 12;
const PLACE_SWEEPS = 10;
/** With more lines between two columns crossings are not counted any more: it takes the square of their number. */
const MAX_COUNTED = 300;

interface Neighbour {
  readonly node: number;
  readonly weight: number;
}

/** By node. */
type Neighbours = readonly (readonly Neighbour[])[];

function neighboursOf(
  count: number,
  segments: readonly Segment[],
): { left: Neighbours; right: Neighbours } {
  const left: Neighbour[][] = Array.from({ length: count }, () => []);
  const right: Neighbour[][] = Array.from({ length: count }, () => []);
  for (const { from, to, weight } of segments) {
    left[to]?.push({ node: from, weight });
    right[from]?.push({ node: to, weight });
  }
  return { left, right };
}

function byColumn(nodes: readonly ColumnNode[]): number[][] {
  const columns = new Map<number, number[]>();
  for (const [i, { column }] of nodes.entries()) {
    const known = columns.get(column);
    if (known === undefined) columns.set(column, [i]);
    else known.push(i);
  }
  return [...columns].sort(([a], [b]) => a - b).map(([, ids]) => ids);
}

/** Where the neighbours of a node stand, in the middle; `own` when it has none. */
function between(near: readonly Neighbour[], at: Float64Array, own: number): number {
  let sum = 0;
  let weights = 0;
  for (const { node, weight } of near) {
    sum += weight * (at[node] ?? 0);
    weights += weight;
  }
  return weights === 0 ? own : sum / weights;
}

/** Place of each node in its column, 0..1, so that columns of different length compare. */
function placesOf(columns: readonly (readonly number[])[], count: number): Float64Array {
  const places = new Float64Array(count);
  for (const ids of columns) {
    for (const [i, id] of ids.entries()) places[id] = (i + 0.5) / ids.length;
  }
  return places;
}

/** Lines by the column that they begin in. */
function linesBetween(
  nodes: readonly ColumnNode[],
  segments: readonly Segment[],
): readonly (readonly Segment[])[] {
  const byColumn = new Map<number, Segment[]>();
  for (const segment of segments) {
    const column = nodes[segment.from]?.column ?? 0;
    const known = byColumn.get(column);
    if (known === undefined) byColumn.set(column, [segment]);
    else known.push(segment);
  }
  return [...byColumn.values()].filter((lines) => lines.length <= MAX_COUNTED);
}

function crossings(places: Float64Array, lines: readonly Segment[]): number {
  const at = (id: number): number => places[id] ?? 0;
  let total = 0;
  for (const [i, a] of lines.entries()) {
    for (const b of lines.slice(i + 1)) {
      if ((at(a.from) - at(b.from)) * (at(a.to) - at(b.to)) < 0) total += 1;
    }
  }
  return total;
}

/** One sweep: each column is sorted by the mean place of its neighbours at one side. */
function swept(
  columns: readonly (readonly number[])[],
  sides: Neighbours,
  isRightwards: boolean,
): number[][] {
  const next = columns.map((ids) => [...ids]);
  const count = sides.length;
  const places = placesOf(next, count);
  for (const ids of isRightwards ? next : [...next].reverse()) {
    const wanted = new Map(
      ids.map((id) => [id, between(sides[id] ?? [], places, places[id] ?? 0)]),
    );
    ids.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
    for (const [i, id] of ids.entries()) places[id] = (i + 0.5) / ids.length;
  }
  return next;
}

/** The nodes of each column from top to bottom, so that few lines cross. */
export function orderColumns(
  nodes: readonly ColumnNode[],
  segments: readonly Segment[],
): readonly (readonly number[])[] {
  const { left, right } = neighboursOf(nodes.length, segments);
  const gaps = linesBetween(nodes, segments);
  const count = (of: readonly (readonly number[])[]): number => {
    const places = placesOf(of, nodes.length);
    return gaps.reduce((sum, lines) => sum + crossings(places, lines), 0);
  };
  let columns: readonly (readonly number[])[] = byColumn(nodes);
  let best = columns;
  let fewest = count(columns);
  for (let i = 0; i < ORDER_SWEEPS && fewest > 0; i += 1) {
    columns = swept(columns, i % 2 === 0 ? left : right, i % 2 === 0);
    const now = count(columns);
    if (now < fewest) [best, fewest] = [columns, now];
  }
  return best;
}

/**
 * Puts numbers into an order that they must have with as little change as can be (isotonic regression; those that would pass each
 * other share their mean).
 */
export function ascending(values: readonly number[]): readonly number[] {
  const blocks: { sum: number; size: number }[] = [];
  for (const value of values) {
    let block = { sum: value, size: 1 };
    for (
      let last = blocks.at(-1);
      last !== undefined && last.sum / last.size > block.sum / block.size;
      last = blocks.at(-1)
    ) {
      block = { sum: last.sum + block.sum, size: last.size + block.size };
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ sum, size }) => Array.from({ length: size }, () => sum / size));
}

/** Middles of the nodes of a column, as near to the wanted ones as they can be without touching each other. */
function settle(
  ids: readonly number[],
  nodes: readonly ColumnNode[],
  middles: Float64Array,
  wanted: (id: number) => number,
): void {
  let offset = 0;
  const offsets = ids.map((id, i) => {
    const above = nodes[ids[i - 1] ?? -1];
    const node = nodes[id];
    if (above !== undefined && node !== undefined) {
      offset += (above.heightPx + node.heightPx) / 2 + Math.max(above.gapPx, node.gapPx);
    }
    return offset;
  });
  const free = ascending(ids.map((id, i) => wanted(id) - (offsets[i] ?? 0)));
  for (const [i, id] of ids.entries()) middles[id] = (free[i] ?? 0) + (offsets[i] ?? 0);
}

/** Heights of the middle of each node; the highest node begins at 0. */
export function placeColumns(
  columns: readonly (readonly number[])[],
  nodes: readonly ColumnNode[],
  segments: readonly Segment[],
): { readonly middles: Float64Array; readonly heightPx: number } {
  const { left, right } = neighboursOf(nodes.length, segments);
  const middles = new Float64Array(nodes.length);
  for (const ids of columns) settle(ids, nodes, middles, () => 0);
  for (let i = 0; i < PLACE_SWEEPS; i += 1) {
    const isRightwards = i % 2 === 0;
    const sides = isRightwards ? left : right;
    for (const ids of isRightwards ? columns : [...columns].reverse()) {
      settle(ids, nodes, middles, (id) => between(sides[id] ?? [], middles, middles[id] ?? 0));
    }
  }
  let top = Infinity;
  let bottom = -Infinity;
  for (const [i, { heightPx }] of nodes.entries()) {
    top = Math.min(top, (middles[i] ?? 0) - heightPx / 2);
    bottom = Math.max(bottom, (middles[i] ?? 0) + heightPx / 2);
  }
  if (nodes.length === 0) return { middles, heightPx: 0 };
  return { middles: middles.map((m) => m - top), heightPx: bottom - top };
}
