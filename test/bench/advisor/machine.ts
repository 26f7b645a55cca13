/** The machine that figures belong to, and how fast a core of it is. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { numberIn, object, parseJson, text } from '../../../agent/wire/validate.js';
import { runNode, shapesFolder, workFolder } from './children.js';
import type { Shape } from './shape.js';

/** Processes that measure a core; the fastest of them was disturbed least. */
const CALIBRATIONS = 3;
const checkMachine = object({ fingerprint: text(), turnsPerMs: numberIn(1, 1e12) });

/** Figures of another machine, or another Node, are no truth about this one. */
export function fingerprint(): string {
  const model = os.cpus()[0]?.model ?? 'unknown CPU';
  return `${os.availableParallelism()} cores, ${model}, Node ${process.version}`;
}

/** For readers: without what tells one machine of a kind from another. */
export function machineText(): string {
  return `${os.availableParallelism()} cores, ${os.type()}, Node ${process.version}`;
}

/** How much work a millisecond is, for all programs alike; measured once a machine. */
export async function turnsPerMs(): Promise<number> {
  const file = path.join(workFolder, 'machine.json');
  const known = await readFile(file, 'utf8').catch(() => null);
  const machine = known === null ? null : parseJson(known, checkMachine, file);
  if (machine?.ok === true && machine.value.fingerprint === fingerprint()) {
    return machine.value.turnsPerMs;
  }
  const measured = await calibrate();
  await mkdir(workFolder, { recursive: true });
  await writeFile(file, JSON.stringify({ fingerprint: fingerprint(), turnsPerMs: measured }));
  return measured;
}

async function calibrate(): Promise<number> {
  const times = pathToFileURL(path.join(shapesFolder, 'times.mjs')).href;
  const code = `const { calibrate } = await import('${times}'); console.log(calibrate());`;
  let best = 0;
  for (let i = 0; i < CALIBRATIONS; i++) {
    const args = ['--input-type=module', '-e', code];
    best = Math.max(best, Number(await runNode({ args, env: {}, expectedMs: 1000 })));
  }
  return best;
}

/** Changes when a program, or what programs share, does. */
export async function versionOf({ program, env }: Shape): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(env ?? {}));
  const shared = ['flow.mjs', 'meter.mjs', 'pool.mjs', 'service.mjs', 'times.mjs'];
  const workers = await readdir(path.join(shapesFolder, 'workers'));
  const files = [program, ...shared, ...workers.sort().map((name) => path.join('workers', name))];
  for (const file of files) hash.update(await readFile(path.join(shapesFolder, file)));
  return hash.digest('hex').slice(0, 16);
}
