/**
 * The Graph view: stages and queues as they are linked, with the figures of the session. Nodes are elements, not pixels, so that
 * keyboard and screen readers reach them. It is laid out anew only when the structure changes.
 */
import { button } from '../controls.js';
import { el, keyedList, setText, type View } from '../dom.js';
import { createGraphLegend } from './graphLegend.js';
import { layoutGraph, type GraphLayout } from './graphLayout.js';
import { createGraphLines } from './graphLines.js';
import { graphOf, type GraphEdge, type GraphPipeline } from './graphModel.js';
import { isGraphKey, neighbourOf, readingOrder, type NavigableGraph } from './graphNavigation.js';
import {
  graphNode,
  itemsOf,
  itemTooltip,
  rowOf,
  type NodeActions,
  type PlacedItem,
} from './graphNodes.js';
import { pipelineTitle } from './graphTexts.js';
import { GraphWindow } from './graphWindow.js';
import { steppedZoom } from './graphZoom.js';
import type { PanelHandle } from '../handle.js';
import type { PanelState } from '../state.js';
import type { GraphState } from '../viewState.js';

export interface GraphView {
  readonly element: HTMLElement;
  update(state: PanelState): void;
  /** Moves the focus to the node that the keyboard is at. */
  focus(): void;
}

/** A layout, and the structure that it is of. */
interface Laid {
  readonly structure: string;
  readonly layout: GraphLayout;
  readonly keys: NavigableGraph;
}

/** Everything that decides where things stand: no figures. */
function structureOf(pipelines: readonly GraphPipeline[]): string {
  return JSON.stringify(
    pipelines.map(({ report, stages, edges }) => [
      report.name,
      stages.map((s) => s.key),
      edges.map(({ key, from, to, known, isInside }) => [key, from, to, known, isInside]),
    ]),
  );
}

function laidOut(pipelines: readonly GraphPipeline[], structure: string): Laid {
  const layout = layoutGraph(
    pipelines.map(({ report, stages, edges }) => ({
      title: report.name,
      stages: stages.map((s) => s.key),
      edges: edges.map(({ key, from, to, queue }) => {
        return { key, from, to, box: queue === null ? ('rate' as const) : ('queue' as const) };
      }),
    })),
  );
  const edges = pipelines.flatMap((p) =>
    p.edges.map(({ key, from, to, queue }) => ({ key, from, to, hasQueue: queue !== null })),
  );
  const stages = pipelines.flatMap((p) => p.stages.map((s) => s.key));
  return { structure, layout, keys: { order: readingOrder(stages, edges, layout), edges, layout } };
}

interface Title {
  readonly key: string;
  readonly text: string;
  readonly yPx: number;
}

function titleView(): View<Title> {
  const element = el('h2', 'graph-title');
  return {
    element,
    update({ text, yPx }) {
      element.style.top = `${yPx}px`;
      setText(element, text);
    },
  };
}

/** Where the keyboard begins: in the first pipeline, though a queue of another one may stand further left. */
function firstNode(
  order: readonly string[],
  [first]: readonly GraphPipeline[],
): string | undefined {
  const keys = new Set(first === undefined ? [] : itemsOf(first).map(({ key }) => key));
  return order.find((key) => keys.has(key)) ?? order[0];
}

/** The sheet that everything stands on. */
class Sheet {
  readonly element = el('div', 'graph-sheet');
  laid: Laid | null = null;
  private readonly lines = createGraphLines();
  private readonly titles = el('div');
  private readonly nodes = el('div');
  private readonly fillTitles = keyedList<Title>(this.titles, (t) => t.key, titleView);
  private readonly fillNodes: (items: readonly PlacedItem[]) => void;

  constructor(actions: NodeActions) {
    this.fillNodes = keyedList<PlacedItem>(
      this.nodes,
      (placed) => placed.key,
      (first) => graphNode(first, actions),
    );
    this.element.append(this.titles, this.lines.element, this.nodes);
  }

  show(pipelines: readonly GraphPipeline[], { node }: GraphState): void {
    const structure = structureOf(pipelines);
    const edges: readonly GraphEdge[] = pipelines.flatMap((p) => p.edges);
    if (this.laid?.structure === structure) this.lines.update(edges);
    else {
      this.laid = laidOut(pipelines, structure);
      this.lines.place(this.laid.layout, edges);
    }
    const { layout, keys } = this.laid;
    this.fillTitles(
      pipelines.map(({ report }, i) => {
        return { key: String(i), text: pipelineTitle(report), yPx: layout.titles[i]?.yPx ?? 0 };
      }),
    );
    const items = new Map(pipelines.flatMap(itemsOf).map((item) => [item.key, item]));
    const current = keys.order.includes(node ?? '') ? node : firstNode(keys.order, pipelines);
    const order = [...keys.order, ...[...items.keys()].filter((key) => !keys.order.includes(key))];
    this.fillNodes(
      order.flatMap((key) => {
        const [item, rect] = [items.get(key), layout.boxes.get(key)];
        if (item === undefined || rect === undefined) return [];
        return [{ key, item, rect, tabIndex: key === current ? 0 : -1 }];
      }),
    );
  }

  node(key: string | null): HTMLElement | null {
    const nodes = [...this.nodes.querySelectorAll<HTMLElement>('button')];
    return (
      nodes.find((n) => n.dataset['key'] === key) ?? nodes.find((n) => n.tabIndex === 0) ?? null
    );
  }
}

/** The node that a key leads to from the one that it was pressed on; null: the key is for something else. */
function nodeFor({ key, target }: KeyboardEvent, sheet: Sheet): HTMLElement | null {
  const at = target instanceof HTMLElement ? target.dataset['key'] : undefined;
  if (!isGraphKey(key) || at === undefined || sheet.laid === null) return null;
  return sheet.node(neighbourOf(sheet.laid.keys, at, key));
}

type ChangeGraph = (part: Partial<GraphState>) => void;

function createSheet(handle: PanelHandle, change: ChangeGraph): Sheet {
  const sheet = new Sheet({
    open: (item) => {
      const row = rowOf(item);
      if (row !== null) handle.reveal(row);
    },
    explain: (item, at) => {
      handle.explain(item === null ? null : itemTooltip(item), at);
    },
  });
  sheet.element.addEventListener('focusin', ({ target }) => {
    const node = target instanceof HTMLElement ? target.dataset['key'] : undefined;
    if (node !== undefined && node !== handle.state().views.graph.node) change({ node });
  });
  return sheet;
}

/** Makes the view. */
export function createGraphView(handle: PanelHandle): GraphView {
  const change: ChangeGraph = (part) => {
    const state = handle.state();
    const graph = { ...state.views.graph, ...part };
    handle.change({ ...state, views: { ...state.views, graph } });
  };
  const sheet = createSheet(handle, change);
  const window = new GraphWindow(sheet.element, (zoom) => {
    change({ zoom });
  });
  const zooms = zoomsOf(window);
  const tools = el('div', 'view-tools graph-tools', ...zoomButtons(zooms));
  const element = el('section', 'graph', tools, window.element, createGraphLegend());
  element.setAttribute('aria-label', 'Pipeline graph: arrow keys follow the links');
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = nodeFor(event, sheet);
    if (next === null) zooms.get(event.key.toLowerCase())?.();
    else {
      event.preventDefault();
      next.focus();
    }
  });
  return {
    element,
    update: updater(sheet, window),
    focus: () => sheet.node(handle.state().views.graph.node)?.focus(),
  };
}

/** What zooms, by its key. */
function zoomsOf(window: GraphWindow): ReadonlyMap<string, () => void> {
  const by = (direction: 1 | -1) => (): void => {
    window.zoomTo(steppedZoom(window.zoom, direction));
  };
  const fit = (): void => {
    window.fit();
  };
  return new Map([
    ['f', fit],
    ['-', by(-1)],
    ['+', by(1)],
    ['=', by(1)],
  ]);
}

function zoomButtons(zooms: ReadonlyMap<string, () => void>): readonly HTMLElement[] {
  const texts = [
    ['f', 'Fit', 'show the whole graph (F)'],
    ['-', '−', 'smaller (-)'],
    ['+', '+', 'larger (+)'],
  ] as const;
  return texts.map(([key, label, title]) => {
    const made = button(label, 'secondary', () => {
      zooms.get(key)?.();
    });
    made.setLabel(label, title);
    return made.element;
  });
}

/** Shows each state in which something of the graph is different, while it is the view. */
function updater(sheet: Sheet, window: GraphWindow): (state: PanelState) => void {
  let last: PanelState | null = null;
  return (state) => {
    const { snapshot, view, geometry } = state;
    const { graph } = state.views;
    if (view !== 'graph' || snapshot?.emptyText !== null) {
      last = null;
      return;
    }
    const isFirst = last === null;
    const isSame = last?.geometry === geometry && last.views.graph === graph;
    last = state;
    if (isSame) return;
    sheet.show(graphOf(snapshot, geometry), graph);
    if (sheet.laid !== null) window.show(sheet.laid.layout, graph.zoom);
    if (isFirst && graph.node !== null) {
      sheet.node(graph.node)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  };
}
