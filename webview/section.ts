/** A part of the side with its heading. */
import { el } from './dom.js';

export interface Section {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
}

export function section(title: string): Section {
  const body = el('div', 'section-body');
  const element = el('section', 'side-section', el('h2', '', title), body);
  return { element, body };
}
