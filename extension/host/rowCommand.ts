/**
 * The command of a click on a row of a tree.
 *
 * VS Code keeps the arguments of a row's command only until the row is drawn anew, so a click that falls into a refresh finds
 * none ("Actual command not found"). A command without arguments is always there, and the row that was clicked is selected.
 */
import * as vscode from 'vscode';
import type { CommandId } from './commandTable.js';
import type { Disposable } from './disposables.js';

/** Id of the command that rows of the tree carry, for the one that gets the row. VS Code lists none that begin like this. */
export function rowCommandOf(command: CommandId): string {
  return `_${command}.row`;
}

/** Makes a click on a row of the tree run `command` with the row's object. */
export function registerRowCommand(view: vscode.TreeView<unknown>, command: CommandId): Disposable {
  return vscode.commands.registerCommand(rowCommandOf(command), async () => {
    const [row] = view.selection;
    if (row !== undefined) await vscode.commands.executeCommand(command, row);
  });
}
