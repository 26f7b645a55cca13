/** Stage rows of the panel, as questions name them. */
import { stageLabel } from '../analysis/topology.js';
import type { Lane, Stage } from '../model/entities.js';
import type { Prepared, StageRowTarget } from '../view/rowTargets.js';

/** A row that stands for a stage, or for those of one name in several processes. */
export interface StageEntry {
  readonly rowId: number;
  /** As the panel calls it. */
  readonly label: string;
  readonly target: StageRowTarget;
}

/** The stage row of that id; null: there is none, or it is a row of another kind. */
export function stageEntry({ targets }: Prepared, rowId: number): StageEntry | null {
  const target = targets.get(rowId);
  return target?.kind === 'stages' ? entryOf(rowId, target) : null;
}

/** The row of that id, or (null) all stage rows in the order of the panel. */
export function stageEntries(prepared: Prepared, rowId: number | null): readonly StageEntry[] {
  if (rowId !== null) {
    const entry = stageEntry(prepared, rowId);
    return entry === null ? [] : [entry];
  }
  return [...prepared.targets].flatMap(([id, target]) =>
    target.kind === 'stages' ? [entryOf(id, target)] : [],
  );
}

/** The lanes of a row. A copy: lanes may change their stage while an answer is left. */
export function lanesOf({ target }: StageEntry): readonly Lane[] {
  return target.stages.flatMap(({ lanes }) => lanes);
}

/** The row of that id, with what stands behind it. */
export function entryOf(rowId: number, target: StageRowTarget): StageEntry {
  return { rowId, label: labelOf(target), target };
}

function labelOf({ stages, analysis }: StageRowTarget): string {
  const [first, second]: readonly (Stage | undefined)[] = stages;
  if (first === undefined) return '';
  return second === undefined ? stageLabel(first, analysis.pipeline) : first.name;
}
