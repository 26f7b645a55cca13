/** What the commands of `entryTable.ts` do. */
import path from 'node:path';
import * as vscode from 'vscode';
import { openSource } from '../panel/sessionWebview.js';
import type { Panels } from '../panel/panels.js';
import { asTreeNode } from '../sessions/sessionsView.js';
import { NOT_PROFILED, requireTrust } from '../trust.js';
import type { ENTRY_COMMANDS } from './entryTable.js';
import type { Launch } from './launch.js';
import { launchOfRef } from './npmLens.js';
import type { Profiler } from './profiler.js';
import type { ProfiledTerminals } from './terminalProfile.js';

/** What they work with. */
export interface EntryContext {
  readonly profiler: Profiler;
  readonly panels: Panels;
  readonly terminals: ProfiledTerminals;
  /** Puts the example into a folder and opens it; resolves with its file, undefined when the user thought better of it. */
  readonly openExample: (wish: unknown) => Promise<vscode.Uri | undefined>;
  /** How a file is run. Rejects with a sentence when it cannot be. */
  readonly launchOf: (file: vscode.Uri) => Promise<Launch>;
}

type Handlers = Readonly<Record<keyof typeof ENTRY_COMMANDS, (argument: unknown) => Promise<void>>>;

/** The file in the editor in front, saved. Rejects with a sentence when there is none. `what` the user is to open. */
export async function activeFile(what: string): Promise<vscode.TextDocument> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    throw new Error(`No file is open. Open ${what} that starts the program.`);
  }
  if (document.uri.scheme !== 'file') {
    throw new Error(`${path.basename(document.uri.path)} is not a file on disk. Save it first.`);
  }
  if (document.isDirty && !(await document.save())) {
    throw new Error(`${path.basename(document.fileName)} could not be saved.`);
  }
  return document;
}

/** Handlers for the table. */
export function createEntryCommands(context: EntryContext): Handlers {
  const profile = async (launch: Launch): Promise<void> => {
    context.panels.show(await context.profiler.start(launch), launch.title);
  };
  return {
    'sluice.profilePythonFile': async () => {
      requireTrust(NOT_PROFILED);
      const document = await activeFile('the Python file');
      await profile(await context.launchOf(document.uri));
    },
    'sluice.profileScript': async (argument) => {
      requireTrust(NOT_PROFILED);
      const launch = await launchOfRef(argument);
      if (launch !== undefined) await profile(launch);
    },
    'sluice.openTerminal': async () => {
      requireTrust(NOT_PROFILED);
      await context.terminals.open();
    },
    'sluice.goToSource': async (argument) => {
      const node = asTreeNode(argument);
      const source = node?.kind === 'leaf' ? node.source : undefined;
      if (source === undefined || source === null)
        throw new Error('Where this stands in the source is not known.');
      await openSource(source, vscode.ViewColumn.Active);
    },
    'sluice.openExample': async (argument) => {
      await context.openExample(argument);
    },
    'sluice.profileExample': async () => {
      requireTrust(NOT_PROFILED);
      const file = await context.openExample('storage');
      if (file === undefined) return;
      const document = await vscode.workspace.openTextDocument(file);
      if (document.isDirty) await document.save();
      await profile(await context.launchOf(file));
    },
  };
}
