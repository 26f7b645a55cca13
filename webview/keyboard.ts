/** Which key does what in the timeline. Pure; the same keys as in Perfetto where it has them. */
import type { NavigationAction } from './timeline/navigation.js';

export type KeyAction =
  | NavigationAction
  | { readonly kind: 'scroll'; readonly px: number }
  /** By so many heights of the window. */
  | { readonly kind: 'scrollPages'; readonly pages: number }
  /** Mark the stretch of what is selected, else all that is on screen. */
  | { readonly kind: 'mark' }
  /** Go to the source of what is selected; where that has none, closer to what is marked. */
  | { readonly kind: 'source' }
  /** Follow the item of what is selected. */
  | { readonly kind: 'follow item' }
  /** Type what to search for. */
  | { readonly kind: 'search' }
  /** To the next hit of the search, or the one before. */
  | { readonly kind: 'find'; readonly by: 1 | -1 }
  | { readonly kind: 'clear' };

/** What of a keyboard event matters. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

export const ZOOM_STEP = 1.5;
const PAN_STEP = 0.1;
const SCROLL_PX = 48;

const zoomIn: KeyAction = { kind: 'zoom', factor: 1 / ZOOM_STEP };
const zoomOut: KeyAction = { kind: 'zoom', factor: ZOOM_STEP };
const pan = (direction: number, fast: boolean): KeyAction => ({
  kind: 'pan',
  share: direction * PAN_STEP * (fast ? 5 : 1),
});

const table: Readonly<Record<string, (fast: boolean) => KeyAction>> = {
  w: () => zoomIn,
  '+': () => zoomIn,
  '=': () => zoomIn,
  s: () => zoomOut,
  '-': () => zoomOut,
  _: () => zoomOut,
  a: (fast) => pan(-1, fast),
  d: (fast) => pan(1, fast),
  arrowleft: (fast) => pan(-1, fast),
  arrowright: (fast) => pan(1, fast),
  arrowup: () => ({ kind: 'scroll', px: -SCROLL_PX }),
  arrowdown: () => ({ kind: 'scroll', px: SCROLL_PX }),
  pageup: () => ({ kind: 'scrollPages', pages: -0.9 }),
  pagedown: () => ({ kind: 'scrollPages', pages: 0.9 }),
  f: () => ({ kind: 'fit' }),
  l: () => ({ kind: 'follow' }),
  home: () => ({ kind: 'home' }),
  end: () => ({ kind: 'end' }),
  m: () => ({ kind: 'mark' }),
  enter: () => ({ kind: 'source' }),
  i: () => ({ kind: 'follow item' }),
  '/': () => ({ kind: 'search' }),
  f3: (back) => ({ kind: 'find', by: back ? -1 : 1 }),
  escape: () => ({ kind: 'clear' }),
};

/** A map, because keys such as `constructor` would find something in an object. */
const actions = new Map(Object.entries(table));

const isFind = (press: KeyPress): boolean =>
  (press.ctrlKey || press.metaKey) &&
  !press.altKey &&
  !press.shiftKey &&
  press.key.toLowerCase() === 'f';

/** Whether a key means the same wherever the keyboard is: it is no letter that could be typed. */
export function isGlobal(press: KeyPress): boolean {
  return isFind(press) || press.key === 'F3';
}

/** Whether a page that has the keyboard scrolls by this key, or a slider moves. */
export function scrolls({ key }: Pick<KeyPress, 'key'>): boolean {
  return /^(Arrow|Page|Home$|End$)/.test(key);
}

/** The action of a key; null when the key is not ours (shortcuts of the editor carry ctrl, cmd or alt). */
export function keyAction(press: KeyPress): KeyAction | null {
  if (isFind(press)) return { kind: 'search' };
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  return actions.get(press.key.toLowerCase())?.(press.shiftKey) ?? null;
}

/** Does the event belong to something that takes text or that works with the arrow keys itself? */
export function isTyping(event: Event): boolean {
  return event.composedPath().some((target) => {
    if (!(target instanceof HTMLElement)) return false;
    const name = target.tagName.toLowerCase();
    return /^(input|textarea|select|vscode-text-field|vscode-dropdown)$/.test(name);
  });
}
