// Ten elements through three places, two calls at one place, one mapper failing.
import pMap from 'p-map';
import { finish, firstHalfDone, sleep } from './support/halves.js';

let failures = 0;

async function double(n: number): Promise<number> {
  await sleep(3);
  if (n === 7) throw new Error('seven');
  return n * 2;
}

async function half(): Promise<number> {
  const numbers = Array.from({ length: 10 }, (_, i) => i);
  try {
    await pMap(numbers, double, { concurrency: 3, stopOnError: false }); // @call
  } catch {
    failures++;
  }
  return numbers.length;
}

async function main(): Promise<void> {
  let elements = await half();
  await firstHalfDone();
  elements += await half();
  finish({ elements, failures });
}

void main();
