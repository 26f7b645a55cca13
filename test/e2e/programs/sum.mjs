// Piscina's worker: the sum of 0..n-1, slowly.
export default function sum(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total += i;
  const until = performance.now() + 0.5;
  while (performance.now() < until);
  return total;
}
