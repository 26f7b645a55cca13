/**
 * Where an arrow key leads in the pipeline graph. Left and right follow the links, through the queues on them; up and down go
 * through a column and on to the next one, so that every node can be reached. Pure.
 */
import type { GraphLayout, Rect } from './graphLayout.js';

/** An edge; a queue on it is a node, a mere rate is not. */
export interface NavigableEdge {
  readonly key: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly hasQueue: boolean;
}

export type GraphKey = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' | 'Home' | 'End';

const keys: ReadonlySet<string> = new Set([
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
]);

export const isGraphKey = (key: string): key is GraphKey => keys.has(key);

const middleOf = ({ y, height }: Rect): number => y + height / 2;
const centreOf = ({ x, width }: Rect): number => x + width / 2;

/** Nodes that can have the focus: column by column, each from top to bottom. */
export function readingOrder(
  stages: readonly string[],
  edges: readonly NavigableEdge[],
  { boxes }: GraphLayout,
): readonly string[] {
  const nodes = [...stages, ...edges.flatMap((e) => (e.hasQueue ? [e.key] : []))];
  const placed = nodes.flatMap((key) => {
    const rect = boxes.get(key);
    return rect === undefined ? [] : [{ key, rect }];
  });
  placed.sort((a, b) => centreOf(a.rect) - centreOf(b.rect) || a.rect.y - b.rect.y);
  return placed.map(({ key }) => key);
}

/** Nodes that a node leads to (`Right`) or comes from (`Left`). */
function linked(
  node: string,
  edges: readonly NavigableEdge[],
  isForward: boolean,
): readonly string[] {
  const found: (string | null)[] = [];
  for (const { key, from, to, hasQueue } of edges) {
    const [near, far] = isForward ? [from, to] : [to, from];
    if (hasQueue && key === node) found.push(far);
    if (near === node) found.push(hasQueue ? key : far);
  }
  return found.filter((key) => key !== null);
}

/** Of several nodes the one at the height of another. */
function nearest(
  node: string,
  candidates: readonly string[],
  { boxes }: GraphLayout,
): string | null {
  const own = boxes.get(node);
  const away = (key: string): number => {
    const rect = boxes.get(key);
    if (own === undefined || rect === undefined) return Infinity;
    return Math.abs(middleOf(rect) - middleOf(own));
  };
  return candidates.reduce<string | null>(
    (best, key) => (best === null || away(key) < away(best) ? key : best),
    null,
  );
}

/** The graph as the keyboard knows it. */
export interface NavigableGraph {
  readonly order: readonly string[];
  readonly edges: readonly NavigableEdge[];
  readonly layout: GraphLayout;
}

/** The node that a key leads to; the same one where there is nothing. */
export function neighbourOf(graph: NavigableGraph, node: string, key: GraphKey): string {
  const { order, edges, layout } = graph;
  const at = order.indexOf(node);
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight':
      return nearest(node, linked(node, edges, key === 'ArrowRight'), layout) ?? node;
    case 'ArrowUp':
      return order[at - 1] ?? node;
    case 'ArrowDown':
      return order[at + 1] ?? node;
    case 'Home':
      return order[0] ?? node;
    case 'End':
      return order.at(-1) ?? node;
  }
}
