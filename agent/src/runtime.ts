/**
 * Starts the agent in a thread. There is one recorder per thread, however many copies of this code are loaded: the preload,
 * the CommonJS face and the ESM face find each other through a global symbol. It carries the version of the recorder's
 * shape, because copies of different releases may meet.
 */
import path from 'node:path';
import { getEnvironmentData, isMainThread, workerData } from 'node:worker_threads';
import { Control } from './control.js';
import { orderAtStart, profileAtStartMs } from './cpuProfile/order.js';
import { reachWorkers } from './cpuProfile/reachWorkers.js';
import { CpuSampler, pollThread } from './cpuProfile/sampler.js';
import { DrainThread, ENVIRONMENT_KEY, isDrainStart } from './drainThread.js';
import { startGauges } from './gauges.js';
import type { Recorder } from './probe.js';
import { ThreadRecorder } from './recorder.js';
import { ThreadLink } from './threadLink.js';
import type { AgentEnvironment } from './uplink.js';

const KEY = Symbol.for('sluice.agent.v1');

/** For tests, which do not run from the bundle that has drain.cjs beside it. */
export interface StartOptions {
  readonly drainFile?: string;
}

/**
 * The recorder of this thread. The first call starts it: in the main thread when SLUICE_URL and SLUICE_TOKEN are set, in a
 * worker thread when the main thread records. Else it is dormant: declarations are remembered, nothing runs, and a later
 * call looks again. Never throws.
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
  if (recorder.link === undefined) {
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
  const { SLUICE_URL: url, SLUICE_TOKEN: token, SLUICE_EXIT_MS: exitMs } = process.env;
  const drainFile = options.drainFile ?? drainBeside();
  if (url === undefined || url === '' || token === undefined || drainFile === undefined) return;
  const cpuProfileMs = profileAtStartMs(process.env['SLUICE_CPU_PROFILE_MS']);
  const drain = new DrainThread({ url, token, drainFile, exitMs, cpuProfileMs });
  if (cpuProfileMs > 0) orderAtStart(new Control(drain.environment.control).words);
  drain.onOrders(() => {
    pollThread();
    reachWorkers();
  });
  attach(recorder, drain.environment, () => {
    drain.finish();
  });
}

function startInWorker(recorder: ThreadRecorder): void {
  const environment = getEnvironmentData(ENVIRONMENT_KEY);
  if (typeof environment !== 'object') return;
  // Set by the main thread's `DrainThread`.
  attach(recorder, environment as unknown as AgentEnvironment, () => undefined);
}

/** drain.cjs lies beside the bundle that this code is in; undefined when it runs from source. */
function drainBeside(): string | undefined {
  return typeof __dirname === 'string' ? path.join(__dirname, 'drain.cjs') : undefined;
}

function attach(recorder: ThreadRecorder, environment: AgentEnvironment, finish: () => void): void {
  const link = new ThreadLink(environment);
  recorder.attach(link);
  const sampler = new CpuSampler(link);
  const stopGauges = startGauges(recorder, link);
  // A ring is a mebibyte of shared memory, and pools come and go: the drain thread lets it go when its thread has ended.
  process.on('worker', (worker) => {
    const { threadId } = worker;
    worker.once('exit', () => {
      link.post({ kind: 'threadEnd', threadId });
    });
  });
  process.once('exit', () => {
    try {
      stopGauges();
      sampler.close();
      recorder.flush();
      link.flush();
      link.close();
      finish();
    } catch {
      // The exit code belongs to the program, and there is no time left to tell anyone.
    }
  });
}
