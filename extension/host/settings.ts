/** The settings of this extension, read when they are needed, so that a change counts at once. */
import path from 'node:path';
import * as vscode from 'vscode';

/** Values as package.json declares them; what a user mistyped falls back to the default. */
export interface Settings {
  /** Empty: `node` from PATH. */
  readonly nodePath: string;
  /** Absolute. */
  readonly capturesFolder: string;
  /** 0 keeps all. */
  readonly capturesKeep: number;
}

const KEEP_BY_DEFAULT = 20;

/** Reads them. Throws, with what to do, when the folder for captures is not an absolute path. */
export function readSettings(storage: vscode.Uri): Settings {
  const values = vscode.workspace.getConfiguration('sluice');
  const nodePath: unknown = values.get('nodePath');
  const folder: unknown = values.get('captures.folder');
  const keep: unknown = values.get('captures.keep');
  const chosen = typeof folder === 'string' ? folder.trim() : '';
  if (chosen !== '' && !path.isAbsolute(chosen)) {
    throw new Error(
      `The setting "sluice.captures.folder" must be an absolute path, and is "${chosen}".`,
    );
  }
  return {
    nodePath: typeof nodePath === 'string' ? nodePath.trim() : '',
    capturesFolder: chosen === '' ? path.join(storage.fsPath, 'captures') : chosen,
    capturesKeep:
      typeof keep === 'number' && Number.isInteger(keep) && keep >= 0 ? keep : KEEP_BY_DEFAULT,
  };
}

/** What is shown in source files. */
export type ShownInSource = 'editor.codeLens' | 'editor.hints' | 'editor.diagnostics';

/** Whether it is shown; so it is unless the user has said no. */
export function isShownInSource(what: ShownInSource): boolean {
  return vscode.workspace.getConfiguration('sluice').get<unknown>(what) !== false;
}
