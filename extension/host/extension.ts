/** Where VS Code enters: makes the parts and joins them. Nothing starts before it is used. */
import path from 'node:path';
import * as vscode from 'vscode';
import { workerEngine } from '../engine/engineClient.js';
import { registerTools } from './assistants/registerTools.js';
import { createCommands, registerCommands, runSessionCommand } from './commands.js';
import { DisposableStore } from './disposables.js';
import { EngineLink } from './engineLink.js';
import { Log } from './log.js';
import { registerCaptureEditor } from './panel/captureEditor.js';
import { Panels } from './panel/panels.js';
import type { WebviewContext } from './panel/sessionWebview.js';
import type { Launch } from './run/launch.js';
import { Profiler } from './run/profiler.js';
import { showInTerminal } from './run/terminal.js';
import { SessionList } from './sessions/sessionList.js';
import { registerSessionsView } from './sessions/sessionsView.js';
import { registerStatusBar } from './sessions/statusBar.js';
import { readSettings } from './settings.js';
import { registerSource } from './source/registerSource.js';
import type { Started } from './trials/journals.js';
import { makeTrials } from './trials/makeTrials.js';

/** VS Code waits for `deactivate`, not for `subscriptions`: captures are closed in there. */
let endEngine: (() => Promise<void>) | undefined;

/** Called once by VS Code, when a command, a view, a panel or a capture of ours is first needed. */
export function activate(extension: vscode.ExtensionContext): void {
  const store = new DisposableStore();
  extension.subscriptions.push(store);
  const log = store.add(new Log());
  const dist = (file: string): string => path.join(extension.extensionPath, 'dist', file);

  const pagesFolder = path.join(extension.globalStorageUri.fsPath, 'pages');
  const engine = new EngineLink(() => workerEngine(dist('engine.cjs'), { pagesFolder }));
  endEngine = () => engine.dispose();
  store.add({ dispose: () => void engine.dispose() });

  const sessions = store.add(new SessionList(engine.call));
  const settings = (): ReturnType<typeof readSettings> => readSettings(extension.globalStorageUri);
  const profiler = store.add(
    new Profiler({
      call: engine.call,
      sessions,
      registerPath: dist('agent/register.cjs'),
      captures: () => ({ folder: settings().capturesFolder, keep: settings().capturesKeep }),
      show: (run, { title, command, args }) =>
        showInTerminal(run, title, [command, ...args].join(' ')),
      report: (problem) => {
        log.info(problem);
      },
    }),
  );
  const { runs, live, trials } = makeTrials(store, {
    ...{ engine, sessions, log },
    memory: extension.workspaceState,
    startedOf: (session) => startedAs(profiler.launchOf(session)),
  });
  const webviews: WebviewContext = {
    extensionUri: extension.extensionUri,
    call: engine.call,
    sessions,
    log,
    runCommand: runSessionCommand,
    live,
    actLive: (session, message) => trials.act(session, message),
  };
  const panels = store.add(new Panels(webviews));
  store.add(registerCaptureEditor(webviews));
  store.add(
    registerSessionsView(sessions, (uri) => {
      void vscode.commands.executeCommand('sluice.openCapture', uri);
    }),
  );
  store.add(registerStatusBar(sessions));
  store.add(followEngine(engine, sessions, log));
  const source = store.add(
    registerSource({
      ...{ call: engine.call, sessions, panels },
      dist: dist(''),
      memory: extension.workspaceState,
      log,
    }),
  );
  const commands = createCommands({
    call: engine.call,
    sessions,
    panels,
    profiler,
    runs,
    trials,
    log,
    memory: extension.workspaceState,
    nodePath: () => settings().nodePath,
    source: source.commands,
  });
  store.add(registerCommands(commands, log));
  store.add(
    registerTools({
      call: engine.call,
      sessions: () => sessions.all(),
      inFront: () => panels.active,
    }),
  );
}

/** Called by VS Code before it ends; resolves when every capture is closed. */
export async function deactivate(): Promise<void> {
  await endEngine?.();
}

/** What was started, as a journal of trials names it. */
function startedAs(launch: Launch | undefined): Started | undefined {
  if (launch === undefined) return undefined;
  return { command: [launch.command, ...launch.args], cwd: launch.cwd };
}

function followEngine(engine: EngineLink, sessions: SessionList, log: Log): DisposableStore {
  const store = new DisposableStore();
  store.add(
    engine.onEvent((event) => {
      sessions.apply(event);
      if (event.kind !== 'problem') return;
      log.warn(event.message);
      void vscode.window.showWarningMessage(`Sluice: ${event.message}`);
    }),
  );
  store.add(
    engine.onLost((reason) => {
      sessions.clear();
      log.error(reason);
      void vscode.window.showErrorMessage(
        `Sluice: ${reason}. Captures are kept on disk; profile again to start anew.`,
      );
    }),
  );
  return store;
}
