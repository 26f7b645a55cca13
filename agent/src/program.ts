/**
 * The agent of a whole program, in its main thread. It is in one of these states, and goes from one to the other as often
 * as somebody wants:
 *
 *     dormant ──attach──► recording ──the engine has had enough──► dormant
 *     flight ──attach──► recording and flight ──────────────────► flight
 *
 * Flight is decided at the start (`SLUICE_FLIGHT`) and lasts: its drain thread runs all the time, and an engine that comes
 * joins it. Without it there is no thread and no ring while nobody listens.
 */
import path from 'node:path';
import { ATTACH_PROTOCOL, type AttachHello } from '../wire/attach.js';
import { AttachServer, type Attachable, type AttachOrder } from './attachServer.js';
import { Control } from './control.js';
import { orderAtStart, profileAtStartMs } from './cpuProfile/order.js';
import { reachWorkers } from './cpuProfile/reachWorkers.js';
import { pollThread } from './cpuProfile/sampler.js';
import { describeProcess, DrainThread, type FromDrainThread } from './drainThread.js';
import type { EngineAddress } from './drain/transport.js';
import { flightSettings, type FlightSettings } from './flightSettings.js';
import { FlightSignal } from './flightSignal.js';
import type { ThreadRecorder } from './recorder.js';
import type { AgentEnvironment } from './uplink.js';
import { AGENT_VERSION } from './version.js';

/** A drain thread that was told to end has so long before an engine that comes is sent away. */
const END_MS = 3000;
/** Who records a program that was started for it. */
const LAUNCHER = 'the Sluice that started it';

/** What a program's agent works with. */
export interface ProgramOptions {
  readonly recorder: ThreadRecorder;
  readonly environment: AgentEnvironment;
  /** Path of drain.cjs. */
  readonly drainFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Owns the drain thread, the socket for those who attach, and the flight recorder's signal. */
export class Program implements Attachable {
  readonly #options: ProgramOptions;
  readonly #flight: FlightSettings | null;
  #drain: DrainThread | undefined;
  #server: AttachServer | undefined;
  #signal: FlightSignal | undefined;
  /** Who records; null: nobody. */
  #by: string | null = null;
  #flightFile: string | null = null;
  #flightProblem: string | null = null;
  /** Called when the drain thread has ended. */
  #ended: (() => void) | undefined;

  constructor(options: ProgramOptions) {
    this.#options = options;
    const flight = flightSettings(options.env);
    this.#flight = flight.ok ? flight.value : null;
    if (!flight.ok) {
      this.#flightProblem = flight.error;
      options.recorder.note('flight:settings', `there is no flight recorder: ${flight.error}`);
    }
  }

  /** Begins what the environment asks for. Blocks, at most half a second, when that is to record. */
  start(): void {
    const { env } = this.#options;
    const { SLUICE_URL: url, SLUICE_TOKEN: token } = env;
    const isLaunched = url !== undefined && url !== '' && token !== undefined;
    if (isLaunched) this.#by = LAUNCHER;
    if (isLaunched || this.#flight !== null) this.#record(isLaunched ? { url, token } : null);
    if (this.#flight !== null && this.#flight.signal !== null) {
      this.#signal = new FlightSignal(this.#flight.signal, () => {
        this.#writeFlight();
      });
    }
    if (env['SLUICE_ATTACH'] !== '0') this.#server = new AttachServer(this);
  }

  /** The process ends. */
  close(): void {
    this.#server?.close();
    this.#signal?.close();
    this.#drain?.finish();
  }

  describe(): AttachHello {
    const { pid, ppid, title, runtime, cwd } = describeProcess();
    const isFlying = this.#flight !== null && this.#drain !== undefined;
    return {
      kind: 'hello',
      protocol: ATTACH_PROTOCOL,
      version: AGENT_VERSION,
      pid,
      ppid,
      title,
      runtime,
      cwd,
      sinceUnixMs: Math.max(0, Math.round(Date.now() - process.uptime() * 1000)),
      state: this.#by !== null ? 'recording' : isFlying ? 'flight' : 'dormant',
      by: this.#by,
      flightMs: this.#flight?.windowMs ?? null,
      flightFile: this.#flightFile,
      flightProblem: this.#flightProblem,
    };
  }

  async attach({ url, token, by }: AttachOrder): Promise<string | null> {
    if (this.#by !== null) return `it is being recorded already, by ${this.#by}`;
    this.#by = by;
    const engine = { url, token };
    if (this.#flight !== null && this.#drain !== undefined) {
      this.#drain.post({ kind: 'attach', engine });
      return null;
    }
    if (this.#drain !== undefined && !(await this.#hasEnded())) {
      this.#by = null;
      return 'its last recording has not ended yet: try again in a moment';
    }
    try {
      this.#drain = this.#newDrain(engine, true);
    } catch (error) {
      this.#by = null;
      return `its agent cannot start a thread: ${String(error)}`;
    }
    return null;
  }

  /** Records from the first line of the program on. */
  #record(engine: EngineAddress | null): void {
    const drain = this.#newDrain(engine, false);
    this.#drain = drain;
    const { control } = this.#options.environment;
    if (this.#cpuProfileMs > 0) orderAtStart(new Control(control).words);
    drain.begin();
    drain.waitUntilReady();
    this.#options.recorder.look();
  }

  get #cpuProfileMs(): number {
    return profileAtStartMs(this.#options.env['SLUICE_CPU_PROFILE_MS']);
  }

  #newDrain(engine: EngineAddress | null, isAttached: boolean): DrainThread {
    const { environment, drainFile, env } = this.#options;
    return new DrainThread(environment, {
      engine,
      isAttached,
      flight: this.#flight,
      cpuProfileMs: isAttached ? 0 : this.#cpuProfileMs,
      drainFile,
      exitMs: env['SLUICE_EXIT_MS'],
      onMessage: (message) => {
        this.#hear(message);
      },
      onEnd: () => {
        this.#drain = undefined;
        this.#by = null;
        // Other threads look by themselves; this one may have nothing that does.
        this.#options.recorder.look();
        this.#ended?.();
      },
    });
  }

  #hear(message: FromDrainThread): void {
    switch (message.kind) {
      case 'ready':
        this.#options.recorder.look();
        return;
      case 'left':
        this.#by = null;
        return;
      case 'pollOrders':
        pollThread();
        reachWorkers();
        return;
      case 'wrote':
        this.#flightFile = message.file ?? this.#flightFile;
        this.#flightProblem = message.problem?.slice(0, 1024) ?? null;
    }
  }

  /** Waits a bounded time for the drain thread of the last recording. True when it has ended. */
  async #hasEnded(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      timer = setTimeout(resolve, END_MS).unref();
    });
    clearTimeout(timer);
    this.#ended = undefined;
    return this.#drain === undefined;
  }

  #writeFlight(): void {
    try {
      const folder = path.resolve(this.#flight?.folder ?? '.sluice');
      this.#drain?.post({ kind: 'write', folder });
    } catch (error) {
      // The working folder was deleted under the program.
      this.#flightProblem = String(error).slice(0, 1024);
    }
  }
}
