/**
 * What is spawned for a file or a command line. The agent is not in here: it comes through the environment and nothing else
 * (`engine/launch.ts`), so the command line stays the user's, and children of the program are profiled too.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '../../../agent/wire/result.js';

/** What to spawn. With `shell`, `command` is a line for the platform's shell and `args` is empty. */
export interface Launch {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly shell: boolean;
  readonly cwd: string;
  /** Variables on top of those of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A Node.js executable and its version. */
export interface NodeRuntime {
  readonly command: string;
  readonly version: readonly [major: number, minor: number];
}

type Version = readonly [major: number, minor: number];

/** `--import` came with 20.6 (and 18.19, which the agent does not support). */
const OLDEST_NODE: Version = [20, 6];

const isAtLeast = (version: Version, oldest: Version): boolean =>
  version[0] > oldest[0] || (version[0] === oldest[0] && version[1] >= oldest[1]);

/** Runs TypeScript without a loader: since 22.18, and since 23.6 on the line that began before it. */
function stripsTypes(version: Version): boolean {
  return version[0] === 23 ? version[1] >= 6 : isAtLeast(version, [22, 18]);
}

/** Asks the executable for its version. Fails when it does not start, is no Node.js, or is too old for the agent. */
export async function probeNode(command: string): Promise<Result<NodeRuntime>> {
  let text: string;
  try {
    text = (await promisify(execFile)(command, ['--version'], { timeout: 30_000 })).stdout.trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(
      `Node.js was not found (${command}: ${why}). Install it or set "sluice.nodePath" to its path.`,
    );
  }
  const match = /^v(\d+)\.(\d+)\./.exec(text);
  if (match === null) {
    return fail(
      `${command} is not Node.js (its version is "${text.slice(0, 60)}"): correct "sluice.nodePath".`,
    );
  }
  const version: Version = [Number(match[1]), Number(match[2])];
  return isAtLeast(version, OLDEST_NODE)
    ? ok({ command, version })
    : fail(
        `Node.js ${text} (${command}) is too old to be profiled: set "sluice.nodePath" to 20.6 or newer.`,
      );
}

/** Resolves a package as the file itself would; undefined when it is not installed there. */
export function resolveFrom(file: string, packageName: string): string | undefined {
  try {
    return createRequire(file).resolve(packageName);
  } catch {
    // Not installed is an answer here, and there is no other way to ask.
    return undefined;
  }
}

/** What decides how a file runs. `tsx` is the path of tsx's entry, when the file can see one. */
export interface FileLaunchInput {
  readonly file: string;
  readonly cwd: string;
  readonly node: NodeRuntime;
  readonly tsx: string | undefined;
}

const JAVASCRIPT = new Set(['.js', '.mjs', '.cjs']);
/** Whose types Node can strip by itself; JSX it cannot. */
const TYPESCRIPT = new Set(['.ts', '.mts', '.cts']);
const JSX = new Set(['.tsx', '.jsx']);

/** JavaScript runs as it is; TypeScript through the project's tsx, else by Node itself when it can, else it fails. */
export function launchOfFile({ file, cwd, node, tsx }: FileLaunchInput): Result<Launch> {
  const title = path.basename(file);
  const extension = path.extname(file).toLowerCase();
  const run = (...args: readonly string[]): Result<Launch> =>
    ok({ title, command: node.command, args, shell: false, cwd });
  if (JAVASCRIPT.has(extension)) return run(file);
  if (!TYPESCRIPT.has(extension) && !JSX.has(extension)) {
    return fail(
      `${title} is neither JavaScript nor TypeScript: use "Sluice: Profile Command…" to run it.`,
    );
  }
  if (tsx !== undefined) return run('--import', pathToFileURL(tsx).href, file);
  if (TYPESCRIPT.has(extension) && stripsTypes(node.version)) return run(file);
  const newer = TYPESCRIPT.has(extension)
    ? ', or set "sluice.nodePath" to Node.js 22.18 or newer'
    : '';
  return fail(
    `${title} needs a loader: install tsx in the project (npm install --save-dev tsx)${newer}.`,
  );
}

const MAX_TITLE = 60;
/** A path in quotes, which may hold blanks, and one without; `name` is what comes behind the last separator. */
const QUOTED_PATH = /(["'])(?:(?!\1).)*[/\\](?<name>(?:(?!\1)[^/\\])+)\1/g;
const BARE_PATH = /[^\s"'=]*[/\\](?<name>[^\s/\\"']+)/g;

/** A line for the shell. Its title is the line without the folders in it, which would push out what tells lines apart. */
export function launchOfCommand(line: string, cwd: string): Launch {
  const short = line.replace(QUOTED_PATH, '$<name>').replace(BARE_PATH, '$<name>');
  const title = short.length > MAX_TITLE ? `${short.slice(0, MAX_TITLE - 1)}…` : short;
  return { title, command: line, args: [], shell: true, cwd };
}

/** Marks of the editor's own processes: a child would take itself for an Electron without a window, or for part of VS Code. */
const isEditorsOwn = (name: string): boolean =>
  name.startsWith('ELECTRON_') || name.startsWith('VSCODE_');

/** The environment of the extension host without what is meant for the extension host alone. */
export function programEnvironment(hosts: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(hosts).filter(([name]) => !isEditorsOwn(name)));
}
