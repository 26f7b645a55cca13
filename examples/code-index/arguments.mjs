// The command lines of index.mjs and search.mjs.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const defaultFolder = path.join(root, 'node_modules');
/** Where the index lies unless `--out` says otherwise. */
export const defaultOut = path.join(root, 'build', 'code-index');
const DEFAULT_LIMIT = 6_000;

/** Ends the program: one line, exit code 2. */
export function refuse(message) {
  console.error(`code-index: ${message}`);
  process.exit(2);
}

/** Parses, or refuses what it does not know. */
export function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return refuse(error.message);
  }
}

/**
 * `{ folder, out, limit, isShuffled }` of `index.mjs [folder] [--out dir] [--limit n] [--shuffle]`; a limit of 0 is
 * Infinity.
 */
export async function readArguments(args) {
  const { values, positionals } = parse(args, {
    out: { type: 'string', default: defaultOut },
    limit: { type: 'string', default: String(DEFAULT_LIMIT) },
    shuffle: { type: 'boolean', default: false },
  });
  if (positionals.length > 1) refuse(`one folder at a time, got ${positionals.join(', ')}`);
  const folder = path.resolve(positionals[0] ?? defaultFolder);
  const found = await stat(folder).catch((error) => error);
  if (found instanceof Error)
    refuse(`cannot read folder ${folder} (${found.code}): pass one that exists`);
  if (!found.isDirectory()) refuse(`${folder} is not a folder: pass the folder to index`);
  if (!/^\d+$/.test(values.limit))
    refuse(`--limit ${values.limit}: give a whole number, 0 for all files`);
  const limit = Number(values.limit);
  return {
    folder,
    out: path.resolve(values.out),
    limit: limit === 0 ? Infinity : limit,
    isShuffled: values.shuffle,
  };
}
