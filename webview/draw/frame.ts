/** What one drawing of the timeline depends on. */
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { ItemVisit, SearchHit } from '../../extension/core/panel/query.js';
import type { HeatScale } from './drawHeatmap.js';
import type { Geometry } from '../timeline/layout.js';
import type { Picture } from '../timeline/picture.js';
import type { PanelState } from '../state.js';
import type { TimeRange } from '../timeline/timeScale.js';
import type { Theme } from '../theme.js';

/** A marked stretch of a row. */
export interface Mark {
  readonly row: number;
  readonly level: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** Where and how large: a window on the rows. */
export interface DataFrame {
  readonly theme: Theme;
  readonly geometry: Geometry;
  readonly range: TimeRange;
  /** Content pixel of the upper edge. */
  readonly scrollPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly heatScale: HeatScale;
}

/** All that one frame shows. */
export interface Frame extends DataFrame {
  /** null: no reply has come yet. */
  readonly picture: Picture | null;
  readonly losses: PanelSnapshot['losses'];
  readonly knobChanges: PanelSnapshot['knobChanges'];
  readonly selection: Mark | null;
  /** The stretch that figures are shown of. */
  readonly marked: TimeRange | null;
  /** The way of one item; empty when none is followed. */
  readonly path: readonly ItemVisit[];
  /** What a search found, and which of it is looked at (-1: none). */
  readonly found: readonly SearchHit[];
  readonly foundAt: number;
}

/** What the timeline draws of a state. */
export function frameOf(
  state: PanelState,
  theme: Theme,
  picture: Picture | null,
  window: Pick<Frame, 'scrollPx' | 'widthPx' | 'heightPx' | 'dpr'>,
): Frame {
  return {
    theme,
    geometry: state.geometry,
    picture,
    range: state.nav.range,
    ...window,
    heatScale: state.heatScale,
    losses: state.snapshot?.losses ?? [],
    knobChanges: state.snapshot?.knobChanges ?? [],
    selection: state.selection?.mark ?? null,
    marked: state.marked,
    path: state.followed?.path?.visits ?? [],
    found: state.search.found,
    foundAt: state.search.at,
  };
}
