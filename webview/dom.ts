/** The few DOM helpers that the panel needs. Text only ever enters through text nodes: names in captures are untrusted. */

/** Makes an element. Strings among the children become text nodes. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  node.append(...children);
  return node;
}

/** Sets the text unless it is there already: an unchanged node keeps a reader's text selection. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets or removes an attribute, only when that changes something. */
export function setAttribute(node: Element, name: string, value: string | null): void {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Something on the page that shows a `T`. */
export interface View<T> {
  readonly element: HTMLElement;
  update(value: T): void;
}

/**
 * A list that is updated in place: elements live as long as their keys, so focus, half-typed numbers and the position of
 * a screen reader survive the next snapshot. Keys must be unique. `behind`: what stands before the list in the same parent.
 */
export function keyedList<T>(
  parent: HTMLElement,
  keyOf: (value: T) => string,
  create: (value: T) => View<T>,
  behind: Element | null = null,
): (values: readonly T[]) => void {
  const views = new Map<string, View<T>>();
  return (values) => {
    const keys = new Set(values.map(keyOf));
    for (const [key, view] of views) {
      if (keys.has(key)) continue;
      view.element.remove();
      views.delete(key);
    }
    let previous = behind;
    for (const value of values) {
      const key = keyOf(value);
      const view: View<T> = views.get(key) ?? create(value);
      views.set(key, view);
      view.update(value);
      const place: Element | null =
        previous === null ? parent.firstElementChild : previous.nextElementSibling;
      if (place !== view.element) parent.insertBefore(view.element, place);
      previous = view.element;
    }
  };
}

/** Sizes a canvas for the screen's resolution and scales its context to CSS pixels; null when there is no 2D context. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  widthPx: number,
  heightPx: number,
): CanvasRenderingContext2D | null {
  const dpr = devicePixelRatio;
  const width = Math.max(1, Math.round(widthPx * dpr));
  const height = Math.max(1, Math.round(heightPx * dpr));
  // Assigning a size clears the canvas even when it is the same.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.style.width = `${widthPx}px`;
  canvas.style.height = `${heightPx}px`;
  const ctx = canvas.getContext('2d', { alpha: false });
  ctx?.setTransform(dpr, 0, 0, dpr, 0, 0);
  return ctx;
}
