// Equal jobs, more than there are threads; then the same again.
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { finish, firstHalfDone } from './support/halves.js';

const derive = promisify(pbkdf2);

async function half(): Promise<number> {
  const jobs = Array.from({ length: 6 }, () => derive('secret', 'salt', 100_000, 32, 'sha256'));
  return new Set((await Promise.all(jobs)).map((key) => key.toString('hex'))).size;
}

async function main(): Promise<void> {
  const first = await half();
  await firstHalfDone();
  finish({ keys: [first, await half()] });
}

void main();
