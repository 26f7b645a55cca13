/**
 * A against A: a pipeline with nothing to gain is looked at a hundred times, and each time somebody could be told that there
 * is. Ten runs are real ones; the rest is simulated, from workloads, once a simulation says how (`SimulateAa`).
 *
 *   node --import tsx test/bench/advisor/aa.ts
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { adviceOf as adviceOfSession } from '../../support/madeSession.js';
import { nothingToGain } from '../../support/nothingToGain.js';
import { adviceOf, record } from './advisor.js';
import type { Advice } from './advice.js';
import { workFolder } from './children.js';
import { turnsPerMs } from './machine.js';
import { claimsGain } from './score.js';
import { startOf } from './shape.js';
import { shapes } from './shapes.js';

const REAL_RUNS = 10;
const SIMULATED_RUNS = 90;

/** The gains that are claimed of one simulated run of a pipeline that cannot be better; texts for people. */
export type SimulateAa = (seed: number) => Promise<readonly string[]>;

/** How often something was claimed although there is nothing to gain. */
export interface AaResult {
  readonly runs: number;
  readonly claims: readonly string[];
}

/** What advice claims: gains, or a plan. */
export function claimsOf(advice: Advice): readonly string[] {
  const present = advice.steady?.throughputPerSec ?? advice.throughputPerSec;
  const gains = advice.suggestions
    .filter(({ predicted }) => claimsGain({ predicted: predicted.throughputPerSec, present }))
    .map(
      ({ knob, to, predicted }) =>
        `${knob} to ${to}: ${predicted.throughputPerSec.mid.toFixed(0)}/s instead of ${present.toFixed(0)}/s`,
    );
  return advice.plan === null || gains.length > 0 ? gains : ['a plan without a gain'];
}

async function realClaims(run: number, turns: number): Promise<readonly string[]> {
  const able = shapes.filter(({ name }) => name === 'balanced' || name === 'optimal');
  const shape = able[run % able.length];
  if (shape === undefined) return [];
  const file = path.join(workFolder, `aa.${run}.fxt`);
  const env = { SEED: String(run + 1) };
  await record({ shape, setting: startOf(shape), turnsPerMs: turns, file, env });
  return claimsOf(await adviceOf(file, [])).map((claim) => `${shape.name}, run ${run}: ${claim}`);
}

/** What is claimed of a simulated run: see `nothingToGain`. */
export const simulatedClaims: SimulateAa = (seed) =>
  Promise.resolve(
    claimsOf(adviceOfSession(nothingToGain(seed))).map((claim) => `seed ${seed}: ${claim}`),
  );

/** All runs. `simulate`: null as long as there is none; then only the real ones are run. */
export async function runAa(simulate: SimulateAa | null): Promise<AaResult> {
  await mkdir(workFolder, { recursive: true });
  const turns = await turnsPerMs();
  const claims: string[] = [];
  for (let run = 0; run < REAL_RUNS; run++) claims.push(...(await realClaims(run, turns)));
  if (simulate === null) return { runs: REAL_RUNS, claims };
  for (let seed = 1; seed <= SIMULATED_RUNS; seed++) claims.push(...(await simulate(seed)));
  return { runs: REAL_RUNS + SIMULATED_RUNS, claims };
}

if (process.argv[1] === import.meta.filename) {
  const { runs, claims } = await runAa(simulatedClaims);
  for (const claim of claims) console.log(claim);
  console.log(`${claims.length} claims in ${runs} runs with nothing to gain`);
  // Five of a hundred are what a test at 5% promises.
  if (claims.length > 0.05 * runs) process.exitCode = 1;
}
