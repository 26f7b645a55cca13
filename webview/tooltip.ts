/** The tooltip: lines of names and values beside the pointer, never outside of the window. */
import { el, setAttribute } from './dom.js';
import type { Line } from './texts.js';

export interface Tooltip {
  readonly element: HTMLElement;
  /** Shows lines near a point of the window. */
  show(lines: readonly Line[], clientX: number, clientY: number): void;
  hide(): void;
}

const OFFSET_PX = 14;

/** Names and values as a definition list under their heading, with remarks; used by the details as well. */
export function linesOf(lines: readonly Line[]): HTMLElement {
  const list = el('dl', 'lines');
  for (const [i, line] of lines.entries()) {
    if (typeof line === 'string') list.append(el('dt', i === 0 ? 'heading' : 'note', line));
    else list.append(el('dt', '', line[0]), el('dd', '', line[1]));
  }
  return list;
}

/** Makes the tooltip; the caller puts its element on the page. */
export function createTooltip(): Tooltip {
  const element = el('div', 'tooltip');
  element.setAttribute('role', 'tooltip');
  element.hidden = true;
  let shown = '';
  return {
    element,
    show(lines, clientX, clientY) {
      const text = JSON.stringify(lines);
      if (text !== shown) element.replaceChildren(linesOf(lines));
      shown = text;
      element.hidden = false;
      setAttribute(element, 'data-heading', typeof lines[0] === 'string' ? lines[0] : null);
      const { width, height } = element.getBoundingClientRect();
      const right = clientX + OFFSET_PX + width <= innerWidth;
      const below = clientY + OFFSET_PX + height <= innerHeight;
      const x = right ? clientX + OFFSET_PX : Math.max(2, clientX - OFFSET_PX - width);
      const y = below ? clientY + OFFSET_PX : Math.max(2, clientY - OFFSET_PX - height);
      element.style.transform = `translate(${x}px, ${y}px)`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
