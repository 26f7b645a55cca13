/** The way to the source: a command of ours that edits it. */
import * as vscode from 'vscode';
import type { SourceMove } from '../../core/panel/live.js';
import type { SessionId } from '../../engine/protocol.js';

const COMMAND = 'sluice.writeToSource';

/** Writes values of knobs into the source of the program. Rejects with a sentence when that cannot be. */
export async function writeToSource(
  session: SessionId,
  moves: readonly SourceMove[],
): Promise<void> {
  const known = await vscode.commands.getCommands(true);
  if (!known.includes(COMMAND)) throw new Error('This version cannot write to the source.');
  await vscode.commands.executeCommand(COMMAND, { session, moves });
}
