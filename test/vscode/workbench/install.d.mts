/** The workbench that tests run in. */
export interface Workbench {
  readonly version: string;
  readonly chromium: string;
}

/** Installs what is missing, and says what there is. */
export function ensureWorkbench(): Workbench;
