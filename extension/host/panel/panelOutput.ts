/** What a panel hands out: texts to the clipboard, pictures to files that the user chooses. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { PanelImage } from './panelChannel.js';

/** Puts a text on the clipboard. */
export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
}

/** `name` with everything that some file system refuses replaced. */
export function fileNameFrom(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[.-]+|[.-]+$/g, '') || 'sluice';
}

/**
 * Asks where a file shall go, beside the workspace's files at first; null when the user would rather not. Rejects when the place
 * is not on a disk.
 */
export async function askForFile(
  name: string,
  kind: { readonly title: string; readonly label: string; readonly extension: string },
): Promise<string | null> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${fileNameFrom(name)}.${kind.extension}`;
  const target = await vscode.window.showSaveDialog({
    title: kind.title,
    ...(folder?.scheme === 'file' ? { defaultUri: vscode.Uri.joinPath(folder, file) } : {}),
    filters: { [kind.label]: [kind.extension] },
  });
  if (target === undefined) return null;
  if (target.scheme !== 'file')
    throw new Error(`It is saved to a disk, not to ${target.scheme}: (${target.path}).`);
  return target.fsPath;
}

/** Saves a picture of a panel where the user says. Resolves with the file's name, or null when the user would rather not. */
export async function saveImage(title: string, image: PanelImage): Promise<string | null> {
  const { format, data } = image;
  const label = format === 'svg' ? 'SVG pictures' : 'PNG pictures';
  const kind = { title: 'Save Picture As', label, extension: format };
  const file = await askForFile(title, kind);
  if (file === null) return null;
  await writeFile(file, format === 'svg' ? data : Buffer.from(data, 'base64'));
  return path.basename(file);
}
