/** What import-in-the-middle ships without types. */
declare module 'import-in-the-middle/supports-sync-hooks.mjs' {
  /** Does this Node have synchronous loader hooks that work for CommonJS too? */
  export function supportsSyncHooks(): boolean;
}
