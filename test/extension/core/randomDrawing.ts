/** Random drawings, and what they mean worked out character by character, as slowly and plainly as possible. */
import fc from 'fast-check';
import type { StateShares } from '../../../extension/core/report/report.js';

/** A pipeline source -> queue -> work -> queue in characters (see `pipelineText.ts`). */
export interface Drawing {
  readonly source: readonly string[];
  readonly work: readonly string[];
  readonly depths: string;
  /** Of the queue behind the second stage. */
  readonly outDepths: string;
  /** null: not declared, the lanes seen are the answer. */
  readonly sourceParallelism: number | null;
  readonly workParallelism: number | null;
  readonly capacity: number;
}

export const STEPS = 24;

const laneText = fc.string({
  unit: fc.constantFrom('-', '-', 'a', 'b', 'c', 'D', '<', '>', '~'),
  minLength: STEPS,
  maxLength: STEPS,
});

const depthText = fc.string({
  unit: fc.constantFrom('0', '0', '1', '2', '3'),
  minLength: STEPS,
  maxLength: STEPS,
});

export const anyDrawing: fc.Arbitrary<Drawing> = fc.record({
  source: fc.array(laneText, { minLength: 1, maxLength: 3 }),
  work: fc.array(laneText, { minLength: 1, maxLength: 3 }),
  depths: depthText,
  outDepths: depthText,
  sourceParallelism: fc.option(fc.integer({ min: 1, max: 4 })),
  workParallelism: fc.option(fc.integer({ min: 1, max: 4 })),
  capacity: fc.integer({ min: 1, max: 3 }),
});

export function textOf(d: Drawing): string {
  const size = (parallelism: number | null): string =>
    parallelism === null ? '' : `x${parallelism}`;
  return [
    ...d.source.map((lane) => `read source ${size(d.sourceParallelism)} | ${lane}`),
    `queue files read>work ${d.capacity} | ${d.depths}`,
    `queue done work> ${d.capacity} | ${d.outDepths}`,
    ...d.work.map((lane) => `work cpu ${size(d.workParallelism)} | ${lane}`),
  ].join('\n');
}

const isExecution = (c: string): boolean => /[a-z]/i.test(c);

/** First and one past the last step with an execution of any lane; null without any. */
export function windowOf(d: Drawing): readonly [number, number] | null {
  const steps = [...d.source, ...d.work].flatMap((lane) =>
    Array.from(lane).flatMap((c, i) => (isExecution(c) ? [i] : [])),
  );
  return steps.length === 0 ? null : [Math.min(...steps), Math.max(...steps) + 1];
}

const waits: Readonly<Record<string, keyof StateShares>> = {
  '<': 'starved',
  '>': 'blocked',
  '~': 'limited',
};

/** What a lane does at a step: as drawn, else as the queue explains it. */
export function stateAt(
  d: Drawing,
  which: 'source' | 'work',
  c: string,
  i: number,
): keyof StateShares {
  const drawn = waits[c];
  if (drawn !== undefined) return drawn;
  if (isExecution(c)) return 'busy';
  const depth = Number(d.depths[i]);
  if (which === 'source') return depth >= d.capacity ? 'blocked' : 'idle';
  if (Number(d.outDepths[i]) >= d.capacity) return 'blocked';
  return depth === 0 ? 'starved' : 'idle';
}

/** The lane time of a stage in steps, state by state; in the whole window, or in a part of it. */
export function slowShares(
  d: Drawing,
  which: 'source' | 'work',
  window: readonly [number, number] = windowOf(d) ?? [0, 0],
): StateShares {
  const sums = { busy: 0, starved: 0, blocked: 0, limited: 0, idle: 0 };
  const declared = which === 'source' ? d.sourceParallelism : d.workParallelism;
  const parallelism = declared ?? d[which].filter((lane) => /[^-]/.test(lane)).length;
  const [from, to] = window;
  for (let i = from; i < to; i++) {
    const occupied = d[which].map((lane) => lane[i] ?? '-').filter((c) => c !== '-');
    for (const c of occupied) sums[stateAt(d, which, c, i)]++;
    sums[stateAt(d, which, '-', i)] += Math.max(parallelism - occupied.length, 0);
  }
  const total = sums.busy + sums.starved + sums.blocked + sums.limited + sums.idle;
  // A stage that was declared and never did anything has no lane time.
  if (total === 0) return { busy: 0, starved: 0, blocked: 0, limited: 0, idle: 1 };
  return {
    busy: sums.busy / total,
    starved: sums.starved / total,
    blocked: sums.blocked / total,
    limited: sums.limited / total,
    idle: sums.idle / total,
  };
}

/** Steps that the lanes of a stage spend in each state as a picture must show them; idle is not drawn. */
export function slowPicture(
  d: Drawing,
  which: 'source' | 'work',
  window: readonly [number, number],
): Record<string, number> {
  const sums: Record<string, number> = { busy: 0, starved: 0, blocked: 0, limited: 0 };
  for (const lane of d[which]) {
    // A lane without any record has no row.
    if (!/[^-]/.test(lane)) continue;
    for (const [i, c] of Array.from(lane).entries()) {
      const isInside = i >= window[0] && i < window[1];
      if (c === '-' && !isInside) continue;
      const state = stateAt(d, which, c, i);
      if (state !== 'idle') sums[state] = (sums[state] ?? 0) + 1;
    }
  }
  return sums;
}
