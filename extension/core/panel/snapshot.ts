/** Everything of a session but its pictures. */
import type { Report } from '../report/report.js';
import type { PanelRow } from './rows.js';

/**
 * `waiting`: no agent has come yet. `live`: records arrive. `ended`: all processes are gone. `reading`: a file is being read.
 * `capture`: a file has been read.
 */
export type SessionState = 'waiting' | 'live' | 'ended' | 'reading' | 'capture';

/** Everything of a session but the pictures. */
export interface PanelSnapshot {
  /** Grows with each snapshot of a session. */
  readonly generation: number;
  readonly title: string;
  readonly state: SessionState;
  /** How much of a file has been read, 0..1; 1 for everything else. */
  readonly readShare: number;
  /** First and last moment with data, in nanoseconds since the session's first record; equal when empty. */
  readonly extentNs: readonly [number, number];
  readonly report: Report;
  readonly rows: readonly PanelRow[];
  /** Items per second that left the first pipeline, in equal steps over the extent, at most 600 of them. */
  readonly throughput: { readonly stepNs: number; readonly perSec: readonly number[] };
  /**
   * Percentiles of the time that the first pipeline's items had taken when they left it, in equal steps over the extent, at
   * most 300 of them, each to 1 part in 64; a step in which nothing left is null. null: single items cannot be followed.
   */
  readonly latency: {
    readonly stepNs: number;
    readonly steps: readonly (readonly [p50Ns: number, p95Ns: number, p99Ns: number] | null)[];
  } | null;
  readonly knobChanges: readonly {
    /** `pid:knob`, as in the report. */
    readonly knob: string;
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
