/** The picture of a call tree on the page: one canvas that sticks to the window of its scroller, pointer and keys. */
import { el, fitCanvas, setAttribute, setText } from '../dom.js';
import { drawFlame, type FlameFrame } from '../draw/drawFlame.js';
import {
  boxAt,
  deepestRow,
  flameBoxes,
  FLAME_ROW_PX,
  isFlameKey,
  moved,
  zoomedOut,
  type FlameBox,
} from './flameBoxes.js';
import { frameSpoken } from './flameTexts.js';
import { keysTo, nodeAt, type FlameTree } from './flameTree.js';
import { frameLoop } from '../frames.js';
import type { StageKind, Theme } from '../theme.js';

/** What is drawn. */
export interface FlamePicture {
  readonly tree: FlameTree;
  readonly focus: number;
  readonly stage: StageKind;
  readonly matches: Uint8Array | null;
  readonly label: string;
}

export interface FlameCanvasActions {
  readonly zoom: (node: number) => void;
  readonly open: (node: number) => void;
  /** The pointer or the keyboard is at a node; `at` stands beside it. */
  readonly explain: (node: number | null, at: HTMLElement) => void;
}

/** Holds the canvas. */
export class FlameCanvas {
  readonly element: HTMLElement;
  private readonly canvas = el('canvas', 'flame-canvas');
  private readonly spacer = el('div');
  /** Where the tooltip stands. */
  private readonly anchor = el('div', 'flame-anchor');
  private readonly spoken = el('div', 'for-readers');
  private readonly actions: FlameCanvasActions;
  private readonly frames = frameLoop(() => {
    this.draw();
  });
  private picture: FlamePicture | null = null;
  private theme: Theme | null = null;
  private boxes: readonly FlameBox[] = [];
  private cursor: number | null = null;
  private hovered: number | null = null;

  constructor(actions: FlameCanvasActions) {
    this.actions = actions;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-roledescription', 'flame graph');
    this.spoken.setAttribute('aria-live', 'polite');
    this.element = el('div', 'flame-scroller', this.canvas, this.anchor, this.spacer, this.spoken);
    new ResizeObserver(this.frames.invalidate).observe(this.element);
    this.element.addEventListener('scroll', this.frames.invalidate, { passive: true });
    this.listen();
  }

  show(picture: FlamePicture): void {
    const last = this.picture;
    if (last !== null && last.tree !== picture.tree) {
      const keys = this.cursor === null ? null : keysTo(last.tree, this.cursor);
      this.cursor = keys === null ? null : nodeAt(picture.tree, keys);
      this.hovered = null;
    }
    this.picture = picture;
    setAttribute(this.canvas, 'aria-label', picture.label);
    this.frames.invalidate();
  }

  paint(theme: Theme): void {
    this.theme = theme;
    this.frames.invalidate();
  }

  focus(): void {
    this.canvas.focus();
  }

  /** What is on screen, without the marks of pointer and keyboard; null: nothing is. */
  frame(): FlameFrame | null {
    const { picture, theme, element, boxes } = this;
    const { clientWidth: widthPx, clientHeight: heightPx, scrollTop: scrollPx } = element;
    if (picture === null || theme === null || widthPx === 0 || heightPx === 0) return null;
    const window = { widthPx, heightPx, scrollPx, dpr: devicePixelRatio };
    return { ...picture, theme, boxes, cursor: null, hovered: null, ...window };
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener('pointermove', (event) => {
      this.hover(this.nodeUnder(event), event);
    });
    canvas.addEventListener('pointerleave', () => {
      this.hover(null, null);
    });
    canvas.addEventListener('click', (event) => {
      const node = this.nodeUnder(event);
      if (node === null) return;
      this.cursor = node;
      this.actions.zoom(node);
    });
    canvas.addEventListener('dblclick', (event) => {
      const node = this.nodeUnder(event);
      if (node !== null) this.actions.open(node);
    });
    canvas.addEventListener('keydown', (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) this.pressed(event);
    });
    canvas.addEventListener('blur', () => {
      this.actions.explain(null, this.anchor);
    });
  }

  private nodeUnder(event: MouseEvent): number | null {
    const row = Math.floor((event.offsetY + this.element.scrollTop) / FLAME_ROW_PX);
    return boxAt(this.boxes, row, event.offsetX)?.node ?? null;
  }

  private hover(node: number | null, at: MouseEvent | null): void {
    if (at !== null) this.anchorAt(at.offsetX, at.offsetY + this.element.scrollTop);
    this.actions.explain(node, this.anchor);
    if (node === this.hovered) return;
    this.hovered = node;
    this.frames.invalidate();
  }

  private anchorAt(x: number, y: number): void {
    this.anchor.style.transform = `translate(${x}px, ${y}px)`;
  }

  private pressed(event: KeyboardEvent): void {
    if (this.picture === null) return;
    const { tree, focus } = this.picture;
    const at = this.cursor ?? focus;
    if (isFlameKey(event.key)) {
      const window = { tree, focus, widthPx: this.element.clientWidth };
      // The first key shows where one is.
      this.goTo(this.cursor === null ? focus : moved(window, at, event.key));
    } else if (event.key === 'Enter') this.actions.open(at);
    else if (event.key === ' ') this.actions.zoom(at);
    else if (event.key === 'Escape') this.actions.zoom(zoomedOut(tree, focus));
    else return;
    event.preventDefault();
  }

  private goTo(node: number): void {
    if (this.picture === null) return;
    const { tree } = this.picture;
    this.cursor = node;
    const top = (tree.depth[node] ?? 0) * FLAME_ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + FLAME_ROW_PX > scrollTop + clientHeight) {
      this.element.scrollTop = top + FLAME_ROW_PX - clientHeight;
    }
    setText(this.spoken, frameSpoken(tree, node));
    this.draw();
    const box = this.boxes.find((b) => b.node === node);
    this.anchorAt(Math.max(0, box?.x ?? 0) + 8, top + FLAME_ROW_PX);
    this.actions.explain(node, this.anchor);
  }

  private draw(): void {
    const frame = this.frame();
    if (frame === null) return;
    const { tree, focus, widthPx, heightPx, scrollPx } = frame;
    const contentPx = (deepestRow(tree, focus) + 1) * FLAME_ROW_PX;
    this.spacer.style.height = `${Math.max(0, contentPx - heightPx)}px`;
    const fromRow = Math.floor(scrollPx / FLAME_ROW_PX);
    const toRow = Math.ceil((scrollPx + heightPx) / FLAME_ROW_PX);
    this.boxes = flameBoxes({ tree, focus, widthPx, fromRow, toRow });
    const ctx = fitCanvas(this.canvas, widthPx, heightPx);
    if (ctx === null) return;
    const cursor = document.activeElement === this.canvas ? this.cursor : null;
    drawFlame(ctx, { ...frame, boxes: this.boxes, cursor, hovered: this.hovered });
  }
}
