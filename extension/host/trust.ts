/** What is not done in a workspace that nobody trusts. */
import * as vscode from 'vscode';

/** Throws `refusal`, a sentence for the user, unless the workspace is trusted. */
export function requireTrust(refusal: string): void {
  if (!vscode.workspace.isTrusted) throw new Error(refusal);
}

/** Why no program is run or recorded. */
export const NOT_PROFILED =
  'Programs are profiled only in a trusted workspace. Captures can be opened in any.';
