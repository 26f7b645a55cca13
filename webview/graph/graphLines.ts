/** The lines of the pipeline graph: where they run (pure), and the SVG elements that show them. */
import { setAttribute } from '../dom.js';
import type { GraphLayout, GraphLine, Point } from './graphLayout.js';
import type { GraphEdge } from './graphModel.js';

const SVG = 'http://www.w3.org/2000/svg';
const ARROW_PX = 8;
const MIN_WIDTH = 1.5;
const MAX_WIDTH = 5;

const short = (n: number): string => String(Math.round(n * 100) / 100);

/** The path of a piece: curves from column to column, straight where it passes one. */
export function piecePath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let [x, y] = first;
  let path = `M${short(x)},${short(y)}`;
  for (const [i, [nextX, nextY]] of rest.entries()) {
    const middle = short((x + nextX) / 2);
    path +=
      i % 2 === 0
        ? `C${middle},${short(y)} ${middle},${short(nextY)} ${short(nextX)},${short(nextY)}`
        : `L${short(nextX)},${short(nextY)}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}

/** The tip of a line and its base, for a line of a width; empty when the line goes nowhere. */
export function arrowPath({ pieces, isBack }: GraphLine, width: number): string {
  const tip = pieces.at(-1)?.at(-1);
  if (tip === undefined) return '';
  const base = tip[0] + (isBack ? ARROW_PX : -ARROW_PX);
  const half = 3 + width / 2;
  const [x, y] = tip;
  return `M${short(x)},${short(y)}L${short(base)},${short(y - half)}L${short(base)},${short(y + half)}Z`;
}

/** A rate as a width: the square root, so that a slow link is still seen beside a fast one. */
export function widthOf(ratePerSec: number | null, mostPerSec: number): number {
  if (ratePerSec === null || mostPerSec <= 0) return MIN_WIDTH;
  return MIN_WIDTH + (MAX_WIDTH - MIN_WIDTH) * Math.sqrt(Math.min(ratePerSec / mostPerSec, 1));
}

/** The pieces without the length of the arrow, which would stick out of its tip. */
function shortened({ pieces, isBack }: GraphLine): readonly (readonly Point[])[] {
  return pieces.map((points, i) => {
    const tip = points.at(-1);
    if (i < pieces.length - 1 || tip === undefined) return points;
    const base: Point = [tip[0] + (isBack ? ARROW_PX - 1 : 1 - ARROW_PX), tip[1]];
    return [...points.slice(0, -1), base];
  });
}

interface LineElements {
  readonly line: SVGPathElement;
  readonly arrow: SVGPathElement;
}

export interface GraphLines {
  readonly element: SVGSVGElement;
  /** New places. */
  place(layout: GraphLayout, edges: readonly GraphEdge[]): void;
  /** New figures. */
  update(edges: readonly GraphEdge[]): void;
}

function svgPath(className: string): SVGPathElement {
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('class', className);
  return path;
}

/** Makes the lines. They say nothing that is not said by the nodes, so readers need not know of them. */
export function createGraphLines(): GraphLines {
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('class', 'graph-lines');
  element.setAttribute('aria-hidden', 'true');
  const shown = new Map<string, LineElements>();
  let layout: GraphLayout | null = null;
  const paint = (edge: GraphEdge, mostPerSec: number): void => {
    const elements = shown.get(edge.key);
    const line = layout?.lines.get(edge.key);
    if (elements === undefined || line === undefined) return;
    const width = widthOf(edge.ratePerSec, mostPerSec);
    setAttribute(elements.line, 'stroke-width', short(width));
    setAttribute(elements.arrow, 'd', arrowPath(line, width));
  };
  const update = (edges: readonly GraphEdge[]): void => {
    const most = Math.max(0, ...edges.map((edge) => edge.ratePerSec ?? 0));
    for (const edge of edges) paint(edge, most);
  };
  return {
    element,
    place(next, edges) {
      layout = next;
      shown.clear();
      element.replaceChildren();
      setAttribute(element, 'width', short(next.widthPx));
      setAttribute(element, 'height', short(next.heightPx));
      for (const edge of edges) {
        const line = next.lines.get(edge.key);
        if (line === undefined) continue;
        const kind = edge.isInside ? 'inside' : edge.known;
        const classes = `${kind}${line.isBack ? ' back' : ''}`;
        const elements = { line: svgPath(`edge ${classes}`), arrow: svgPath(`arrow ${classes}`) };
        const pieces = shortened(line);
        // A rate stands over its line, a queue in the middle of it.
        const path =
          edge.queue === null ? piecePath(pieces.flat()) : pieces.map(piecePath).join('');
        elements.line.setAttribute('d', path);
        shown.set(edge.key, elements);
        element.append(elements.line, elements.arrow);
      }
      update(edges);
    },
    update,
  };
}
