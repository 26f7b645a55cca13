// Bundles by esbuild, and the type declarations of the public API by the compiler.
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { nodeScript, root, runBin } from './process.mjs';

/** Fills dist/. */
export async function build() {
  await rm(path.join(root, 'dist'), { recursive: true, force: true });
  await nodeScript('esbuild.mjs');
  await runBin('tsc', ['-b', 'agent/src']);
  for (const folder of ['agent/src', 'agent/wire']) {
    await cp(path.join(root, 'build/types', folder), path.join(root, 'dist/types', folder), {
      recursive: true,
      filter: (source) => !source.endsWith('.map'),
    });
  }
}
