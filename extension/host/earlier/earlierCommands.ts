/** What can be done with an earlier capture: open, rename, pin, delete. */
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { removeCapture, type CaptureFile } from '../captures.js';
import { readNote, removeNote, writeNote, type CaptureNote } from '../captureNotes.js';
import type { SessionList } from '../sessions/sessionList.js';
import { editorFor } from '../traceFiles.js';
import { captureLabel, earlierRow } from './earlierRows.js';
import type { EARLIER_COMMANDS } from './earlierTable.js';
import { askOrder, type EarlierView } from './earlierView.js';

type Handlers = Readonly<
  Record<keyof typeof EARLIER_COMMANDS, (argument: unknown) => Promise<void>>
>;

const MAX_NAME = 100;

/** Handlers for the table above. */
export function createEarlierCommands(view: EarlierView, sessions: SessionList): Handlers {
  const onCapture =
    (act: (file: CaptureFile) => Promise<void>) =>
    async (argument: unknown): Promise<void> => {
      const file = captureOf(argument) ?? (await chooseCapture(view));
      if (file === undefined) return;
      await act(file);
      view.refresh();
    };
  return {
    'sluice.openEarlier': onCapture(open),
    'sluice.renameCapture': onCapture(rename),
    'sluice.pinCapture': onCapture(async (file) => {
      await change(file, { isPinned: true });
    }),
    'sluice.unpinCapture': onCapture(async (file) => {
      await change(file, { isPinned: false });
    }),
    'sluice.deleteCapture': onCapture(async (file) => deleteCapture(file, sessions)),
    'sluice.sortEarlier': async () => {
      const order = await askOrder(view.order);
      if (order !== undefined) await view.setOrder(order);
    },
  };
}

/** A row of the view, when that is what a menu passed. */
function captureOf(argument: unknown): CaptureFile | undefined {
  const isFile =
    typeof argument === 'object' &&
    argument !== null &&
    typeof Reflect.get(argument, 'path') === 'string' &&
    typeof Reflect.get(argument, 'changedMs') === 'number';
  return isFile ? (argument as CaptureFile) : undefined;
}

async function chooseCapture(view: EarlierView): Promise<CaptureFile | undefined> {
  if (view.files.length === 0) throw new Error('There are no earlier captures of this workspace.');
  const nowMs = Date.now();
  const picked = await vscode.window.showQuickPick(
    view.files.map((file) => {
      const { label, description } = earlierRow(file, nowMs);
      return { label, description, file };
    }),
    { placeHolder: 'Which capture?', matchOnDescription: true },
  );
  return picked?.file;
}

async function open({ path: file }: CaptureFile): Promise<void> {
  await stat(file).catch(() => {
    throw new Error(`${file} is no longer there.`);
  });
  const uri = vscode.Uri.file(file);
  await vscode.commands.executeCommand('vscode.openWith', uri, editorFor(file));
}

async function rename(file: CaptureFile): Promise<void> {
  const name = await vscode.window.showInputBox({
    title: 'Rename Capture',
    prompt: 'A capture with a name is never deleted by Sluice. Empty: the name it had at first.',
    value: captureLabel(file),
    validateInput: (typed) =>
      typed.length > MAX_NAME ? `At most ${MAX_NAME} characters.` : undefined,
  });
  if (name === undefined) return;
  const wanted = name.trim();
  const title = captureLabel({ ...file, note: file.note && { ...file.note, name: null } });
  await change(file, { name: wanted === '' || wanted === title ? null : wanted });
}

/** What another window wrote meanwhile stays. */
async function change(file: CaptureFile, changes: Partial<CaptureNote>): Promise<void> {
  const unknown: CaptureNote = {
    title: captureLabel({ ...file, note: null }),
    workspace: null,
    name: null,
    isPinned: false,
  };
  await writeNote(file.path, { ...unknown, ...(await readNote(file.path)), ...changes });
}

async function deleteCapture(file: CaptureFile, sessions: SessionList): Promise<void> {
  const hasTrash =
    vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  const action = hasTrash ? 'Move to Trash' : 'Delete Permanently';
  const label = captureLabel(file);
  const chosen = await vscode.window.showWarningMessage(
    `Delete the capture "${label}"?`,
    { modal: true, detail: hasTrash ? file.path : `${file.path}\nThis cannot be undone.` },
    action,
  );
  if (chosen !== action) return;
  const shown = sessions.findByCapture(file.path);
  if (shown !== undefined) {
    await vscode.commands.executeCommand('sluice.removeSession', shown.session);
  }
  await closeEditors(file.path);
  if (hasTrash) await moveToTrash(file.path, label);
  else await removeCapture(file.path);
}

async function closeEditors(file: string): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputCustom && tab.input.uri.fsPath === file);
  await vscode.window.tabGroups.close(tabs);
}

/** Some systems have no trash for some disks; then the user decides once more. */
async function moveToTrash(file: string, label: string): Promise<void> {
  try {
    await vscode.workspace.fs.delete(vscode.Uri.file(file), { useTrash: true });
    await removeNote(file);
  } catch (error) {
    const permanently = 'Delete Permanently';
    const chosen = await vscode.window.showWarningMessage(
      `"${label}" cannot be moved to the trash.`,
      { modal: true, detail: error instanceof Error ? error.message : String(error) },
      permanently,
    );
    if (chosen === permanently) await removeCapture(file);
  }
}
