/** What a part of the panel gets of the whole: the state, ways to change it, ways to ask and to tell the host. */
import type { FromWebview } from '../extension/core/panel/messages.js';
import type { SearchHit } from '../extension/core/panel/query.js';
import type { NavigationAction } from './timeline/navigation.js';
import type { Sought } from './timeline/intoView.js';
import type { Queries } from './queries.js';
import type { PanelState } from './state.js';
import type { Line, SourcePosition } from './texts.js';

/** What follows the state by itself. */
export interface Updated {
  update(state: PanelState): void;
}

export interface PanelHandle extends Pick<Queries, 'ask' | 'drop'> {
  readonly state: () => PanelState;
  /** Takes a state on: every part is updated, and a frame is drawn. */
  readonly change: (next: PanelState) => void;
  readonly navigate: (action: NavigationAction) => void;
  /** Pans, zooms and scrolls until it can be seen. */
  readonly bringIntoView: (what: Sought) => void;
  /** Selects what a search found, as a click on it would. */
  readonly select: (hit: SearchHit) => void;
  readonly post: (message: FromWebview) => void;
  /** Shows the timeline, scrolled to a row, and points it out. */
  readonly reveal: (row: number) => void;
  readonly openSource: (source: SourcePosition) => void;
  /** Shows a tooltip beside an element; null hides it. */
  readonly explain: (lines: readonly Line[] | null, at: HTMLElement) => void;
  /** Shows a message until the next one. */
  readonly notice: (level: 'info' | 'error', text: string) => void;
}
