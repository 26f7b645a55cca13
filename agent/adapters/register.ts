/**
 * The preload: `node --import file:///.../register.cjs`, `node --require .../register.cjs`, or either in NODE_OPTIONS.
 * It runs before the program, in the main thread and again in every worker thread.
 *
 * Without SLUICE_URL the program is watched by nobody until somebody attaches (`src/program.ts`); with SLUICE_ATTACH=0
 * nobody can, and it returns at once. It stays out of npm and its kind: they only start the program that is meant, and that
 * one inherits the environment. It is small on purpose: where nothing is to be done, and in Node's own loader thread, the agent
 * is not even loaded (15 ms).
 */
import module from 'node:module';
import path from 'node:path';
import {
  getEnvironmentData,
  isMainThread,
  parentPort,
  setEnvironmentData,
} from 'node:worker_threads';
import { ENVIRONMENT_KEY, NOT_RECORDED } from '../src/environmentKey.js';
import { skipPreloads } from './hooks/foreignPreloads.js';
import { isLauncher } from './launchers.js';

/** Node's own loader thread runs preloads, too; nothing of the program runs there. Worker threads have a parent port. */
const isLoaderThread = !isMainThread && parentPort === null;

/** Can this process ever be recorded? */
function canRecord({ SLUICE_URL, SLUICE_FLIGHT, SLUICE_ATTACH }: NodeJS.ProcessEnv): boolean {
  return SLUICE_ATTACH !== '0' || (SLUICE_URL ?? '') !== '' || (SLUICE_FLIGHT ?? '') !== '';
}

/** In the main thread the environment decides; a worker thread may have another one, and follows the main thread. */
function isWanted(): boolean {
  if (isMainThread) return canRecord(process.env) && !isLauncher(process.argv[1]);
  const shared: unknown = getEnvironmentData(ENVIRONMENT_KEY);
  return !isLoaderThread && (shared !== undefined || (process.env['SLUICE_URL'] ?? '') !== '');
}

// A package manager's threads are not the program that is meant, either.
if (isMainThread && isLauncher(process.argv[1])) setEnvironmentData(ENVIRONMENT_KEY, NOT_RECORDED);
if (isLoaderThread) {
  const { execArgv, env } = process;
  skipPreloads(path.join(__dirname, 'register.cjs'), execArgv, env['NODE_OPTIONS'] ?? '');
}
if (isWanted()) module.createRequire(path.join(__dirname, 'register.cjs'))('./start.cjs');
