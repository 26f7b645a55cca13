/**
 * Where everything of the pipeline graph stands. Pure, and only the structure counts: sizes are fixed, so new numbers move
 * nothing. All pipelines stand in one grid of columns, one below the other:
 *
 *     column 0    1         2    3          4
 *     ┌─────┐  ┌───────┐  ┌─────┐         ┌─────┐
 *     │stage├──│ queue ├─>│stage├── 12/s ─>│stage│     a box on each edge: a queue, or how much passes
 *     └─────┘  └───────┘  └──┬──┘         └─────┘
 *                  └─────────┘                         an edge that leads back, drawn from right to left
 *
 * An edge that is longer than one step gets places of its own in the columns between, so it runs around stages and not behind
 * them. Stages that nothing is known to link to stand below in rows.
 */
import { orderColumns, placeColumns, type ColumnNode, type Segment } from './graphColumns.js';
import { rankStages } from './graphRanks.js';

export interface LayoutEdge {
  readonly key: string;
  /** Keys of stages; null: not known. */
  readonly from: string | null;
  readonly to: string | null;
  readonly box: 'queue' | 'rate';
}

export interface LayoutPipeline {
  readonly title: string;
  readonly stages: readonly string[];
  readonly edges: readonly LayoutEdge[];
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

/** A line of an edge, from where work comes to where it goes. */
export interface GraphLine {
  /** Pieces from box to box: each is drawn as a curve through its points, two a box. */
  readonly pieces: readonly (readonly Point[])[];
  readonly isBack: boolean;
}

export interface GraphLayout {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly titles: readonly { readonly title: string; readonly yPx: number }[];
  /** By the keys of stages and edges. */
  readonly boxes: ReadonlyMap<string, Rect>;
  readonly lines: ReadonlyMap<string, GraphLine>;
}

export const STAGE_SIZE = { width: 158, height: 82 } as const;
export const QUEUE_SIZE = { width: 96, height: 60 } as const;
export const RATE_SIZE = { width: 52, height: 30 } as const;
/** A place that a long edge passes through. */
const PASS_SIZE = { width: 24, height: 14 } as const;
const COLUMN_GAP = 18;
/** Above a queue stands how much passes. */
const ROW_GAP = 26;
const PASS_GAP = 10;
export const TITLE_PX = 34;
const PIPELINE_GAP = 22;
const MARGIN = 14;
/** Stages without links that stand in a row, where the pipeline is not wider. */
const LOOSE_STAGES = 4;

interface Node extends ColumnNode {
  readonly key: string;
  readonly width: number;
  /** Lines bend only between columns, so what is no box takes the width of its column. */
  readonly isWide: boolean;
}

interface Chain {
  readonly edge: LayoutEdge;
  /** Nodes from left to right. */
  readonly nodes: readonly number[];
  readonly isBack: boolean;
}

interface Built {
  readonly nodes: readonly Node[];
  readonly segments: readonly Segment[];
  readonly chains: readonly Chain[];
}

class Builder {
  readonly nodes: Node[] = [];
  readonly segments: Segment[] = [];
  readonly chains: Chain[] = [];
  private readonly stages = new Map<string, number>();

  stage(key: string, rank: number): void {
    this.stages.set(key, this.add(key, 2 * rank, STAGE_SIZE, ROW_GAP));
  }

  edge(edge: LayoutEdge, isBack: boolean): void {
    const [left, right] = isBack ? [edge.to, edge.from] : [edge.from, edge.to];
    const first = this.stageOf(left);
    // An edge from a stage to itself ends at its own box.
    const last = left === right ? null : this.stageOf(right);
    const column = this.boxColumn(first, last);
    const box = this.add(edge.key, column, edge.box === 'queue' ? QUEUE_SIZE : RATE_SIZE, ROW_GAP);
    const nodes = [first, box, ...this.passes(column + 1, last), last].filter((n) => n !== null);
    for (const [i, to] of nodes.entries()) {
      const from = nodes[i - 1];
      if (from !== undefined) this.segments.push({ from, to, weight: isBack ? BACK_WEIGHT : 1 });
    }
    this.chains.push({ edge, nodes, isBack });
  }

  private columnOf(node: number): number {
    return this.nodes[node]?.column ?? 0;
  }

  /** Right behind the first stage, else right before the last. */
  private boxColumn(first: number | null, last: number | null): number {
    if (first !== null) return this.columnOf(first) + 1;
    return last === null ? 1 : this.columnOf(last) - 1;
  }

  private passes(from: number, last: number | null): readonly number[] {
    const count = last === null ? 0 : Math.max(0, this.columnOf(last) - from);
    return Array.from({ length: count }, (_, i) => this.add('', from + i, PASS_SIZE, PASS_GAP));
  }

  private stageOf(key: string | null): number | null {
    return key === null ? null : (this.stages.get(key) ?? null);
  }

  private add(
    key: string,
    column: number,
    { width, height }: { readonly width: number; readonly height: number },
    gapPx: number,
  ): number {
    const isWide = width < QUEUE_SIZE.width;
    return this.nodes.push({ key, column, width, heightPx: height, gapPx, isWide }) - 1;
  }
}

/** Edges whose ends are known, as stages by their index. */
function rankEdges(
  stages: readonly string[],
  edges: readonly LayoutEdge[],
): {
  readonly from: number;
  readonly to: number;
  readonly edge: LayoutEdge;
}[] {
  const places = new Map(stages.map((key, i) => [key, i]));
  return edges.flatMap((edge) => {
    const from = places.get(edge.from ?? '');
    const to = places.get(edge.to ?? '');
    return from === undefined || to === undefined ? [] : [{ from, to, edge }];
  });
}

/** Nodes, segments and chains of a pipeline's linked part. */
function build(linked: readonly string[], edges: readonly LayoutEdge[]): Built {
  const builder = new Builder();
  const known = rankEdges(linked, edges);
  const { ranks, back } = rankStages(linked.length, known);
  for (const [i, key] of linked.entries()) builder.stage(key, ranks[i] ?? 0);
  const backward = new Set(known.filter((_, i) => back.has(i)).map(({ edge }) => edge));
  for (const edge of edges) builder.edge(edge, backward.has(edge));
  return builder;
}

function isLinked(edges: readonly LayoutEdge[]): (key: string) => boolean {
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return (key) => ends.has(key);
}

/** Where columns begin and how wide they are. */
interface Grid {
  readonly xOf: (column: number) => number;
  readonly widthOf: (column: number) => number;
  readonly widthPx: number;
}

function gridOf(nodes: readonly Node[]): Grid {
  const widths = new Map<number, number>();
  for (const { column, width } of nodes) {
    widths.set(column, Math.max(widths.get(column) ?? 0, width));
  }
  const xs = new Map<number, number>();
  let x = MARGIN;
  for (const [column, width] of [...widths].sort(([a], [b]) => a - b)) {
    xs.set(column, x);
    x += width + COLUMN_GAP;
  }
  return {
    xOf: (column) => xs.get(column) ?? MARGIN,
    widthOf: (column) => widths.get(column) ?? 0,
    widthPx: nodes.length === 0 ? 2 * MARGIN : x - COLUMN_GAP + MARGIN,
  };
}

function rectOf(node: Node, middlePx: number, grid: Grid): Rect {
  const { column, heightPx, isWide } = node;
  const width = isWide ? grid.widthOf(column) : node.width;
  return { x: grid.xOf(column), y: middlePx - heightPx / 2, width, height: heightPx };
}

const middleOf = ({ y, height }: Rect): number => y + height / 2;

/** The way on runs straight; the way back runs around it. */
const BACK_WEIGHT = 0.05;
/** Edges that lead back end lower, so that they do not lie on those that lead on. */
const BACK_SHARE = 0.3;

/** The points of an edge in its direction, cut in two at its box. */
function lineOf(
  { edge, nodes, isBack }: Chain,
  rects: readonly Rect[],
  keys: readonly Node[],
): GraphLine {
  const isLoop = edge.from !== null && edge.from === edge.to;
  const shift = isBack ? BACK_SHARE : 0;
  const passes = nodes.map((i, at) => {
    const rect = rects[i] ?? { x: 0, y: 0, width: 0, height: 0 };
    const isStage = keys[i]?.key !== '' && keys[i]?.key !== edge.key;
    const y = middleOf(rect) + (isStage ? shift * rect.height : 0);
    const left: Point = [rect.x, y];
    const right: Point = [rect.x + rect.width, y];
    // Of the stages at both ends only the side that looks at the edge.
    const points = isStage ? (at === 0 ? [right] : [left]) : [left, right];
    return { isBox: keys[i]?.key === edge.key, points };
  });
  if (isLoop) return { pieces: loopOf(passes), isBack: true };
  const inOrder = isBack
    ? passes.map((p) => ({ ...p, points: [...p.points].reverse() })).reverse()
    : passes;
  const pieces: Point[][] = [[]];
  for (const { isBox, points } of inOrder) {
    const [first, second] = points;
    if (first !== undefined) pieces.at(-1)?.push(first);
    if (isBox) pieces.push([]);
    if (second !== undefined) pieces.at(-1)?.push(second);
  }
  return { pieces: pieces.filter((p) => p.length > 1), isBack };
}

/** From a stage to the box at its right, and back below that line. */
function loopOf(
  passes: readonly { readonly points: readonly Point[] }[],
): readonly (readonly Point[])[] {
  const [out, box] = [passes[0]?.points[0], passes[1]?.points[0]];
  if (out === undefined || box === undefined) return [];
  const below = ([x, y]: Point): Point => [x, y + STAGE_SIZE.height * 0.25];
  return [
    [out, box],
    [below(box), below(out)],
  ];
}

interface Placed {
  readonly built: Built;
  readonly middles: Float64Array;
  readonly heightPx: number;
  readonly loose: readonly string[];
}

function place({ stages, edges }: LayoutPipeline): Placed {
  const linked = isLinked(edges);
  const built = build(stages.filter(linked), edges);
  const columns = orderColumns(built.nodes, built.segments);
  const { middles, heightPx } = placeColumns(columns, built.nodes, built.segments);
  return { built, middles, heightPx, loose: stages.filter((key) => !linked(key)) };
}

/** Columns that stages without links stand in: as wide as the linked ones reach, or a few. */
function looseColumns({ built, loose }: Placed): readonly Node[] {
  const last = Math.max(0, ...built.nodes.map((n) => n.column));
  const inRow = Math.max(LOOSE_STAGES, Math.floor(last / 2) + 1);
  return loose.map((key, i) => ({
    key,
    column: 2 * (i % inRow),
    width: STAGE_SIZE.width,
    heightPx: STAGE_SIZE.height,
    gapPx: ROW_GAP,
    isWide: false,
  }));
}

/** Lays the pipelines out. */
export function layoutGraph(pipelines: readonly LayoutPipeline[]): GraphLayout {
  const placed = pipelines.map(place);
  const grid = gridOf(placed.flatMap((p) => [...p.built.nodes, ...looseColumns(p)]));
  const boxes = new Map<string, Rect>();
  const lines = new Map<string, GraphLine>();
  const titles: { title: string; yPx: number }[] = [];
  let y = MARGIN;
  for (const [i, part] of placed.entries()) {
    const { built, middles, heightPx } = part;
    titles.push({ title: pipelines[i]?.title ?? '', yPx: y });
    // Above the first row as well stands how much passes.
    y += TITLE_PX + ROW_GAP / 2;
    const top = y;
    const rects = built.nodes.map((node, n) => rectOf(node, top + (middles[n] ?? 0), grid));
    for (const [n, node] of built.nodes.entries()) {
      const rect = rects[n];
      if (node.key !== '' && rect !== undefined) boxes.set(node.key, rect);
    }
    for (const chain of built.chains) lines.set(chain.edge.key, lineOf(chain, rects, built.nodes));
    y += heightPx === 0 ? 0 : heightPx + ROW_GAP;
    y = placeLoose(looseColumns(part), y, grid, boxes) + PIPELINE_GAP;
  }
  return { widthPx: grid.widthPx, heightPx: y, titles, boxes, lines };
}

/** Puts stages without links into rows; returns where the next thing may begin. */
function placeLoose(
  nodes: readonly Node[],
  fromPx: number,
  grid: Grid,
  boxes: Map<string, Rect>,
): number {
  let y = fromPx;
  for (const [i, node] of nodes.entries()) {
    if (i > 0 && node.column === 0) y += STAGE_SIZE.height + ROW_GAP;
    boxes.set(node.key, rectOf(node, y + STAGE_SIZE.height / 2, grid));
  }
  return nodes.length === 0 ? y : y + STAGE_SIZE.height + ROW_GAP;
}
