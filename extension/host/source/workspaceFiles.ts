/** Texts of the workspace as the locator wants them: an editor's before the disk's. */
import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { SourceFiles } from '../../source/place.js';
import { localFile } from './localFile.js';

/** Files of the workspace that may construct a knob's library, and a bound on them. */
const SEARCHED = '**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx,py,json,yaml,yml}';
const NOT_SEARCHED = '**/{node_modules,dist,build,out,.git,.venv,venv,__pycache__}/**';
const MAX_FOUND = 2000;
const MAX_BYTES = 2 * 1024 * 1024;

/** A file of this machine from disk; null when there is none, it cannot be read, or it is larger. */
export async function readDisk(file: string, maxBytes: number): Promise<string | null> {
  try {
    const { size } = await stat(file);
    // As VS Code has it in a document.
    return size > maxBytes ? null : (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch {
    // No such file here: the capture may come from elsewhere.
    return null;
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** A path as documents have it: on Windows the letter of the drive is small there. */
export function pathInEditor(file: string): string {
  return vscode.Uri.file(file).fsPath;
}

/** The text of a file in an editor, which is opened out of sight. Rejects when that cannot be. */
export async function editorText(file: string): Promise<string> {
  return (await vscode.workspace.openTextDocument(vscode.Uri.file(file))).getText();
}

/** The document of a file, when it is open. */
export function openDocument(file: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(
    ({ uri }) => uri.scheme === 'file' && uri.fsPath === pathInEditor(file),
  );
}

/** The file of this machine that a position means, as VS Code writes its path; null: there is none. `isOwn`: see `Disk`. */
export async function fileHere(file: string, isOwn: boolean): Promise<string | null> {
  const folders = (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
  const found = await localFile(file, { folders, isOwn, isFile });
  return found === null ? null : pathInEditor(found);
}

/** `asRun` gives the text that the session was started from. Files are paths of this machine. */
export function workspaceFiles(asRun: (file: string) => Promise<string | null>): SourceFiles {
  return {
    asRun,
    read: async (file) => openDocument(file)?.getText() ?? (await readDisk(file, MAX_BYTES)),
    find: async function* () {
      const found = await vscode.workspace.findFiles(SEARCHED, NOT_SEARCHED, MAX_FOUND);
      for (const uri of found) yield uri.fsPath;
    },
  };
}
