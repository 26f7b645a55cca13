/** Fills a webview of VS Code with the panel of a session; panels and custom editors both do it through here. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as vscode from 'vscode';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { LiveMessage } from '../../core/panel/messages.js';
import type { RevealedRow } from '../../core/panel/messages.js';
import type { SessionId } from '../../engine/protocol.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import { exportSession } from '../exportCommand.js';
import type { CallEngine } from '../engineLink.js';
import type { Log } from '../log.js';
import type { FrontSession } from '../sessions/frontSession.js';
import type { SessionList } from '../sessions/sessionList.js';
import type { LiveStates } from '../trials/liveStates.js';
import { errorPage, panelPage } from './page.js';
import { copyText, saveImage } from './panelOutput.js';
import { PanelChannel, type SessionCommand } from './panelChannel.js';

/** What every webview of ours shares. */
export interface WebviewContext {
  readonly extensionUri: vscode.Uri;
  readonly call: CallEngine;
  readonly sessions: SessionList;
  readonly front: FrontSession;
  readonly log: Log;
  readonly runCommand: (command: SessionCommand, session: SessionId) => Promise<void>;
  /** What panels show of running programs beside snapshots. */
  readonly live: LiveStates;
  readonly actLive: (session: SessionId, message: LiveMessage) => Promise<void>;
}

/** The only folders that a webview may load from. */
function resourceRoots(extensionUri: vscode.Uri): vscode.Uri[] {
  return ['dist/webview', 'media'].map((folder) => vscode.Uri.joinPath(extensionUri, folder));
}

const resource = (context: WebviewContext, webview: vscode.Webview, file: string): string =>
  webview.asWebviewUri(vscode.Uri.joinPath(context.extensionUri, file)).toString();

/** A session on screen. */
export interface ShownSession extends Disposable {
  /** Scrolls to a row and points it out. */
  reveal(row: RevealedRow): void;
}

/** Shows the session until what is returned or the panel ends. */
export function showSession(
  context: WebviewContext,
  panel: vscode.WebviewPanel,
  session: SessionId,
): ShownSession {
  const { webview } = panel;
  const store = new DisposableStore();
  const channel = store.add(
    new PanelChannel({
      session,
      call: context.call,
      post: (message) => void webview.postMessage(message),
      isVisible: () => panel.visible,
      openSource: async (source) => openSource(source),
      runCommand: context.runCommand,
      live: {
        state: () => context.live.of(session),
        act: async (message) => context.actLive(session, message),
      },
      copy: copyText,
      saveImage: async (image) => saveImage(context.sessions.find(session)?.title ?? '', image),
      exportRange: async (range) => {
        const info = context.sessions.find(session);
        if (info !== undefined) await exportSession(context.call, info, range);
      },
      report: (problem) => {
        context.log.error(problem);
      },
    }),
  );
  store.add(webview.onDidReceiveMessage((message: unknown) => channel.receive(message)));
  store.add(
    panel.onDidChangeViewState(() => {
      if (panel.active) context.front.set(session);
      channel.visibilityChanged();
    }),
  );
  if (panel.active) context.front.set(session);
  store.add(followSession(context, session, channel));
  webview.options = {
    enableScripts: true,
    localResourceRoots: resourceRoots(context.extensionUri),
  };
  webview.html = panelPage({
    cspSource: webview.cspSource,
    scriptUri: resource(context, webview, 'dist/webview/panel.js'),
    styleUri: resource(context, webview, 'dist/webview/panel.css'),
    capturePath: context.sessions.find(session)?.capturePath ?? '',
  });
  return {
    reveal: (row) => {
      channel.reveal(row);
    },
    dispose: () => {
      store.dispose();
    },
  };
}

/** Tells the channel what becomes of the session. */
function followSession(
  { live, sessions }: WebviewContext,
  session: SessionId,
  channel: PanelChannel,
): Disposable {
  const store = new DisposableStore();
  store.add(
    live.onDidChange((changed) => {
      if (changed === null || changed === session) channel.liveChanged();
    }),
  );
  let state = sessions.find(session)?.state;
  store.add(
    sessions.onEvent((changed) => {
      if (changed !== session) return;
      const now = sessions.find(session)?.state;
      channel.changed(now !== state);
      state = now;
    }),
  );
  return store;
}

/** Shows why there is no panel. */
export function showProblem(
  context: WebviewContext,
  webview: vscode.Webview,
  title: string,
  detail: string,
): void {
  webview.options = {
    enableScripts: false,
    localResourceRoots: resourceRoots(context.extensionUri),
  };
  webview.html = errorPage(
    { cspSource: webview.cspSource, styleUri: resource(context, webview, 'media/error.css') },
    title,
    detail,
  );
}

/**
 * Opens a place in the source, beside the panel unless told otherwise. The path comes out of a capture, maybe of another machine: it must be a
 * file that is here. Rejects, with what to tell the user, when it is not.
 */
export async function openSource(
  source: SourcePosition,
  viewColumn = vscode.ViewColumn.Beside,
): Promise<void> {
  const file = source.file.startsWith('file:') ? fileURLToPath(source.file) : source.file;
  if (!path.isAbsolute(file)) {
    throw new Error(`${source.file} cannot be opened: only files on this machine can.`);
  }
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile)
    throw new Error(`${file} is not on this machine; the capture names it as the source.`);
  const at = new vscode.Position(source.line - 1, source.column - 1);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  await vscode.window.showTextDocument(document, {
    viewColumn,
    selection: new vscode.Range(at, at),
  });
}
