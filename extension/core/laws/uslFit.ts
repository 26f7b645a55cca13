/** The parameters of the Universal Scalability Law that are nearest to measured rates. */

/** A measured rate. */
export interface UslPoint {
  /** Workers, at least 1. */
  readonly n: number;
  readonly ratePerSec: number;
}

export interface UslParameters {
  readonly alpha: number;
  readonly beta: number;
  readonly gammaPerSec: number;
}

/** gamma n / (1 + alpha (n - 1) + beta n (n - 1)), in items per second. */
export function uslRate({ alpha, beta, gammaPerSec }: UslParameters, n: number): number {
  return (gammaPerSec * n) / (1 + alpha * (n - 1) + beta * n * (n - 1));
}

const STEPS = 30;

/**
 * Least squares of log X. n / X = A + B (n - 1) + C n (n - 1) is linear in A = 1/gamma, B = alpha/gamma, C = beta/gamma, and so
 * is each Gauss-Newton step on the logarithms: from the present g it fits g (1 + log(y / g)) with weights 1 / g. So each step is a
 * linear problem with B and C at least 0. null when the points determine no fit.
 */
export function fitUslParameters(points: readonly UslPoint[]): UslParameters | null {
  const rows = points.map(({ n, ratePerSec }) => ({
    terms: [1, n - 1, n * (n - 1)] as const,
    y: n / ratePerSec,
  }));
  let present = solve(rows.map(({ terms, y }) => ({ terms, y, weight: 1 / y })));
  let error = errorOf(rows, present);
  for (let step = 0; step < STEPS && present !== null; step++) {
    const from = present;
    const next = solve(
      rows.map(({ terms, y }) => {
        const g = dot(from, terms);
        return { terms, y: g * (1 + Math.log(y / g)), weight: 1 / g };
      }),
    );
    const nextError = errorOf(rows, next);
    if (!(nextError < error * (1 - 1e-6))) break;
    [present, error] = [next, nextError];
  }
  if (present === null) return null;
  const [a, b, c] = present;
  return { alpha: b / a, beta: c / a, gammaPerSec: 1 / a };
}

type Triple = readonly [number, number, number];

interface Row {
  readonly terms: Triple;
  readonly y: number;
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Sum of squares of log errors; Infinity when there is no fit. */
function errorOf(rows: readonly Row[], fit: Triple | null): number {
  if (fit === null) return Infinity;
  return rows.reduce((sum, { terms, y }) => sum + Math.log(y / dot(fit, terms)) ** 2, 0);
}

/** Which of the three are free; the others are 0. */
const choices: readonly (readonly number[])[] = [[0, 1, 2], [0, 1], [0, 2], [0]];

/** Weighted least squares with no negative part: the best of the solutions in which some parts are 0 and the rest positive. */
function solve(rows: readonly (Row & { readonly weight: number })[]): Triple | null {
  let best: Triple | null = null;
  let least = Infinity;
  for (const free of choices) {
    const fit = normalEquations(rows, free);
    if (fit === null || fit[0] <= 0 || fit[1] < 0 || fit[2] < 0) continue;
    const error = rows.reduce(
      (sum, { terms, y, weight }) => sum + (weight * (y - dot(fit, terms))) ** 2,
      0,
    );
    if (error < least) [best, least] = [fit, error];
  }
  return best;
}

function normalEquations(
  rows: readonly (Row & { readonly weight: number })[],
  free: readonly number[],
): Triple | null {
  const matrix = free.map((i) => [
    ...free.map((j) =>
      rows.reduce(
        (sum, { terms, weight }) => sum + weight * weight * (terms[i] ?? 0) * (terms[j] ?? 0),
        0,
      ),
    ),
    rows.reduce((sum, { terms, y, weight }) => sum + weight * weight * (terms[i] ?? 0) * y, 0),
  ]);
  const solved = eliminated(matrix);
  if (solved === null) return null;
  const value = (i: number): number => {
    const at = free.indexOf(i);
    return at < 0 ? 0 : (solved[at] ?? 0);
  };
  return [value(0), value(1), value(2)];
}

/** Gauss-Jordan elimination with pivots on the rows of a system and its right side; null: no single solution. */
function eliminated(matrix: readonly (readonly number[])[]): readonly number[] | null {
  let rows = matrix.map((row) => [...row]);
  const scale = Math.max(...rows.flat().map(Math.abs));
  for (let column = 0; column < rows.length; column++) {
    const pivot = rows
      .slice(column)
      .reduce((best, row) =>
        Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best,
      );
    const head = pivot[column] ?? 0;
    if (!(Math.abs(head) > scale * 1e-14)) return null;
    const unit = pivot.map((value) => value / head);
    const others = rows.filter((row) => row !== pivot);
    rows = others.map((row) => row.map((value, i) => value - (row[column] ?? 0) * (unit[i] ?? 0)));
    rows.splice(column, 0, unit);
  }
  return rows.map((row) => row.at(-1) ?? NaN);
}
