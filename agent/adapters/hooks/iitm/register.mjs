// The generated wrappers import `lib/register.js` beside the loader. This package's .js files are ES modules, so the one
// registry, which the preload requires, is handed on from here.
import registry from '../registry.cjs';

export const { ModuleBinder, register } = registry;
