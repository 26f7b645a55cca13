/** Starts the VS Code server that `install.mjs` put in place, with a data folder and a port of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What `ensureWorkbench` found or installed. */
export interface Workbench {
  readonly serverMain: string;
  readonly chromium: string;
  readonly version: string;
}

/** The workbench handed down by `run.mjs`. Throws when a test file is run by itself. */
export function workbenchFromEnvironment(): Workbench {
  const json = process.env['SLUICE_TEST_WORKBENCH'];
  if (json === undefined) throw new Error('Run the workbench tests with: node test/vscode/run.mjs');
  return JSON.parse(json) as Workbench;
}

/** Settings of the user in every test: nothing moves, nothing asks, nothing goes to the network. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  // An editor that opens late takes the focus, and the command palette would close with it.
  'workbench.quickOpen.closeOnFocusLost': false,
  'workbench.editor.empty.hint': 'hidden',
  'chat.commandCenter.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'telemetry.telemetryLevel': 'off',
  'files.autoSave': 'off',
  // Text in the page, where a test can read it, instead of pixels.
  'terminal.integrated.gpuAcceleration': 'off',
  'git.enabled': false,
  'window.commandCenter': false,
  'typescript.disableAutomaticTypeAcquisition': true,
} as const;

/** How a server differs from the usual one. */
export interface ServerOptions {
  /** An extension that is there as if a user had installed it: its folder, and `publisher.name-version`. */
  readonly installed?: { readonly folder: string; readonly id: string };
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Is every workspace trusted? Yes unless said otherwise. */
  readonly isTrusted?: boolean;
}

const START_MS = 60_000;
const STOP_MS = 1000;

/** A running server; `stop` must be called. */
export class WorkbenchServer {
  readonly host: string;
  readonly dataFolder: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, host: string, dataFolder: string) {
    this.#child = child;
    this.host = host;
    this.dataFolder = dataFolder;
  }

  /** Everything that extension hosts of this server have logged so far, by file. */
  extensionHostLogs(): readonly { readonly file: string; readonly text: string }[] {
    const logs = path.join(this.dataFolder, 'data/logs');
    return readdirSync(logs, { recursive: true, encoding: 'utf8' })
      .filter((file) => /exthost\d*[/\\].*\.log$/.test(file))
      .map((file) => ({ file, text: readFileSync(path.join(logs, file), 'utf8') }));
  }

  /** Overwrites the user's settings, for windows that are opened from now on. */
  writeSettings(settings: Readonly<Record<string, unknown>>): void {
    writeSettings(this.dataFolder, settings);
  }

  /** Ends the server with all it started, and removes its data. */
  async stop(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) resolve();
      else
        this.#child.once('exit', () => {
          resolve();
        });
    });
    // SIGTERM alone does not always end it, and would leave extension hosts and language servers behind.
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => {
      killGroup(this.#child);
    }, STOP_MS);
    await gone;
    clearTimeout(timer);
    killGroup(this.#child);
    rmSync(this.dataFolder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function writeSettings(dataFolder: string, settings: Readonly<Record<string, unknown>>): void {
  // Those that belong to a machine count in the server's file only, once VS Code knows them for that.
  const ofMachine = Object.entries(settings).filter(([name]) => name.startsWith('sluice.'));
  const files = {
    User: { ...QUIET_SETTINGS, ...settings },
    Machine: Object.fromEntries(ofMachine),
  };
  for (const [name, content] of Object.entries(files)) {
    const folder = path.join(dataFolder, 'data', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(content, null, 2));
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a server. Rejects with its output when it does not come up. */
export async function startServer(options: ServerOptions = {}): Promise<WorkbenchServer> {
  const { serverMain } = workbenchFromEnvironment();
  const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'sluice-workbench-'));
  writeSettings(dataFolder, options.settings ?? {});
  // The folder must exist, or VS Code finds no extension at all, not even the one under development.
  const extensions = path.join(dataFolder, 'extensions');
  mkdirSync(extensions);
  const { installed } = options;
  if (installed !== undefined) symlinkSync(installed.folder, path.join(extensions, installed.id));
  const child = spawn(
    process.execPath,
    [
      serverMain,
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
      ...['--accept-server-license-terms', '--telemetry-level', 'off'],
      ...['--server-data-dir', dataFolder, '--extensions-dir', extensions],
      // Newer builds ignore an extension under development without it. It hides notifications, which a user would see.
      ...(installed === undefined ? ['--enable-smoke-test-driver'] : []),
      ...(options.isTrusted === false ? [] : ['--disable-workspace-trust']),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      // An empty gallery: no look-ups of extensions on the network. No preloads of ours in the server.
      env: { ...process.env, EXTENSIONS_GALLERY: '{}', NODE_OPTIONS: '' },
    },
  );
  process.once('exit', () => {
    killGroup(child);
    rmSync(dataFolder, { recursive: true, force: true });
  });
  // By default these two end a process without an `exit` event, and the server would live on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.exit(130);
    });
  }
  const port = await portOf(child);
  return new WorkbenchServer(child, `127.0.0.1:${port}`, dataFolder);
}

async function portOf(child: ChildProcess): Promise<number> {
  let output = '';
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`The VS Code server did not start:\n${output}`));
    }, START_MS);
    const read = (bytes: Buffer): void => {
      output += bytes.toString();
      const match = /agent listening on (\d+)/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The VS Code server ended with ${code ?? 'a signal'}:\n${output}`));
    });
  });
}
