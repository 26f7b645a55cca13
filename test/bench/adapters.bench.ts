/**
 * What the adapters add to a task of a library: while nobody listens, and recorded. The measuring program runs alone in a
 * process of its own, without the agent, dormant and recorded in turn, with the real preload and an engine that takes
 * everything; the figures are medians of the differences within a turn, because the machine's speed changes meanwhile.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberIn, object, parseJson, type Checked } from '../../agent/wire/validate.js';
import { BuiltAgent } from '../agent/adapters/agentSession.js';
import type { BenchRow } from './bench.js';

const TURNS = 5;
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/agent/${name}`, import.meta.url));

const ns = numberIn(0, 1e9);
const checkCosts = object({
  pQueue: ns,
  pLimit: ns,
  fastq: ns,
  async: ns,
  piscina: ns,
  transform: ns,
});
type Costs = Checked<typeof checkCosts>;

const tasks: Readonly<Record<keyof Costs, string>> = {
  pQueue: 'p-queue task',
  pLimit: 'p-limit task',
  fastq: 'fastq task',
  async: 'async.queue task',
  piscina: 'Piscina task',
  transform: 'item through a Readable, a Transform and a Writable',
};

async function lineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no pipe');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString().trim();
}

async function costs(env: NodeJS.ProcessEnv): Promise<Costs> {
  const child = spawn(process.execPath, [fixture('adapterCost.mjs')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await Promise.all([lineOf(child), once(child, 'close')]);
  const parsed = parseJson(line, checkCosts, 'adapterCost.mjs');
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

interface Turn {
  readonly bare: Costs;
  readonly dormant: Costs;
  readonly recorded: Costs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function rowsOf(turns: readonly Turn[]): BenchRow[] {
  const names = Object.keys(tasks) as (keyof Costs)[];
  return names.flatMap((name) =>
    (['dormant', 'recorded'] as const).map((way) => ({
      name: `added to a ${tasks[name]}, ${way}`,
      value: median(turns.map((turn) => turn[way][name] - turn.bare[name])),
      unit: 'ns',
      note: `to ${median(turns.map(({ bare }) => bare[name])).toFixed(0)} ns`,
    })),
  );
}

/** See `BenchRow`. */
export async function bench(): Promise<BenchRow[]> {
  const agent = await BuiltAgent.create();
  const engine = spawn(process.execPath, [fixture('sinkEngine.mjs')], {
    env: { COUNT: 'off' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const SLUICE_URL = `ws://127.0.0.1:${await lineOf(engine)}/agent`;
    const NODE_OPTIONS = `--require "${path.join(agent.folder, 'dist/agent/register.cjs')}"`;
    const turns: Turn[] = [];
    for (let i = 0; i < TURNS; i++) {
      const bare = await costs({});
      const dormant = await costs({ NODE_OPTIONS });
      const recorded = await costs({ NODE_OPTIONS, SLUICE_URL, SLUICE_TOKEN: 'bench' });
      turns.push({ bare, dormant, recorded });
    }
    return rowsOf(turns);
  } finally {
    engine.kill();
    await agent.dispose();
  }
}
