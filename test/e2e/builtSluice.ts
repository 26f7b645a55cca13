/**
 * The built command line and agent in a folder of the test's own, so that a test neither needs a build to have run nor
 * disturbs one. The folder's name holds a space on purpose: paths of users do.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Bundle {
  readonly in: string;
  readonly out: string;
  readonly options: esbuild.BuildOptions;
}

/** How a command ended and what it wrote. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A build in a temporary folder; `dispose` removes it. */
export class BuiltSluice {
  readonly folder: string;
  readonly cli: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.cli = path.join(folder, 'dist/cli.cjs');
  }

  /** `no agent`: the file that programs load is there and does nothing, for tests of the command line by itself. */
  static async create(parts: 'everything' | 'no agent'): Promise<BuiltSluice> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice built '));
    const wanted = parts === 'everything' ? /^(agent|extension\/cli)\// : /^extension\/cli\//;
    const bundles = (await bundleTable()).filter((b) => wanted.test(b.in));
    if (parts === 'no agent') {
      await mkdir(path.join(folder, 'dist/agent'), { recursive: true });
      await writeFile(path.join(folder, 'dist/agent/register.cjs'), '');
    }
    await Promise.all(
      bundles.map(async (b) =>
        esbuild.build({
          ...b.options,
          entryPoints: [path.join(root, b.in)],
          outfile: path.join(folder, b.out),
          absWorkingDir: root,
          bundle: true,
          logLevel: 'warning',
        }),
      ),
    );
    await cp(path.join(root, 'agent/python'), path.join(folder, 'dist/agent/python'), {
      recursive: true,
      filter: (file) => !file.includes('__pycache__'),
    });
    await copyFile(path.join(root, 'package.json'), path.join(folder, 'package.json'));
    // Programs under test import p-queue and Piscina from here.
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    return new BuiltSluice(folder);
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** Starts `sluice` with piped streams. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, [this.cli, ...args], {
      cwd: this.folder,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
  }

  /** Runs `sluice` to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return finished(this.start(args, env));
  }

  /** Runs a program without Sluice, for comparison. */
  async runBare(args: readonly string[]): Promise<Finished> {
    const child = execFile(process.execPath, args, { cwd: this.folder });
    return finished(child);
  }
}

/** Collects what a child writes until it has ended. */
export async function finished(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer | string) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer | string) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
}

async function bundleTable(): Promise<readonly Bundle[]> {
  const module: unknown = await import(pathToFileURL(path.join(root, 'esbuild.mjs')).href);
  return (module as { bundles: readonly Bundle[] }).bundles;
}
