/** How a Python file is run: which interpreter, and whether the agent can be in it. No `vscode` in here. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import type { Launch } from './launch.js';

/** Oldest Python that the agent runs in. */
const OLDEST: readonly [number, number] = [3, 9];
const PROBE_MS = 30_000;
/** Prints the version and nothing else, whatever the user's startup files do to the rest. */
const PROBE = "import sys; sys.stdout.write('sluice:%d.%d' % sys.version_info[:2])";

/** Where an interpreter may be, best first. */
export interface PythonPlaces {
  /** `sluice.pythonPath`; empty: not set. */
  readonly setting: string;
  /** What the Python extension has chosen for the file; null: it is not there, or has chosen none. */
  readonly chosen: string | null;
  /** The folder of the workspace, or of the file. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  readonly isFile: (file: string) => Promise<boolean>;
}

/** The interpreter to use: of the setting, of the Python extension, of a virtual environment in the folder, of PATH. */
export async function pythonCommand(places: PythonPlaces): Promise<string> {
  const { setting, chosen, folder, platform, isFile } = places;
  if (setting !== '') return setting;
  if (chosen !== null) return chosen;
  const inside = platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  for (const name of ['.venv', 'venv']) {
    const candidate = path.join(folder, name, ...inside);
    if (await isFile(candidate)) return candidate;
  }
  return platform === 'win32' ? 'python' : 'python3';
}

/** Fails with a sentence when the command is no Python that the agent can be in. */
export async function probePython(command: string): Promise<Result<string>> {
  let text: string;
  try {
    const ran = await promisify(execFile)(command, ['-c', PROBE], { timeout: PROBE_MS });
    text = ran.stdout;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return fail(
      `Python was not found (${command}: ${why}). Install it, choose an interpreter in the Python extension, or set "sluice.pythonPath".`,
    );
  }
  const match = /sluice:(\d+)\.(\d+)$/.exec(text.trim());
  if (match === null) {
    return fail(`${command} is not Python: correct "sluice.pythonPath".`);
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return fail(
      `Python ${major}.${minor} (${command}) is too old to be profiled: 3.9 or newer is needed. Set "sluice.pythonPath" to one.`,
    );
  }
  return ok(command);
}

/** The file in this interpreter. Unbuffered, so that its output comes as in a terminal. */
export function launchOfPython(file: string, cwd: string, python: string): Launch {
  return { title: path.basename(file), command: python, args: ['-u', file], shell: false, cwd };
}
