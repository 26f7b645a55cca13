/** Runs the programs and the command line as processes of their own. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  integerIn,
  nullable,
  numberIn,
  object,
  parseJson,
  type Checked,
} from '../../../agent/wire/validate.js';
import type { Setting, Shape } from './shape.js';

/** The repository's root. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const shapesFolder = fileURLToPath(new URL('./shapes', import.meta.url));
/** Sweeps and captures. */
export const workFolder = path.join(root, 'build/bench/advisor');

/** A child that has not ended so long after it should have is killed. */
const GRACE_MS = 20_000;
const WARM_UP_MS = 500;
const MEASURE_MS = 2000;

const checkFigures = object({
  itemsPerSec: numberIn(0, 1e9),
  items: integerIn(0, 1e9),
  windowMs: numberIn(0, 1e9),
  latencyP95Ms: nullable(numberIn(0, 1e9)),
});

/** What a program says of itself at its end. */
export type Figures = Checked<typeof checkFigures>;

/** How a child is to be run. */
export interface ChildRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly expectedMs: number;
}

/** Runs Node with these arguments; resolves with what it wrote to stdout. Throws when it fails. */
export async function runNode({ args, env, expectedMs }: ChildRun): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), expectedMs + GRACE_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code ?? 'a signal'}: ${stderr}`);
  return stdout;
}

/** What a program of a shape finds in its environment. */
export function environmentOf(
  shape: Shape,
  setting: Setting,
  turnsPerMs: number,
): Record<string, string> {
  return {
    ...shape.env,
    KNOBS: JSON.stringify(setting),
    TURNS_PER_MS: String(turnsPerMs),
    WARMUP_MS: String(shape.warmUpMs ?? WARM_UP_MS),
  };
}

/** Arguments of Node that start the shape's program. */
export function programOf({ program }: Shape): string {
  return path.join(shapesFolder, program);
}

/** Runs a shape's program by itself, without Sluice, and returns what it counted. */
export async function measure(
  shape: Shape,
  setting: Setting,
  turnsPerMs: number,
): Promise<Figures> {
  const durationMs = (shape.warmUpMs ?? WARM_UP_MS) + (shape.measureMs ?? MEASURE_MS);
  const stdout = await runNode({
    args: [programOf(shape)],
    env: { ...environmentOf(shape, setting, turnsPerMs), DURATION_MS: String(durationMs) },
    expectedMs: durationMs,
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  const figures = parseJson(line, checkFigures, `figures of ${shape.name}`);
  if (!figures.ok) throw new Error(figures.error);
  return figures.value;
}
