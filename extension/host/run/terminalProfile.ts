/** The terminal profile "Sluice": the user's shell, in which every Node.js program is profiled. */
import * as vscode from 'vscode';
import { launchEnvironment } from '../../engine/launch.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { Log } from '../log.js';
import { effectiveOptions } from './nodeOptions.js';
import { TerminalRecorder, type TerminalSurroundings } from './terminalRecorder.js';

/** Id of the profile, as in package.json. */
export const TERMINAL_PROFILE = 'sluice.terminal';

/** Opens terminals and knows them again when they close. */
export class ProfiledTerminals implements Disposable {
  readonly #around: TerminalSurroundings;
  readonly #store = new DisposableStore();
  /** By token, which stands in the environment of the terminal. */
  readonly #recorders = new Map<string, TerminalRecorder>();

  constructor(around: TerminalSurroundings, log: Log) {
    this.#around = around;
    this.#store.add(
      vscode.window.registerTerminalProfileProvider(TERMINAL_PROFILE, {
        provideTerminalProfile: async () => {
          try {
            return new vscode.TerminalProfile(await this.#options());
          } catch (error) {
            const message = error instanceof Error ? error.message : String(error);
            log.warn(message);
            void vscode.window.showErrorMessage(`Sluice: ${message}`);
            return undefined;
          }
        },
      }),
    );
    this.#store.add(
      vscode.window.onDidCloseTerminal((terminal) => {
        const token = tokenOf(terminal);
        if (token === undefined) return;
        this.#recorders.get(token)?.dispose();
        this.#recorders.delete(token);
      }),
    );
  }

  /** Opens a terminal and shows it. Rejects when its session cannot be made. */
  async open(): Promise<void> {
    vscode.window.createTerminal(await this.#options()).show();
  }

  dispose(): void {
    this.#store.dispose();
    // What runs in the terminals goes on; the engine closes the captures.
    this.#recorders.clear();
  }

  async #options(): Promise<vscode.TerminalOptions> {
    if (!vscode.workspace.isTrusted) {
      throw new Error('Programs are profiled only in a trusted workspace.');
    }
    const recorder = await TerminalRecorder.open(this.#around);
    const { agent } = recorder.current;
    this.#recorders.set(agent.token, recorder);
    const present = { NODE_OPTIONS: presentOptions(), PYTHONPATH: process.env['PYTHONPATH'] };
    const { SLUICE_URL, SLUICE_TOKEN, NODE_OPTIONS, PYTHONPATH } = launchEnvironment(
      present,
      agent,
    );
    return {
      name: 'Sluice',
      iconPath: new vscode.ThemeIcon('graph'),
      env: { SLUICE_URL, SLUICE_TOKEN, NODE_OPTIONS, PYTHONPATH },
    };
  }
}

/** What a terminal would have by itself: the variables of the setting stand over those of VS Code. */
function presentOptions(): string {
  const platform = new Map([
    ['darwin', 'osx'],
    ['win32', 'windows'],
  ]).get(process.platform);
  const setting: unknown = vscode.workspace
    .getConfiguration('terminal.integrated.env')
    .get(platform ?? 'linux');
  const own: unknown =
    typeof setting === 'object' && setting !== null
      ? Reflect.get(setting, 'NODE_OPTIONS')
      : undefined;
  const ofSetting = own === null || typeof own === 'string' ? own : undefined;
  return effectiveOptions([ofSetting, process.env['NODE_OPTIONS']]);
}

function tokenOf({ creationOptions }: vscode.Terminal): string | undefined {
  const env = 'env' in creationOptions ? creationOptions.env : undefined;
  return env?.['SLUICE_TOKEN'] ?? undefined;
}
