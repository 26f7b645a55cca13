/** The parts of the panel, made and tied to the handle. */
import { createLegend, type Legend } from './legend.js';
import { createFlameView, type FlameView } from './flame/flameView.js';
import { createGraphView, type GraphView } from './graph/graphView.js';
import { createExportPart, type ExportPart } from './export/exportPart.js';
import type { PanelHandle, Updated } from './handle.js';
import { createItemPart, type ItemPart } from './item/itemPart.js';
import { zoomToLongest } from './timeline/longest.js';
import { liveActions } from './live/liveActions.js';
import { linesMarkdown } from './markdown.js';
import { createMarking, listenToRuler, type Marking } from './range/marking.js';
import { createOverview, type Overview } from './timeline/overview.js';
import type { Picture } from './timeline/picture.js';
import { createRangeCard, zoomToMarked } from './range/rangeCard.js';
import { createRangeQuestions } from './range/rangeQuestions.js';
import { createSearchPart, type SearchPart } from './search/searchPart.js';
import { createSidePanel, type SideActions, type SidePanel } from './sidePanel.js';
import { withFold } from './state.js';
import type { Theme } from './theme.js';
import { createTables, type Tables } from './tables/tables.js';
import { createTimelineView, type TimelineView } from './timeline/timelineView.js';
import { createTooltip, type Tooltip } from './tooltip.js';
import { createTopBar, type TopBar } from './topBar.js';
import type { PanelView } from './viewState.js';

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
  readonly item: ItemPart;
  readonly search: SearchPart;
  readonly marking: Marking;
  readonly updated: readonly Updated[];
  readonly painted: readonly Painted[];
  /** Moves the focus into a view, so that its keys work. */
  readonly focusView: (view: PanelView) => void;
  /** Ends what listens by itself. */
  readonly dispose: () => void;
}

/** What draws in the theme's colours by itself. */
export interface Painted {
  /** Call with each new theme. */
  paint(theme: Theme): void;
}

/** What the parts tell the panel besides changes of the state. */
export interface PartEvents {
  readonly resized: () => void;
  readonly hideHover: () => void;
  /** What the timeline is drawn from. */
  readonly picture: () => Picture | null;
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

function sideActions(handle: PanelHandle, item: ItemPart): SideActions {
  return {
    openSource: handle.openSource,
    ...liveActions(handle.post),
    clearSelection: () => {
      handle.change({ ...handle.state(), selection: null });
    },
    follow: item.follow,
    zoomToLongest: () => {
      zoomToLongest(handle);
    },
    copyDetails: (lines) => {
      const title = handle.state().snapshot?.title ?? '';
      handle.post({ kind: 'copy', text: linesMarkdown(title, lines) });
    },
  };
}

function topBarOf(
  handle: PanelHandle,
  events: PartEvents,
  parts: { readonly search: SearchPart; readonly exports: ExportPart },
): TopBar {
  return createTopBar(
    {
      navigate: handle.navigate,
      command: (command) => {
        handle.post({ kind: 'command', command });
      },
      show: (view) => {
        events.hideHover();
        handle.change({ ...handle.state(), view });
      },
    },
    { search: parts.search.element, exports: parts.exports.element },
  );
}

function overviewOf(handle: PanelHandle): Overview {
  return createOverview((range) => {
    handle.navigate({ kind: 'show', range });
  });
}

function legendOf(handle: PanelHandle): Legend {
  return createLegend((heatScale) => {
    handle.change({ ...handle.state(), heatScale });
  });
}

interface Focusable {
  focus(): void;
}

/** Makes the parts. */
export function createParts(handle: PanelHandle, events: PartEvents): Parts {
  const timeline = timelineOf(handle, events);
  const search = createSearchPart(handle, () => {
    timeline.focus();
  });
  const item = createItemPart(handle);
  const range = createRangeCard(handle);
  const marking = createMarking(handle, () => timeline.size().widthPx);
  const dispose = listenToRuler(timeline.ruler, marking, () => {
    zoomToMarked(handle);
  });
  const side = createSidePanel(sideActions(handle, item), [range.element, item.element]);
  const tables = createTables(handle);
  const graph = createGraphView(handle);
  const flame = createFlameView(handle);
  const overview = overviewOf(handle);
  const { picture } = events;
  const exports = createExportPart(handle, { timeline, flame, picture });
  const topBar = topBarOf(handle, events, { search, exports });
  const legend = legendOf(handle);
  const views: Readonly<Record<PanelView, Focusable>> = {
    timeline,
    graph,
    flame,
    table: tables.element,
  };
  return {
    topBar,
    overview,
    timeline,
    graph,
    flame,
    tables,
    legend,
    side,
    tooltip: createTooltip(),
    item,
    search,
    marking,
    updated: [
      topBar,
      exports,
      legend,
      side,
      tables,
      graph,
      flame,
      createRangeQuestions(handle),
      range,
      item,
      search,
    ],
    painted: [legend, range, flame, exports],
    focusView: (view) => {
      views[view].focus();
    },
    dispose,
  };
}
