/** Marking a stretch with the pointer: on the plot with the shift key, in the ruler without, and by its edges on both. */
import type { PanelHandle } from '../handle.js';
import { gripAt, movedMark, newMark, type Grip, type MarkDrag, type MarkWindow } from './marked.js';
import { navigate } from '../timeline/navigation.js';
import type { Mark } from '../timeline/pointer.js';
import { withMarked } from './rangeState.js';

export interface Marking {
  /** What of the marked stretch is at a pixel. */
  readonly grip: (x: number) => Grip | null;
  /** A drag begins there: of the edge, of the stretch as a whole, or of a new one. */
  readonly begin: (x: number, grip: Grip | null) => Mark;
}

/** Marks on behalf of the pointer; `widthPx` is the width of the plot. */
export function createMarking(handle: PanelHandle, widthPx: () => number): Marking {
  const window = (): MarkWindow => {
    const { range, extent } = handle.state().nav;
    return { range, extent, widthPx: widthPx() };
  };
  const follow = (drag: MarkDrag) => (x: number) => {
    const state = handle.state();
    const range = drag(x, window());
    const { mode } = state.nav;
    // A picture that runs on under the pointer cannot be marked.
    const nav = mode.kind === 'follow' ? navigate(state.nav, { kind: 'hold' }) : state.nav;
    handle.change(withMarked({ ...state, nav }, range));
  };
  return {
    grip: (x) => gripAt(handle.state().marked, window(), x),
    begin: (x, grip) => {
      const { marked } = handle.state();
      const isMoved = grip !== null && marked !== null;
      return follow(isMoved ? movedMark(marked, grip, x, window()) : newMark(x, window()));
    },
  };
}

const DRAG_THRESHOLD_PX = 3;

/** Listens on the ruler: a drag marks, a double click on what is marked calls `zoom`. Returns the end of it. */
export function listenToRuler(ruler: HTMLElement, marking: Marking, zoom: () => void): () => void {
  const end = new AbortController();
  const { signal } = end;
  let press: { readonly x: number; readonly grip: Grip | null; mark: Mark | null } | null = null;
  const xOf = (event: MouseEvent): number => event.clientX - ruler.getBoundingClientRect().left;
  const release = (): void => {
    press = null;
  };
  ruler.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      const x = xOf(event);
      press = { x, grip: event.shiftKey ? null : marking.grip(x), mark: null };
      ruler.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  ruler.addEventListener(
    'pointermove',
    (event) => {
      const x = xOf(event);
      if (press === null) {
        ruler.dataset['grip'] = marking.grip(x) ?? 'none';
        return;
      }
      if (press.mark === null && Math.abs(x - press.x) < DRAG_THRESHOLD_PX) return;
      press.mark ??= marking.begin(press.x, press.grip);
      press.mark(x);
    },
    { signal },
  );
  ruler.addEventListener('pointerup', release, { signal });
  ruler.addEventListener('pointercancel', release, { signal });
  ruler.addEventListener(
    'dblclick',
    (event) => {
      if (marking.grip(xOf(event)) !== null) zoom();
    },
    { signal },
  );
  return () => {
    end.abort();
  };
}
