/** The scripts of a package.json: where they stand in its text, and how one is run. Knows nothing of VS Code. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Launch } from './launch.js';

/** A script and where its name stands; `offset` counts characters from the beginning of the text. */
export interface ScriptPlace {
  readonly name: string;
  readonly command: string;
  readonly offset: number;
}

/** The scripts of a package.json, also of one that is just being typed. */
export interface ScriptPlaces {
  /** Of the key "scripts". */
  readonly offset: number;
  readonly scripts: readonly ScriptPlace[];
}

/** More scripts than these get no lens. */
const MAX_SCRIPTS = 500;
const TOKEN = /"(?:[^"\\\n]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

interface Token {
  readonly text: string;
  readonly offset: number;
}

/**
 * Finds the scripts by walking over the tokens of the text, because positions are wanted and a document that is being edited
 * is no JSON most of the time. null: there is no object "scripts" at the top.
 */
export function scriptPlaces(text: string): ScriptPlaces | null {
  const tokens = [...text.matchAll(TOKEN)].map((m): Token => ({ text: m[0], offset: m.index }));
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.text === '{' || token.text === '[') depth += 1;
    else if (token.text === '}' || token.text === ']') depth -= 1;
    const isKey = depth === 1 && token.text === '"scripts"' && tokens[i + 1]?.text === ':';
    if (isKey && tokens[i + 2]?.text === '{') {
      return { offset: token.offset, scripts: entriesFrom(tokens, i + 3) };
    }
  }
  return null;
}

function entriesFrom(tokens: readonly Token[], start: number): ScriptPlace[] {
  const scripts: ScriptPlace[] = [];
  for (let i = start; scripts.length < MAX_SCRIPTS; i++) {
    const key = tokens[i];
    if (key === undefined || key.text === '}') break;
    if (tokens[i + 1]?.text !== ':') continue;
    const name = stringOf(key.text);
    const command = stringOf(tokens[i + 2]?.text ?? '');
    if (name !== null && command !== null) scripts.push({ name, command, offset: key.offset });
    i = endOfValue(tokens, i + 2);
  }
  return scripts;
}

/** Index of the last token of a value; what is no text is no script, and is passed by. */
function endOfValue(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    const text = tokens[i]?.text ?? '';
    if (text === '{' || text === '[') depth += 1;
    if (text === '}' || text === ']') depth -= 1;
    // The end of what stands around the value: there is none yet.
    if (depth < 0) return i - 1;
    if (depth === 0) return i;
  }
  return tokens.length;
}

function stringOf(token: string): string | null {
  if (!token.startsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(token);
    return typeof value === 'string' ? value : null;
  } catch {
    // An escape that is no JSON: somebody is typing.
    return null;
  }
}

export type PackageManager = 'npm' | 'yarn' | 'pnpm' | 'bun';

const LOCK_FILES: readonly (readonly [string, PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/**
 * The package manager of a folder: that of the nearest lock file, from the folder upwards to `root`; npm when there is none.
 * `exists` is the file system's.
 */
export function packageManagerOf(
  folder: string,
  root: string,
  exists: (file: string) => boolean = existsSync,
): PackageManager {
  for (let here = folder; ; here = path.dirname(here)) {
    const found = LOCK_FILES.find(([file]) => exists(path.join(here, file)));
    if (found !== undefined) return found[1];
    if (here === root || path.dirname(here) === here) return 'npm';
  }
}

const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/** A word of a line for the platform's shell, as itself. null: it cannot be said there. */
export function shellWord(word: string, platform: NodeJS.Platform): string | null {
  if (PLAIN_WORD.test(word) && !(platform === 'win32' && word.includes('%'))) return word;
  if (platform !== 'win32') return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  // cmd.exe replaces %NAME% and ends a word at a quote, whatever stands around them.
  return /["%!\r\n]/.test(word) ? null : `"${word}"`;
}

/** Runs a script of the package.json in `folder`. null: its name cannot be given to the shell. */
export function launchOfScript(
  name: string,
  folder: string,
  manager: PackageManager,
): Launch | null {
  const word = shellWord(name, process.platform);
  if (word === null) return null;
  // A name that begins with a dash would be taken for an option.
  if (name.startsWith('-')) return null;
  const title = `${manager} run ${name}`;
  return { title, command: `${manager} run ${word}`, args: [], shell: true, cwd: folder };
}
