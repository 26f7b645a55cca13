/**
 * The preload: `node --import file:///.../register.cjs`, `node --require .../register.cjs`, or either in NODE_OPTIONS.
 * It runs before the program, in the main thread and again in every worker thread.
 *
 * Without SLUICE_URL the program is watched by nobody until somebody attaches (`src/program.ts`); with SLUICE_ATTACH=0
 * nobody can, and it returns at once. It stays out of npm and its kind: they only start the program that is meant, and that
 * one inherits the environment.
 */
import { getEnvironmentData, isMainThread, parentPort } from 'node:worker_threads';
import { ENVIRONMENT_KEY } from '../src/drainThread.js';
import type { Recorder } from '../src/probe.js';
import { startRecorder } from '../src/runtime.js';
import { callerPosition } from '../src/sourcePosition.js';
import { adapters, builtinAdapters } from './all.js';
import { installBuiltins } from './hooks/builtins.js';
import { hookLoaders } from './hooks/loaders.js';
import { Libraries } from './hooks/libraries.js';
import { isLauncher } from './launchers.js';
import { takeMark } from './piscinaStage.js';
import { watchPiscinaWorker } from './piscinaWorker.js';
import { takeWorkerpoolMark } from './workerpoolMark.js';
import { watchWorkerpoolThread } from './workerpoolTasks.js';

/** Node's own loader thread runs preloads, too; nothing of the program runs there. Worker threads have a parent port. */
const isLoaderThread = !isMainThread && parentPort === null;

function start(recorder: Recorder): void {
  const mark = takeMark();
  if (mark !== undefined) watchPiscinaWorker(recorder, mark);
  const workerpoolMark = takeWorkerpoolMark();
  if (workerpoolMark !== undefined) watchWorkerpoolThread(recorder, workerpoolMark);
  const context = { recorder, callerPosition };
  installBuiltins(builtinAdapters, context);
  hookLoaders(new Libraries(adapters, context), {
    bundleFolder: __dirname,
    // Pools come and go with the load, and a loader thread would make each of their threads three times as dear.
    mayStartLoaderThread: mark === undefined && workerpoolMark === undefined,
    recorder,
  });
}

/** Can this process ever be recorded? */
function canRecord({ SLUICE_URL, SLUICE_FLIGHT, SLUICE_ATTACH }: NodeJS.ProcessEnv): boolean {
  return SLUICE_ATTACH !== '0' || (SLUICE_URL ?? '') !== '' || (SLUICE_FLIGHT ?? '') !== '';
}

/** In the main thread the environment decides; a worker thread may have another one, and follows the main thread. */
function isWanted(): boolean {
  if (isMainThread) return canRecord(process.env) && !isLauncher(process.argv[1]);
  const shared: unknown = getEnvironmentData(ENVIRONMENT_KEY);
  return !isLoaderThread && shared !== undefined;
}

if (isWanted()) start(startRecorder());
