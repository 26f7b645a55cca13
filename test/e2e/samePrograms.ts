/** The programs that look closely at what they get, and how each is run. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './sameness.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where they are, relative to the repository. */
export const SAME_FOLDER = 'test/fixtures/adapters/same';

/** Programs of libraries that are too large to be installed for the tests: they run where somebody has them. */
const needs: Readonly<Record<string, string>> = { 'onnxruntimeBasics.mjs': 'onnxruntime-node' };

function isInstalled(library: string | undefined): boolean {
  return library === undefined || existsSync(path.join(root, 'node_modules', library));
}

/** The JavaScript files of a folder of the repository that can be run here. */
export function scriptsIn(folder: string): string[] {
  return readdirSync(path.join(root, folder)).filter(
    (file) => /\.[cm]js$/.test(file) && isInstalled(needs[file]),
  );
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
