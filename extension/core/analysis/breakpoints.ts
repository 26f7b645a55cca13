/** Breakpoints of a timeline, a block of them: times, and the weights of blocked and starved from each on. */

/** Blocked and starved weight; the rest up to 1 is idle. */
export interface FreeWeights {
  blocked: number;
  starved: number;
}

export const BREAKPOINT_SHIFT = 9;
/** Breakpoints per block: as many as are worked out when somebody looks at any one of them. */
export const BREAKPOINTS = 1 << BREAKPOINT_SHIFT;
export const BREAKPOINT_MASK = BREAKPOINTS - 1;

export interface Breakpoints {
  /** Behind the last one Infinity, always. */
  readonly atNs: Float64Array;
  readonly blocked: Float64Array;
  readonly starved: Float64Array;
  /** Blocked and starved time from the start of the block up to each. */
  readonly blockedNs: Float64Array;
  readonly starvedNs: Float64Array;
}

export function emptyBreakpoints(): Breakpoints {
  return {
    atNs: new Float64Array(BREAKPOINTS + 1).fill(Infinity),
    blocked: new Float64Array(BREAKPOINTS),
    starved: new Float64Array(BREAKPOINTS),
    blockedNs: new Float64Array(BREAKPOINTS),
    starvedNs: new Float64Array(BREAKPOINTS),
  };
}

/** The stretch before all records has no beginning: it counts from the session's anchor, also backwards. */
export function originOf(fromNs: number): number {
  return fromNs === -Infinity ? 0 : fromNs;
}

/** Writes the breakpoint behind those that are there. */
export function putBreakpoint(
  data: Breakpoints,
  row: number,
  atNs: number,
  { blocked, starved }: FreeWeights,
): void {
  data.atNs[row] = atNs;
  data.blocked[row] = blocked;
  data.starved[row] = starved;
  const before = row - 1;
  const lengthNs = row === 0 ? 0 : atNs - originOf(at(data.atNs, before));
  data.blockedNs[row] = at(data.blockedNs, before) + at(data.blocked, before) * lengthNs;
  data.starvedNs[row] = at(data.starvedNs, before) + at(data.starved, before) * lengthNs;
}

const at = (column: Float64Array, row: number): number => column[row] ?? 0;
