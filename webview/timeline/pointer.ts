/** Mouse, pen, touchpad: turns events on the plot into actions. The maths lives in `timeScale.ts` and `navigation.ts`. */
import type { NavigationAction } from './navigation.js';

/** A point of the plot in CSS pixels. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
}

export interface PointerActions {
  readonly navigate: (action: NavigationAction) => void;
  readonly scrollBy: (px: number) => void;
  /** Moment under a pixel of the plot. */
  readonly timeAt: (x: number) => number;
  readonly widthPx: () => number;
  /** null: the pointer left the plot, or drags. */
  readonly hover: (point: PlotPoint | null) => void;
  readonly select: (point: PlotPoint) => void;
  readonly zoomInto: (point: PlotPoint) => void;
  /** What a drag from here marks as it goes on: something new, or an edge that is here; null: nothing, it moves the picture. */
  readonly beginMark: (x: number, isNew: boolean) => Mark | null;
}

/** Called with each pixel that the drag gets to. */
export type Mark = (x: number) => void;

/** Pixels that a wheel event asks for, whatever unit it counts in. */
export function wheelPx(event: Pick<WheelEvent, 'deltaMode'>, delta: number): number {
  const unit = [1, 16, 400][event.deltaMode] ?? 1;
  return delta * unit;
}

/** Zoom factor of a wheel movement: 100 pixels (one notch) change the span by a fifth; a pinch sends small deltas. */
export function wheelZoom(deltaPx: number): number {
  return Math.exp(Math.min(Math.max(deltaPx, -300), 300) * 0.0018);
}

const DRAG_THRESHOLD_PX = 3;

function onWheel(event: WheelEvent, plot: HTMLElement, actions: PointerActions): void {
  const [dx, dy] = [wheelPx(event, event.deltaX), wheelPx(event, event.deltaY)];
  const x = event.clientX - plot.getBoundingClientRect().left;
  if (event.ctrlKey || event.metaKey) {
    actions.navigate({ kind: 'zoom', factor: wheelZoom(dy), atNs: actions.timeAt(x) });
  } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
    const by = dx === 0 ? dy : dx;
    actions.navigate({ kind: 'pan', share: by / actions.widthPx() });
  } else {
    return; // The scroller's own.
  }
  event.preventDefault();
}

interface Press {
  readonly x: number;
  readonly y: number;
  readonly moved: boolean;
  /** null: the picture is dragged. */
  readonly mark: Mark | null;
}

/** Listens on the plot. Returns the end of it. */
export function listenToPointer(plot: HTMLElement, actions: PointerActions): () => void {
  const end = new AbortController();
  const { signal } = end;
  let press: Press | null = null;
  const pointOf = (event: MouseEvent): PlotPoint => {
    const box = plot.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const drag = (event: PointerEvent, from: Press): void => {
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < DRAG_THRESHOLD_PX) return;
    actions.hover(null);
    if (from.mark !== null) {
      press = { ...from, moved: true };
      from.mark(pointOf(event).x);
      return;
    }
    press = { ...from, x: event.clientX, y: event.clientY, moved: true };
    plot.classList.add('dragging');
    if (dx !== 0) actions.navigate({ kind: 'pan', share: -dx / actions.widthPx() });
    if (dy !== 0) actions.scrollBy(-dy);
  };
  const release = (event: PointerEvent): void => {
    const moved = press?.moved ?? true;
    press = null;
    plot.classList.remove('dragging');
    if (!moved && event.type === 'pointerup') actions.select(pointOf(event));
  };
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void => {
    plot.addEventListener(type, listener, { signal, passive: false });
  };
  on('wheel', (event) => {
    onWheel(event, plot, actions);
  });
  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    const mark = actions.beginMark(pointOf(event).x, event.shiftKey);
    press = { x: event.clientX, y: event.clientY, moved: false, mark };
    plot.setPointerCapture(event.pointerId);
  });
  on('pointermove', (event) => {
    if (press === null) actions.hover(pointOf(event));
    else drag(event, press);
  });
  on('pointerup', release);
  on('pointercancel', release);
  on('pointerleave', () => {
    actions.hover(null);
  });
  on('dblclick', (event) => {
    actions.zoomInto(pointOf(event));
  });
  return () => {
    end.abort();
  };
}
