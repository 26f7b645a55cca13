/** The engine with one session, and programs with the built agent that join it. One per test file; a session per test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cp } from 'node:fs/promises';
import {
  connect as dial,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { Report, StageReport } from '../../extension/core/report/report.js';
import type { EngineClient } from '../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../extension/engine/inProcessEngine.js';
import { launchEnvironment } from '../../extension/engine/launch.js';
import type { EngineEvent, SessionId } from '../../extension/engine/protocol.js';
import { BuiltSluice, finished, type Finished } from './builtSluice.js';

const programs = fileURLToPath(new URL('programs', import.meta.url));
let sessions = 0;
const PATIENCE_MS = 90_000;

/** Waits until `condition` holds; generous, because other jobs share the machine. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const startMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The build with the programs of these tests beside it. */
export async function builtWithPrograms(): Promise<BuiltSluice> {
  const sluice = await BuiltSluice.create('everything');
  await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  return sluice;
}

/** One session. `close` when the test is over. */
export class LiveTest {
  readonly sluice: BuiltSluice;
  readonly engine: EngineClient;
  readonly session: SessionId;
  readonly url: string;
  readonly capturePath: string;
  readonly events: EngineEvent[] = [];
  readonly #token: string;

  private constructor(
    sluice: BuiltSluice,
    engine: EngineClient,
    opened: { session: SessionId; url: string; token: string; capturePath: string },
  ) {
    this.sluice = sluice;
    this.engine = engine;
    this.session = opened.session;
    this.url = opened.url;
    this.#token = opened.token;
    this.capturePath = opened.capturePath;
    engine.onEvent((event) => this.events.push(event));
  }

  static async open(sluice: BuiltSluice): Promise<LiveTest> {
    const engine = inProcessEngine();
    const capturePath = path.join(sluice.folder, `session${sessions++}.fxt`);
    const opened = await engine.call('createSession', { title: 'test', capturePath });
    return new LiveTest(sluice, engine, { ...opened, capturePath });
  }

  async close(): Promise<void> {
    await this.engine.dispose();
  }

  /** What a program is started with. */
  env(more: NodeJS.ProcessEnv = {}, url = this.url): NodeJS.ProcessEnv {
    const registerPath = path.join(this.sluice.folder, 'dist/agent/register.cjs');
    const base = { ...process.env, NODE_OPTIONS: '', SLUICE_EXIT_MS: '30000', ...more };
    return launchEnvironment(base, { url, token: this.#token, registerPath });
  }

  /** Starts a program of `programs`, with a channel for messages. */
  start(args: readonly string[], env = this.env()): ChildProcess {
    const stdio: ['pipe', 'pipe', 'pipe', 'ipc'] = ['pipe', 'pipe', 'pipe', 'ipc'];
    return spawn(process.execPath, args, { cwd: this.sluice.folder, env, stdio });
  }

  /** Runs a program to its end. */
  async run(args: readonly string[], env = this.env()): Promise<Finished> {
    return finished(this.start(args, env));
  }

  async report(): Promise<Report> {
    return this.engine.call('report', { session: this.session });
  }

  async snapshot(): Promise<PanelSnapshot> {
    return this.engine.call('snapshot', { session: this.session });
  }

  async stages(): Promise<readonly StageReport[]> {
    return (await this.report()).pipelines.flatMap((p) => p.stages);
  }

  /** Executions of the stage over all processes. */
  async executionsOf(name: string): Promise<number> {
    const stages = (await this.stages()).filter((s) => s.name.split(' (pid')[0] === name);
    return stages.reduce((sum, s) => sum + s.executions, 0);
  }

  /** Waits until all processes have gone. */
  async ended(): Promise<void> {
    await until('the end of the session', async () => (await this.snapshot()).state === 'ended');
  }
}

/** Passes bytes on to the engine; can cut every connection, refuse new ones, and stop reading. */
export class Proxy {
  readonly #target: URL;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #joins: { readonly near: Socket; readonly far: Socket }[] = [];
  #port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/agent`;
  }

  /** Listens, on the same port as before. */
  async open(): Promise<void> {
    const server = createServer((near) => {
      const far = dial(Number(this.#target.port), this.#target.hostname);
      this.#join(near, far);
      this.#join(far, near);
      this.#joins.push({ near, far });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Is gone: nobody listens any more. */
  async vanish(): Promise<void> {
    const server = this.#server;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else
        server.close(() => {
          resolve();
        });
    });
  }

  /** Takes nothing more from programs, so that all buffers fill. */
  pause(): void {
    for (const { near } of this.#joins) near.unpipe().pause();
  }

  resume(): void {
    for (const { near, far } of this.#joins) near.pipe(far);
  }

  #join(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.pipe(other);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}
