/**
 * Ties the panel together: messages and gestures change the state, and a frame loop that runs only when something
 * changed draws it. Pictures are asked for one at a time; until one comes, the last is drawn stretched to the present
 * range, so nothing flickers. The parts know the panel as a `PanelHandle` only.
 */
import type { ToWebview } from '../extension/core/panel/messages.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import type { Bridge } from './bridge.js';
import { frameLoop, paced } from './frames.js';
import type { PanelHandle } from './handle.js';
import { isGlobal, isTyping, keyAction, scrolls, type KeyAction } from './keyboard.js';
import { rowIdsBetween } from './timeline/layout.js';
import { stretchBetween } from './range/marked.js';
import { createPage, type Page } from './page.js';
import { createParts, type Parts } from './parts.js';
import { createPictures, type Pictures } from './timeline/pictures.js';
import { Pointing } from './timeline/pointing.js';
import { createQueries, type Queries } from './queries.js';
import { zoomToMarked } from './range/rangeCard.js';
import { withMarked } from './range/rangeState.js';
import { bringIntoView } from './timeline/intoView.js';
import { noSearch } from './search/search.js';
import {
  headerKeyOf,
  revealScrollPx,
  rowToReveal,
  unfolded,
  viewOfKey,
} from './timeline/reveal.js';
import {
  canRestore,
  fromSaved,
  initialState,
  isUntouched,
  restored,
  toSaved,
  withNavigation,
  withSnapshot,
  type PanelState,
  type SavedState,
} from './state.js';
import { summaryText, type SourcePosition } from './texts.js';
import { applyTheme, readTheme, watchTheme, type Theme } from './theme.js';
import type { TimeRange } from './timeline/timeScale.js';

const SAVE_EVERY_MS = 300;
const SAY_EVERY_MS = 5000;

/** The panel under one root element. */
export class Panel {
  private readonly bridge: Bridge;
  private readonly capture: string;
  private readonly handle: PanelHandle;
  private readonly parts: Parts;
  private readonly page: Page;
  private readonly frames = frameLoop(() => {
    this.draw();
  });
  private readonly pictures: Pictures;
  private readonly pointing: Pointing;
  private readonly queries: Queries;
  private readonly save = paced(SAVE_EVERY_MS, (state: PanelState) => {
    this.keep(state);
  });
  private readonly say = paced(SAY_EVERY_MS, (snapshot: PanelSnapshot) => {
    this.page.say(summaryText(snapshot));
  });
  private readonly ends: (() => void)[] = [];
  private state = initialState;
  private theme: Theme = readTheme();
  /** Where the panel was left, until that can be taken up; null: nothing waits. */
  private leftAt: SavedState | null = null;
  /** Set until the scroller is high enough to be scrolled to where it was left, or to a row that is wanted. */
  private scrollWanted: number | null = null;
  /** Header that is pointed out once it is on the page. */
  private headerWanted: string | null = null;

  /** Builds the page and listens; `start` tells the host. */
  constructor(root: HTMLElement, bridge: Bridge) {
    this.bridge = bridge;
    this.capture = root.dataset['capture'] ?? '';
    this.queries = createQueries(bridge);
    this.handle = this.createHandle();
    this.parts = createParts(this.handle, {
      resized: this.frames.invalidate,
      hideHover: () => {
        this.pointing.hide();
      },
      picture: () => this.pictures.current(),
    });
    const { timeline, tooltip, marking } = this.parts;
    this.page = createPage(root, this.parts);
    this.pictures = createPictures(bridge, this.frames.invalidate, (reason) => {
      this.page.notice('error', reason);
    });
    const picture = this.pictures.current;
    this.pointing = new Pointing({
      handle: this.handle,
      bridge,
      timeline,
      tooltip,
      picture,
      marking,
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

  private createHandle(): PanelHandle {
    return {
      state: () => this.state,
      change: (next) => {
        this.change(next);
      },
      navigate: (action) => {
        this.parts.tooltip.hide();
        this.change(withNavigation(this.state, action));
      },
      bringIntoView: (what) => {
        bringIntoView(this.handle, this.parts.timeline, what);
      },
      select: (hit) => {
        this.pointing.select(hit);
      },
      ask: this.queries.ask,
      drop: this.queries.drop,
      post: (message) => {
        this.bridge.post(message);
      },
      reveal: (row) => {
        const next = unfolded(this.state, row);
        this.scrollWanted = revealScrollPx(next.geometry, row);
        this.headerWanted = headerKeyOf(next.geometry, row);
        this.change({ ...next, view: 'timeline' });
        this.parts.focusView('timeline');
      },
      openSource: (source) => {
        this.bridge.post({ kind: 'openSource', source });
      },
      explain: (lines, at) => {
        const box = at.getBoundingClientRect();
        if (lines === null) this.parts.tooltip.hide();
        else this.parts.tooltip.show(lines, box.right, box.top);
      },
      notice: (level, text) => {
        this.page.notice(level, text);
      },
    };
  }

  private listen(root: HTMLElement): void {
    const onKey = (event: KeyboardEvent): void => {
      this.pressed(event);
    };
    // Who goes to another editor leaves this page first, and what was done last is not kept yet.
    const onLeave = (): void => {
      this.keep(this.state);
    };
    for (const event of ['blur', 'pagehide']) window.addEventListener(event, onLeave);
    // Not only on the root: a click on what takes no focus leaves the keyboard to the page.
    root.ownerDocument.addEventListener('keydown', onKey);
    this.ends.push(
      this.bridge.listen((message) => {
        this.received(message);
      }),
      watchTheme(() => {
        this.useTheme(root, readTheme());
      }),
      () => {
        root.ownerDocument.removeEventListener('keydown', onKey);
        for (const event of ['blur', 'pagehide']) window.removeEventListener(event, onLeave);
        this.pointing.dispose();
        this.parts.timeline.dispose();
        this.parts.dispose();
      },
    );
  }

  private useTheme(root: HTMLElement, theme: Theme): void {
    this.theme = theme;
    applyTheme(root, theme);
    for (const part of this.parts.painted) part.paint(theme);
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
        this.pointing.takeHit(message.reply);
        return;
      case 'answer':
        this.queries.take(message.reply);
        return;
      case 'live':
        this.change({ ...this.state, live: message.live });
        return;
      case 'reveal': {
        const row = rowToReveal(this.state.snapshot?.rows ?? [], message.row);
        if (row !== null) this.handle.reveal(row);
        return;
      }
      case 'notice':
        this.page.notice(message.level, message.text);
    }
  }

  private snapshotCame(snapshot: PanelSnapshot): void {
    if (this.state.snapshot === null) {
      const session = { title: snapshot.title, capture: this.capture };
      this.leftAt = fromSaved(this.bridge.saved(), session);
    }
    let next = withSnapshot(this.state, snapshot);
    if (this.leftAt !== null && canRestore(next)) {
      next = restored(next, this.leftAt);
      this.scrollWanted = this.leftAt.scrollPx;
      this.leftAt = null;
    }
    this.say(snapshot);
    this.change(next);
  }

  /** Hands VS Code what it keeps for the panel, unless what it has shall still be taken up. */
  private keep(state: PanelState): void {
    const saved = this.leftAt === null ? toSaved(state, this.capture) : null;
    if (saved !== null) this.bridge.save(saved);
  }

  private change(next: PanelState): void {
    this.state = next;
    this.page.update(next);
    for (const part of this.parts.updated) part.update(next);
    // While a file is read, what was left at is kept, unless the reader has begun to look at something else.
    if (this.leftAt !== null && !isUntouched(next)) this.leftAt = null;
    this.save(next);
    this.frames.invalidate();
  }

  private pressed(event: KeyboardEvent): void {
    const view = isTyping(event) ? null : viewOfKey(event);
    if (view !== null) {
      event.preventDefault();
      this.pointing.hide();
      this.change({ ...this.state, view });
      // What had the focus may be hidden now, and keys would go nowhere.
      this.parts.focusView(view);
      return;
    }
    const action = keyAction(event);
    if (action === null || !this.isMeant(action, event)) return;
    event.preventDefault();
    this.act(action);
  }

  /** Whether a key is meant for the timeline, or for all of the panel, and not for what has the keyboard. */
  private isMeant(action: KeyAction, event: KeyboardEvent): boolean {
    if (isGlobal(event)) return true;
    if (isTyping(event)) return false;
    if (action.kind === 'search' || action.kind === 'clear') return true;
    // The state that it changes stands in the bar over every view.
    if (action.kind === 'follow' && this.state.nav.live) return true;
    if (this.state.view !== 'timeline') return false;
    const path = event.composedPath();
    // Elsewhere Enter presses the button that has the focus.
    if (action.kind === 'source') return path.includes(this.parts.timeline.plot);
    return !(path.includes(this.parts.side.element) && scrolls(event));
  }

  private act(action: KeyAction): void {
    const { timeline } = this.parts;
    const { state } = this;
    switch (action.kind) {
      case 'scroll':
        timeline.scrollTo(state.scrollPx + action.px);
        return;
      case 'scrollPages':
        timeline.scrollTo(state.scrollPx + action.pages * timeline.size().heightPx);
        return;
      case 'source':
        this.enter();
        return;
      case 'mark':
        this.change(withMarked(state, stretchToMark(state)));
        return;
      case 'clear':
        this.pointing.hide();
        this.change(cleared(state));
        return;
      case 'follow item':
        this.parts.item.follow();
        return;
      case 'search':
        this.parts.search.focus();
        return;
      case 'find':
        this.parts.search.step(action.by);
        return;
      case 'zoom':
        this.handle.navigate(this.pointing.aroundPointer(action));
        return;
      default:
        this.handle.navigate(action);
    }
  }

  /** To the source of what is selected; where that has none, closer to what is marked. */
  private enter(): void {
    const source = sourceOf(this.state);
    if (source === null) zoomToMarked(this.handle);
    else this.handle.openSource(source);
  }

  private draw(): void {
    const { timeline, overview } = this.parts;
    const { snapshot, view } = this.state;
    if (snapshot?.emptyText !== null || view !== 'timeline') return;
    const { widthPx, heightPx } = timeline.size();
    if (widthPx === 0 || heightPx === 0) return;
    timeline.draw(this.state, this.theme, this.pictures.current());
    overview.draw(this.state, this.theme, widthPx);
    this.pointing.moved();
    if (this.scrollWanted !== null) {
      timeline.scrollTo(this.scrollWanted);
      this.scrollWanted = null;
    }
    if (this.headerWanted !== null && timeline.pointOut(this.headerWanted))
      this.headerWanted = null;
    const { scrollPx, geometry, nav } = this.state;
    // Rows a little beyond the window as well, so that scrolling has something to show.
    const rows = rowIdsBetween(geometry, scrollPx - 200, scrollPx + heightPx + 200);
    const { range } = nav;
    const { generation } = snapshot;
    const dpr = devicePixelRatio;
    const isThere = this.pictures.want({ range, widthPx, dpr, rows, generation });
    timeline.setBusy(!isThere);
  }
}

/** The source of what is selected; null where it is not known. */
function sourceOf({ selection }: PanelState): SourcePosition | null {
  return selection?.hit.kind === 'function' ? selection.hit.source : null;
}

/** What is selected, if that takes time; else all that is on screen. */
function stretchToMark({ selection, nav }: PanelState): TimeRange {
  const isLong = selection !== null && selection.mark.toNs > selection.mark.fromNs;
  const { fromNs, toNs } = isLong ? selection.mark : nav.range;
  return stretchBetween(fromNs, toNs, nav.extent);
}

/** Takes away one thing at a time: the item's way, what is selected, what is marked, what was searched for. */
function cleared(state: PanelState): PanelState {
  if (state.followed !== null) return { ...state, followed: null };
  if (state.selection !== null) return { ...state, selection: null };
  return state.marked !== null ? withMarked(state, null) : { ...state, search: noSearch };
}
