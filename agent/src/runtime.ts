/**
 * Starts the agent in a thread. There is one recorder per thread, however many copies of this code are loaded: the preload,
 * the CommonJS face and the ESM face find each other through a global symbol. It carries the version of the recorder's
 * shape, because copies of different releases may meet.
 */
import path from 'node:path';
import { getEnvironmentData, isMainThread, workerData } from 'node:worker_threads';
import { createEnvironment, ENVIRONMENT_KEY, isDrainStart } from './drainThread.js';
import { follow } from './following.js';
import type { Recorder } from './probe.js';
import { Program } from './program.js';
import { ThreadRecorder } from './recorder.js';
import type { AgentEnvironment } from './uplink.js';

const KEY = Symbol.for('sluice.agent.v1');

/** For tests, which do not run from the bundle that has drain.cjs beside it. */
export interface StartOptions {
  readonly drainFile?: string;
}

/**
 * The recorder of this thread. The first call starts it. In the main thread it records at once when SLUICE_URL and
 * SLUICE_TOKEN are set, keeps the last seconds when SLUICE_FLIGHT is, and else is dormant: declarations are remembered, and
 * a socket in a private folder waits for somebody to attach. Worker threads follow the main thread. Never throws.
 */
export function startRecorder(options: StartOptions = {}): Recorder {
  return threadRecorder(options);
}

/** `startRecorder`, as what it is. */
export function threadRecorder(options: StartOptions = {}): ThreadRecorder {
  const known: unknown = Reflect.get(globalThis, KEY);
  // Whoever put it there runs this very code, perhaps from another bundle.
  const recorder = known === undefined ? new ThreadRecorder() : (known as ThreadRecorder);
  if (known === undefined) {
    Object.defineProperty(globalThis, KEY, { value: recorder, enumerable: false });
  }
  if (!recorder.follows) {
    try {
      start(recorder, options);
    } catch (error) {
      // Nobody listens yet who could be told; a program must not die of its profiler.
      recorder.note('agent:start', `the agent could not start: ${String(error)}`);
    }
  }
  return recorder;
}

function start(recorder: ThreadRecorder, options: StartOptions): void {
  if (isDrainStart(workerData)) return;
  if (isMainThread) startInMain(recorder, options);
  else startInWorker(recorder);
}

function startInMain(recorder: ThreadRecorder, options: StartOptions): void {
  const drainFile = options.drainFile ?? drainBeside();
  if (drainFile === undefined) return;
  const environment = createEnvironment();
  const program = new Program({ recorder, environment, drainFile, env: process.env });
  follow(recorder, environment, () => {
    program.close();
  });
  program.start();
}

function startInWorker(recorder: ThreadRecorder): void {
  const environment = getEnvironmentData(ENVIRONMENT_KEY);
  if (typeof environment !== 'object') return;
  // Set by the main thread's `createEnvironment`.
  follow(recorder, environment as unknown as AgentEnvironment, () => undefined);
}

/** drain.cjs lies beside the bundle that this code is in; undefined when it runs from source. */
function drainBeside(): string | undefined {
  return typeof __dirname === 'string' ? path.join(__dirname, 'drain.cjs') : undefined;
}
