/**
 * What being recorded costs the program. The measuring program runs alone in a process of its own, once watched and once
 * not, with the real bundles, the real drain thread and an engine in a third process that takes everything. Nothing may be
 * lost meanwhile, or the figures would be those of a consumer that is not there.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { integerIn, numberIn, object, parseJson, type Checked } from '../../agent/wire/validate.js';
import { BuiltAgent } from '../agent/src/support/builtAgent.js';
import type { BenchRow } from './bench.js';

/** Runs of the measuring program. */
const RUNS = 5;

const ns = numberIn(0, 1e9);
const checkCosts = object({
  clocks: ns,
  bare: ns,
  stage: ns,
  detailed: ns,
  depth: ns,
  bareAsync: ns,
  asyncStage: ns,
  otel: ns,
  recordedPerClocks: numberIn(-100, 1000),
  warmClocks: ns,
  warmRecorded: ns,
  warmPerClocks: numberIn(-100, 1000),
  otelPerRecorded: numberIn(-100, 100_000),
  asyncAdded: numberIn(-1e9, 1e9),
  executions: integerIn(0, Number.MAX_SAFE_INTEGER),
});
type Costs = Checked<typeof checkCosts>;

const checkTaken = object({
  lost: integerIn(0, Number.MAX_SAFE_INTEGER),
  executions: integerIn(0, Number.MAX_SAFE_INTEGER),
});

async function lineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no pipe');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString().trim();
}

async function costs(agent: BuiltAgent, url: string | null): Promise<Costs> {
  const watch = url === null ? null : { url, token: 'bench' };
  const run = await agent.run('cost.mjs', watch);
  const parsed = parseJson(run.stdout, checkCosts, 'cost.mjs');
  if (run.code !== 0 || !parsed.ok) throw new Error(parsed.ok ? run.stderr : parsed.error);
  return parsed.value;
}

/** Of each figure, the one in the middle. */
function medians(runs: readonly Costs[]): Costs {
  const [first] = runs;
  if (first === undefined) throw new Error('no runs');
  const middle = (key: keyof Costs): number =>
    runs.map((run) => run[key]).sort((a, b) => a - b)[runs.length >> 1] ?? NaN;
  const keys = Object.keys(first) as (keyof Costs)[];
  return { ...first, ...Object.fromEntries(keys.map((key) => [key, middle(key)])) };
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
    const url = `ws://127.0.0.1:${await lineOf(engine)}/agent`;
    // Where the compiler puts its code shifts a run's figures by a tenth, floor and recording each in their own way.
    const runs: Costs[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await costs(agent, url));
    const watched = medians(runs);
    const dormant = await costs(agent, null);
    engine.stdin.end();
    const taken = parseJson(await lineOf(engine), checkTaken, 'the engine');
    if (!taken.ok) throw new Error(taken.error);
    const made = runs.reduce((sum, run) => sum + run.executions, 0);
    return rows(watched, dormant, { ...taken.value, made });
  } finally {
    engine.kill();
    await agent.dispose();
  }
}

type Taken = Checked<typeof checkTaken> & { readonly made: number };

function rows(w: Costs, dormant: Costs, taken: Taken): BenchRow[] {
  const recorded = w.stage - w.bare;
  const complete = `${taken.executions} of ${taken.made} executions arrived, ${taken.lost} lost`;
  return [
    {
      name: 'one recorded execution, per two clock readings',
      value: w.warmPerClocks,
      unit: 'x',
      max: 1.15,
      note: `${w.warmRecorded.toFixed(0)} ns against ${w.warmClocks.toFixed(0)} ns, caches warm; ${complete}`,
    },
    {
      name: 'the same after a pause and among other work',
      value: w.recordedPerClocks,
      unit: 'x',
      max: 1.3,
      note: `${recorded.toFixed(0)} ns against ${w.clocks.toFixed(0)} ns, 10,000 in a row`,
    },
    {
      name: 'OpenTelemetry span, per recorded execution',
      value: w.otelPerRecorded,
      unit: 'x',
      min: 12,
      note: `${(w.otel - w.bare).toFixed(0)} ns, batch processor with an exporter that does nothing, flush included`,
    },
    { name: 'one recorded execution', value: recorded, unit: 'ns', note: 'synchronous' },
    {
      name: 'one recorded execution with an item id',
      value: w.detailed - w.bare,
      unit: 'ns',
      note: 'synchronous, with an `item` function',
    },
    {
      name: 'one call while dormant',
      value: Math.max(0, dormant.stage - dormant.bare),
      unit: 'ns',
      note: 'beyond the bare call, which the compiler inlines as well',
    },
    {
      name: 'added by recording an asynchronous execution',
      value: w.asyncAdded,
      unit: 'ns',
      max: 150,
      note: `to ${w.bareAsync.toFixed(0)} ns for a bare await`,
    },
    {
      name: 'added to an asynchronous call while dormant',
      value: Math.max(0, dormant.asyncAdded),
      unit: 'ns',
    },
    {
      name: 'one change of a queue’s depth',
      value: w.depth,
      unit: 'ns',
      note: 'changes a few ns apart, so most are merged',
    },
  ];
}
