/** Exact answers for small continuous-time Markov chains, to hold formulas against. */

/**
 * Shares of time of the states 0..states-1; `rates(s)` lists where s goes and how often a second. By Gaussian elimination
 * without subtractions (Grassmann, Taksar and Heyman, Operations Research 33, 1985).
 */
export function stationaryShares(
  states: number,
  rates: (state: number) => readonly (readonly [to: number, rate: number])[],
): number[] {
  const flow = Array.from({ length: states }, () => new Array<number>(states).fill(0));
  flow.forEach((row, from) => {
    for (const [to, rate] of rates(from)) row[to] = (row[to] ?? 0) + rate;
  });
  const at = (from: number, to: number): number => flow[from]?.[to] ?? 0;
  for (let n = states - 1; n > 0; n--) {
    let out = 0;
    for (let to = 0; to < n; to++) out += at(n, to);
    for (let from = 0; from < n; from++) {
      const share = at(from, n) / out;
      if (share === 0) continue;
      const row = flow[from];
      if (row === undefined) continue;
      row[n] = share;
      for (let to = 0; to < n; to++) if (to !== from) row[to] = at(from, to) + share * at(n, to);
    }
  }
  const shares = [1];
  for (let n = 1; n < states; n++) {
    shares.push(shares.reduce((sum, share, from) => sum + share * at(from, n), 0));
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}
