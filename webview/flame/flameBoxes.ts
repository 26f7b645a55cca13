/**
 * What of a call tree is on screen: the frame that is zoomed to takes the whole width, its callers above it as well, and what it
 * called stands below. Boxes too narrow to be told apart become one. Pure.
 */
import { childNodes, parentOf, totalNs, type FlameTree } from './flameTree.js';

/** Height of a row. */
export const FLAME_ROW_PX = 18;
/** Narrower boxes are merged with their neighbours. */
const LEAST_PX = 1.5;

export interface FlameWindow {
  readonly tree: FlameTree;
  /** The node that takes the whole width. */
  readonly focus: number;
  readonly widthPx: number;
  /** Rows that are on screen. */
  readonly fromRow: number;
  readonly toRow: number;
}

export interface FlameBox {
  /** Of merged ones the heaviest. */
  readonly node: number;
  readonly row: number;
  readonly x: number;
  readonly width: number;
  readonly isMerged: boolean;
}

/** The node of a row that the focus is below of. */
function ancestorIn(tree: FlameTree, focus: number, row: number): number {
  let at = focus;
  while ((tree.depth[at] ?? 0) > row) at = parentOf(tree, at);
  return at;
}

/** The first node of a row that ends behind a moment. */
function firstAfter(tree: FlameTree, row: readonly number[], ns: number): number {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    const node = row[mid] ?? 0;
    if ((tree.startNs[node] ?? 0) + totalNs(tree, node) <= ns) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Adds a narrow box to the one before it, if that is narrow and near. */
function merged(last: FlameBox | undefined, box: FlameBox, tree: FlameTree): FlameBox | null {
  if (last?.isMerged !== true || last.row !== box.row) return null;
  if (box.x - (last.x + last.width) > LEAST_PX) return null;
  const isHeavier = totalNs(tree, box.node) > totalNs(tree, last.node);
  const width = Math.max(last.width, box.x + box.width - last.x);
  return { ...last, node: isHeavier ? box.node : last.node, width };
}

function rowBoxes({ tree, focus, widthPx }: FlameWindow, row: number, boxes: FlameBox[]): void {
  const nodes = tree.rows[row] ?? [];
  const fromNs = tree.startNs[focus] ?? 0;
  const toNs = fromNs + totalNs(tree, focus);
  const pxPerNs = widthPx / Math.max(toNs - fromNs, 1);
  for (let i = firstAfter(tree, nodes, fromNs); i < nodes.length; i += 1) {
    const node = nodes[i] ?? 0;
    const startNs = tree.startNs[node] ?? 0;
    if (startNs >= toNs) break;
    const x = (startNs - fromNs) * pxPerNs;
    const width = totalNs(tree, node) * pxPerNs;
    if (width >= LEAST_PX) {
      boxes.push({ node, row, x, width, isMerged: false });
      continue;
    }
    const box = { node, row, x, width, isMerged: true };
    const joined = merged(boxes.at(-1), box, tree);
    if (joined === null) boxes.push(box);
    else boxes[boxes.length - 1] = joined;
  }
}

/** The boxes on screen, row by row from left to right. */
export function flameBoxes(window: FlameWindow): readonly FlameBox[] {
  const { tree, focus, widthPx, fromRow, toRow } = window;
  const boxes: FlameBox[] = [];
  const focusRow = tree.depth[focus] ?? 0;
  for (let row = Math.max(0, fromRow); row < Math.min(toRow, tree.rows.length); row += 1) {
    if (row > focusRow) rowBoxes(window, row, boxes);
    else {
      const node = ancestorIn(tree, focus, row);
      boxes.push({ node, row, x: 0, width: widthPx, isMerged: false });
    }
  }
  return boxes;
}

/** The box at a point; null: none. */
export function boxAt(boxes: readonly FlameBox[], row: number, x: number): FlameBox | null {
  return boxes.find((b) => b.row === row && x >= b.x && x < b.x + Math.max(b.width, 1)) ?? null;
}

/** The deepest row below a node, itself included. */
export function deepestRow(tree: FlameTree, focus: number): number {
  const fromNs = tree.startNs[focus] ?? 0;
  const toNs = fromNs + totalNs(tree, focus);
  let row = tree.depth[focus] ?? 0;
  for (;;) {
    const nodes = tree.rows[row + 1];
    const first = nodes?.[firstAfter(tree, nodes, fromNs)];
    if (first === undefined || (tree.startNs[first] ?? 0) >= toNs) return row;
    row += 1;
  }
}

export type FlameKey = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home';

export const isFlameKey = (key: string): key is FlameKey =>
  ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home'].includes(key);

/** The nearest node beside another in its row that is inside of the zoom and wide enough to be seen. */
function beside(
  { tree, focus, widthPx }: Omit<FlameWindow, 'fromRow' | 'toRow'>,
  node: number,
  step: 1 | -1,
): number {
  const row = tree.rows[tree.depth[node] ?? 0] ?? [];
  const fromNs = tree.startNs[focus] ?? 0;
  const toNs = fromNs + totalNs(tree, focus);
  const leastNs = (LEAST_PX / Math.max(widthPx, 1)) * (toNs - fromNs);
  for (let i = row.indexOf(node) + step; i >= 0 && i < row.length; i += step) {
    const next = row[i] ?? 0;
    const startNs = tree.startNs[next] ?? 0;
    if (startNs < fromNs || startNs >= toNs) break;
    if (totalNs(tree, next) >= leastNs) return next;
  }
  return node;
}

/** Where a key leads from a node: up to its caller, down to the heaviest call, aside in its row, home to the zoom. */
export function moved(
  window: Omit<FlameWindow, 'fromRow' | 'toRow'>,
  node: number,
  key: FlameKey,
): number {
  const { tree, focus } = window;
  switch (key) {
    case 'ArrowUp':
      return Math.max(0, parentOf(tree, node));
    case 'ArrowDown': {
      const below = (tree.depth[node] ?? 0) < (tree.depth[focus] ?? 0);
      if (below) return ancestorIn(tree, focus, (tree.depth[node] ?? 0) + 1);
      return childNodes(tree, node).reduce(
        (best, child) =>
          best === node || totalNs(tree, child) > totalNs(tree, best) ? child : best,
        node,
      );
    }
    case 'ArrowLeft':
      return beside(window, node, -1);
    case 'ArrowRight':
      return beside(window, node, 1);
    case 'Home':
      return focus;
  }
}

/** The caller that is noticeably wider than a node: a zoom out that shows nothing new would look like a key that does not work. */
export function zoomedOut(tree: FlameTree, focus: number): number {
  let at = parentOf(tree, focus);
  while (at > 0 && totalNs(tree, at) < totalNs(tree, focus) * 1.02) at = parentOf(tree, at);
  return Math.max(0, at);
}
