/** The settings of this extension, read when they are needed, so that a change counts at once. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { CaptureLimits } from './captures.js';

/** Values as package.json declares them; what a user mistyped falls back to the default. */
export interface Settings {
  /** Empty: `node` from PATH. */
  readonly nodePath: string;
  /** Empty: what the Python extension has chosen, a virtual environment in the folder, or Python from PATH. */
  readonly pythonPath: string;
  /** Absolute. */
  readonly capturesFolder: string;
  /** 0 keeps all. */
  readonly capturesKeep: number;
  /** MiB; 0: no limit. */
  readonly capturesMaxMebibytes: number;
}

const KEEP_BY_DEFAULT = 20;
const MAX_MEBIBYTES_BY_DEFAULT = 2048;

const countOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : otherwise;

/** Reads them. Throws, with what to do, when the folder for captures is not an absolute path. */
export function readSettings(storage: vscode.Uri): Settings {
  const values = vscode.workspace.getConfiguration('sluice');
  const nodePath: unknown = values.get('nodePath');
  const pythonPath: unknown = values.get('pythonPath');
  const folder: unknown = values.get('captures.folder');
  const chosen = typeof folder === 'string' ? folder.trim() : '';
  if (chosen !== '' && !path.isAbsolute(chosen)) {
    throw new Error(
      `The setting "sluice.captures.folder" must be an absolute path, and is "${chosen}".`,
    );
  }
  return {
    nodePath: typeof nodePath === 'string' ? nodePath.trim() : '',
    pythonPath: typeof pythonPath === 'string' ? pythonPath.trim() : '',
    capturesFolder: chosen === '' ? path.join(storage.fsPath, 'captures') : chosen,
    capturesKeep: countOr(values.get('captures.keep'), KEEP_BY_DEFAULT),
    capturesMaxMebibytes: countOr(values.get('captures.maxMebibytes'), MAX_MEBIBYTES_BY_DEFAULT),
  };
}

/** What is shown in source files. */
export type ShownInSource = 'editor.codeLens' | 'editor.hints' | 'editor.diagnostics';

/** Whether it is shown; so it is unless the user has said no. */
export function isShownInSource(what: ShownInSource): boolean {
  return vscode.workspace.getConfiguration('sluice').get<unknown>(what) !== false;
}

/** Where lenses stand over the scripts of a package.json. */
const LENS_PLACES = ['top', 'all', 'never'] as const;
export type LensPlace = (typeof LENS_PLACES)[number];

/** The setting for lenses over scripts. */
export function scriptLensPlace(): LensPlace {
  const value: unknown = vscode.workspace.getConfiguration('sluice').get('scripts.codeLens');
  return LENS_PLACES.find((place) => place === value) ?? 'top';
}

/** Where captures go, and how many of them stay. */
export function captureSettings(settings: Settings): CaptureLimits & { readonly folder: string } {
  const { capturesFolder, capturesKeep, capturesMaxMebibytes } = settings;
  return {
    folder: capturesFolder,
    keep: capturesKeep,
    maxBytes: capturesMaxMebibytes * 2 ** 20,
  };
}
