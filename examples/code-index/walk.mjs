// Finds the files of a folder, one at a time.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Every regular file below `folder`, in a fixed order; symbolic links are not followed. A folder that cannot be listed is
 * reported through `onError` and left out. Holds one list of names per level of depth.
 */
export async function* filesBelow(folder, { skip, onError }) {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    onError(folder, error);
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const full = path.join(folder, entry.name);
    if (full === skip) continue;
    if (entry.isDirectory()) yield* filesBelow(full, { skip, onError });
    else if (entry.isFile()) yield full;
  }
}

/** All of them, mixed; in the same order each time. */
export async function shuffled(files) {
  const mixed = [];
  for await (const file of files) mixed.push(file);
  let state = 1;
  for (let i = mixed.length - 1; i > 0; i--) {
    // Numerical Recipes' generator: good enough to mix, and the same everywhere.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
  }
  return mixed;
}
