/** The main thread's side of the drain thread: starts it before the program, and waits a moment for it at the end. */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { setEnvironmentData, Worker } from 'node:worker_threads';
import type { DeclarationOf, ProcessInfo } from '../wire/manifest.js';
import { nowNs } from './clock.js';
import { Control, createControl } from './control.js';
import type { AgentEnvironment } from './uplink.js';

/** Name of the environment data that worker threads find the agent by. */
export const ENVIRONMENT_KEY = 'sluice.agent.v1';

/** What the drain thread posts to the main thread when there is an order that threads shall look at. */
export const POLL_ORDERS = 'poll orders';

const START_MS = 500;
const DEFAULT_EXIT_MS = 500;
const MAX_EXIT_MS = 60_000;
/** A drain thread that needs more than this is broken; it dies, the program does not. */
const DRAIN_HEAP_MIB = 256;

/** What the drain thread is started with. */
export interface DrainStart {
  readonly sluiceDrain: true;
  readonly environment: AgentEnvironment;
  readonly url: string;
  readonly token: string;
  readonly process: ProcessInfo;
  readonly machine: DeclarationOf<'environment'>;
  /** How long the CPU profile takes that began with the program; 0: none. */
  readonly cpuProfileMs: number;
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
  const script = process.argv[1];
  return {
    pid: process.pid,
    ppid: process.ppid,
    title: (script === undefined ? path.basename(process.argv0) : path.basename(script)).slice(
      0,
      512,
    ),
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
  };
}

/** Where the engine listens and how long the end of the program may take. */
export interface DrainTarget {
  readonly url: string;
  readonly token: string;
  /** Path of drain.cjs. */
  readonly drainFile: string;
  readonly exitMs: string | undefined;
  /** A CPU profile that begins with the program; 0: none. */
  readonly cpuProfileMs: number;
}

/** Owns the drain thread of this process. */
export class DrainThread {
  readonly environment: AgentEnvironment;
  readonly #control: Control;
  readonly #worker: Worker;
  readonly #exitMs: number;

  /** Starts the thread and blocks, at most half a second, until it listens. */
  constructor(target: DrainTarget) {
    const nonce = randomBytes(16).toString('hex');
    this.environment = { control: createControl(), nonce };
    this.#control = new Control(this.environment.control);
    const exitMs = Number(target.exitMs ?? DEFAULT_EXIT_MS);
    this.#exitMs = exitMs >= 0 ? Math.min(exitMs, MAX_EXIT_MS) : DEFAULT_EXIT_MS;
    const start: DrainStart = {
      sluiceDrain: true,
      environment: this.environment,
      url: target.url,
      token: target.token,
      process: describeProcess(),
      machine: describeMachine(),
      cpuProfileMs: target.cpuProfileMs,
    };
    this.#worker = new Worker(target.drainFile, {
      execArgv: [],
      // Nothing of the program's reaches this thread, least of all NODE_OPTIONS; and ws shall not look for native helpers.
      env: { WS_NO_BUFFER_UTIL: '1', WS_NO_UTF_8_VALIDATE: '1' },
      stdin: false,
      // Kept from the program's own streams; nothing is ever written to them.
      stdout: true,
      stderr: true,
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: DRAIN_HEAP_MIB },
    });
    this.#worker.on('error', () => {
      this.#control.state = 'stopped';
      this.#control.raise('flushed');
    });
    this.#worker.unref();
    setEnvironmentData(ENVIRONMENT_KEY, this.environment);
    this.#control.wait('ready', START_MS);
  }

  /** Calls `listener` when threads shall look for orders. */
  onOrders(listener: () => void): void {
    this.#worker.on('message', (message) => {
      if (message === POLL_ORDERS) listener();
    });
  }

  /** Asks for everything to be sent and blocks until it is, at most the time for the exit. */
  finish(): void {
    if (!this.#control.isReady) return;
    this.#worker.postMessage('finish');
    this.#control.wait('flushed', this.#exitMs);
  }
}
