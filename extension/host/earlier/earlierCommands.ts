/** What can be done with an earlier capture: open, rename, pin, delete. */
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { readCapture, removeCapture, type CaptureFile } from '../captures.js';
import { changeNote, removeNote, UNKNOWN, type CaptureNote } from '../captureNotes.js';
import type { SessionList } from '../sessions/sessionList.js';
import { editorFor } from '../traceFiles.js';
import { captureIn, captureLabel, earlierRow } from './earlierRows.js';
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
      const file = captureIn(argument, view.files) ?? (await chooseCapture(view));
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
  const unknown = { ...UNKNOWN, title: captureLabel({ ...file, note: null }) };
  await changeNote(file.path, (note) => ({ ...unknown, ...note, ...changes }));
}

async function deleteCapture(file: CaptureFile, sessions: SessionList): Promise<void> {
  const label = captureLabel(file);
  // The list may be older.
  const now = await readCapture(file.path);
  if (now?.isRecordedElsewhere === true) {
    throw new Error(`"${label}" is being recorded in another window: stop it there first.`);
  }
  const hasTrash =
    vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  const action = hasTrash ? 'Move to Trash' : 'Delete Permanently';
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
