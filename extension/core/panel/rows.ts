/** The rows of the panel, as a snapshot names them. */
import type { StageKind } from '../../../agent/wire/manifest.js';
import type { StageReport } from '../report/report.js';

/** A row of the picture. `id` is unique in the session and stable; rows come in drawing order. */
export type PanelRow = StageRow | QueueRow | GaugesRow;

/** A stage, or the stages of one name in several processes. The id stands for all lanes together (`strip` sections). */
export interface StageRow {
  readonly kind: 'stage';
  readonly id: number;
  readonly pipeline: string;
  /** Name of the stage in the report's pipeline; of joined ones the name that they share. */
  readonly stage: string;
  /** Pid; of joined ones that of the first. */
  readonly process: number;
  readonly stageKind: StageKind;
  readonly lanes: readonly LaneRow[];
  /** Figures of joined stages together; null for a single one, whose figures are in the report. */
  readonly joined: { readonly processes: number; readonly report: StageReport } | null;
}

/** A queue, or the queues of one name in several processes. */
export interface QueueRow {
  readonly kind: 'queue';
  readonly id: number;
  readonly pipeline: string;
  readonly queue: string;
  /** Of joined ones the largest. */
  readonly capacity: number | null;
  /** Highest depth so far: the heatmap's y axis ends here or at the capacity, whichever is higher. */
  readonly maxDepth: number;
  /** Means over joined queues; null for a single one. */
  readonly joined: {
    readonly queues: number;
    readonly meanDepth: number;
    readonly fullShare: number | null;
  } | null;
}

/** What a process measured of itself; behind the rows of all pipelines. */
export interface GaugesRow {
  readonly kind: 'gauges';
  readonly id: number;
  /** Pid. */
  readonly process: number;
  readonly title: string;
  readonly gauges: readonly GaugeRow[];
}

/** `ns`: a duration, `share`: 0..1, `cores`: CPU time per time, `bytes`. */
export type GaugeUnit = 'ns' | 'share' | 'cores' | 'bytes' | 'count';

/** One measure over time. */
export interface GaugeRow {
  readonly id: number;
  /** e.g. `event loop delay`, `worker 3 CPU` */
  readonly label: string;
  /** Thread that was measured; null: the whole process, or several threads. */
  readonly thread: string | null;
  readonly unit: GaugeUnit;
  /** Over the session; null: not known. The mean is over time. */
  readonly mean: number | null;
  readonly max: number | null;
  /** Where the axis ends. */
  readonly scaleMax: number;
  /** Higher values are drawn as warnings; null: no value is a bad sign by itself. */
  readonly warnAbove: number | null;
  /** What there is to be used, such as cores; null: no limit known. */
  readonly limit: number | null;
}

export interface LaneRow {
  readonly id: number;
  /** e.g. `main #0`, `worker 3` */
  readonly label: string;
  /** Nesting levels seen: 1 with no nested spans. */
  readonly levels: number;
  /** `cpu`: no lane, but the CPU samples of a thread during the stage's executions; levels are calls. */
  readonly kind?: 'cpu';
}
