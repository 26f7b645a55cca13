/** "Profile" above the scripts of a package.json, beside the "Debug" of VS Code. */
import path from 'node:path';
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.js';
import {
  launchOfScript,
  packageManagerOf,
  scriptPlaces,
  type PackageManager,
} from './npmScripts.js';
import { scriptLensPlace } from '../settings.js';
import type { Launch } from './launch.js';

/** A script that a lens, or a caller of the command, names. */
export interface ScriptRef {
  readonly file: vscode.Uri;
  /** undefined: the user chooses. */
  readonly name: string | undefined;
}

class ScriptLenses implements vscode.CodeLensProvider, Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #store = new DisposableStore();
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor() {
    this.#store.add(this.#changed);
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('sluice.scripts.codeLens')) this.#changed.fire();
      }),
    );
    this.#store.add(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#changed.fire();
      }),
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const place = scriptLensPlace();
    if (place === 'never' || !vscode.workspace.isTrusted) return [];
    if (document.uri.path.includes('/node_modules/')) return [];
    const found = scriptPlaces(document.getText());
    if (found === null || found.scripts.length === 0) return [];
    const lens = (offset: number, name?: string): vscode.CodeLens => {
      const at = document.positionAt(offset);
      const ref: ScriptRef = { file: document.uri, name };
      return new vscode.CodeLens(new vscode.Range(at, at), {
        title: '$(graph) Profile',
        tooltip:
          name === undefined ? 'Profile a script with Sluice' : `Profile "${name}" with Sluice`,
        command: 'sluice.profileScript',
        arguments: [ref],
      });
    };
    return place === 'top'
      ? [lens(found.offset)]
      : found.scripts.map(({ offset, name }) => lens(offset, name));
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** Shows the lenses. */
export function registerScriptLenses(): Disposable {
  const lenses = new ScriptLenses();
  const selector = { language: 'json', scheme: 'file', pattern: '**/package.json' };
  return vscode.Disposable.from(
    lenses,
    vscode.languages.registerCodeLensProvider(selector, lenses),
  );
}

/** Asks for what the reference leaves open. undefined: the user thought better of it. Throws a sentence when nothing fits. */
export async function launchOfRef(argument: unknown): Promise<Launch | undefined> {
  const file = fileOf(argument) ?? (await chooseManifest());
  if (file === undefined) return undefined;
  const document = await vscode.workspace.openTextDocument(file);
  const scripts = scriptPlaces(document.getText())?.scripts ?? [];
  if (scripts.length === 0) throw new Error(`${file.fsPath} has no scripts.`);
  const given = nameOf(argument);
  const name = given ?? (await chooseScript(scripts));
  if (name === undefined) return undefined;
  if (document.isDirty) await document.save();
  const launch = launchOfScriptIn(file, name);
  if (launch === null) throw new Error(`The script "${name}" cannot be named in a shell.`);
  return launch;
}

/** The launch of a script by its package.json. */
export function launchOfScriptIn(file: vscode.Uri, name: string): Launch | null {
  const folder = path.dirname(file.fsPath);
  const root = vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath ?? folder;
  return launchOfScript(name, folder, managerFor(file, folder, root));
}

/** That of VS Code's own setting, when it names one. */
function managerFor(file: vscode.Uri, folder: string, root: string): PackageManager {
  const wanted: unknown = vscode.workspace.getConfiguration('npm', file).get('packageManager');
  const known = (['npm', 'yarn', 'pnpm', 'bun'] as const).find((manager) => manager === wanted);
  return known ?? packageManagerOf(folder, root);
}

function fileOf(argument: unknown): vscode.Uri | undefined {
  const file: unknown =
    typeof argument === 'object' && argument !== null ? Reflect.get(argument, 'file') : undefined;
  return file instanceof vscode.Uri ? file : undefined;
}

function nameOf(argument: unknown): string | undefined {
  const name: unknown =
    typeof argument === 'object' && argument !== null ? Reflect.get(argument, 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
}

const MAX_MANIFESTS = 100;

async function chooseManifest(): Promise<vscode.Uri | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  if (active?.scheme === 'file' && path.basename(active.fsPath) === 'package.json') return active;
  const found = await vscode.workspace.findFiles(
    '**/package.json',
    '**/node_modules/**',
    MAX_MANIFESTS,
  );
  const onDisk = found
    .filter((uri) => uri.scheme === 'file')
    .sort((a, b) => a.path.length - b.path.length || a.path.localeCompare(b.path));
  if (onDisk.length === 0) throw new Error('There is no package.json in the workspace.');
  if (onDisk.length === 1) return onDisk[0];
  const picked = await vscode.window.showQuickPick(
    onDisk.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })),
    { placeHolder: 'The scripts of which package.json?' },
  );
  return picked?.uri;
}

async function chooseScript(
  scripts: readonly { readonly name: string; readonly command: string }[],
): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(
    scripts.map(({ name, command }) => ({ label: name, description: command })),
    { title: 'Profile Script', placeHolder: 'Which script?', matchOnDescription: true },
  );
  return picked?.label;
}
