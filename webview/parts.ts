/** The parts of the panel, made and tied to the handle. */
import { createLegend, type Legend } from './legend.js';
import { createFlameView, type FlameView } from './flameView.js';
import { createGraphView, type GraphView } from './graphView.js';
import type { PanelHandle } from './handle.js';
import { createOverview, type Overview } from './overview.js';
import { createSidePanel, type SidePanel } from './sidePanel.js';
import { withFold, type PanelState } from './state.js';
import { createTables, type Tables } from './tables.js';
import { createTimelineView, type TimelineView } from './timelineView.js';
import { createTooltip, type Tooltip } from './tooltip.js';
import { createTopBar, type TopBar } from './topBar.js';
import type { PanelView } from './viewState.js';

/** What follows the state by itself. */
export interface Updated {
  update(state: PanelState): void;
}

export interface Parts {
  readonly topBar: TopBar;
  readonly overview: Overview;
  readonly timeline: TimelineView;
  readonly tables: Tables;
  readonly graph: GraphView;
  readonly flame: FlameView;
  readonly legend: Legend;
  readonly side: SidePanel;
  readonly tooltip: Tooltip;
  readonly updated: readonly Updated[];
  /** Moves the focus into a view, so that its keys work. */
  readonly focusView: (view: PanelView) => void;
}

/** What the parts tell the panel besides changes of the state. */
export interface PartEvents {
  readonly resized: () => void;
  readonly hideHover: () => void;
}

function timelineOf(handle: PanelHandle, events: PartEvents): TimelineView {
  return createTimelineView({
    openSource: handle.openSource,
    fold: (key, isFolded) => {
      handle.change(withFold(handle.state(), key, isFolded));
    },
    explain: handle.explain,
    scrolled: (scrollPx) => {
      events.hideHover();
      handle.change({ ...handle.state(), scrollPx });
    },
    resized: events.resized,
  });
}

/** Makes the parts. */
export function createParts(handle: PanelHandle, events: PartEvents): Parts {
  const topBar = createTopBar({
    navigate: handle.navigate,
    command: (command) => {
      handle.post({ kind: 'command', command });
    },
    show: (view) => {
      events.hideHover();
      handle.change({ ...handle.state(), view });
    },
  });
  const side = createSidePanel({
    openSource: handle.openSource,
    setKnob: (knob, value) => {
      handle.post({ kind: 'setKnob', knob, value });
    },
    clearSelection: () => {
      handle.change({ ...handle.state(), selection: null });
    },
  });
  const tables = createTables(handle);
  const graph = createGraphView(handle);
  const flame = createFlameView(handle);
  const timeline = timelineOf(handle, events);
  const focused: Readonly<Record<PanelView, () => void>> = {
    timeline: () => {
      timeline.plot.querySelector('canvas')?.focus();
    },
    graph: () => {
      graph.focus();
    },
    flame: () => {
      flame.focus();
    },
    table: () => {
      tables.element.focus();
    },
  };
  return {
    topBar,
    overview: createOverview((range) => {
      handle.navigate({ kind: 'show', range });
    }),
    timeline,
    graph,
    flame,
    tables,
    legend: createLegend(),
    side,
    tooltip: createTooltip(),
    updated: [topBar, side, tables, graph, flame],
    focusView: (view) => {
      focused[view]();
    },
  };
}
