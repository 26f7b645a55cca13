/**
 * Runs a program with the built agent inside and listens to it: the real preload, the real hooks, the real socket, and our
 * own reader at the other end. What comes out is what the agent said, in the words of the manifest.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { bundles } from '../../../esbuild.mjs';
import { launchEnvironment } from '../../../extension/engine/launch.js';
import type { Capture } from './capture.js';
import { Ear, PATIENCE_MS } from './ear.js';

export { Capture, peakOf, type Depth, type Span } from './capture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** How long what a program said may take to be heard after its end. */
const GRACE_MS = 2000;

/** How a program ended and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that is being listened to. */
export interface Listening {
  readonly capture: Capture;
  /** Turns a knob and resolves when the agent has confirmed. Rejects with the agent's reason. */
  readonly setKnob: (name: string, value: number) => Promise<void>;
  /** Resolves as soon as the condition holds; fails when it does not in a long time, or the program has ended before. */
  readonly until: (what: string, condition: () => boolean) => Promise<void>;
  /** What the program has printed so far. */
  readonly printed: () => string;
  /** Writes a line to the program's stdin. */
  readonly tell: (line: string) => void;
}

/** How the agent gets into the program. */
export type Injection = '--import' | '--require' | 'NODE_OPTIONS';

/** What to run. */
export interface Run {
  /** File below test/fixtures/adapters, or an absolute path. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly injection?: Injection;
  /** With the injection by NODE_OPTIONS, options that stand in here stay, as they do for users. */
  readonly env?: NodeJS.ProcessEnv;
  /** Executable; this process's own by default. */
  readonly node?: string;
  /** Options of Node before the program. */
  readonly nodeArgs?: readonly string[];
  /** Absent: the agent's folder. */
  readonly cwd?: string;
  /** Written to its stdin at once. */
  readonly input?: string;
  /** Acts while the program runs and is listened to. */
  readonly meanwhile?: (listening: Listening) => Promise<void>;
}

/** The agent's bundles in a folder of their own. */
export class BuiltAgent {
  /** Holds dist/agent, package.json and a link to node_modules: what lies below it may import `sluice`. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
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
    await rm(this.folder, { recursive: true });
  }

  /** Runs a program without the agent. */
  async runBare(run: Run): Promise<Outcome> {
    return this.#unheard(run, [], { ...run.env });
  }

  /** Runs a program with the preload but without anything that tells it where to report. */
  async runDormant(run: Run): Promise<Outcome> {
    const { args, env } = this.#inject(run);
    return this.#unheard(run, args, env);
  }

  /** Runs a program with the agent and listens until it has ended. */
  async run(run: Run): Promise<Outcome & { readonly capture: Capture }> {
    const ear = await Ear.open();
    try {
      const { args, env } = this.#inject(run);
      const child = this.#spawn(run, args, {
        SLUICE_URL: ear.url,
        SLUICE_TOKEN: 'token',
        // The machine may be busy; a test wants every record.
        SLUICE_EXIT_MS: '30000',
        ...env,
      });
      if (run.input !== undefined) child.stdin.write(run.input);
      const ended = outcomeOf(child);
      try {
        await Promise.all([run.meanwhile?.(listen(ear, child)), ended]);
      } catch (error) {
        child.kill('SIGKILL');
        const { stderr } = await ended;
        throw stderr === '' ? error : new Error(`the program said: ${stderr}`, { cause: error });
      }
      return { ...(await ended), capture: ear.capture };
    } finally {
      await ear.close();
    }
  }

  async #unheard(run: Run, args: string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
    const child = this.#spawn(run, args, env);
    if (run.input !== undefined) child.stdin.write(run.input);
    return outcomeOf(child);
  }

  #inject(run: Run): { args: string[]; env: NodeJS.ProcessEnv } {
    const file = path.join(this.folder, 'dist/agent/register.cjs');
    switch (run.injection ?? '--import') {
      case '--import':
        return { args: ['--import', pathToFileURL(file).href], env: { ...run.env } };
      case '--require':
        return { args: ['--require', file], env: { ...run.env } };
      case 'NODE_OPTIONS': {
        // As the editor and the terminal do it; whether there is somebody to report to is the caller's matter.
        const launch = launchEnvironment(
          { ...run.env },
          { url: '', token: '', registerPath: file },
        );
        const { NODE_OPTIONS } = launch;
        return { args: [], env: { ...run.env, NODE_OPTIONS } };
      }
    }
  }

  #spawn(run: Run, args: string[], env: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
    const program = path.resolve(root, 'test/fixtures/adapters', run.program);
    const child = spawn(
      run.node ?? process.execPath,
      [...args, ...(run.nodeArgs ?? []), program, ...(run.args ?? [])],
      {
        cwd: run.cwd ?? this.folder,
        env: { PATH: process.env['PATH'], ...env },
        timeout: PATIENCE_MS,
      },
    );
    // A program that ends without reading what it was told breaks the pipe; how it ended is judged elsewhere.
    child.stdin.on('error', () => undefined);
    return child;
  }
}

function listen(ear: Ear, child: ChildProcessWithoutNullStreams): Listening {
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  let endedAt = Infinity;
  child.once('close', () => (endedAt = Date.now()));
  // The last of what it said may still be on its way.
  const hasEnded = (): boolean => Date.now() > endedAt + GRACE_MS;
  return {
    capture: ear.capture,
    setKnob: async (name, value) => ear.setKnob(name, value, hasEnded),
    until: async (what, condition) => {
      await ear.until(what, () => condition() || hasEnded());
      if (!condition()) throw new Error(`the program ended before this happened: ${what}`);
    },
    printed: () => printed,
    tell: (line) => {
      child.stdin.write(`${line}\n`);
    },
  };
}

async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
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
