/** What of the panel's state is about the marked stretch. All pure. */
import type { StatsReply } from '../../extension/core/panel/query.js';
import type { StageBand } from '../timeline/layout.js';
import type { PanelState } from '../state.js';
import type { TimeRange } from '../timeline/timeScale.js';

/** Figures as they came, with the row whose durations were asked for: where there were none, nothing else tells. */
export interface Figures extends StatsReply {
  readonly askedRow: number | null;
}

/** Rows of stages, from top to bottom. */
export function stageBands({ geometry }: Pick<PanelState, 'geometry'>): readonly StageBand[] {
  return geometry.bands.flatMap((band) => (band.kind === 'stage' ? [band] : []));
}

/** The stage whose durations tell most while nobody has chosen: the bottleneck, else the slowest one. */
function tellingRow(state: PanelState): number | null {
  const stages = stageBands(state);
  const pipelines = state.snapshot?.report.pipelines ?? [];
  for (const { name, bottleneck } of pipelines) {
    const band = stages.find((b) => b.row.pipeline === name && b.row.stage === bottleneck.stage);
    if (band !== undefined) return band.row.id;
  }
  const meanOf = (band: StageBand): number => band.report?.serviceNs?.mean ?? 0;
  const slowest = stages.reduce<StageBand | null>(
    (most, band) => (most === null || meanOf(band) > meanOf(most) ? band : most),
    null,
  );
  return slowest?.row.id ?? null;
}

/** Row of the stage whose durations are shown; null: there is no stage. */
export function histogramRowOf(state: PanelState): number | null {
  const { histogramRow } = state;
  const isThere = stageBands(state).some((band) => band.row.id === histogramRow);
  return isThere ? histogramRow : tellingRow(state);
}

/** Whether figures are of what is marked now. Others are shown as what they are: old. */
export function isOfMarked(figures: Figures | null, { marked }: PanelState): boolean {
  return figures !== null && figures.fromNs === marked?.fromNs && figures.toNs === marked.toNs;
}

/** Marks another stretch, or (null) none: then there is nothing to have figures of. */
export function withMarked(state: PanelState, marked: TimeRange | null): PanelState {
  return marked === null ? { ...state, marked, figures: null } : { ...state, marked };
}
