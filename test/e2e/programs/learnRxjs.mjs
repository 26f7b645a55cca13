// Three operators in a row, the last one named first.
import { setTimeout as sleep } from 'node:timers/promises';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';

const write = mergeMap(async function write(n) {
  return sleep(1, n);
}, 2);
const work = mergeMap(async function work(n) {
  return sleep(2, n);
}, 3);
const read = mergeMap(async function read(n) {
  return sleep(n % 3, n);
}, 4);
const count = Array.from({ length: 20 }, (_, n) => n);
console.log((await lastValueFrom(from(count).pipe(read, work, write, toArray()))).length);
