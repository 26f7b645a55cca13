/** Checks that several messages share. */
import { integerIn, numberIn } from '../../../agent/wire/validate.js';

/** Number of a request; its answer carries the same. */
export const seq = integerIn(0, Number.MAX_SAFE_INTEGER);
/** Id of a row of the snapshot. */
export const rowId = integerIn(0, 0xffff_ffff);
/** Nanoseconds since the session's first record. */
export const timeNs = numberIn(-1e18, 1e18);
