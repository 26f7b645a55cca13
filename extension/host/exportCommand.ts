/** Sluice: Export… — a session to a file of another tool. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExportRange } from '../core/foreign/exportText.js';
import type { SessionInfo } from '../engine/protocol.js';
import type { CallEngine } from './engineLink.js';
import { exportChoices, exportName, type ExportChoice } from './traceFiles.js';

/** Asks for the format and the file, and writes it: all of the session, or what lies in a range. */
export async function exportSession(
  call: CallEngine,
  info: SessionInfo,
  range: ExportRange | null = null,
): Promise<void> {
  const { session } = info;
  const threads = await call('sampledThreads', { session });
  const choice = await vscode.window.showQuickPick(exportChoices(threads.length > 0), {
    title: `Export ${info.title}`,
    placeHolder: 'Format',
  });
  if (choice === undefined) return;
  const target = await askTarget(info, choice);
  if (target === undefined) return;
  const { files } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Sluice: exporting ${info.title}` },
    async () =>
      call('exportCapture', {
        session,
        path: target.fsPath,
        format: choice.format,
        range,
        thread: null,
      }),
  );
  await tell(files);
}

async function askTarget(
  { capturePath }: SessionInfo,
  choice: ExportChoice,
): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = exportName(capturePath, choice);
  const target = await vscode.window.showSaveDialog({
    title: `Export as ${choice.label}`,
    ...(folder?.scheme === 'file' ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { [choice.label]: [choice.ending, choice.ending.replace(/^.*\./, '')] },
  });
  if (target !== undefined && target.scheme !== 'file') {
    throw new Error(`An export is written to a disk, not to ${target.scheme}:.`);
  }
  return target;
}

async function tell(files: readonly string[]): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  const names = files.map((file) => path.basename(file)).join(', ');
  const open = 'Open';
  const chosen = await vscode.window.showInformationMessage(`Sluice: exported ${names}`, open);
  if (chosen === open) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(first));
}
