/**
 * Would a loader thread run what the user gave to be run? Node runs every `--require` of the process in the loader thread,
 * too: a preload that prints, connects or counts would do so once more because of us. Ours runs there as well, and keeps
 * those behind it from running (`skipPreloads`); what stands before it is out of reach.
 */
import { realpathSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Splits NODE_OPTIONS as Node does: at spaces outside of double quotes, with `\` as escape within them. */
function wordsOf(nodeOptions: string): string[] {
  const words = nodeOptions.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"/g, (_, text: string) => text.replace(/\\(.)/g, '$1')),
  );
}

/** The values of these options, whether they stand behind `=` or are the next word. */
function valuesOf(words: readonly string[], names: ReadonlySet<string>): string[] {
  return words.flatMap((word, i) => {
    const split = word.indexOf('=');
    if (split > 0 && names.has(word.slice(0, split))) return [word.slice(split + 1)];
    return names.has(word) ? [words[i + 1] ?? ''] : [];
  });
}

function isOwn(value: string, ownFile: string): boolean {
  if (value === 'sluice/register') return true;
  try {
    const file = path.resolve(value.startsWith('file:') ? fileURLToPath(value) : value);
    // Node runs the file behind a link, and so do package managers and editors that link what they install.
    return file === ownFile || realpathSync(file) === realpathSync(ownFile);
  } catch {
    // A package's name, a file URL of another platform, a file that is not there: none of ours.
    return false;
  }
}

/** The id of the module that Node requires preloads from. */
const PRELOADER = 'internal/preload';
const required = new Set(['-r', '--require']);
const loading = new Set(['--import', '--loader', '--experimental-loader']);

/** Does the user have loaders (or an `--import`, which is how they are registered)? Then there is a loader thread anyway. */
function hasForeignLoader(words: readonly string[], ownFile: string): boolean {
  return valuesOf(words, loading).some((value) => !isOwn(value, ownFile));
}

/** Options of the process in the order in which Node reads them. */
function wordsOfProcess(execArgv: readonly string[], nodeOptions: string): string[] {
  return [...wordsOf(nodeOptions), ...execArgv];
}

/**
 * Is there a preload that a loader thread of ours would run, and that we could not keep from running? Not where the user has
 * loaders of their own: the thread is there anyway, and Node has one only.
 */
export function runsForeignPreloads(
  ownFile: string,
  execArgv: readonly string[],
  nodeOptions: string,
): boolean {
  const words = wordsOfProcess(execArgv, nodeOptions);
  const preloads = valuesOf(words, required);
  const own = preloads.findIndex((value) => isOwn(value, ownFile));
  const before = own < 0 ? preloads : preloads.slice(0, own);
  return before.length > 0 && !hasForeignLoader(words, ownFile);
}

interface Loader {
  _load: (this: unknown, ...args: unknown[]) => unknown;
}

/** In the loader thread, when it is there because of us: preloads behind this one are not run. */
export function skipPreloads(
  ownFile: string,
  execArgv: readonly string[],
  nodeOptions: string,
): void {
  if (hasForeignLoader(wordsOfProcess(execArgv, nodeOptions), ownFile)) return;
  // Not documented, and for decades what everybody patches; where it is gone, preloads run once more.
  const loader = module as unknown as Partial<Loader>;
  const load = loader._load;
  if (load === undefined) return;
  loader._load = function (this: unknown, ...args) {
    const parent = args[1];
    const isPreload =
      typeof parent === 'object' && parent !== null && Reflect.get(parent, 'id') === PRELOADER;
    return isPreload ? {} : Reflect.apply(load, this, args);
  };
}
