/** The bar at the top: what is shown, how it stands, and the buttons. */
import type { FromWebview } from '../extension/core/panel/messages.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import { button, progressRing, type Button } from './controls.js';
import { el, setAttribute, setText } from './dom.js';
import { keepingOf, liveText, type Keeping } from './liveText.js';
import type { NavigationAction } from './timeline/navigation.js';
import type { PanelState } from './state.js';
import { executionsText, lossText, sessionText } from './texts.js';
import { panelViews, type PanelView } from './viewState.js';

export interface TopBarActions {
  readonly navigate: (action: NavigationAction) => void;
  readonly command: (command: Extract<FromWebview, { kind: 'command' }>['command']) => void;
  readonly show: (view: PanelView) => void;
}

export interface TopBar {
  readonly element: HTMLElement;
  update(state: PanelState): void;
}

interface Buttons {
  readonly follow: Button;
  readonly fit: Button;
  readonly stop: Button;
  readonly cpu: Button;
  readonly save: Button;
  readonly copy: Button;
  readonly views: Readonly<Record<PanelView, Button>>;
}

/** Name of a view, and what it is for. */
const viewTexts: Readonly<Record<PanelView, readonly [label: string, title: string]>> = {
  timeline: ['Timeline', 'executions and queues over time'],
  graph: ['Graph', 'stages and queues as they are linked'],
  flame: ['Flame graph', 'functions by CPU samples'],
  table: ['Table', 'all numbers, and single executions'],
};

function createButtons(actions: TopBarActions, follow: () => void, cpu: () => void): Buttons {
  const command = (label: string, name: Parameters<TopBarActions['command']>[0]): Button =>
    button(label, 'secondary', () => {
      actions.command(name);
    });
  const view = (name: PanelView): Button => {
    const [label, title] = viewTexts[name];
    const made = button(label, 'secondary', () => {
      actions.show(name);
    });
    made.setLabel(label, `${title} (${panelViews.indexOf(name) + 1})`);
    return made;
  };
  const buttons = {
    follow: button('Follow', 'secondary', follow),
    fit: button('Fit', 'secondary', () => {
      actions.navigate({ kind: 'fit' });
    }),
    stop: command('Stop', 'stop'),
    cpu: button('CPU profile', 'secondary', cpu),
    save: command('Save', 'saveCapture'),
    copy: command('Copy report', 'copyReport'),
    views: {
      timeline: view('timeline'),
      graph: view('graph'),
      flame: view('flame'),
      table: view('table'),
    },
  };
  buttons.fit.setLabel('Fit', 'show the whole session (F)');
  buttons.stop.setLabel('Stop', 'end the session; the program runs on');
  buttons.save.setLabel('Save', 'keep the capture as a file');
  buttons.copy.setLabel('Copy report', 'put the report on the clipboard as text');
  return buttons;
}

type Grouped = Pick<Button, 'element'>;

function group(label: string, ...buttons: readonly Grouped[]): HTMLElement {
  const element = el('div', 'button-group', ...buttons.map((b) => b.element));
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', label);
  return element;
}

function updateButtons(buttons: Buttons, state: PanelState): void {
  const session = state.snapshot?.state ?? 'waiting';
  const live = session === 'live';
  const following = state.nav.mode.kind !== 'held';
  buttons.follow.setShown(live);
  if (following) buttons.follow.setLabel('Pause', 'hold the picture; recording goes on');
  else buttons.follow.setLabel('Follow', 'keep up with the newest data (L)');
  buttons.cpu.setShown(live);
  const isSampling = state.snapshot?.isCpuProfiling === true;
  if (isSampling) buttons.cpu.setLabel('Stop CPU profile', 'stop sampling; it is being recorded');
  else buttons.cpu.setLabel('CPU profile', 'sample the functions of every thread for some seconds');
  buttons.cpu.setPressed(isSampling);
  buttons.stop.setShown(live || session === 'waiting');
  buttons.save.setShown(session === 'ended' || live);
  for (const name of panelViews) buttons.views[name].setPressed(state.view === name);
}

/** The buttons; two of them do one thing or its opposite, as the state of the panel is. */
function buttonsFor(actions: TopBarActions, current: () => PanelState | null): Buttons {
  const toggleFollow = (): void => {
    const held = current()?.nav.mode.kind === 'held';
    actions.navigate({ kind: held ? 'follow' : 'hold' });
  };
  const toggleProfile = (): void => {
    const isSampling = current()?.snapshot?.isCpuProfiling === true;
    actions.command(isSampling ? 'stopCpuProfile' : 'recordCpuProfile');
  };
  return createButtons(actions, toggleFollow, toggleProfile);
}

const keepingTitles: Readonly<Record<Keeping['kind'], string>> = {
  live: 'the panel keeps up with the newest data; looking back pauses it',
  paused: 'what is shown stays where it is, and recording goes on',
};

/** What others put into the bar. */
export interface TopBarSlots {
  readonly search: HTMLElement;
  readonly exports: HTMLElement;
}

/** Makes the bar. */
export function createTopBar(actions: TopBarActions, slots: TopBarSlots): TopBar {
  let current: PanelState | null = null;
  const buttons = buttonsFor(actions, () => current);
  const title = el('h1', 'title', 'Sluice');
  const session = el('span', 'dim session');
  const ring = progressRing('waiting for data');
  const mark = el('span', 'state-mark');
  mark.hidden = true;
  const stateName = el('span', '', 'loading');
  const state = el('span', 'state', ring, mark, stateName);
  const executions = el('span', 'dim executions');
  const losses = el('span', 'losses');
  const update = (snapshot: PanelSnapshot): void => {
    const { report } = snapshot;
    const lost = lossText(report);
    setText(title, snapshot.title);
    setAttribute(state, 'data-state', snapshot.state);
    ring.hidden = snapshot.state !== 'waiting' && snapshot.state !== 'reading';
    mark.hidden = !ring.hidden;
    setText(session, sessionText(report));
    setText(executions, executionsText(report));
    setText(losses, lost.short);
    setAttribute(losses, 'title', lost.long);
    losses.classList.toggle('some', report.capture.lost.records > 0);
  };
  const element = el(
    'header',
    'top-bar',
    title,
    state,
    session,
    group(
      'Session',
      buttons.follow,
      buttons.fit,
      buttons.cpu,
      buttons.stop,
      buttons.save,
      buttons.copy,
      { element: slots.exports },
    ),
    slots.search,
    executions,
    losses,
    group('View', ...panelViews.map((name) => buttons.views[name])),
  );
  return {
    element,
    update(next) {
      const { snapshot } = next;
      if (snapshot !== null && current?.snapshot !== snapshot) update(snapshot);
      current = next;
      setText(stateName, liveText(next));
      const keeping = keepingOf(next)?.kind ?? null;
      setAttribute(state, 'data-keeping', keeping);
      setAttribute(state, 'title', keeping === null ? null : keepingTitles[keeping]);
      updateButtons(buttons, next);
    },
  };
}
