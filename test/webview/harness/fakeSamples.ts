/** CPU samples of the simulated session: one row below the tokeniser's lanes, in which `tokenise` calls `split` for half the time. */
import type { HitReply } from '../../../extension/core/panel/hit.js';
import type { PanelSnapshot } from '../../../extension/core/panel/snapshot.js';
import type { ViewRequest } from '../../../extension/core/panel/view.js';
import type { HitRequest } from '../../../extension/core/panel/hit.js';
import { BoxKind, packMeta } from '../../../extension/core/panel/view.js';

export const CPU_ROW = 8000;
const STAGE = 'tokenise';
/** Names in the fake replies stand behind those of the spans. */
const functions = [
  { name: 'tokenise', source: { file: '/app/src/tokenise.ts', line: 12, column: 3 } },
  { name: 'split', source: { file: '/app/src/split.ts', line: 7, column: 1 } },
] as const;
export const functionNames: readonly string[] = functions.map((f) => f.name);

/** The snapshot with the row of samples and the functions in the report. */
export function withSamples(snapshot: PanelSnapshot, isCpuProfiling: boolean): PanelSnapshot {
  const rows = snapshot.rows.map((row) =>
    row.kind === 'stage' && row.stage === STAGE
      ? {
          ...row,
          lanes: [
            ...row.lanes,
            { id: CPU_ROW, label: 'worker 1 CPU', levels: 2, kind: 'cpu' as const },
          ],
        }
      : row,
  );
  const shares = functions.map((f, i) => ({ ...f, selfShare: 0.5, totalShare: i === 0 ? 1 : 0.5 }));
  const pipelines = snapshot.report.pipelines.map((p) => ({
    ...p,
    stages: p.stages.map((s) => (s.name === STAGE ? { ...s, functions: shares } : s)),
  }));
  return { ...snapshot, isCpuProfiling, rows, report: { ...snapshot.report, pipelines } };
}

/** The row's boxes over the whole picture: the second function in its left half. */
export function sampleBytes({ widthPx }: ViewRequest, firstName: number): Uint8Array {
  const bytes = new ArrayBuffer(32);
  const floats = new Float32Array(bytes);
  const words = new Uint32Array(bytes);
  for (const level of [0, 1]) {
    floats[4 * level + 1] = level === 0 ? widthPx : widthPx / 2;
    words[4 * level + 2] = packMeta(BoxKind.cpu, level, 255, 0);
    words[4 * level + 3] = firstName + level;
  }
  return new Uint8Array(bytes);
}

/** The function on the level that was asked about. */
export function sampleHit({ seq, level, range }: HitRequest): HitReply {
  const f = functions[level ?? 0];
  if (f === undefined) return { seq, hit: null };
  const { fromNs, toNs } = range ?? { fromNs: 0, toNs: 0 };
  const times = { startNs: fromNs, durationNs: toNs - fromNs, selfNs: 2e9, totalNs: 4e9 };
  const place = { stage: STAGE, lane: 'worker 1 CPU', isShared: false };
  return { seq, hit: { kind: 'function', ...f, ...place, ...times } };
}
