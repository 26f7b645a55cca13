/** The registry that import-in-the-middle's wrappers and the preload share: one module instance per thread. */
export {
  ModuleBinder,
  importHooks,
  register,
  specifiers,
  toHook,
} from 'import-in-the-middle/lib/register.js';
