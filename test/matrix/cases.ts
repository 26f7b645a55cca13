/** Finds the cases: whatever a file in cases/ exports that looks like one. Nobody keeps a list. */
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';
import type { MatrixCase } from './matrix.js';

const folder = fileURLToPath(new URL('cases', import.meta.url));

function isCase(value: unknown): value is MatrixCase {
  return typeof value === 'object' && value !== null && 'library' in value && 'check' in value;
}

async function casesIn(file: string): Promise<MatrixCase[]> {
  const module: unknown = await import(pathToFileURL(path.join(folder, file)).href);
  const found = Object.values(Object(module) as object)
    .flat()
    .filter(isCase);
  // Not the helpers that several cases share.
  if (found.length === 0) throw new Error(`test/matrix/cases/${file} exports no case`);
  return found;
}

/** All cases, by library. */
export const cases: readonly MatrixCase[] = (
  await Promise.all(
    readdirSync(folder)
      .filter((f) => f.endsWith('.ts'))
      .map(casesIn),
  )
)
  .flat()
  .sort((a, b) => a.library.localeCompare(b.library));
