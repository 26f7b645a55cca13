/** Look-ups: what is at a moment on a row. */
import { integerIn, nullable, object, type Checked } from '../../../agent/wire/validate.js';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { StateShares } from '../report/report.js';
import { rowId, seq, timeNs } from './checks.js';
import type { GaugeUnit } from './rows.js';

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
    | {
        /** All lanes of a stage, or a lane where more executions than can be told apart lie within the tolerance. */
        readonly kind: 'many';
        readonly label: string;
        /** The moment with the tolerance on both sides. */
        readonly fromNs: number;
        readonly toNs: number;
        /** Executions that begin there, those of them that failed, and the longest; null: there are none. */
        readonly executions: number;
        readonly failed: number;
        readonly longestNs: number | null;
        /** Shares of lane time in that stretch; they add up to 1. */
        readonly shares: StateShares;
      }
    | null;
}
