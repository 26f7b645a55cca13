/** Where VS Code enters: makes the parts and joins them. Nothing starts before it is used. */
import path from 'node:path';
import * as vscode from 'vscode';
import { workerEngine } from '../engine/engineClient.js';
import type { SessionId } from '../engine/protocol.js';
import { writeNote } from './captureNotes.js';
import type { CaptureLimits } from './captures.js';
import { createCommands, launchOfPath, registerCommands, runSessionCommand } from './commands.js';
import { DisposableStore, type Disposable } from './disposables.js';
import { createEarlierCommands } from './earlier/earlierCommands.js';
import { EarlierView, workspaceKey } from './earlier/earlierView.js';
import { EngineLink, type CallEngine } from './engineLink.js';
import { openExample } from './example/openExample.js';
import { Log } from './log.js';
import { registerCaptureEditor } from './panel/captureEditor.js';
import { Panels } from './panel/panels.js';
import type { WebviewContext } from './panel/sessionWebview.js';
import { registerDebugProfiling } from './run/debugProvider.js';
import { DebugRecorder } from './run/debugRecorder.js';
import { createEntryCommands } from './run/entryCommands.js';
import { registerScriptLenses } from './run/npmLens.js';
import { Profiler } from './run/profiler.js';
import { registerTasks } from './run/taskProvider.js';
import { showInTerminal } from './run/terminal.js';
import { ProfiledTerminals } from './run/terminalProfile.js';
import { SessionList } from './sessions/sessionList.js';
import { registerSessionsView } from './sessions/sessionsView.js';
import { registerStatusBar } from './sessions/statusBar.js';
import { sessionLabel } from './sessions/tree.js';
import { noTrials } from './sessions/trialSection.js';
import { readSettings, type Settings } from './settings.js';

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
  const settings = (): Settings => readSettings(extension.globalStorageUri);
  const profiler = store.add(
    new Profiler({
      call: engine.call,
      sessions,
      registerPath: dist('agent/register.cjs'),
      captures: () => captureSettings(settings()),
      note: async (capturePath, title) => noteCapture(log, capturePath, title),
      show: showInTerminal,
      report: (problem) => {
        log.info(problem);
      },
    }),
  );
  const webviews: WebviewContext = {
    extensionUri: extension.extensionUri,
    call: engine.call,
    sessions,
    log,
    runCommand: runSessionCommand,
  };
  const panels = store.add(new Panels(webviews));
  store.add(registerCaptureEditor(webviews));
  store.add(
    registerSessionsView(sessions, {
      trials: noTrials,
      open: (uri) => {
        void vscode.commands.executeCommand('sluice.openCapture', uri);
      },
    }),
  );
  store.add(registerStatusBar(sessions, () => panels.active));
  store.add(followEngine(engine, sessions, log));
  store.add(registerEntries({ extension, call: engine.call, log, sessions, panels, profiler }));
}

interface EntryParts {
  readonly extension: vscode.ExtensionContext;
  readonly call: CallEngine;
  readonly log: Log;
  readonly sessions: SessionList;
  readonly panels: Panels;
  readonly profiler: Profiler;
}

/** The ways in which programs and captures come in, and the commands. */
function registerEntries(parts: EntryParts): Disposable {
  const { extension, log, sessions, panels, profiler } = parts;
  const store = new DisposableStore();
  const settings = (): Settings => readSettings(extension.globalStorageUri);
  const nodePath = (): string => settings().nodePath;
  const memory = extension.workspaceState;
  const report = (problem: string): void => {
    log.warn(problem);
  };
  const showAside = (session: SessionId, title: string): void => {
    panels.show(session, title, { isAside: true });
  };
  const onWork = (session: SessionId): void => {
    const info = sessions.find(session);
    if (info === undefined) return;
    showAside(session, sessionLabel(info));
    // Only now is it known what runs there.
    void noteCapture(log, info.capturePath, sessionLabel(info));
  };
  const terminals = store.add(new ProfiledTerminals({ profiler, sessions, onWork, report }, log));
  const nowMs = (): number => performance.now();
  const debugging = new DebugRecorder({ profiler, sessions, show: showAside, report, nowMs });
  store.add(registerDebugProfiling(debugging, log));
  store.add(registerScriptLenses());
  store.add(registerTasks({ profiler, show: showAside }));
  const folder = (): string => settings().capturesFolder;
  const earlier = store.add(new EarlierView({ sessions, folder, memory, report }));
  const entries = createEntryCommands({
    profiler,
    panels,
    terminals,
    openExample: async (wish) => openExample(extension, wish),
    launchOf: async (file) => launchOfPath(file, nodePath()),
  });
  const commands = {
    ...createCommands({ ...parts, memory, nodePath }),
    ...entries,
    ...createEarlierCommands(earlier, sessions),
  };
  store.add(registerCommands(commands, log));
  return store;
}

function captureSettings(settings: Settings): CaptureLimits & { readonly folder: string } {
  const { capturesFolder, capturesKeep, capturesMaxMebibytes } = settings;
  return {
    folder: capturesFolder,
    keep: capturesKeep,
    maxBytes: capturesMaxMebibytes * 2 ** 20,
  };
}

/** A note that cannot be written is no reason not to record. */
async function noteCapture(log: Log, capturePath: string, title: string): Promise<void> {
  try {
    const note = { title, workspace: workspaceKey(), name: null, isPinned: false };
    await writeNote(capturePath, note);
  } catch (error) {
    log.warn(`${capturePath} has no note: ${String(error)}`);
  }
}

/** Called by VS Code before it ends; resolves when every capture is closed. */
export async function deactivate(): Promise<void> {
  await endEngine?.();
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
