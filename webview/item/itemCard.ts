/** The card of the item that is followed: how long it took, how much of that it waited, and each of its stops. */
import { formatCount, formatDurationNs } from '../../extension/core/format.js';
import type { ItemVisit } from '../../extension/core/panel/query.js';
import { button } from '../controls.js';
import { el, keyedList, setAttribute, setText, type View } from '../dom.js';
import {
  pathRemarks,
  pathSentence,
  pathTimes,
  type Followed,
  type ItemPath,
  type PathTimes,
} from './followed.js';
import { bandOfRow, type Geometry } from '../timeline/layout.js';
import { section } from '../section.js';
import type { PanelState } from '../state.js';
import { noValue } from '../texts.js';
import { spanOf } from '../timeline/timeScale.js';

export interface ItemActions {
  readonly step: (by: 1 | -1) => void;
  readonly zoom: () => void;
  readonly clear: () => void;
  /** A stop was clicked. */
  readonly visit: (visit: ItemVisit) => void;
}

export interface ItemCard {
  readonly element: HTMLElement;
  update(state: PanelState, mayGrow: boolean): void;
  /** Why something cannot be shown; null: nothing to say. */
  say(text: string | null): void;
}

/** One stop, with what its bars are measured against. */
interface Stop {
  readonly key: string;
  readonly visit: ItemVisit;
  readonly times: PathTimes;
  readonly kind: string;
  readonly isSelected: boolean;
}

/** A stop as a row: names and times, and when it was within the whole way. */
function stopRow(first: Stop, actions: ItemActions): View<Stop> {
  let { visit } = first;
  const name = el('button', 'row-name link');
  name.type = 'button';
  name.addEventListener('click', () => {
    actions.visit(visit);
  });
  const lane = el('span', 'figure-note dim');
  const head = el('th', 'figure-name', name, lane);
  head.scope = 'row';
  const waited = el('td', 'number');
  const took = el('td', 'number');
  const waitBar = el('span', 'way-wait');
  const workBar = el('span', 'way-work');
  const way = el('td', 'way', el('div', 'way-line', waitBar, workBar));
  way.setAttribute('aria-hidden', 'true');
  const element = el('tr', 'stop', head, waited, took, way);
  return {
    element,
    update(stop) {
      visit = stop.visit;
      setAttribute(element, 'data-kind', stop.kind);
      setAttribute(element, 'aria-current', stop.isSelected ? 'true' : null);
      element.classList.toggle('failed', visit.failed);
      setText(name, visit.stage);
      setAttribute(name, 'title', `${visit.stage}: show it`);
      setText(lane, laneText(visit));
      setAttribute(lane, 'title', laneText(visit));
      setText(waited, visit.waitedNs === null ? noValue : formatDurationNs(visit.waitedNs));
      setAttribute(waited, 'title', waitTitle(visit));
      setText(took, formatDurationNs(visit.durationNs));
      placeBars(stop, waitBar, workBar);
    },
  };
}

/** `worker 1 #0`, `worker 1 #0 · failed`, `main #0 · with 15 others` */
function laneText({ lane, failed, items }: ItemVisit): string {
  const others = items > 1 ? ` · with ${formatCount(items - 1)} others` : '';
  return `${lane}${failed ? ' · failed' : ''}${others}`;
}

function waitTitle({ waitedNs, queue }: ItemVisit): string {
  if (waitedNs === null) return 'how long it waited is not known';
  return queue === null ? 'since it left the stage before' : `in ${queue}`;
}

function placeBars({ visit, times }: Stop, wait: HTMLElement, work: HTMLElement): void {
  const whole = Math.max(spanOf(times.range), 1);
  const percent = (ns: number): string => `${(ns / whole) * 100}%`;
  const waitedNs = visit.waitedNs ?? 0;
  // The last stop may be too short to be seen, and would lie beyond the end.
  work.style.left = `min(${percent(visit.startNs - times.range.fromNs)}, 100% - 2px)`;
  work.style.width = percent(visit.durationNs);
  wait.style.left = percent(visit.startNs - waitedNs - times.range.fromNs);
  wait.style.width = percent(waitedNs);
}

function stopsOf(path: ItemPath, times: PathTimes, state: PanelState): readonly Stop[] {
  const { selection, geometry } = state;
  return path.visits.map((visit, i) => ({
    key: `${i} ${visit.row} ${visit.startNs}`,
    visit,
    times,
    kind: kindOf(geometry, visit),
    isSelected: selection?.mark.row === visit.row && selection.mark.fromNs === visit.startNs,
  }));
}

function kindOf(geometry: Geometry, { row }: ItemVisit): string {
  const band = bandOfRow(geometry, row);
  return band?.kind === 'stage' ? band.row.stageKind : 'cpu';
}

function buttonRow(actions: ItemActions): {
  readonly element: HTMLElement;
  readonly update: (item: number) => void;
} {
  const previous = button('‹', 'secondary', () => {
    actions.step(-1);
  });
  const next = button('›', 'secondary', () => {
    actions.step(1);
  });
  const zoom = button('Zoom', 'secondary', actions.zoom);
  zoom.setLabel('Zoom', 'show all of its way');
  const clear = button('Clear', 'secondary', actions.clear);
  clear.setLabel('Clear', 'follow it no longer (Esc)');
  return {
    element: el('div', 'card-buttons', previous.element, next.element, zoom.element, clear.element),
    update(item) {
      previous.setLabel('‹', `item ${formatCount(item - 1)}`);
      previous.setEnabled(item > 0);
      next.setLabel('›', `item ${formatCount(item + 1)}`);
    },
  };
}

/** Makes the card; it hides itself while no item is followed. */
export function createItemCard(actions: ItemActions): ItemCard {
  const around = section('Item');
  const title = el('strong');
  const pipeline = el('span', 'dim');
  const sentence = el('div', 'item-times');
  const remark = el('div', 'dim remark');
  const buttons = buttonRow(actions);
  const said = el('div', 'dim remark');
  said.setAttribute('role', 'status');
  const titles = ['', 'waited', 'took', ''].map((text, i) => {
    const head = el('th', i === 1 || i === 2 ? 'number' : '', text);
    head.scope = 'col';
    return head;
  });
  const body = el('tbody');
  const table = el(
    'table',
    'figures stops',
    el('caption', 'for-readers', 'Stops of the item'),
    el('thead', '', el('tr', '', ...titles)),
    body,
  );
  const fill = keyedList<Stop>(
    body,
    (s) => s.key,
    (s) => stopRow(s, actions),
  );
  around.body.append(
    el(
      'div',
      'card item',
      el('div', 'card-title', title, pipeline),
      sentence,
      remark,
      buttons.element,
      said,
      el('div', 'stops-frame', table),
    ),
  );
  const show = (followed: Followed, state: PanelState, mayGrow: boolean): void => {
    const { item, path } = followed;
    setText(title, `Item ${formatCount(item)}`);
    setText(pipeline, followed.pipeline);
    buttons.update(item);
    const times = path === null ? null : pathTimes(path);
    setText(sentence, times === null ? '' : pathSentence(times));
    setText(remark, path === null ? 'Looking for it …' : pathRemarks(path, mayGrow).join(' '));
    fill(path === null || times === null ? [] : stopsOf(path, times, state));
  };
  return {
    element: around.element,
    update(state, mayGrow) {
      around.element.hidden = state.followed === null;
      if (state.followed !== null) show(state.followed, state, mayGrow);
    },
    say(text) {
      setText(said, text ?? '');
    },
  };
}
