// Ten values through three places, one failing for good; then the same again.
import { catchError, from, lastValueFrom, mergeMap, of, toArray } from 'rxjs';
import { finish, firstHalfDone, sleep } from './support/halves.js';

async function double(n: number): Promise<number> {
  await sleep(3);
  if (n === 9) throw new Error('nine');
  return n * 2;
}

async function half(): Promise<number[]> {
  const doubled = from(Array.from({ length: 10 }, (_, i) => i)).pipe(
    mergeMap(double, 3), // @operator
    catchError(() => of(-1)),
    toArray(),
  );
  return lastValueFrom(doubled);
}

async function main(): Promise<void> {
  const values = await half();
  await firstHalfDone();
  values.push(...(await half()));
  finish({ values: values.sort((a, b) => a - b) });
}

void main();
