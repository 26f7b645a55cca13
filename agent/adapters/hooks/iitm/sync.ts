/** import-in-the-middle's loader for `module.registerHooks`: runs in the program's thread. */
import module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createHook } from 'import-in-the-middle/create-hook.mjs';

type LoadSync = (
  url: string,
  context: { readonly format?: unknown },
  nextLoad: (url: string, context: unknown) => unknown,
) => unknown;

/** Since Node 22.15; the types are those of Node 20. */
interface ModuleWithHooks {
  readonly registerHooks: (hooks: { readonly resolve: unknown; readonly load: LoadSync }) => void;
}

/** Hooks imports of these packages. */
export function register(options: { readonly include: readonly string[] }): void {
  const hook = createHook({ url: pathToFileURL(path.join(__dirname, 'hook.mjs')).href });
  hook.applyOptions(options);
  const { registerHooks } = module as unknown as ModuleWithHooks;
  const loadSync = hook.loadSync as LoadSync;
  registerHooks({
    resolve: hook.resolveSync,
    // Not passed on: for Node's own modules under `node -e`, Node's own loading (22.23, 24.21) looks for a file of that name,
    // and the program does not run. There is nothing to rewrite in them.
    load: (url, context, nextLoad) =>
      context.format === 'builtin' || module.isBuiltin(url)
        ? { format: 'builtin', source: undefined, shortCircuit: true }
        : loadSync(url, context, nextLoad),
  });
}
