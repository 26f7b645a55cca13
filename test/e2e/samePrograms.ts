/** The programs that look closely at what they get, and how each is run. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './sameness.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where they are, relative to the repository. */
export const SAME_FOLDER = 'test/fixtures/adapters/same';

/** The JavaScript files of a folder of the repository. */
export function scriptsIn(folder: string): string[] {
  return readdirSync(path.join(root, folder)).filter((file) => /\.[cm]js$/.test(file));
}

/** A program where it lies in the repository. */
export function programAt(file: string): Program {
  return { program: path.join(root, file) };
}

const inSame = (name: string): string => path.join(root, SAME_FOLDER, name);

/** How programs of that folder are run when arguments alone will not do. */
const specials: Readonly<Record<string, Partial<Program>>> = {
  'ownRequire.cjs': { env: { NODE_OPTIONS: `--require "${inSame('with/ownPreload.cjs')}"` } },
  'sourceMap.mjs': { nodeArgs: ['--enable-source-maps'] },
  'testRunner.mjs': {
    nodeArgs: ['--test', `--test-reporter=${inSame('with/reporter.mjs')}`],
    // Arguments would be taken for further files.
    args: [],
  },
};

/** A program of that folder. */
export function sameProgram(file: string): Program {
  return { program: inSame(file), args: ['one', 'two'], ...specials[file] };
}
