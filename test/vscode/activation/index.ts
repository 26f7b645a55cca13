/** Runs in the extension host: how long our activation takes there, into the file that the bench named. */
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

/** Called by VS Code. Loads and activates the extension, which nothing has done before. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension('sluice.sluice');
  const file = process.env['SLUICE_BENCH_RESULTS'];
  if (extension === undefined || file === undefined) throw new Error('no extension to measure');
  if (extension.isActive) throw new Error('something has activated it already');
  const startMs = performance.now();
  await extension.activate();
  writeFileSync(file, JSON.stringify({ activationMs: performance.now() - startMs }));
}
