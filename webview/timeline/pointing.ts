/** The pointer over the plot: what is under it is asked for, told in the tooltip, and selected by a click. */
import type { HitReply } from '../../extension/core/panel/hit.js';
import type { SearchHit } from '../../extension/core/panel/query.js';
import type { LaneRow } from '../../extension/core/panel/rows.js';
import type { Bridge } from '../bridge.js';
import type { PanelHandle } from '../handle.js';
import { createHits, type HitQuestion, type Hits } from './hits.js';
import type { KeyAction } from '../keyboard.js';
import { bandOfRow, placeAt, type Geometry } from './layout.js';
import type { Grip } from '../range/marked.js';
import type { Marking } from '../range/marking.js';
import type { NavigationAction } from './navigation.js';
import type { Picture } from './picture.js';
import { listenToPointer, type PlotPoint, type PointerActions } from './pointer.js';
import { spanAt } from './spanHit.js';
import { markOf } from '../state.js';
import { hitLines } from '../texts.js';
import { spanOf, timeAt } from './timeScale.js';
import type { TimelineView } from './timelineView.js';
import type { Tooltip } from '../tooltip.js';

/** How near to a box the pointer has to be. */
const HIT_TOLERANCE_PX = 3;

/** What the pointer works on. */
export interface PointingParts {
  readonly handle: PanelHandle;
  readonly bridge: Pick<Bridge, 'post'>;
  readonly timeline: TimelineView;
  readonly tooltip: Tooltip;
  readonly picture: () => Picture | null;
  readonly marking: Marking;
}

/** Between its edges the plot belongs to the picture. */
function edgeAt(marking: Marking, x: number): Grip | null {
  const grip = marking.grip(x);
  return grip === 'inside' ? null : grip;
}

/** Listens to the pointer on the plot from the beginning. */
export class Pointing {
  private readonly parts: PointingParts;
  private readonly hits: Hits;
  private readonly end: () => void;
  /** Where the pointer is on the plot; null: elsewhere. */
  private pointer: PlotPoint | null = null;

  constructor(parts: PointingParts) {
    this.parts = parts;
    this.hits = createHits(parts.bridge, (question, hit) => {
      this.answered(question, hit);
    });
    this.end = listenToPointer(parts.timeline.plot, this.actions());
  }

  takeHit(reply: HitReply): void {
    this.hits.take(reply);
  }

  /** The picture moved under the pointer. */
  moved(): void {
    const { timeline, handle } = this.parts;
    if (this.pointer !== null) timeline.point(handle.state(), this.pointer.x);
  }

  hide(): void {
    const { timeline, handle, tooltip } = this.parts;
    this.pointer = null;
    tooltip.hide();
    timeline.point(handle.state(), null);
  }

  /** Zooms where the pointer is; a picture that follows stays at its newest end. */
  aroundPointer(action: Extract<KeyAction, { kind: 'zoom' }>): NavigationAction {
    const { timeline, handle } = this.parts;
    const { nav } = handle.state();
    if (this.pointer === null || nav.mode.kind === 'follow') return action;
    return { ...action, atNs: timeAt(nav.range, timeline.size().widthPx, this.pointer.x) };
  }

  /** Selects what a search found, as a click on it would. */
  select({ row, level, startNs, durationNs, label }: SearchHit): void {
    const { handle } = this.parts;
    const state = handle.state();
    const lane = laneOf(state.geometry, row);
    if (level > 0 && lane?.kind !== 'cpu') {
      const hit = {
        kind: 'span',
        name: label,
        lane: lane?.label ?? '',
        startNs,
        durationNs,
      } as const;
      handle.change({ ...state, selection: { hit, mark: markOf(hit, row, level) } });
      return;
    }
    const { range } = state.nav;
    const atNs = startNs + durationNs / 2;
    const at = { row, level, range, atNs, toleranceNs: 0, clientX: 0, clientY: 0 };
    this.hits.ask({ ...at, then: 'select' });
  }

  dispose(): void {
    this.end();
  }

  private actions(): PointerActions {
    const { timeline, handle } = this.parts;
    return {
      navigate: handle.navigate,
      scrollBy: (px) => {
        timeline.scrollTo(handle.state().scrollPx + px);
      },
      timeAt: (x) => timeAt(handle.state().nav.range, timeline.size().widthPx, x),
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
      beginMark: (x, isNew) => {
        const grip = isNew ? null : edgeAt(this.parts.marking, x);
        return isNew || grip !== null ? this.parts.marking.begin(x, grip) : null;
      },
    };
  }

  private hovered(point: PlotPoint | null): void {
    if (point === null) {
      this.hide();
      return;
    }
    this.pointer = point;
    const { marking, timeline } = this.parts;
    timeline.plot.classList.toggle('on-edge', edgeAt(marking, point.x) !== null);
    this.moved();
    if (!this.ask(point, 'hover')) this.parts.tooltip.hide();
  }

  /** Asks what is at a point; false when there is no row. */
  private ask(point: PlotPoint, then: HitQuestion['then']): boolean {
    const question = questionAt(this.parts, point, then);
    if (question === null) return false;
    const span = spanUnder(this.parts, point, question);
    if (span === null) this.hits.ask(question);
    else this.answered(question, span);
    return true;
  }

  private answered(question: HitQuestion, hit: HitReply['hit']): void {
    const { handle, tooltip } = this.parts;
    if (question.then === 'hover') {
      if (this.pointer === null || hit === null) tooltip.hide();
      else tooltip.show(hitLines(hit), question.clientX, question.clientY);
      return;
    }
    const state = handle.state();
    if (hit === null) {
      handle.change({ ...state, selection: null });
      return;
    }
    const level = hit.kind === 'span' || hit.kind === 'function' ? question.level : 0;
    handle.change({ ...state, selection: { hit, mark: markOf(hit, question.row, level) } });
    if (question.then === 'zoom') enter(handle, hit);
  }
}

function laneOf(geometry: Geometry, row: number): LaneRow | null {
  const band = bandOfRow(geometry, row);
  return band?.kind === 'stage' ? (band.row.lanes.find((lane) => lane.id === row) ?? null) : null;
}

function questionAt(
  { handle, timeline }: PointingParts,
  point: PlotPoint,
  then: HitQuestion['then'],
): HitQuestion | null {
  const { nav, geometry, scrollPx } = handle.state();
  const place = placeAt(geometry, point.y + scrollPx);
  if (place === null) return null;
  const { widthPx } = timeline.size();
  const box = timeline.plot.getBoundingClientRect();
  return {
    row: place.row,
    level: place.kind === 'lane' ? Math.min(place.level, 255) : 0,
    range: nav.range,
    atNs: timeAt(nav.range, widthPx, point.x),
    toleranceNs: (HIT_TOLERANCE_PX / widthPx) * spanOf(nav.range),
    clientX: box.left + point.x,
    clientY: box.top + point.y,
    then,
  };
}

/** A nested span is found in the picture itself. */
function spanUnder(
  { handle, picture }: PointingParts,
  point: PlotPoint,
  question: HitQuestion,
): HitReply['hit'] {
  const { geometry, scrollPx } = handle.state();
  const place = placeAt(geometry, point.y + scrollPx);
  const shown = picture();
  if (place?.kind !== 'lane' || place.level === 0 || shown === null) return null;
  const { lane } = place.lane;
  return lane.kind === 'cpu' ? null : spanAt(shown, { ...question, label: lane.label });
}

/** A double click: to the source of a function, else closer to what was hit. */
function enter(handle: PanelHandle, hit: NonNullable<HitReply['hit']>): void {
  if (hit.kind === 'function') {
    if (hit.source !== null) handle.openSource(hit.source);
  } else if (hit.kind === 'many') {
    handle.navigate({ kind: 'show', range: { fromNs: hit.fromNs, toNs: hit.toNs } });
  } else if (hit.kind !== 'depth') {
    const air = hit.durationNs * 0.5;
    const range = { fromNs: hit.startNs - air, toNs: hit.startNs + hit.durationNs + air };
    handle.navigate({ kind: 'show', range });
  }
}
