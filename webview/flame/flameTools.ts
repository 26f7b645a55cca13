/** The line above the flame graph: stage, order, search, time; and the way from the root to what is zoomed to. */
import { button, choice, searchField } from '../controls.js';
import { el, keyedList, setText, type View } from '../dom.js';
import { orderTexts } from './flameTexts.js';
import { functionOf, pathTo, type FlameTree } from './flameTree.js';
import type { PanelHandle } from '../handle.js';
import { createRangeBar } from '../rangeBar.js';
import { MAX_SEARCH_CHARS } from '../search/search.js';
import { stageChoices } from '../shownRange.js';
import type { PanelState } from '../state.js';
import { flameOrders, type FlameState } from '../viewState.js';

export type ChangeFlame = (part: Partial<FlameState>) => void;

export interface FlameTools {
  readonly element: HTMLElement;
  update(state: PanelState): void;
  /** What was searched for is found so often. */
  found(text: string): void;
}

const ALL = '';

/** Makes the line; `copyStacks` puts the stacks on the clipboard. */
export function createFlameTools(
  handle: PanelHandle,
  change: ChangeFlame,
  copyStacks: () => void,
): FlameTools {
  const stages = choice('Stage', (stage) => {
    change({ stage: stage === ALL ? null : stage, focus: [] });
  });
  const orders = flameOrders.map((order) => {
    const [label, title] = orderTexts[order];
    const made = button(label, 'secondary', () => {
      const isTurned = (order === 'callers') !== (handle.state().views.flame.order === 'callers');
      // Upside down the way to a frame is another one.
      change(isTurned ? { order, focus: [] } : { order });
    });
    made.setLabel(label, title);
    return { order, made };
  });
  const orderGroup = el('span', 'button-group', ...orders.map((o) => o.made.element));
  orderGroup.setAttribute('role', 'group');
  orderGroup.setAttribute('aria-label', 'Order');
  const label = 'Find functions';
  const search = searchField(
    { label, hint: label, maxLength: MAX_SEARCH_CHARS },
    {
      typed: (text) => {
        change({ search: text });
      },
    },
  );
  const found = el('span', 'flame-found dim');
  found.setAttribute('role', 'status');
  const range = createRangeBar(handle);
  const copy = button('Copy stacks', 'secondary', copyStacks);
  copy.setLabel('Copy stacks', 'put the stacks on the clipboard, folded, as other tools read them');
  return {
    element: el(
      'div',
      'view-tools flame-tools',
      stages.element,
      orderGroup,
      search.element,
      found,
      range.element,
      copy.element,
    ),
    update(state) {
      const { stage, order, search: text } = state.views.flame;
      const options = stageChoices(state).map(({ key, label }) => ({ value: key, label }));
      stages.update([{ value: ALL, label: 'All stages' }, ...options], stage ?? ALL);
      for (const each of orders) each.made.setPressed(each.order === order);
      search.setValue(text);
      range.update(state);
    },
    found(text) {
      setText(found, text);
    },
  };
}

interface Crumb {
  readonly key: string;
  readonly node: number;
  readonly name: string;
  readonly isLast: boolean;
}

/** Steps of the way that are shown; the ones in the middle of a deep stack are left out. */
const MOST_CRUMBS = 8;

function crumbsOf(tree: FlameTree, focus: number): readonly Crumb[] {
  const path = pathTo(tree, focus);
  const shown = path.length <= MOST_CRUMBS ? path : path.slice(-MOST_CRUMBS + 1);
  return [0, ...shown].map((node, i) => ({
    key: String(i),
    node,
    name: functionOf(tree, node)?.name ?? (shown.length < path.length ? 'all …' : 'all'),
    isLast: node === focus,
  }));
}

export interface Crumbs {
  readonly element: HTMLElement;
  show(tree: FlameTree, focus: number): void;
}

/** Makes the way; a click on a step zooms to it. */
export function createCrumbs(zoom: (node: number) => void): Crumbs {
  const list = el('ol');
  const fill = keyedList<Crumb>(
    list,
    (crumb) => crumb.key,
    () => {
      const step = el('button', 'cell-link');
      step.type = 'button';
      let node = 0;
      step.addEventListener('click', () => {
        zoom(node);
      });
      const view: View<Crumb> = {
        element: el('li', '', step),
        update(crumb) {
          ({ node } = crumb);
          setText(step, crumb.name);
          step.disabled = crumb.isLast;
        },
      };
      return view;
    },
  );
  const element = el('nav', 'flame-crumbs', list);
  element.setAttribute('aria-label', 'Zoomed to');
  return {
    element,
    show(tree, focus) {
      element.hidden = focus === 0;
      fill(crumbsOf(tree, focus));
    },
  };
}
