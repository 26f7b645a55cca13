/**
 * Would a loader thread run what the user gave to be run? Node runs every `--require` of the process in the loader thread,
 * too: a preload that prints, connects or counts would do so once more because of us.
 */
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
    return path.resolve(value.startsWith('file:') ? fileURLToPath(value) : value) === ownFile;
  } catch {
    // A file URL that is none of this platform's is none of ours.
    return false;
  }
}

const required = new Set(['-r', '--require']);
const loading = new Set(['--import', '--loader', '--experimental-loader']);

/**
 * Is there a preload besides `ownFile` that a loader thread of ours would run? Not where the user has loaders of their own
 * (or an `--import`, which is how they are registered): the thread is there anyway, and Node has one only.
 */
export function runsForeignPreloads(
  ownFile: string,
  execArgv: readonly string[],
  nodeOptions: string,
): boolean {
  const words = [...wordsOf(nodeOptions), ...execArgv];
  const isForeign = (value: string): boolean => !isOwn(value, ownFile);
  return valuesOf(words, required).some(isForeign) && !valuesOf(words, loading).some(isForeign);
}
