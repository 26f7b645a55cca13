/**
 * What being watched costs a whole pipeline: work done per second at about 50,000 executions a second, watched and bare, in
 * turns within one process. The drain thread sends over a real socket to a reader in another process meanwhile.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { numberIn, object, parseJson, type Checked } from '../../agent/wire/validate.js';
import { BuiltAgent } from '../agent/src/support/builtAgent.js';
import type { BenchRow } from './bench.js';

const ratio = numberIn(0, 1000);
const checkOverhead = object({ ratio, low: ratio, high: ratio, perSec: numberIn(0, 1e9) });
type Overhead = Checked<typeof checkOverhead>;

async function lineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no pipe');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString().trim();
}

async function overhead(agent: BuiltAgent, url: string | null): Promise<Overhead> {
  const watch = url === null ? null : { url, token: 'bench' };
  const run = await agent.run('overhead.mjs', watch);
  const parsed = parseJson(run.stdout, checkOverhead, 'overhead.mjs');
  if (run.code !== 0 || !parsed.ok) throw new Error(parsed.ok ? run.stderr : parsed.error);
  return parsed.value;
}

/** See `BenchRow`. */
export async function bench(): Promise<BenchRow[]> {
  const agent = await BuiltAgent.create({ minify: true });
  const engine = spawn(
    process.execPath,
    [fileURLToPath(new URL('../fixtures/agent/sinkEngine.mjs', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  try {
    const watched = await overhead(agent, `ws://127.0.0.1:${await lineOf(engine)}/agent`);
    const dormant = await overhead(agent, null);
    return [
      row('throughput lost to recording', watched, 2),
      row('throughput lost to a dormant agent', dormant, 0.5),
    ];
  } finally {
    engine.kill();
    await agent.dispose();
  }
}

function row(name: string, { ratio: middle, low, high, perSec }: Overhead, max: number): BenchRow {
  // Time per work is what is measured; throughput is its inverse.
  const lost = (factor: number): number => (1 - 1 / factor) * 100;
  const interval = `95% interval ${lost(low).toFixed(2)} to ${lost(high).toFixed(2)}%`;
  return {
    name,
    value: lost(middle),
    unit: '%',
    max,
    note: `${Math.round(perSec).toLocaleString('en-US')} executions/s; ${interval}`,
  };
}
