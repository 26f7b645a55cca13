/** import-in-the-middle's loader for `module.registerHooks`: runs in the program's thread. */
import module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createHook } from 'import-in-the-middle/create-hook.mjs';

/** Since Node 22.15; the types are those of Node 20. */
interface ModuleWithHooks {
  readonly registerHooks: (hooks: { readonly resolve: unknown; readonly load: unknown }) => void;
}

/** Hooks imports of these packages. */
export function register(options: { readonly include: readonly string[] }): void {
  const hook = createHook({ url: pathToFileURL(path.join(__dirname, 'hook.mjs')).href });
  hook.applyOptions(options);
  const { registerHooks } = module as unknown as ModuleWithHooks;
  registerHooks({ resolve: hook.resolveSync, load: hook.loadSync });
}
