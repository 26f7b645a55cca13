/** Short lists of sentences. */
import { el, type View } from './dom.js';

/** Evidence and notes: short lists of sentences, replaced only when one of them changed. */
export function sentences(): View<readonly string[]> {
  const element = el('ul', 'evidence');
  return {
    element,
    update(texts) {
      const same =
        texts.length === element.children.length &&
        texts.every((text, i) => element.children[i]?.textContent === text);
      if (!same) element.replaceChildren(...texts.map((text) => el('li', '', text)));
      element.hidden = texts.length === 0;
    },
  };
}
