/** The nodes of the pipeline graph on the page: stages, queues, rates. Stages and queues are buttons. */
import { el, setAttribute, setText, type View } from '../dom.js';
import type { Rect } from './graphLayout.js';
import type { GraphEdge, GraphPipeline, GraphQueue, GraphStage } from './graphModel.js';
import {
  edgeRate,
  MOSTLY,
  queueFill,
  queueShare,
  queueSpoken,
  queueTooltip,
  stageKind,
  stageRate,
  stageSpoken,
  stageTime,
  stageTooltip,
} from './graphTexts.js';
import { knownStates, stageLossText, type Line } from '../texts.js';

/** Something that has a place on the sheet. */
export type GraphItem =
  | {
      readonly kind: 'stage';
      readonly key: string;
      readonly stage: GraphStage;
      readonly in: GraphPipeline;
    }
  | {
      readonly kind: 'queue';
      readonly key: string;
      readonly edge: GraphEdge;
      readonly queue: GraphQueue;
      readonly in: GraphPipeline;
    }
  | { readonly kind: 'rate'; readonly key: string; readonly edge: GraphEdge };

/** An item in its place. */
export interface PlacedItem {
  readonly key: string;
  readonly item: GraphItem;
  readonly rect: Rect;
  readonly tabIndex: number;
}

/** Everything of a pipeline that has a place. */
export function itemsOf(pipeline: GraphPipeline): readonly GraphItem[] {
  return [
    ...pipeline.stages.map((stage): GraphItem => {
      return { kind: 'stage', key: stage.key, stage, in: pipeline };
    }),
    ...pipeline.edges.map((edge): GraphItem => {
      const { key, queue } = edge;
      return queue === null
        ? { kind: 'rate', key, edge }
        : { kind: 'queue', key, edge, queue, in: pipeline };
    }),
  ];
}

/** The id of an item's row in the timeline; null: it has none. */
export function rowOf(item: GraphItem): number | null {
  switch (item.kind) {
    case 'stage':
      return item.stage.row.id;
    case 'queue':
      return item.queue.row.id;
    case 'rate':
      return null;
  }
}

/** Everything about an item. */
export function itemTooltip(item: GraphItem): readonly Line[] | null {
  switch (item.kind) {
    case 'stage': {
      const { row } = item.stage;
      const links = item.in.report.links.filter((l) => l.from === row.stage || l.to === row.stage);
      return [...stageTooltip(item.stage, links), 'Enter or a click: to the timeline'];
    }
    case 'queue':
      return [...queueTooltip(item.edge, item.queue), 'Enter or a click: to the timeline'];
    case 'rate':
      return null;
  }
}

export interface NodeActions {
  readonly open: (item: GraphItem) => void;
  readonly explain: (item: GraphItem | null, at: HTMLElement) => void;
}

interface NodeButton {
  readonly element: HTMLButtonElement;
  take(item: GraphItem): void;
}

function nodeButton(first: GraphItem, actions: NodeActions): NodeButton {
  let item = first;
  const element = el('button', `graph-node ${first.kind}`);
  element.type = 'button';
  element.dataset['key'] = first.key;
  element.addEventListener('click', () => {
    actions.open(item);
  });
  const show = (): void => {
    actions.explain(item, element);
  };
  const hide = (): void => {
    actions.explain(null, element);
  };
  element.addEventListener('pointerenter', show);
  element.addEventListener('pointerleave', hide);
  element.addEventListener('focus', show);
  element.addEventListener('blur', hide);
  return {
    element,
    take(next) {
      item = next;
    },
  };
}

function stageNode(first: GraphItem, actions: NodeActions): View<PlacedItem> {
  const node = nodeButton(first, actions);
  const flag = el('span', 'node-flag', 'Bottleneck');
  const name = el('span', 'node-name');
  const kind = el('span', 'node-kind dim');
  const bar = el('span', 'bar');
  const parts = knownStates.map((state) => ({ state, part: el('span', `part ${state}`) }));
  bar.append(...parts.map((p) => p.part));
  const rate = el('span', 'node-line');
  const time = el('span', 'node-line dim');
  const lost = el('span', 'row-lost');
  // Spaces, for readers that put the words together themselves: without them names and kinds would be one word.
  node.element.append(
    el('span', 'node-title', name, ' ', kind),
    ...[' ', flag, ' ', bar, rate, ' '],
    el('span', 'node-title', time, ' ', lost),
  );
  return {
    element: node.element,
    update({ item, tabIndex }) {
      if (item.kind !== 'stage') return;
      node.take(item);
      const { stage } = item;
      const { row, report, isBottleneck } = stage;
      node.element.tabIndex = tabIndex;
      setAttribute(node.element, 'data-kind', row.stageKind);
      setAttribute(node.element, 'data-bottleneck', isBottleneck ? '' : null);
      setAttribute(node.element, 'aria-label', stageSpoken(stage, item.in));
      flag.hidden = !isBottleneck;
      setText(name, row.stage);
      setText(kind, stageKind(stage));
      setText(rate, stageRate(stage));
      setText(time, stageTime(stage));
      setText(lost, stageLossText(report));
      for (const { state, part } of parts) {
        part.style.width = `${(report?.shares[state] ?? 0) * 100}%`;
      }
    },
  };
}

function queueNode(first: GraphItem, actions: NodeActions): View<PlacedItem> {
  const node = nodeButton(first, actions);
  const passing = el('span', 'edge-rate dim');
  const full = el('span', 'tank-full');
  const between = el('span', 'tank-part');
  const tank = el('span', 'tank', full, between);
  const name = el('span', 'node-name');
  const fill = el('span', 'node-line');
  const share = el('span', 'node-line');
  node.element.append(tank, el('span', 'queue-texts', name, ' ', fill, ' ', share), ' ', passing);
  return {
    element: node.element,
    update({ item, tabIndex }) {
      if (item.kind !== 'queue') return;
      node.take(item);
      const { queue, edge } = item;
      const [fullShare, emptyShare] = [queue.fullShare ?? 0, queue.emptyShare ?? 0];
      node.element.tabIndex = tabIndex;
      setAttribute(node.element, 'data-full', fullShare >= MOSTLY ? '' : null);
      setAttribute(node.element, 'aria-label', queueSpoken(edge, queue, item.in));
      setText(passing, edgeRate(edge));
      setText(name, queue.row.queue);
      setText(fill, queueFill(queue));
      setText(share, queueShare(queue));
      full.style.height = `${fullShare * 100}%`;
      between.style.height = `${Math.max(0, 1 - fullShare - emptyShare) * 100}%`;
    },
  };
}

function rateNode(): View<PlacedItem> {
  const element = el('div', 'graph-node rate dim');
  return {
    element,
    update({ item }) {
      if (item.kind === 'rate') setText(element, edgeRate(item.edge));
    },
  };
}

function createNode(item: GraphItem, actions: NodeActions): View<PlacedItem> {
  switch (item.kind) {
    case 'stage':
      return stageNode(item, actions);
    case 'queue':
      return queueNode(item, actions);
    case 'rate':
      return rateNode();
  }
}

/** A node that stands where its item has its place. */
export function graphNode(first: PlacedItem, actions: NodeActions): View<PlacedItem> {
  const view = createNode(first.item, actions);
  return {
    element: view.element,
    update(placed) {
      const { x, y, width, height } = placed.rect;
      const { style } = view.element;
      style.left = `${x}px`;
      style.top = `${y}px`;
      style.width = `${width}px`;
      style.height = `${height}px`;
      view.update(placed);
    },
  };
}
