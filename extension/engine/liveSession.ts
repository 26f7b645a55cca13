/** A session that running processes join: who is there, who is away and may come back, and when it is over. */
import path from 'node:path';
import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ProcessInfo } from '../../agent/wire/manifest.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { SessionState } from '../core/panel/snapshot.js';
import { SessionModel } from '../core/sessionModel.js';
import type { TrialRecord } from '../core/trials/record.js';
import type { TuneOptions, TuneResult } from '../core/trials/tuning.js';
import {
  AgentConnection,
  type ConnectionTimes,
  defaultTimes,
  type Hello,
} from './agentConnection.js';
import { CaptureWriter, createCaptureFile } from './captureWriter.js';
import { learnTopology } from './topologyLearning.js';
import { CpuProfiling, type CpuProfileRequest, type Profiled } from './cpuProfiling.js';
import { LiveKnobs } from './liveKnobs.js';
import { isAlive } from './liveness.js';
import { DiskPages } from './pageFile.js';
import { Peer } from './peer.js';
import type { EngineEvent, SessionId, SessionInfo } from './protocol.js';
import { EVENT_INTERVAL_MS, sessionInfo } from './sessionInfo.js';
import { type AgentDoor, createToken } from './sessionServer.js';
import { SessionStream } from './sessionStream.js';
import { Throttle } from './throttle.js';
import { SessionTrials, trialSession, type TrialSession } from './trials/sessionTrials.js';
import { Tuner } from './trials/tuner.js';

/** A process that vanished without an `end` has this long to come back (agents retry from 0.1 s upwards). */
const RETURN_MS = 3000;
const RETURN_CHECK_MS = 200;
/** Agents that are let go have this long to send what they still hold. */
const DETACH_MS = 2000;
/** Processes of one session; a reader of the capture knows no more providers than this. */
const MAX_PROCESSES = 4000;

export interface LiveSessionOptions {
  readonly id: SessionId;
  readonly title: string;
  readonly capturePath: string;
  readonly emit: (event: EngineEvent) => void;
  readonly times?: ConnectionTimes;
  /** That of the session it takes over from; a new one when left out. */
  readonly token?: string;
}

/** Owns the capture file, the connections and the model of one live session. */
export class LiveSession implements AgentDoor {
  readonly id: SessionId;
  readonly token: string;
  readonly model: SessionModel;
  readonly #options: LiveSessionOptions;
  readonly #capture: CaptureWriter;
  readonly #pages: DiskPages;
  readonly #stream: SessionStream;
  readonly #changed: Throttle;
  readonly #connections = new Set<AgentConnection>();
  readonly #peers: Peer[] = [];
  readonly knobs = new LiveKnobs(this.#peers, ({ process }) => describe(process));
  /** Processes that may come back, and until when (performance.now). */
  readonly #awaited = new Map<Peer, number>();
  readonly trials: SessionTrials;
  readonly #trialSession: TrialSession;
  readonly #cpu: CpuProfiling;
  readonly #endListeners: (() => void)[] = [];
  #awaitTimer: NodeJS.Timeout | null = null;
  #state: Exclude<SessionState, 'reading' | 'capture'> = 'waiting';
  #isPressed = false;
  #ending: Promise<Result<null>> | null = null;

  /** Creates the capture file and the session; fails when the file cannot be written. */
  static async create(options: LiveSessionOptions): Promise<Result<LiveSession>> {
    const file = await createCaptureFile(options.capturePath);
    return file.ok ? ok(new LiveSession(options, file.value)) : file;
  }

  private constructor(options: LiveSessionOptions, file: Writable) {
    this.id = options.id;
    this.token = options.token ?? createToken();
    this.#options = options;
    this.#capture = new CaptureWriter(file, options.capturePath, {
      pressure: (isHigh) => {
        this.#setPressed(isHigh);
      },
      failed: (message) => {
        this.#problem(message);
      },
    });
    // Beside the capture: that folder is on a disk, and has room for a session.
    this.#pages = new DiskPages(path.dirname(options.capturePath));
    this.model = new SessionModel({ title: options.title, pages: this.#pages });
    this.#changed = new Throttle(EVENT_INTERVAL_MS, () => {
      options.emit({ kind: 'changed', info: this.info });
    });
    this.#cpu = new CpuProfiling(
      () => {
        this.model.setCpuProfiling(this.#cpu.isRunning);
        this.#changed.request();
      },
      (message) => {
        this.#problem(message);
      },
    );
    this.#stream = new SessionStream(this.model, this.#capture);
    this.#trialSession = trialSession(this.model, this.knobs, () => this.#over());
    this.trials = new SessionTrials(this.#trialSession, (step) => {
      options.emit({ kind: 'trialStep', session: options.id, step });
    });
    this.#setState('waiting');
  }

  get info(): SessionInfo {
    const { title, capturePath } = this.#options;
    const own = { session: this.id, title, capturePath, state: this.#state, readShare: 1 };
    return sessionInfo(this.model, own);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Calls `listener` when the session takes no more agents. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener);
  }

  accept(socket: WebSocket): void {
    let peer: Peer | null = null;
    const connection = new AgentConnection(
      socket,
      {
        hello: (hello) => {
          const admitted = this.#admit(hello, connection);
          if (!admitted.ok) return admitted;
          peer = admitted.value;
          return ok(this.id);
        },
        frame: (frame) => (peer === null ? fail('no hello') : this.#take(peer, frame)),
        problem: (message) => {
          this.#problem(peer === null ? message : `${describe(peer.process)}: ${message}`);
        },
        closed: () => {
          this.#connections.delete(connection);
          if (peer?.connection === connection) this.#disconnected(peer);
        },
      },
      this.#options.times ?? defaultTimes,
    );
    this.#connections.add(connection);
    if (this.#isPressed) connection.setPaused(true);
    if (this.#ending !== null) connection.dismiss('the session has ended');
  }

  /** Sets a knob for good; see `EngineCalls`. */
  async setKnob(knob: string, value: number | null): Promise<Result<null>> {
    if (value !== null) return this.knobs.set(knob, value);
    const knobs = this.model.report().pipelines.flatMap((pipeline) => pipeline.knobs);
    const found = knobs.find(({ id }) => id === knob);
    if (found === undefined) return fail(`there is no knob ${knob}`);
    return found.value === null ? ok(null) : this.knobs.unlimit(knob, found.value);
  }

  /** Samples every thread of every process; see `EngineCalls`. */
  async startCpuProfile(request: CpuProfileRequest): Promise<Result<null>> {
    return this.#cpu.start(this.#peers.map(profiled), request);
  }

  /** Ends the CPU profile that runs. */
  async stopCpuProfile(): Promise<Result<null>> {
    return this.#cpu.stop(this.#peers.map(profiled));
  }

  /** Follows items from stage to stage; see `EngineCalls`. */
  async learnTopology(durationMs: number): Promise<Result<null>> {
    return learnTopology(this.#peers.map(profiled), durationMs);
  }

  /** Searches for better settings; see `EngineCalls`. */
  async tune(options: TuneOptions): Promise<Result<TuneResult>> {
    const tell = (text: string, record: TrialRecord | null): void => {
      this.#options.emit({ kind: 'trial', session: this.id, text, record });
    };
    return new Tuner(this.#trialSession, this.trials, options, {
      progress: (text) => {
        tell(text, null);
      },
      trial: (record) => {
        tell(record.reason, record);
      },
    }).run();
  }

  #over(): string | null {
    if (this.#ending !== null) return 'The session has ended.';
    return this.#state === 'ended' ? 'The program has ended.' : null;
  }

  /** Lets the agents go, takes what they still send, closes the capture. Later calls wait for the first. */
  async end(): Promise<Result<null>> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** Lets go of what the session holds on disk besides its capture; it cannot be looked at any more. */
  dispose(): void {
    this.#pages.dispose();
  }

  async #end(): Promise<Result<null>> {
    for (const listener of this.#endListeners) listener();
    await this.trials.stop('The session has ended.');
    if (this.#cpu.isRunning) await within(DETACH_MS, this.stopCpuProfile());
    await Promise.all([...this.#connections].map(async (c) => detach(c)));
    for (const connection of this.#connections) connection.dismiss('the session has ended');
    if (this.#awaitTimer !== null) clearInterval(this.#awaitTimer);
    for (const peer of this.#peers) this.#gone(peer, peer.hasEnded);
    this.#setState('ended');
    this.#changed.flush();
    this.#changed.dispose();
    return this.#capture.close();
  }

  #admit(hello: Hello, connection: AgentConnection): Result<Peer> {
    if (this.#ending !== null) return fail('the session has ended');
    const known = this.#peers.findLast((p) => isSameProcess(p, hello.process));
    if (known === undefined && this.#peers.length >= MAX_PROCESSES) {
      return fail(`the session has seen ${MAX_PROCESSES} processes and takes no more`);
    }
    const peer = known ?? new Peer(hello.process, this.#peers.length + 1, this.model.sink);
    const replaced = peer.connection;
    peer.reconnect(connection);
    replaced?.close();
    this.#awaited.delete(peer);
    if (known !== undefined) this.model.processBack(peer.provider);
    if (known === undefined) {
      this.#peers.push(peer);
      this.#stream.introduce(peer.provider, describe(peer.process));
    }
    this.#setState('live');
    // Behind the welcome.
    queueMicrotask(() => {
      this.#cpu.joined(profiled(peer));
    });
    return ok(peer);
  }

  #take(peer: Peer, frame: Uint8Array): Result<null> {
    const problem = this.#stream.take(peer, frame);
    this.model.trim();
    this.#changed.request();
    if (problem === null) return ok(null);
    const note = `records of ${describe(peer.process)} end early: ${problem}`;
    this.#stream.note(peer.provider, 'broken-stream', note);
    return fail(`a broken record: ${problem}`);
  }

  #disconnected(peer: Peer): void {
    peer.connection = null;
    if (this.#ending !== null) return;
    if (peer.hasEnded) {
      this.#gone(peer, true);
      return;
    }
    this.#awaited.set(peer, performance.now() + RETURN_MS);
    this.#awaitTimer ??= setInterval(() => {
      this.#checkAwaited();
    }, RETURN_CHECK_MS);
  }

  /** Gives up on processes that are dead or have been away for too long. */
  #checkAwaited(): void {
    for (const [peer, deadlineMs] of this.#awaited) {
      if (performance.now() >= deadlineMs || !isAlive(peer.process.pid)) this.#gone(peer, false);
    }
    if (this.#awaited.size > 0 || this.#awaitTimer === null) return;
    clearInterval(this.#awaitTimer);
    this.#awaitTimer = null;
  }

  #gone(peer: Peer, isOrderly: boolean): void {
    this.#awaited.delete(peer);
    if (!peer.isGone) this.model.processGone(peer.provider, isOrderly);
    peer.isGone = true;
    if (this.#peers.every((p) => p.isGone)) this.#setState('ended');
    this.#changed.request();
  }

  #setState(state: Exclude<SessionState, 'reading' | 'capture'>): void {
    this.#state = state;
    this.model.setState(state);
    this.#changed.request();
  }

  #setPressed(isPressed: boolean): void {
    this.#isPressed = isPressed;
    for (const connection of this.#connections) connection.setPaused(isPressed);
  }

  #problem(message: string): void {
    this.#options.emit({ kind: 'problem', session: this.id, message });
  }
}

/** Asks the agent to go and waits a bounded time until it has sent everything and closed. */
async function detach(connection: AgentConnection): Promise<void> {
  const left = connection.request({ kind: 'detach' }).then(async () => connection.closed);
  await within(DETACH_MS, left);
}

/** Waits for something, but not for ever. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** A process is the same when its pid and its clock anchor are: pids are used again. */
function isSameProcess(peer: Peer, process: ProcessInfo): boolean {
  return (
    peer.process.pid === process.pid && peer.process.anchorMonotonicNs === process.anchorMonotonicNs
  );
}

function profiled({ process, connection }: Peer): Profiled {
  return { name: describe(process), connection };
}

function describe(process: ProcessInfo): string {
  return `${process.title} (pid ${process.pid})`;
}
