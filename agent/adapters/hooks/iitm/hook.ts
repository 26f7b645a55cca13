/** import-in-the-middle's loader for `module.register`: runs in Node's loader thread, bundled with its parsers. */
import { createHook } from 'import-in-the-middle/create-hook.mjs';

export const { initialize, load, resolve } = createHook(import.meta);
