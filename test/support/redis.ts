/** A redis-server of a test's own, with nothing on disk, which ends with it. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** How long a loaded machine may take to start it. */
const PATIENCE_MS = 30_000;

/** A server that runs. */
export interface Redis {
  /** The Unix socket that it listens on, and nothing else. */
  readonly socket: string;
  readonly stop: () => Promise<void>;
}

/**
 * Why tests that need Redis cannot run here; undefined: they can. Throws where it must be there: in CI, which installs the
 * server.
 */
export function missingForRedis(): string | undefined {
  if (spawnSync('redis-server', ['--version']).error !== undefined) {
    const missing =
      'redis-server is missing: apt-get install -y --no-install-recommends redis-server';
    if (process.env['CI'] !== undefined) throw new Error(missing);
    return missing;
  }
  try {
    createRequire(import.meta.url).resolve('ioredis');
    return undefined;
  } catch {
    return 'ioredis is missing, which bullmq leaves to its users to install: npm install --save-dev ioredis';
  }
}

async function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => {
      resolve(false);
    });
  });
}

/** Starts a server in a folder of its own. */
export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'redis-'));
  const socket = path.join(folder, 'redis.sock');
  const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', [...options, '--dir', folder], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => {
      resolve();
    });
    server.once('error', () => {
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  };
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!(await isListening(socket))) {
    if (Date.now() > giveUpAtMs || server.exitCode !== null) {
      await stop();
      throw new Error('redis-server does not start');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { socket, stop };
}
