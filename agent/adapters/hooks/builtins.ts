/** Applies adapters to Node's own modules. */
import { syncBuiltinESMExports } from 'node:module';
import type { AdapterContext, BuiltinAdapter } from '../adapter.js';

/** Installs each in this thread; one that does not find what it expects is left out with a note. */
export function installBuiltins(
  adapters: readonly BuiltinAdapter[],
  context: AdapterContext,
): void {
  for (const { builtin, install } of adapters) {
    try {
      install(context);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.recorder.note(
        `builtin-shape:${builtin}`,
        `${builtin} is not profiled: ${reason}. Its work can be declared with the Sluice API instead.`,
      );
    }
  }
  if (adapters.length > 0) syncBuiltinESMExports();
}
