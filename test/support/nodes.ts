/** The Nodes that the agent is tested on: binaries from npm packages, kept in build/nodes. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { kept, unpackFromNpm } from './npmPack.mjs';

const cache = fileURLToPath(new URL('../../build/nodes', import.meta.url));

/** The newest of each line. On 20 hooks for ES modules run in a loader thread, on the others in the program's. */
export const node20 = '20.20.2';
export const node22 = '22.23.3';
export const node24 = '24.21.0';

/** Of a line that has synchronous hooks, but before they were good enough: takes the loader thread. */
export const nodeBeforeSyncHooks = '22.14.0';

/** The major number of a version of Node. */
export function majorOfNode(version: string): number {
  return Number(version.split('.')[0]);
}

function packageName(): string {
  if (process.platform === 'win32') return `node-win-${process.arch}`;
  // The plain name was not free when these machines came.
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${process.platform}-${process.arch}`;
}

/** Path of this version's executable; fetched with `npm pack` when it is neither the running one nor there. */
export function nodeBinary(version: string): string {
  if (process.version === `v${version}`) return process.execPath;
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const folder = kept(path.join(cache, version), (empty) => {
    unpackFromNpm(`${packageName()}@${version}`, empty, [`package/${file}`]);
  });
  return path.join(folder, 'package', file);
}
