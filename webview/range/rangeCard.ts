/** The card of the marked stretch: from when to when, its figures beside those of the whole session, a histogram. */
import { formatDurationNs } from '../../extension/core/format.js';
import { button } from '../controls.js';
import { el, setAttribute, setText } from '../dom.js';
import { queueTable, stageTable } from './figureTable.js';
import type { PanelHandle } from '../handle.js';
import { HistogramView } from './histogramView.js';
import { rangeFigures } from './rangeFigures.js';
import { rangeMarkdown } from './rangeMarkdown.js';
import { histogramRowOf, isOfMarked, stageBands, withMarked, type Figures } from './rangeState.js';
import { section } from '../section.js';
import type { PanelState } from '../state.js';
import type { Theme } from '../theme.js';
import { momentPair, rangeLabel, spanOf, type TimeRange } from '../timeline/timeScale.js';

export interface RangeCard {
  readonly element: HTMLElement;
  update(state: PanelState): void;
  paint(theme: Theme): void;
}

interface Actions {
  readonly zoom: () => void;
  readonly copy: () => void;
  readonly clear: () => void;
}

/** Shows what is marked as wide as the window, in the timeline. */
export function zoomToMarked(handle: PanelHandle): void {
  const { marked } = handle.state();
  if (marked === null) return;
  handle.change({ ...handle.state(), view: 'timeline' });
  handle.navigate({ kind: 'show', range: marked });
}

/** What the card does to the panel. */
function actionsOf(handle: PanelHandle): Actions {
  return {
    zoom: () => {
      zoomToMarked(handle);
    },
    copy: () => {
      const { figures, snapshot, geometry } = handle.state();
      if (figures === null || snapshot === null) return;
      const told = rangeFigures(figures, geometry, snapshot.report);
      // The heading names the range that the figures are of, whatever is marked by now.
      const text = rangeMarkdown(snapshot.title, figures, told);
      handle.post({ kind: 'copy', text });
    },
    clear: () => {
      handle.change(withMarked(handle.state(), null));
    },
  };
}

function buttonsOf(actions: Actions): {
  readonly element: HTMLElement;
  readonly update: (canCopy: boolean) => void;
} {
  const zoom = button('Zoom', 'secondary', actions.zoom);
  zoom.setLabel('Zoom', 'show the range as wide as the window (Enter in the timeline)');
  const copy = button('Copy', 'secondary', actions.copy);
  copy.setLabel('Copy', 'put the figures on the clipboard as Markdown');
  const clear = button('Clear', 'secondary', actions.clear);
  clear.setLabel('Clear', 'mark nothing (Esc)');
  return {
    element: el('div', 'card-buttons', zoom.element, copy.element, clear.element),
    update: (canCopy) => {
      copy.setEnabled(canCopy);
    },
  };
}

/** From when to when, and whether what stands below is that. */
function headOf(): {
  readonly element: HTMLElement;
  readonly update: (marked: TimeRange, figures: Figures | null, isCurrent: boolean) => void;
} {
  const moments = el('strong');
  const length = el('span', 'dim');
  const status = el('div', 'dim range-status');
  return {
    element: el('div', 'range-head', el('div', 'card-title', moments, length), status),
    update(marked, figures, isCurrent) {
      setText(moments, momentPair(marked));
      setText(length, formatDurationNs(spanOf(marked)));
      const old = figures === null ? 'No figures yet.' : `Figures of ${rangeLabel(figures)}.`;
      setText(status, isCurrent ? 'Below each figure: against the whole session' : old);
    },
  };
}

function isSameRange(a: PanelState, b: PanelState): boolean {
  return (
    a.marked === b.marked &&
    a.figures === b.figures &&
    a.histogramRow === b.histogramRow &&
    a.snapshot === b.snapshot &&
    a.geometry === b.geometry
  );
}

/** Makes the card. */
export function createRangeCard(handle: PanelHandle): RangeCard {
  const head = headOf();
  const buttons = buttonsOf(actionsOf(handle));
  const choose = (row: number): void => {
    handle.change({ ...handle.state(), histogramRow: row });
  };
  const stages = stageTable({ choose, explain: handle.explain });
  const queues = queueTable();
  const histogram = new HistogramView(choose);
  const body = el('div', 'range-figures', stages.element, histogram.element, queues.element);
  const card = el('div', 'card range', head.element, buttons.element, body);
  const around = section('Range');
  around.body.append(card);
  let last: PanelState | null = null;
  return {
    element: around.element,
    update(state) {
      const { marked, figures, snapshot } = state;
      if (last !== null && isSameRange(state, last)) return;
      last = state;
      around.element.hidden = marked === null;
      if (marked === null || snapshot === null) return;
      const isCurrent = isOfMarked(figures, state);
      head.update(marked, figures, isCurrent);
      buttons.update(isCurrent);
      card.classList.toggle('stale', !isCurrent);
      setAttribute(card, 'aria-busy', String(!isCurrent));
      body.hidden = figures === null;
      if (figures === null) return;
      const told = rangeFigures(figures, state.geometry, snapshot.report);
      stages.update(told);
      queues.update(told.queues);
      queues.element.hidden = told.queues.length === 0;
      const row = histogramRowOf(state);
      histogram.update({
        stages: stageBands(state),
        row,
        histogram: figures.histogram,
        stats: figures.stages.find((s) => s.row === figures.askedRow) ?? null,
        isCurrent: figures.askedRow === row,
      });
    },
    paint(theme) {
      histogram.paint(theme);
    },
  };
}
