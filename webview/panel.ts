/**
 * Ties the panel together: messages and gestures change the state, and a frame loop that runs only when something
 * changed draws it. Pictures are asked for one at a time; until one comes, the last is drawn stretched to the present
 * range, so nothing flickers.
 */
import type { ToWebview } from '../extension/core/panel/messages.js';
import type { HitReply } from '../extension/core/panel/hit.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import type { Bridge } from './bridge.js';
import { frameLoop, paced } from './frames.js';
import { createHits, type HitQuestion, type Hits } from './hits.js';
import { isTyping, keyAction, type KeyAction } from './keyboard.js';
import { placeAt, rowIdsBetween } from './layout.js';
import { createLegend } from './legend.js';
import type { NavigationAction } from './navigation.js';
import { createOverview } from './overview.js';
import { createPage, type Page, type Parts } from './page.js';
import { createPictures, type Pictures } from './pictures.js';
import { listenToPointer, type PlotPoint } from './pointer.js';
import { createSidePanel } from './sidePanel.js';
import {
  fromSaved,
  initialState,
  markOf,
  restored,
  toSaved,
  withFold,
  withNavigation,
  withSnapshot,
  type PanelState,
} from './state.js';
import { createTables } from './tables.js';
import { hitLines, summaryText, type Line } from './texts.js';
import { applyTheme, readTheme, watchTheme, type Theme } from './theme.js';
import { createTimelineView } from './timelineView.js';
import { spanAt } from './spanHit.js';
import { spanOf, timeAt } from './timeScale.js';
import { createTooltip } from './tooltip.js';
import { createTopBar } from './topBar.js';

const SAVE_EVERY_MS = 300;
const SAY_EVERY_MS = 5000;
/** How near to a box the pointer has to be. */
const HIT_TOLERANCE_PX = 3;

/** The panel under one root element. */
export class Panel {
  private readonly bridge: Bridge;
  private readonly capture: string;
  private readonly parts: Parts;
  private readonly page: Page;
  private readonly frames = frameLoop(() => {
    this.draw();
  });
  private readonly pictures: Pictures;
  private readonly hits: Hits;
  private readonly save = paced(SAVE_EVERY_MS, (state: PanelState) => {
    const saved = toSaved(state, this.capture);
    if (saved !== null) this.bridge.save(saved);
  });
  private readonly say = paced(SAY_EVERY_MS, (snapshot: PanelSnapshot) => {
    this.page.say(summaryText(snapshot));
  });
  private readonly ends: (() => void)[] = [];
  private state = initialState;
  private theme: Theme = readTheme();
  /** Where the pointer is on the plot; null: elsewhere. */
  private pointer: PlotPoint | null = null;
  /** Set until the scroller is high enough to be scrolled to where it was left. */
  private scrollWanted: number | null = null;

  /** Builds the page and listens; `start` tells the host. */
  constructor(root: HTMLElement, bridge: Bridge) {
    this.bridge = bridge;
    this.capture = root.dataset['capture'] ?? '';
    this.parts = this.createParts();
    this.page = createPage(root, this.parts);
    this.pictures = createPictures(bridge, this.frames.invalidate, (reason) => {
      this.page.notice('error', reason);
    });
    this.hits = createHits(bridge, (question, hit) => {
      this.answered(question, hit);
    });
    this.listen(root);
    this.useTheme(root, this.theme);
    this.change(this.state);
  }

  /** Tells the host that messages are welcome. */
  start(): void {
    this.bridge.post({ kind: 'ready' });
  }

  /** Ends all listening. The page keeps what it shows. */
  dispose(): void {
    for (const end of this.ends.splice(0)) end();
  }

  private createParts(): Parts {
    const navigate = (action: NavigationAction): void => {
      this.navigate(action);
    };
    const openSource = (source: Parameters<typeof this.openSource>[0]): void => {
      this.openSource(source);
    };
    return {
      topBar: createTopBar({
        navigate,
        command: (command) => {
          this.bridge.post({ kind: 'command', command });
        },
        show: (view) => {
          this.hideHover();
          this.change({ ...this.state, view });
        },
      }),
      overview: createOverview((range) => {
        navigate({ kind: 'show', range });
      }),
      timeline: createTimelineView({
        openSource,
        fold: (key, isFolded) => {
          this.change(withFold(this.state, key, isFolded));
        },
        explain: (lines, at) => {
          this.explain(lines, at);
        },
        scrolled: (scrollPx) => {
          this.hideHover();
          this.change({ ...this.state, scrollPx });
        },
        resized: this.frames.invalidate,
      }),
      tables: createTables(),
      legend: createLegend(),
      side: createSidePanel({
        openSource,
        setKnob: (knob, value) => {
          this.bridge.post({ kind: 'setKnob', knob, value });
        },
        clearSelection: () => {
          this.change({ ...this.state, selection: null });
        },
      }),
      tooltip: createTooltip(),
    };
  }

  private listen(root: HTMLElement): void {
    const { timeline } = this.parts;
    const onKey = (event: KeyboardEvent): void => {
      this.pressed(event);
    };
    root.addEventListener('keydown', onKey);
    this.ends.push(
      this.bridge.listen((message) => {
        this.received(message);
      }),
      watchTheme(() => {
        this.useTheme(root, readTheme());
      }),
      listenToPointer(timeline.plot, {
        navigate: (action) => {
          this.navigate(action);
        },
        scrollBy: (px) => {
          timeline.scrollTo(this.state.scrollPx + px);
        },
        timeAt: (x) => timeAt(this.state.nav.range, timeline.size().widthPx, x),
        widthPx: () => timeline.size().widthPx,
        hover: (point) => {
          this.hovered(point);
        },
        select: (point) => {
          this.ask(point, 'select');
        },
        zoomInto: (point) => {
          this.ask(point, 'zoom');
        },
      }),
      () => {
        root.removeEventListener('keydown', onKey);
      },
      () => {
        timeline.dispose();
      },
    );
  }

  private useTheme(root: HTMLElement, theme: Theme): void {
    this.theme = theme;
    applyTheme(root, theme);
    this.parts.legend.paint(theme);
    this.frames.invalidate();
  }

  private received(message: ToWebview): void {
    switch (message.kind) {
      case 'snapshot':
        this.snapshotCame(message.snapshot);
        return;
      case 'view':
        this.pictures.take(message.reply);
        return;
      case 'hit':
        this.hits.take(message.reply);
        return;
      case 'notice':
        this.page.notice(message.level, message.text);
    }
  }

  private snapshotCame(snapshot: PanelSnapshot): void {
    const first = this.state.snapshot === null;
    let next = withSnapshot(this.state, snapshot);
    const saved = first ? fromSaved(this.bridge.saved(), snapshot.title) : null;
    if (saved !== null) {
      next = restored(next, saved);
      this.scrollWanted = saved.scrollPx;
    }
    this.parts.tables.update(snapshot.report, snapshot.rows);
    this.say(snapshot);
    this.change(next);
  }

  private change(next: PanelState): void {
    this.state = next;
    this.page.update(next);
    this.parts.topBar.update(next);
    this.parts.side.update(next);
    this.save(next);
    this.frames.invalidate();
  }

  private navigate(action: NavigationAction): void {
    this.parts.tooltip.hide();
    this.change(withNavigation(this.state, action));
  }

  private openSource(source: { file: string; line: number; column: number }): void {
    this.bridge.post({ kind: 'openSource', source });
  }

  private pressed(event: KeyboardEvent): void {
    // The side scrolls by itself with the same keys.
    const inSide = event.composedPath().includes(this.parts.side.element);
    if (isTyping(event) || inSide || this.state.view !== 'timeline') return;
    const action = keyAction(event);
    if (action === null) return;
    // Elsewhere Enter presses the button that has the focus.
    if (action.kind === 'source' && !event.composedPath().includes(this.parts.timeline.plot))
      return;
    event.preventDefault();
    this.act(action);
  }

  private act(action: KeyAction): void {
    const { timeline } = this.parts;
    switch (action.kind) {
      case 'scroll':
        timeline.scrollTo(this.state.scrollPx + action.px);
        return;
      case 'scrollPages':
        timeline.scrollTo(this.state.scrollPx + action.pages * timeline.size().heightPx);
        return;
      case 'source': {
        const hit = this.state.selection?.hit;
        if (hit?.kind === 'function' && hit.source !== null) this.openSource(hit.source);
        return;
      }
      case 'clear':
        this.hideHover();
        this.change({ ...this.state, selection: null });
        return;
      case 'zoom':
        this.navigate(this.aroundPointer(action));
        return;
      default:
        this.navigate(action);
    }
  }

  /** Zooms where the pointer is; a picture that follows stays at its newest end. */
  private aroundPointer(action: NavigationAction & { kind: 'zoom' }): NavigationAction {
    if (this.pointer === null || this.state.nav.mode.kind === 'follow') return action;
    const { widthPx } = this.parts.timeline.size();
    return { ...action, atNs: timeAt(this.state.nav.range, widthPx, this.pointer.x) };
  }

  private hideHover(): void {
    this.pointer = null;
    this.parts.tooltip.hide();
    this.parts.timeline.point(this.state, null);
  }

  private hovered(point: PlotPoint | null): void {
    if (point === null) {
      this.hideHover();
      return;
    }
    this.pointer = point;
    this.parts.timeline.point(this.state, point.x);
    if (!this.ask(point, 'hover')) this.parts.tooltip.hide();
  }

  /** Asks what is at a point; false when there is no row. */
  private ask(point: PlotPoint, then: HitQuestion['then']): boolean {
    const { timeline } = this.parts;
    const { range } = this.state.nav;
    const place = placeAt(this.state.geometry, point.y + this.state.scrollPx);
    if (place === null) return false;
    const { widthPx } = timeline.size();
    const box = timeline.plot.getBoundingClientRect();
    const question: HitQuestion = {
      row: place.row,
      level: place.kind === 'lane' ? Math.min(place.level, 255) : 0,
      range,
      atNs: timeAt(range, widthPx, point.x),
      toleranceNs: (HIT_TOLERANCE_PX / widthPx) * spanOf(range),
      clientX: box.left + point.x,
      clientY: box.top + point.y,
      then,
    };
    const picture = this.pictures.current();
    const isSpan = place.kind === 'lane' && place.level > 0 && place.lane.lane.kind !== 'cpu';
    const label = isSpan ? place.lane.lane.label : null;
    const span =
      label === null || picture === null ? null : spanAt(picture, { ...question, label });
    if (span === null) this.hits.ask(question);
    else this.answered(question, span);
    return true;
  }

  private answered(question: HitQuestion, hit: HitReply['hit']): void {
    if (question.then === 'hover') {
      const lines = hit === null ? null : hitLines(hit);
      if (this.pointer === null || lines === null) this.parts.tooltip.hide();
      else this.parts.tooltip.show(lines, question.clientX, question.clientY);
      return;
    }
    if (hit === null) {
      this.change({ ...this.state, selection: null });
      return;
    }
    const level = hit.kind === 'span' || hit.kind === 'function' ? question.level : 0;
    this.change({ ...this.state, selection: { hit, mark: markOf(hit, question.row, level) } });
    if (question.then === 'zoom') this.entered(hit);
  }

  /** A double click: to the source of a function, else closer to what was hit. */
  private entered(hit: NonNullable<HitReply['hit']>): void {
    if (hit.kind === 'function') {
      if (hit.source !== null) this.openSource(hit.source);
    } else if (hit.kind === 'many') {
      this.navigate({ kind: 'show', range: { fromNs: hit.fromNs, toNs: hit.toNs } });
    } else if (hit.kind !== 'depth') {
      const air = hit.durationNs * 0.5;
      const range = { fromNs: hit.startNs - air, toNs: hit.startNs + hit.durationNs + air };
      this.navigate({ kind: 'show', range });
    }
  }

  private explain(lines: readonly Line[] | null, at: HTMLElement): void {
    if (lines === null) {
      this.parts.tooltip.hide();
      return;
    }
    const box = at.getBoundingClientRect();
    this.parts.tooltip.show(lines, box.right, box.top);
  }

  private draw(): void {
    const { timeline, overview } = this.parts;
    const { snapshot, view } = this.state;
    if (snapshot?.emptyText !== null || view !== 'timeline') return;
    const { widthPx, heightPx } = timeline.size();
    if (widthPx === 0 || heightPx === 0) return;
    timeline.draw(this.state, this.theme, this.pictures.current());
    overview.update(this.state, this.theme, widthPx);
    if (this.pointer !== null) timeline.point(this.state, this.pointer.x);
    if (this.scrollWanted !== null) {
      timeline.scrollTo(this.scrollWanted);
      this.scrollWanted = null;
    }
    const { scrollPx, geometry, nav } = this.state;
    // Rows a little beyond the window as well, so that scrolling has something to show.
    const rows = rowIdsBetween(geometry, scrollPx - 200, scrollPx + heightPx + 200);
    const dpr = devicePixelRatio;
    this.pictures.want({ range: nav.range, widthPx, dpr, rows, generation: snapshot.generation });
  }
}
