/** "Attach to Process…": lets the user choose a program that runs, and opens a session with it. */
import * as vscode from 'vscode';
import type { Panels } from './panel/panels.js';
import { attachPicks, nothingToAttach } from './run/attachPick.js';
import type { Profiler } from './run/profiler.js';

/** What the command works with. */
export interface AttachContext {
  readonly profiler: Profiler;
  readonly panels: Panels;
}

/** Rejects with a sentence when there is nothing to attach to, or the program cannot be had. */
export async function attachToProcess({ profiler, panels }: AttachContext): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === 'file')
    .map((folder) => folder.uri.fsPath);
  const { attachPlace, listAttachable } = await import('../engine/attach.js');
  const list = await listAttachable(attachPlace(process.env));
  const picks = attachPicks(list, folders);
  if (picks.length === 0) throw new Error(nothingToAttach(list));
  const picked = await vscode.window.showQuickPick(picks, {
    title: 'Attach to Process',
    placeHolder: 'Which program? It goes on as it is; stopping the session lets it go.',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  const { pid, title } = picked.program;
  panels.show(await profiler.attach({ pid, title }), title);
}
