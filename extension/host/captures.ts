/** Where captures of this extension live, what they are called, and which of them go when there are too many. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Names that `captureName` makes. Nothing else is ever deleted. */
const OWN_NAME = /^sluice-\d{8}-\d{6}-[a-z0-9._-]{1,40}\.fxt$/;

/** `sluice-20250314-150926-build.fxt`: sorts by time, and says what it is of. `at` is taken in local time. */
export function captureName(title: string, at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .slice(0, 40)
    .replace(/^[-.]+|[-.]+$/g, '');
  return `sluice-${date}-${time}-${slug === '' ? 'program' : slug}.fxt`;
}

/** Makes the folder and returns a path in it that no file has yet. */
export async function newCapturePath(folder: string, title: string, at: Date): Promise<string> {
  await mkdir(folder, { recursive: true });
  const taken = new Set(await readdir(folder));
  // Two sessions of one title in one second: count the seconds up, the order of names stays the order of starts.
  for (let ms = at.getTime(); ; ms += 1000) {
    const name = captureName(title, new Date(ms));
    if (!taken.has(name)) return path.join(folder, name);
  }
}

/**
 * Deletes the oldest captures beyond `keep` (0 keeps all), by the time of their last change, and returns what it deleted.
 * `inUse` are full paths that must stay. Only files that bear a name of ours are touched.
 */
export async function pruneCaptures(
  folder: string,
  keep: number,
  inUse: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (keep <= 0) return [];
  const own = (await readdir(folder)).filter((name) => OWN_NAME.test(name));
  const dated = await Promise.all(
    own.map(async (name) => {
      const file = path.join(folder, name);
      return { file, changedMs: (await stat(file)).mtimeMs };
    }),
  );
  const surplus = dated
    .sort((a, b) => b.changedMs - a.changedMs)
    .slice(keep)
    .filter(({ file }) => !inUse.has(file))
    .map(({ file }) => file);
  await Promise.all(surplus.map((file) => rm(file, { force: true })));
  return surplus;
}
