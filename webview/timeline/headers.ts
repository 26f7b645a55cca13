/** The headers at the left of the rows: name, kind, utilisation bar, the numbers one looks at first. */
import { el, keyedList, setAttribute, setText, type View } from '../dom.js';
import {
  canFold,
  foldKey,
  type GaugeBand,
  type QueueBand,
  type RowBand,
  type StageBand,
} from './layout.js';
import {
  gaugeLine,
  gaugeLines,
  knownStates,
  queueCapacityText,
  queueDepthText,
  queueLines,
  queueTitleText,
  stageLine,
  stageLossText,
  stageLines,
  stageTitleText,
  type Line,
  type SourcePosition,
} from '../texts.js';

/** What the headers ask of the rest of the panel. */
export interface HeaderActions {
  readonly openSource: (source: SourcePosition) => void;
  readonly fold: (key: string, isFolded: boolean) => void;
  readonly explain: (lines: readonly Line[] | null, at: HTMLElement) => void;
}

/** Shows what the header has no room for, by pointer and by keyboard focus alike. */
function explained(
  element: HTMLElement,
  actions: HeaderActions,
  lines: () => readonly Line[] | null,
): void {
  const show = (): void => {
    actions.explain(lines(), element);
  };
  const hide = (): void => {
    actions.explain(null, element);
  };
  element.addEventListener('pointerenter', show);
  element.addEventListener('pointerleave', hide);
  element.addEventListener('focusin', show);
  element.addEventListener('focusout', hide);
}

function stageHeader(first: StageBand, actions: HeaderActions): View<RowBand> {
  let band = first;
  const name = el('button', 'row-name link');
  name.type = 'button';
  const kind = el('span', 'dim row-kind');
  const lost = el('span', 'row-lost');
  const bar = el('div', 'bar');
  bar.setAttribute('role', 'img');
  const parts = knownStates.map((state) => ({ state, part: el('span', `part ${state}`) }));
  bar.append(...parts.map((p) => p.part));
  const numbers = el('div', 'row-numbers');
  const fold = el('button', 'fold-lanes');
  fold.type = 'button';
  const element = el(
    'div',
    'row-header stage',
    el('div', 'row-title', fold, name, kind, lost),
    bar,
    numbers,
  );
  fold.addEventListener('click', () => {
    actions.fold(foldKey(band.row), band.strip === null);
  });
  name.addEventListener('click', () => {
    const source = band.report?.source ?? null;
    if (source !== null) actions.openSource(source);
  });
  explained(element, actions, () =>
    band.report === null ? null : stageLines(band.report, band.links),
  );
  return {
    element,
    update(next) {
      if (next.kind !== 'stage') return;
      band = next;
      const { report, row } = next;
      setAttribute(element, 'data-kind', row.stageKind);
      setAttribute(element, 'data-stage', row.stage);
      setText(name, row.stage);
      name.disabled = (report?.source ?? null) === null;
      setAttribute(name, 'aria-label', name.disabled ? null : `${row.stage}: go to source`);
      fold.hidden = !canFold(row);
      setAttribute(fold, 'aria-expanded', String(next.strip === null));
      setAttribute(fold, 'aria-label', `Lanes of ${row.stage}`);
      setAttribute(fold, 'title', next.strip === null ? 'all lanes as one row' : 'each lane');
      setText(kind, stageTitleText(row, report));
      setText(lost, stageLossText(report));
      setText(numbers, report === null ? 'no executions yet' : stageLine(report));
      for (const { state, part } of parts) {
        part.style.width = `${(report?.shares[state] ?? 0) * 100}%`;
      }
      setAttribute(bar, 'aria-label', report === null ? 'nothing known yet' : stageLine(report));
    },
  };
}

function queueHeader(first: QueueBand, actions: HeaderActions): View<RowBand> {
  let band = first;
  const name = el('div', 'row-name');
  const capacity = el('div', 'row-numbers');
  const depth = el('div', 'row-numbers dim');
  const element = el('div', 'row-header queue', name, capacity, depth);
  explained(element, actions, () => (band.report === null ? null : queueLines(band.report)));
  return {
    element,
    update(next) {
      if (next.kind !== 'queue') return;
      band = next;
      setAttribute(element, 'data-queue', next.row.queue);
      setText(name, queueTitleText(next.row, next.report));
      setText(capacity, queueCapacityText(next.row, next.report));
      setText(depth, queueDepthText(next.row, next.report));
    },
  };
}

function groupHeader(): View<RowBand> {
  const element = el('div', 'row-header group');
  return {
    element,
    update(next) {
      if (next.kind === 'group') setText(element, next.label);
    },
  };
}

/** A button, so that the keyboard folds as well as the pointer. */
function gaugesHeader(first: RowBand & { kind: 'gauges' }, actions: HeaderActions): View<RowBand> {
  let band = first;
  const title = el('button', 'fold');
  title.type = 'button';
  title.addEventListener('click', () => {
    actions.fold(foldKey(band.row), !band.isFolded);
  });
  return {
    element: el('div', 'row-header gauges', title),
    update(next) {
      if (next.kind !== 'gauges') return;
      band = next;
      const { row } = next;
      setAttribute(title, 'aria-expanded', String(!next.isFolded));
      setText(title, `${row.title} · pid ${row.process}`);
      setAttribute(title, 'aria-label', `Gauges of ${row.title}, pid ${row.process}`);
    },
  };
}

function gaugeHeader(first: GaugeBand, actions: HeaderActions): View<RowBand> {
  let { row } = first;
  const name = el('span', 'row-name');
  const value = el('span', 'row-numbers dim');
  const element = el('div', 'row-header gauge', name, value);
  explained(element, actions, () => gaugeLines(row));
  return {
    element,
    update(next) {
      if (next.kind !== 'gauge') return;
      row = next.row;
      setAttribute(element, 'data-gauge', row.label);
      setText(name, row.label);
      setText(value, gaugeLine(row));
      const isBad = row.warnAbove !== null && (row.max ?? 0) > row.warnAbove;
      value.classList.toggle('bad', isBad);
    },
  };
}

function createHeader(band: RowBand, actions: HeaderActions): View<RowBand> {
  switch (band.kind) {
    case 'stage':
      return stageHeader(band, actions);
    case 'queue':
      return queueHeader(band, actions);
    case 'group':
      return groupHeader();
    case 'gauges':
      return gaugesHeader(band, actions);
    case 'gauge':
      return gaugeHeader(band, actions);
  }
}

/** Fills `layer` with the headers of the bands it is given; place and height come from the layout. */
export function createHeaders(
  layer: HTMLElement,
  actions: HeaderActions,
): (bands: readonly RowBand[], scrollPx: number) => void {
  const update = keyedList<RowBand>(
    layer,
    (band) => band.key,
    (first) => {
      const view = createHeader(first, actions);
      view.element.dataset['key'] = first.key;
      return {
        element: view.element,
        update(band) {
          view.update(band);
          view.element.style.height = `${band.heightPx}px`;
          view.element.style.top = `${band.yPx}px`;
        },
      };
    },
  );
  return (bands, scrollPx) => {
    update(bands);
    // Moved in the same frame as the canvas is drawn: native scrolling of the headers would run ahead of it.
    layer.style.transform = `translateY(${-scrollPx}px)`;
  };
}
