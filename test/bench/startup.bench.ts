/**
 * What the preload adds to the start of a process and of a worker thread: without it, with it while nobody can attach
 * (SLUICE_ATTACH=0), while it waits for somebody, and while it records. The ways take turns, and the figure is the median of the
 * differences to the bare run of the same round, because the machine's speed changes while we measure.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberIn, object, parseJson } from '../../agent/wire/validate.js';
import { BuiltAgent } from '../agent/adapters/agentSession.js';
import { majorOfNode, node20, node22, node24, nodeBinary } from '../support/nodes.js';
import type { BenchRow } from './bench.js';

const ROUNDS = 11;
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/agent/${name}`, import.meta.url));

const milliseconds = numberIn(0, 1e6);
const checkTimes = object({ loadMs: milliseconds, threadMs: milliseconds });

/** The environment of each way to run; `bare` has none of the agent. */
type Ways = Readonly<Record<string, NodeJS.ProcessEnv>>;

interface Started {
  readonly processMs: number;
  readonly threadMs: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function finished(
  node: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ ms: number; stdout: string }> {
  const startedAt = performance.now();
  const child = spawn(node, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${node} ${args.join(' ')} ended with ${String(code)}`);
  return { ms: performance.now() - startedAt, stdout };
}

async function timesOf(
  node: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ loadMs: number; threadMs: number }> {
  const { stdout } = await finished(node, [fixture('startThreads.cjs'), ...args], env);
  const times = parseJson(stdout, checkTimes, 'startThreads.cjs');
  if (!times.ok) throw new Error(times.error);
  return times.value;
}

/** One start in each way, in turn. */
async function round(node: string, empty: string, ways: Ways): Promise<Map<string, Started>> {
  const started = new Map<string, Started>();
  for (const [way, env] of Object.entries(ways)) {
    const { ms } = await finished(node, [empty], env);
    const { threadMs } = await timesOf(node, [], env);
    started.set(way, { processMs: ms, threadMs });
  }
  return started;
}

function added(
  rounds: readonly Map<string, Started>[],
  way: string,
  of: (started: Started) => number,
): number {
  const differences = rounds.map((r) => {
    const [watched, bare] = [r.get(way), r.get('bare')];
    return watched === undefined || bare === undefined ? NaN : of(watched) - of(bare);
  });
  return median(differences);
}

async function rowsOf(version: string, ways: Ways, agent: BuiltAgent): Promise<BenchRow[]> {
  const node = nodeBinary(version);
  const empty = path.join(agent.folder, 'empty.cjs');
  writeFileSync(empty, '');
  const rounds: Map<string, Started>[] = [];
  const loads: number[] = [];
  const whole = path.join(agent.folder, 'dist/agent/start.cjs');
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push(await round(node, empty, ways));
    loads.push((await timesOf(node, [whole], { SLUICE_ATTACH: '0' })).loadMs);
  }
  const major = majorOfNode(version);
  const bare = (of: (started: Started) => number): string => {
    const values = rounds.flatMap((r) => r.get('bare') ?? []).map(of);
    return `to ${median(values).toFixed(0)} ms`;
  };
  const each = Object.keys(ways).filter((way) => way !== 'bare');
  return [
    {
      name: `Node ${major}: loading the agent, hooks set`,
      value: median(loads),
      unit: 'ms',
    },
    ...each.flatMap((way): BenchRow[] => [
      {
        name: `Node ${major}: added to a process, ${way}`,
        value: added(rounds, way, ({ processMs }) => processMs),
        unit: 'ms',
        note: `${bare(({ processMs }) => processMs)}, start to end of an empty program`,
      },
      {
        name: `Node ${major}: added to a worker thread, ${way}`,
        value: added(rounds, way, ({ threadMs }) => threadMs),
        unit: 'ms',
        note: bare(({ threadMs }) => threadMs),
      },
    ]),
  ];
}

async function lineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no pipe');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString().trim();
}

/** See `BenchRow`. */
export async function bench(): Promise<BenchRow[]> {
  const agent = await BuiltAgent.create();
  const engine = spawn(process.execPath, [fixture('sinkEngine.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const url = `ws://127.0.0.1:${await lineOf(engine)}/agent`;
    const NODE_OPTIONS = `--require "${path.join(agent.folder, 'dist/agent/register.cjs')}"`;
    const ways: Ways = {
      bare: {},
      off: { NODE_OPTIONS, SLUICE_ATTACH: '0' },
      dormant: { NODE_OPTIONS },
      recorded: { NODE_OPTIONS, SLUICE_URL: url, SLUICE_TOKEN: 'bench' },
    };
    const rows: BenchRow[] = [];
    for (const version of [node20, node22, node24]) {
      rows.push(...(await rowsOf(version, ways, agent)));
    }
    return rows;
  } finally {
    engine.kill();
    await agent.dispose();
  }
}
