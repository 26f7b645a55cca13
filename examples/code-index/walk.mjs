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
