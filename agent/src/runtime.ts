/**
 * Starts the agent in a thread. There is one recorder per thread, however many copies of this code are loaded: the preload,
 * the CommonJS face and the ESM face find each other through a global symbol. It carries the version of the recorder's
 * shape, because copies of different releases may meet.
 */
import path from 'node:path';
import { getEnvironmentData, isMainThread, workerData } from 'node:worker_threads';
import { createEnvironment, isDrainStart } from './drainThread.js';
import { ENVIRONMENT_KEY } from './environmentKey.js';
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
  else startInWorker(recorder, options);
}

/** Is there anything to do in this thread? In a worker thread: when the main thread has an agent, or this one may host it. */
export function isConcerned(): boolean {
  const environment: unknown = getEnvironmentData(ENVIRONMENT_KEY);
  return isMainThread || typeof environment === 'object' || mayHost(environment);
}

/** A program may load the agent in worker threads only. Then each of them hosts one, and shows as a process of its own. */
function mayHost(environment: unknown): boolean {
  const { SLUICE_URL: url, SLUICE_TOKEN: token } = process.env;
  return environment === undefined && url !== undefined && url !== '' && token !== undefined;
}

function startInMain(recorder: ThreadRecorder, options: StartOptions): void {
  host(recorder, options, process.env);
}

function host(recorder: ThreadRecorder, options: StartOptions, env: NodeJS.ProcessEnv): void {
  const drainFile = options.drainFile ?? drainBeside();
  if (drainFile === undefined) return;
  const environment = createEnvironment();
  const program = new Program({ recorder, environment, drainFile, env });
  follow(recorder, environment, () => {
    program.close();
  });
  program.start();
}

function startInWorker(recorder: ThreadRecorder, options: StartOptions): void {
  const environment = getEnvironmentData(ENVIRONMENT_KEY);
  if (typeof environment === 'object') {
    // Set by the main thread's `createEnvironment`.
    follow(recorder, environment as unknown as AgentEnvironment, () => undefined);
  } else if (mayHost(environment)) {
    recorder.note(
      'agent:workers-only',
      'this program loads the agent in worker threads only: each of them is shown as a process of its own, and its main ' +
        'thread is not seen. Load it in the main thread (--require or an import there) to see the program as one.',
    );
    const { SLUICE_URL, SLUICE_TOKEN, SLUICE_EXIT_MS } = process.env;
    // Flight recorder and attaching are the main thread's.
    host(recorder, options, { SLUICE_URL, SLUICE_TOKEN, SLUICE_EXIT_MS, SLUICE_ATTACH: '0' });
  }
}

/** drain.cjs lies beside the bundle that this code is in; undefined when it runs from source. */
function drainBeside(): string | undefined {
  return typeof __dirname === 'string' ? path.join(__dirname, 'drain.cjs') : undefined;
}
