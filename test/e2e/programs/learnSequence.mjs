// Three stages, declared against the order in which each item passes them; items overlap.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const p = pipeline('sequence');
const write = p.stage('write', { kind: 'sink' }, async () => sleep(1));
const parse = p.stage('parse', (n) => n + 1);
const read = p.stage('read', { kind: 'source' }, async (n) => {
  await sleep(n % 3);
  return n;
});
const one = async (n) => {
  const text = await read(n);
  const parsed = parse(text);
  await write(parsed);
};
await Promise.all(Array.from({ length: 40 }, (_, n) => one(n)));
