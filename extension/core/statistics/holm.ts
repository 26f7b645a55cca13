/**
 * The p values as they count when so many were looked at, in the order of the input: Holm's step-down method
 * (Scandinavian Journal of Statistics 6, 1979). The chance that any of the true "no difference" falls below 5 % is 5 %,
 * however the tests depend on each other.
 */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(ps.length).fill(1);
  let least = 0;
  order.forEach(({ p, at }, rank) => {
    least = Math.max(least, Math.min(p * (ps.length - rank), 1));
    adjusted[at] = least;
  });
  return adjusted;
}
