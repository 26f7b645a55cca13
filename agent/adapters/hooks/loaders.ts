/**
 * Hooks into both module systems of this thread, for the named libraries only.
 *
 * import-in-the-middle rewrites an ES module's exports from a loader hook. Where Node has synchronous hooks that work
 * (22.22.3, 24.11.1 and later) they run in this thread; before, `module.register` runs them in a loader thread. Both need
 * files beside this bundle, because the generated wrappers import the registry by URL: esbuild.mjs puts them in `iitm/`.
 */
import module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Hook as ImportHook } from 'import-in-the-middle';
import { Hook as RequireHook } from 'require-in-the-middle';
import { supportsSyncHooks } from 'import-in-the-middle/supports-sync-hooks.mjs';
import type { Recorder } from '../../src/probe.js';
import { runsForeignPreloads } from './foreignPreloads.js';
import type { Libraries, ModuleExports } from './libraries.js';

/** What `iitm/sync.cjs` exports. */
interface SyncLoader {
  readonly register: (options: { readonly include: readonly string[] }) => void;
}

/** How this thread is hooked. */
export interface LoaderOptions {
  /** The folder that this bundle lies in. */
  readonly bundleFolder: string;
  /** Hook ES modules even where that takes a loader thread of its own (about 40 ms for each thread that has one). */
  readonly mayStartLoaderThread: boolean;
  readonly recorder: Recorder;
}

/** Starts a loader thread, unless it would run a preload of the user's once more. */
function startLoaderThread(include: readonly string[], options: LoaderOptions): void {
  const ownFile = path.join(options.bundleFolder, 'register.cjs');
  if (runsForeignPreloads(ownFile, process.execArgv, process.env['NODE_OPTIONS'] ?? '')) {
    options.recorder.note(
      'loader-preload',
      `Libraries that ES modules import are not profiled: on Node ${process.versions.node} that takes a loader thread, ` +
        'which would run your --require preload once more. Name Sluice before it, or use Node 22.22.3, 24.11.1 or later.',
    );
    return;
  }
  module.register('./iitm/hook.mjs', pathToFileURL(ownFile), { data: { include } });
}

/** Starts hooking. */
export function hookLoaders(libraries: Libraries, options: LoaderOptions): void {
  const { bundleFolder, mayStartLoaderThread } = options;
  const include = libraries.names;
  if (supportsSyncHooks()) {
    const load = module.createRequire(path.join(bundleFolder, 'register.cjs'));
    (load('./iitm/sync.cjs') as SyncLoader).register({ include });
  } else if (mayStartLoaderThread) {
    startLoaderThread(include, options);
  }
  new ImportHook(include, (namespace: ModuleExports, name, packageFolder) => {
    libraries.imported(namespace, name, packageFolder ?? undefined);
  });
  new RequireHook(
    include,
    (exports, name, packageFolder) =>
      libraries.required(exports, name, packageFolder) as typeof exports,
  );
}
