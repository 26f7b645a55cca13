/** The Python of a file in this window: what the user has set, or has chosen in the Python extension. */
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { probePython, pythonCommand } from './pythonLaunch.js';

/** Rejects with a sentence when there is none that can be profiled. `setting`: empty: not set. */
export async function pythonFor(
  file: vscode.Uri,
  folder: string,
  setting: string,
): Promise<string> {
  const command = await pythonCommand({
    setting,
    folder,
    chosen: await chosenInterpreter(file),
    platform: process.platform,
    isFile: async (candidate) =>
      stat(candidate).then(
        (found) => found.isFile(),
        () => false,
      ),
  });
  const probed = await probePython(command);
  if (!probed.ok) throw new Error(probed.error);
  return probed.value;
}

/** Asks the Python extension, whose interface nobody here has types for: anything else than a path counts as none. */
async function chosenInterpreter(file: vscode.Uri): Promise<string | null> {
  const extension = vscode.extensions.getExtension<unknown>('ms-python.python');
  if (extension === undefined) return null;
  const api: unknown = extension.isActive ? extension.exports : await extension.activate();
  const environments = property(api, 'environments');
  const ask = property(environments, 'getActiveEnvironmentPath');
  if (typeof ask !== 'function') return null;
  const chosen: unknown = Reflect.apply(ask, environments, [file]);
  const path = property(chosen, 'path');
  return typeof path === 'string' && path !== '' ? path : null;
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
