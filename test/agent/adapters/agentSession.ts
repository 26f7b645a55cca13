/**
 * Runs a program with the built agent inside and listens to it: the real preload, the real hooks, the real socket, and our
 * own reader at the other end. What comes out is what the agent said, in the words of the manifest.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { bundles } from '../../../esbuild.mjs';
import {
  AGENT_PATH,
  BlobName,
  Category,
  EventType,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
} from '../../../agent/wire/format.js';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import {
  checkDeclaration,
  type Declaration,
  type DeclarationOf,
} from '../../../agent/wire/manifest.js';
import { checkFromAgent, type FromAgent, type ToAgent } from '../../../agent/wire/messages.js';
import { NdjsonLines } from '../../../agent/wire/ndjsonLines.js';
import type { FxtEvent } from '../../../agent/wire/records.js';
import { joinWord } from '../../../agent/wire/ticks.js';
import { parseJson } from '../../../agent/wire/validate.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** A program that hangs is a failure; the machine may be slow, so this is long. */
const PATIENCE_MS = 60_000;

/** One execution or wait. */
export interface Span {
  readonly name: string;
  readonly lane: bigint;
  readonly startNs: number;
  readonly endNs: number;
  readonly isFailed: boolean;
}

/** A depth that was reported. */
export interface Depth {
  readonly queue: string;
  readonly depth: number;
}

/** How a program ended and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the agent said so far. */
export class Capture {
  readonly declarations: Declaration[] = [];
  readonly executions: Span[] = [];
  readonly waits: Span[] = [];
  readonly depths: Depth[] = [];
  readonly #manifest = new NdjsonLines((line) => {
    const declaration = parseJson(line, checkDeclaration, 'manifest line');
    if (!declaration.ok) throw new Error(declaration.error);
    this.declarations.push(declaration.value);
  });

  /** Everything declared of one kind, in order. */
  of<K extends Declaration['kind']>(kind: K): DeclarationOf<K>[] {
    return this.declarations.filter((d): d is DeclarationOf<K> => d.kind === kind);
  }

  /** The last declaration of a stage. */
  stage(name: string): DeclarationOf<'stage'> {
    return lastOf(this.of('stage'), name);
  }

  queue(name: string): DeclarationOf<'queue'> {
    return lastOf(this.of('queue'), name);
  }

  knob(name: string): DeclarationOf<'knob'> {
    return lastOf(this.of('knob'), name);
  }

  /** Executions of a stage by start. */
  executionsOf(stage: string): Span[] {
    return this.executions
      .filter(({ name }) => name === stage)
      .sort((a, b) => a.startNs - b.startNs);
  }

  depthsOf(queue: string): number[] {
    return this.depths.filter((d) => d.queue === queue).map(({ depth }) => depth);
  }

  /** Takes in one frame of records. */
  readerOf(): FxtReader {
    return new FxtReader({
      event: (event) => {
        this.#take(event);
      },
      record: (record) => {
        if (record.kind === 'blob' && record.name === BlobName.manifest)
          this.#manifest.push(record.bytes);
      },
    });
  }

  #take(event: FxtEvent): void {
    const args = new Map(
      event.args.slice(0, event.argCount).map(({ name, value }) => [name, value]),
    );
    if (event.eventType === EventType.counter && event.category === Category.queue) {
      this.depths.push({ queue: event.name, depth: Number(args.get('depth')) });
    }
    if (event.eventType !== EventType.durationComplete) return;
    const span: Span = {
      name: event.name,
      lane: event.thread.thread,
      startNs: Number(joinWord(event.ticksHi, event.ticksLo)),
      endNs: Number(joinWord(event.extraHi, event.extraLo)),
      isFailed: args.get('outcome') === 'error',
    };
    if (event.category === Category.stage) this.executions.push(span);
    if (event.category === Category.wait) this.waits.push(span);
  }
}

function lastOf<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.findLast((d) => d.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${all.map((d) => d.name).join(', ')}`);
  return found;
}

/** How many of the spans overlap at most. */
export function peakOf(spans: readonly Span[]): number {
  const edges = spans
    .flatMap(({ startNs, endNs }) => [
      { at: startNs, step: 1 },
      { at: endNs, step: -1 },
    ])
    // An end at the moment of a start comes first: they do not overlap.
    .sort((a, b) => a.at - b.at || a.step - b.step);
  let running = 0;
  let peak = 0;
  for (const { step } of edges) {
    running += step;
    peak = Math.max(peak, running);
  }
  return peak;
}

/** A program that is being listened to. */
export interface Listening {
  readonly capture: Capture;
  /** Turns a knob and resolves when the agent has confirmed. Rejects with the agent's reason. */
  readonly setKnob: (name: string, value: number) => Promise<void>;
  /** Resolves as soon as the condition holds; fails when it does not in a long time. */
  readonly until: (what: string, condition: () => boolean) => Promise<void>;
}

/** How the agent gets into the program. */
export type Injection = '--import' | '--require' | 'NODE_OPTIONS';

/** What to run. */
export interface Run {
  /** File below test/fixtures/adapters, or an absolute path. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly injection?: Injection;
  readonly env?: NodeJS.ProcessEnv;
  /** Acts while the program runs. */
  readonly meanwhile?: (listening: Listening) => Promise<void>;
}

/** The agent's bundles in a folder of their own. */
export class BuiltAgent {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** The folder's name holds a space on purpose: paths of users do. */
  static async create(): Promise<BuiltAgent> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice agent '));
    await Promise.all(
      bundles
        .filter((b) => b.in.startsWith('agent/') && existsSync(path.join(root, b.in)))
        .map((b) =>
          esbuild.build({
            ...b.options,
            entryPoints: [path.join(root, b.in)],
            outfile: path.join(folder, b.out),
            absWorkingDir: root,
            bundle: true,
            minify: true,
            logLevel: 'warning',
          }),
        ),
    );
    await copyFile(path.join(root, 'package.json'), path.join(folder, 'package.json'));
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    return new BuiltAgent(folder);
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  /** Runs a program without the agent. */
  async runBare(run: Run): Promise<Outcome> {
    return this.#spawn([programOf(run), ...(run.args ?? [])], { ...run.env });
  }

  /** Runs a program with the preload but without anything that tells it where to report. */
  async runDormant(run: Run): Promise<Outcome> {
    const { args, env } = this.#inject(run.injection ?? '--import');
    return this.#spawn([...args, programOf(run), ...(run.args ?? [])], { ...env, ...run.env });
  }

  /** Runs a program with the agent and listens until it has ended. */
  async run(run: Run): Promise<Outcome & { readonly capture: Capture }> {
    const ear = await Ear.open();
    try {
      const { args, env } = this.#inject(run.injection ?? '--import');
      const ended = this.#spawn([...args, programOf(run), ...(run.args ?? [])], {
        SLUICE_URL: ear.url,
        SLUICE_TOKEN: 'token',
        // The machine may be busy; a test wants every record.
        SLUICE_EXIT_MS: '30000',
        ...env,
        ...run.env,
      });
      await Promise.all([run.meanwhile?.(ear), ended]);
      return { ...(await ended), capture: ear.capture };
    } finally {
      await ear.close();
    }
  }

  #inject(injection: Injection): { args: string[]; env: NodeJS.ProcessEnv } {
    const file = path.join(this.#folder, 'dist/agent/register.cjs');
    switch (injection) {
      case '--import':
        return { args: ['--import', pathToFileURL(file).href], env: {} };
      case '--require':
        return { args: ['--require', file], env: {} };
      case 'NODE_OPTIONS':
        return { args: [], env: { NODE_OPTIONS: `--require "${file}"` } };
    }
  }

  async #spawn(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
    const child = spawn(process.execPath, args, {
      cwd: this.#folder,
      env: { PATH: process.env['PATH'], ...env },
      timeout: PATIENCE_MS,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout, stderr });
      });
    });
  }
}

function programOf({ program }: Run): string {
  return path.resolve(root, 'test/fixtures/adapters', program);
}

/** The engine's side of the protocol, just enough of it. */
class Ear implements Listening {
  readonly capture = new Capture();
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();
  readonly #replies = new Map<number, (message: FromAgent) => void>();
  #failure: Error | undefined;
  #lastId = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      const reader = this.capture.readerOf();
      socket.on('message', (data: RawData, isBinary) => {
        const bytes = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat() as Buffer[]);
        if (!isBinary) this.#heard(socket, bytes.toString());
        else if (!reader.push(bytes))
          this.#failure = new Error(reader.problem?.reason ?? 'no trace');
      });
    });
  }

  static async open(): Promise<Ear> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      path: AGENT_PATH,
      handleProtocols: () => SUBPROTOCOL,
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return new Ear(server);
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `ws://127.0.0.1:${port}${AGENT_PATH}`;
  }

  readonly setKnob = async (name: string, value: number): Promise<void> => {
    const id = ++this.#lastId;
    const reply = new Promise<FromAgent>((resolve) => {
      this.#replies.set(id, resolve);
    });
    this.#say({ kind: 'setKnob', id, knob: this.capture.knob(name).id, value });
    const answer = await reply;
    if (answer.kind === 'error') throw new Error(answer.message);
  };

  readonly until = async (what: string, condition: () => boolean): Promise<void> => {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  #heard(socket: WebSocket, json: string): void {
    const message = parseJson(json, checkFromAgent, 'message');
    if (!message.ok) {
      this.#failure = new Error(message.error);
    } else if (message.value.kind === 'hello') {
      const welcome: ToAgent = { kind: 'welcome', protocol: PROTOCOL_VERSION, session: 'test' };
      socket.send(JSON.stringify(welcome));
    } else if (message.value.id !== null) {
      this.#replies.get(message.value.id)?.(message.value);
    }
  }

  #say(message: ToAgent): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(message));
  }
}
