/** The window onto the pipeline graph: it scrolls, zooms around the pointer, and is dragged. */
import { el } from '../dom.js';
import { fitZoom, scrollFor, shownZoom, wheeledZoom, type ZoomSizes } from './graphZoom.js';

interface SheetSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Holds the sheet. `zoomed` is called with a zoom that the user chose; `show` brings it back. */
export class GraphWindow {
  readonly element: HTMLElement;
  /** As it is shown now. */
  zoom = 1;
  private readonly sheet: HTMLElement;
  /** As large as the sheet looks, so that the window scrolls as far. */
  private readonly frame: HTMLElement;
  private readonly zoomed: (zoom: number) => void;
  private size: SheetSize = { widthPx: 0, heightPx: 0 };
  private chosen: number | null = null;

  constructor(sheet: HTMLElement, zoomed: (zoom: number) => void) {
    this.sheet = sheet;
    this.zoomed = zoomed;
    this.frame = el('div', 'graph-frame', sheet);
    this.element = el('div', 'graph-window', this.frame);
    new ResizeObserver(() => {
      this.settle();
    }).observe(this.element);
    this.element.addEventListener('wheel', (event) => {
      this.wheeled(event);
    });
    this.element.addEventListener('pointerdown', (event) => {
      if (event.button === 0 && !isOnNode(event)) this.drag(event);
    });
  }

  /** A sheet of a size, at the zoom that was chosen; null: none was. */
  show(size: SheetSize, chosen: number | null): void {
    this.size = size;
    this.chosen = chosen;
    this.settle();
  }

  /** Shows all of it, however small. */
  fit(): void {
    this.zoomed(fitZoom(this.sizes()));
  }

  /** Zooms around a point of the window, else around its middle. */
  zoomTo(zoom: number, at?: { readonly x: number; readonly y: number }): void {
    const { clientWidth, clientHeight, scrollLeft, scrollTop } = this.element;
    const { x, y } = at ?? { x: clientWidth / 2, y: clientHeight / 2 };
    const before = this.zoom;
    this.zoomed(zoom);
    this.element.scrollLeft = scrollFor(scrollLeft, x, before, this.zoom);
    this.element.scrollTop = scrollFor(scrollTop, y, before, this.zoom);
  }

  private sizes(): ZoomSizes {
    const { clientWidth, clientHeight } = this.element;
    return { ...this.size, windowWidthPx: clientWidth, windowHeightPx: clientHeight };
  }

  private settle(): void {
    if (this.element.clientWidth === 0) return;
    this.zoom = shownZoom(this.chosen, this.sizes());
    this.sheet.style.transform = `scale(${this.zoom})`;
    this.frame.style.width = `${this.size.widthPx * this.zoom}px`;
    this.frame.style.height = `${this.size.heightPx * this.zoom}px`;
  }

  private wheeled(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) {
      this.scrollSideways(event);
      return;
    }
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    this.zoomTo(wheeledZoom(this.zoom, event.deltaY), at);
  }

  /** A long pipeline is wide and low: a wheel that turns up and down moves along it. */
  private scrollSideways(event: WheelEvent): void {
    const { scrollHeight, clientHeight } = this.element;
    if (scrollHeight > clientHeight || event.deltaX !== 0 || event.shiftKey) return;
    event.preventDefault();
    this.element.scrollLeft += event.deltaY;
  }

  private drag({ clientX, clientY, pointerId }: PointerEvent): void {
    const { element } = this;
    const from = { left: element.scrollLeft, top: element.scrollTop };
    const end = new AbortController();
    const { signal } = end;
    element.setPointerCapture(pointerId);
    element.classList.add('dragging');
    element.addEventListener(
      'pointermove',
      (event) => {
        element.scrollLeft = from.left - (event.clientX - clientX);
        element.scrollTop = from.top - (event.clientY - clientY);
      },
      { signal },
    );
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      element.addEventListener(
        kind,
        () => {
          element.classList.remove('dragging');
          end.abort();
        },
        { signal },
      );
    }
  }
}

const isOnNode = ({ target }: Event): boolean =>
  target instanceof Element && target.closest('button') !== null;
