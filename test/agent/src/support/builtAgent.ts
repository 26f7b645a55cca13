/** The agent's bundles in a temporary folder, and programs run with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const entries = { index: 'agent/src/index.ts', drain: 'agent/src/drain/main.ts' };

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `env` of a program that is watched. */
export interface Watch {
  readonly url: string;
  readonly token: string;
}

export class BuiltAgent {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `minify` as a release is. */
  static async create({ minify = false } = {}): Promise<BuiltAgent> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice agent '));
    await esbuild.build({
      entryPoints: Object.fromEntries(
        Object.entries(entries).map(([name, file]) => [name, path.join(root, file)]),
      ),
      outdir: folder,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      minify,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'warning',
    });
    return new BuiltAgent(folder);
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  get drainFile(): string {
    return path.join(this.folder, 'drain.cjs');
  }

  /** Starts a program of test/fixtures/agent; it finds the agent under AGENT. */
  start(program: string, watch: Watch | null, env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, [path.join(root, 'test/fixtures/agent', program)], {
      env: {
        PATH: process.env['PATH'],
        AGENT: pathToFileURL(path.join(this.folder, 'index.cjs')).href,
        ...(watch === null ? {} : { SLUICE_URL: watch.url, SLUICE_TOKEN: watch.token }),
        // The machine that runs the tests may be busy; programs that have nothing to send end at once all the same.
        SLUICE_EXIT_MS: '20000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs a program to its end. */
  async run(program: string, watch: Watch | null, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return ended(this.start(program, watch, env));
  }
}

/** Collects what a child writes until it has ended. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
}
