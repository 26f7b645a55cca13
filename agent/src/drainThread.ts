/** The main thread's side of the drain thread: starts it when there is something to record, and waits a moment for it at the end. */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { isMainThread, setEnvironmentData, threadId, Worker } from 'node:worker_threads';
import type { DeclarationOf, ProcessInfo } from '../wire/manifest.js';
import { nowNs } from './clock.js';
import { PAUSE_VARIABLE } from './drain/pause.js';
import { Control, createControl } from './control.js';
import { ENVIRONMENT_KEY } from './environmentKey.js';
import type { EngineAddress } from './drain/transport.js';
import type { FlightSettings } from './flightSettings.js';
import { LEARN_VARIABLE } from './learning/order.js';
import { recordingNonce, type AgentEnvironment } from './uplink.js';

const START_MS = 500;
const DEFAULT_EXIT_MS = 500;
const MAX_EXIT_MS = 60_000;
/** A drain thread that needs more than this is broken; it dies, the program does not. */
const DRAIN_HEAP_MIB = 256;
/** What it makes is short-lived; by default V8 would let 48 MiB of it pile up. */
const DRAIN_YOUNG_MIB = 6;

/** What the drain thread is started with. */
export interface DrainStart {
  readonly sluiceDrain: true;
  /** With the nonce of this recording. */
  readonly environment: AgentEnvironment;
  readonly recording: RecordingSettings;
  readonly process: ProcessInfo;
  readonly machine: DeclarationOf<'environment'>;
}

/** How long a thread may be held up at its end, in milliseconds: `given`, as far as it makes sense, else half a second. */
export function exitMs(given = process.env['SLUICE_EXIT_MS']): number {
  const wanted = Number(given ?? DEFAULT_EXIT_MS);
  return wanted >= 0 ? Math.min(wanted, MAX_EXIT_MS) : DEFAULT_EXIT_MS;
}

/** Is this the `workerData` of a drain thread? Preloads run there too and must stay quiet. */
export function isDrainStart(workerData: unknown): workerData is DrainStart {
  return typeof workerData === 'object' && workerData !== null && 'sluiceDrain' in workerData;
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    // The folder was deleted under the program; it runs on, and so do we.
    return '';
  }
}

/** Who this process is. */
export function describeProcess(): ProcessInfo {
  const name = path.basename(process.argv[1] ?? process.argv0).slice(0, 480);
  return {
    pid: process.pid,
    ppid: process.ppid,
    // A worker thread speaks for itself alone (`runtime.ts`).
    title: isMainThread ? name : `${name} (worker ${threadId})`,
    runtime: `node ${process.version}`,
    cwd: currentFolder().slice(0, 4096),
    anchorUnixMs: Date.now(),
    anchorMonotonicNs: nowNs(),
  };
}

/** What this machine is. */
export function describeMachine(): DeclarationOf<'environment'> {
  return {
    kind: 'environment',
    platform: process.platform,
    arch: process.arch,
    cpuModel: (os.cpus()[0]?.model ?? 'unknown').slice(0, 256),
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    quotaCores: null, // known to the drain thread
  };
}

/** What a recording is for. */
export interface RecordingSettings {
  /** The engine to dial; null: one may come later. */
  readonly engine: EngineAddress | null;
  /** An engine that is lost for long ends what it asked for; without this the process waits for it, paused. */
  readonly isAttached: boolean;
  /** Keeps the last seconds for whoever comes. */
  readonly flight: FlightSettings | null;
  /** A CPU profile that begins with the program; 0: none. */
  readonly cpuProfileMs: number;
}

/** The main thread to the drain thread. */
export type ToDrainThread =
  /** The process ends. */
  | { readonly kind: 'finish' }
  /** A flight recorder hands over what it has to this engine, and goes on recording for it. */
  | { readonly kind: 'attach'; readonly engine: EngineAddress }
  /** A flight recorder writes what it has to a file in this folder. */
  | { readonly kind: 'write'; readonly folder: string };

/** The drain thread to the main thread. */
export type FromDrainThread =
  /** It listens: threads may begin to record. */
  | { readonly kind: 'ready' }
  /** The engine is gone. The flight recorder goes on; without one the thread ends in a moment. */
  | { readonly kind: 'left' }
  /** `POLL_ORDERS` */
  | { readonly kind: 'pollOrders' }
  /** A file was written, or could not be. */
  | { readonly kind: 'wrote'; readonly file: string | null; readonly problem: string | null };

/** There is an order that threads shall look at. */
export const POLL_ORDERS: FromDrainThread = { kind: 'pollOrders' };

/** What a drain thread is started with. */
export interface DrainOptions extends RecordingSettings {
  /** Path of drain.cjs. */
  readonly drainFile: string;
  /** How long the end of the program may take, in milliseconds as text. */
  readonly exitMs: string | undefined;
  /** Hears what the drain thread says. */
  readonly onMessage: (message: FromDrainThread) => void;
  /** The thread has ended: nobody records any more. */
  readonly onEnd: () => void;
}

/** What all threads of a process share with the drain threads to come; worker threads find it from now on. */
export function createEnvironment(): AgentEnvironment {
  const nonce = randomBytes(16).toString('hex');
  const environment = { control: createControl(), nonce, host: threadId };
  setEnvironmentData(ENVIRONMENT_KEY, environment);
  return environment;
}

/** Owns the drain thread of one recording. There is one at a time. */
export class DrainThread {
  readonly #control: Control;
  readonly #worker: Worker;
  readonly #exitMs: number;
  #hasEnded = false;

  /** Starts the thread, and does not wait for it. */
  constructor(environment: AgentEnvironment, options: DrainOptions) {
    const { engine, isAttached, flight, cpuProfileMs } = options;
    this.#control = new Control(environment.control);
    const nonce = recordingNonce(environment.nonce, this.#control.prepare());
    this.#exitMs = exitMs(options.exitMs);
    const start: DrainStart = {
      sluiceDrain: true,
      environment: { ...environment, nonce },
      recording: { engine, isAttached, flight, cpuProfileMs },
      process: describeProcess(),
      machine: describeMachine(),
    };
    this.#worker = new Worker(options.drainFile, {
      execArgv: [],
      // Nothing of the program's reaches this thread, least of all NODE_OPTIONS; and ws shall not look for native helpers.
      env: {
        WS_NO_BUFFER_UTIL: '1',
        WS_NO_UTF_8_VALIDATE: '1',
        [PAUSE_VARIABLE]: process.env[PAUSE_VARIABLE],
        [LEARN_VARIABLE]: process.env[LEARN_VARIABLE],
      },
      stdin: false,
      // Kept from the program's own streams; nothing is ever written to them.
      stdout: true,
      stderr: true,
      workerData: start,
      resourceLimits: {
        maxOldGenerationSizeMb: DRAIN_HEAP_MIB,
        maxYoungGenerationSizeMb: DRAIN_YOUNG_MIB,
      },
    });
    this.#worker.on('message', (message: FromDrainThread) => {
      options.onMessage(message);
    });
    this.#worker.on('error', () => {
      this.#stopped();
    });
    this.#worker.on('exit', () => {
      this.#stopped();
      options.onEnd();
    });
    this.#worker.unref();
  }

  /** Threads record from now on. What they say before the drain thread listens waits with them. */
  begin(): void {
    this.#control.state = 'recording';
  }

  /** Blocks, at most half a second, until the thread listens. */
  waitUntilReady(): void {
    this.#control.wait('ready', START_MS);
  }

  /** Tells the thread something. */
  post(message: ToDrainThread): void {
    this.#worker.postMessage(message);
  }

  /** Asks for everything to be sent and blocks until it is, at most the time for the exit. */
  finish(): void {
    if (!this.#control.isReady || this.#hasEnded) return;
    this.post({ kind: 'finish' });
    this.#control.wait('flushed', this.#exitMs);
  }

  #stopped(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#control.state = 'stopped';
    this.#control.raise('flushed');
  }
}
