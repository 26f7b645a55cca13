/** What import-in-the-middle ships without types: only what is used of it. */
declare module 'import-in-the-middle/supports-sync-hooks.mjs' {
  /** Does this Node have synchronous loader hooks that work for CommonJS too? */
  export function supportsSyncHooks(): boolean;
}

declare module 'import-in-the-middle/create-hook.mjs' {
  /** The loader hooks, asynchronous and synchronous; wrappers import `lib/register.js` relative to `meta.url`. */
  export function createHook(meta: { readonly url: string }): {
    readonly initialize: unknown;
    readonly load: unknown;
    readonly resolve: unknown;
    readonly loadSync: unknown;
    readonly resolveSync: unknown;
    readonly applyOptions: (options: { readonly include: readonly string[] }) => void;
  };
}

declare module 'import-in-the-middle/lib/register.js' {
  export const ModuleBinder: unknown;
  export const importHooks: unknown;
  export const register: unknown;
  export const specifiers: unknown;
  export const toHook: unknown;
}
