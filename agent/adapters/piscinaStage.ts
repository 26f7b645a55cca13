/**
 * Names of Piscina's stages. The pool in the main thread and its worker threads declare the same stage without talking to
 * each other: both know the worker file and the task's name, and both ask here.
 */
import path from 'node:path';
import { baseName } from './naming.js';

/** `via` of everything that concerns Piscina. */
export const VIA = 'piscina';

/** Piscina's name of the handler when the program gives none. */
const DEFAULT_HANDLER = 'default';

/** `/src/tokenise.mjs` is `tokenise`; its named export `count` is `tokenise:count`. `filename` may be a file URL. */
export function piscinaStageName(filename: string, handler: string | null | undefined): string {
  const base = baseName(filename);
  const stem = path.basename(base, path.extname(base));
  return handler === undefined || handler === null || handler === DEFAULT_HANDLER
    ? stem
    : `${stem}:${handler}`;
}
