/** Opens the bundled example in an editor, in a folder that the user chooses or in the storage of the extension. */
import path from 'node:path';
import * as vscode from 'vscode';
import { exampleFolderIn, putExample } from './exampleFiles.js';

/** `storage`: without asking; everything else asks. Resolves with its file; undefined: the user thought better of it. */
export async function openExample(
  extension: vscode.ExtensionContext,
  wish: unknown,
): Promise<vscode.Uri | undefined> {
  const storage = path.join(extension.globalStorageUri.fsPath, 'example');
  const folder = wish === 'storage' ? storage : await chooseFolder(storage);
  if (folder === undefined) return undefined;
  const file = vscode.Uri.file(await putExample(extension.extensionPath, folder));
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document, { preview: false });
  return file;
}

async function chooseFolder(storage: string): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(
    [
      { label: 'In a folder of its own', description: 'in the storage of Sluice', folder: storage },
      { label: 'In a folder that you choose…', description: '', folder: undefined },
    ],
    { title: 'Open Example Pipeline', placeHolder: 'Where shall it be copied to?' },
  );
  if (picked === undefined) return undefined;
  if (picked.folder !== undefined) return picked.folder;
  const open = vscode.workspace.workspaceFolders?.[0]?.uri;
  const [parent] =
    (await vscode.window.showOpenDialog({
      title: 'Folder for the Example',
      openLabel: 'Copy Here',
      canSelectFiles: false,
      canSelectFolders: true,
      ...(open?.scheme === 'file' ? { defaultUri: open } : {}),
    })) ?? [];
  if (parent === undefined) return undefined;
  if (parent.scheme !== 'file') throw new Error('The example can be copied to a disk only.');
  return exampleFolderIn(parent.fsPath);
}
