/**
 * Messages between the panel (a webview) and its host: one union per direction, `FromWebview` validated on arrival.
 *
 * The panel starts with `ready`, gets a `snapshot` (everything but the pictures), and asks for pictures with `view`: a
 * time range and a width in pixels. Replies carry one tight ArrayBuffer and cost O(pixels). The newest `view` wins: the
 * panel ignores replies with an older `seq`. A snapshot is whole, so a panel that was hidden needs nothing but the next.
 */
import {
  integerIn,
  listOf,
  nullable,
  numberIn,
  object,
  oneOf,
  text,
  unionByKind,
  type Checked,
} from '../../../agent/wire/validate.js';
import { checkSource, type SourcePosition, type StageKind } from '../../../agent/wire/manifest.js';
import type { Report } from '../report/report.js';

const seq = integerIn(0, Number.MAX_SAFE_INTEGER);
const rowId = integerIn(0, 0xffff_ffff);
/** Nanoseconds since the session's first record. */
const timeNs = numberIn(-1e18, 1e18);

/** A picture is wanted: the rows in [fromNs, toNs), drawn `widthPx` pixels wide. */
export const checkViewRequest = object({
  seq,
  fromNs: timeNs,
  toNs: timeNs,
  widthPx: integerIn(1, 16_384),
  /** Row ids of lanes, queues and gauges that are on screen. */
  rows: listOf(rowId, 4096),
});
export type ViewRequest = Checked<typeof checkViewRequest>;

/** What is at this moment on this row? */
export const checkHitRequest = object({
  seq,
  row: rowId,
  atNs: timeNs,
  toleranceNs: timeNs,
  /** For rows of CPU samples: the level, and the stretch that times are wanted of. */
  level: nullable(integerIn(0, 0xff)),
  range: nullable(object({ fromNs: timeNs, toNs: timeNs })),
});
type CheckedHit = Checked<typeof checkHitRequest>;
export type HitRequest = Omit<CheckedHit, 'level' | 'range'> &
  Partial<Pick<CheckedHit, 'level' | 'range'>>;

/** Panel to host. */
export const checkFromWebview = unionByKind({
  ready: {},
  view: { request: checkViewRequest },
  hit: { request: checkHitRequest },
  openSource: { source: checkSource },
  /** `knob` is the report's knob id. */
  setKnob: { knob: text(64), value: numberIn(0, 1e12) },
  command: {
    command: oneOf('stop', 'saveCapture', 'copyReport', 'recordCpuProfile', 'stopCpuProfile'),
  },
  /** The webview failed; the host logs it. */
  failure: { message: text(8192) },
});
export type FromWebview = Checked<typeof checkFromWebview>;

/** `waiting`: no agent has come yet. `live`: records arrive. `ended`: all processes are gone. `capture`: read from a file. */
export type SessionState = 'waiting' | 'live' | 'ended' | 'capture';

/** A row of the picture. `id` is unique in the session and stable; rows come in drawing order. */
export type PanelRow =
  | {
      readonly kind: 'stage';
      readonly id: number;
      readonly pipeline: string;
      /** Name of the stage in the report's pipeline. */
      readonly stage: string;
      readonly process: number;
      readonly stageKind: StageKind;
      readonly lanes: readonly LaneRow[];
    }
  | {
      readonly kind: 'queue';
      readonly id: number;
      readonly pipeline: string;
      readonly queue: string;
      readonly capacity: number | null;
      /** Highest depth so far: the heatmap's y axis ends here or at the capacity, whichever is higher. */
      readonly maxDepth: number;
    }
  | GaugesRow;

/** What a process measured of itself; behind the rows of all pipelines. */
export interface GaugesRow {
  readonly kind: 'gauges';
  readonly id: number;
  /** Pid. */
  readonly process: number;
  readonly title: string;
  readonly gauges: readonly GaugeRow[];
}

/** `ns`: a duration, `share`: 0..1, `cores`: CPU time per time, `bytes`, `count`: any number. */
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

/** Everything of a session but the pictures. */
export interface PanelSnapshot {
  /** Grows with each snapshot of a session. */
  readonly generation: number;
  readonly title: string;
  readonly state: SessionState;
  /** First and last moment with data, in nanoseconds since the session's first record; equal when empty. */
  readonly extentNs: readonly [number, number];
  readonly report: Report;
  readonly rows: readonly PanelRow[];
  /** Items per second that left the first pipeline, in equal steps over the extent, at most 600 of them. */
  readonly throughput: { readonly stepNs: number; readonly perSec: readonly number[] };
  readonly knobChanges: readonly {
    readonly atNs: number;
    readonly name: string;
    readonly from: number | null;
    readonly to: number | null;
  }[];
  /** Stretches in which records were lost: drawn as gaps, never as idle. */
  readonly losses: readonly {
    readonly fromNs: number;
    readonly toNs: number;
    readonly records: number;
  }[];
  /** A CPU profile is being recorded. */
  readonly isCpuProfiling?: boolean;
  /** Instead of a picture when there is nothing to draw: what happened and what to do. */
  readonly emptyText: string | null;
}

/** Kinds of box on a lane, as stored in a box's meta word. */
export const BoxKind = {
  busy: 0,
  starved: 1,
  blocked: 2,
  limited: 3,
  span: 4,
  gpu: 5,
  /** A function by CPU samples. */
  cpu: 6,
  /** The thread did nothing while the execution was open. */
  cpuIdle: 7,
} as const;

/** Flags in a box's meta word. */
export const BoxFlag = {
  /** The execution failed, or one of the merged ones did. */
  error: 1,
  /** Stands for several neighbours that are too narrow to tell apart. */
  merged: 2,
  /** CPU samples that are not counted to this stage: executions of another one were open too. */
  shared: 4,
} as const;

/** Bytes of one box: x and width as float32 pixels, meta as uint32, name index as uint32 (into `names`). */
export const BOX_BYTES = 16;

/** Packs a box's meta word: kind | level << 8 | busy share 0..255 << 16 | flags << 24. */
export function packMeta(kind: number, level: number, share: number, flags: number): number {
  return (kind | (level << 8) | (share << 16) | (flags << 24)) >>> 0;
}

export const metaKind = (meta: number): number => meta & 0xff;
export const metaLevel = (meta: number): number => (meta >>> 8) & 0xff;
export const metaShare = (meta: number): number => (meta >>> 16) & 0xff;
export const metaFlags = (meta: number): number => meta >>> 24;

/** Where a row's pixels stand in the reply's buffer. Offsets are multiples of 4. */
export type ViewSection =
  /** `count` boxes of BOX_BYTES, by level and then by x. */
  | {
      readonly kind: 'lane';
      readonly row: number;
      readonly offset: number;
      readonly count: number;
    }
  /**
   * Heatmap cells, uint8, column-major: cell [column * buckets + bucket] is the share of the column's time that the queue
   * spent at depths [bucket * depthPerBucket, (bucket + 1) * depthPerBucket), 255 = all of it, never 0 when any of it.
   * Columns before the first record are all 0: not known.
   */
  | {
      readonly kind: 'queue';
      readonly row: number;
      readonly offset: number;
      readonly columns: number;
      readonly buckets: number;
      readonly depthPerBucket: number;
    }
  /**
   * Values of a gauge, float32, one per column: the longest delay, the most memory, else the mean over the column's time.
   * NaN before the first and behind the last sample, -1 where nothing is known in between.
   */
  | {
      readonly kind: 'gauge';
      readonly row: number;
      readonly offset: number;
      readonly columns: number;
    };

export interface ViewReply {
  readonly seq: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly widthPx: number;
  readonly sections: readonly ViewSection[];
  /** Names of nested spans that occur in the boxes; index 0 is the stage itself. */
  readonly names: readonly string[];
  readonly buffer: ArrayBuffer;
}

export interface HitReply {
  readonly seq: number;
  readonly hit:
    | {
        readonly kind: 'execution';
        readonly stage: string;
        readonly lane: string;
        readonly startNs: number;
        readonly durationNs: number;
        readonly item: number | null;
        readonly items: number;
        readonly failed: boolean;
      }
    | {
        readonly kind: 'wait';
        readonly lane: string;
        readonly state: 'starved' | 'blocked' | 'limited';
        readonly startNs: number;
        readonly durationNs: number;
      }
    | {
        readonly kind: 'span';
        readonly name: string;
        readonly lane: string;
        readonly startNs: number;
        readonly durationNs: number;
      }
    | {
        /** A function by CPU samples: `startNs` and `durationNs` of the box, self and total time in the asked range. */
        readonly kind: 'function';
        readonly name: string;
        readonly stage: string;
        readonly lane: string;
        readonly source: SourcePosition | null;
        readonly startNs: number;
        readonly durationNs: number;
        readonly selfNs: number;
        readonly totalNs: number;
        /** Executions of other stages were open too, so it is not counted to this one. */
        readonly isShared: boolean;
      }
    | {
        readonly kind: 'depth';
        readonly queue: string;
        readonly atNs: number;
        readonly depth: number;
      }
    | {
        /** A sample, with the time that it speaks about. */
        readonly kind: 'gauge';
        readonly label: string;
        readonly process: string;
        readonly thread: string | null;
        readonly unit: GaugeUnit;
        readonly value: number;
        readonly startNs: number;
        readonly durationNs: number;
        /** A garbage collection at this moment: its kind and length. */
        readonly collection: { readonly name: string; readonly durationNs: number } | null;
      }
    | null;
}

/** Host to panel. */
export type ToWebview =
  | { readonly kind: 'snapshot'; readonly snapshot: PanelSnapshot }
  | { readonly kind: 'view'; readonly reply: ViewReply }
  | { readonly kind: 'hit'; readonly reply: HitReply }
  /** Shown in the panel's message line until the next one. */
  | { readonly kind: 'notice'; readonly level: 'info' | 'error'; readonly text: string };
