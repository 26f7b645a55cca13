/** The panels of sessions: one for each, shown again when asked for twice, filled again after the window was reloaded. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { RevealedRow } from '../../core/panel/messages.js';
import type { SessionId } from '../../engine/protocol.js';
import { notedTitle } from '../captureNotes.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import {
  showProblem,
  showSession,
  type ShownSession,
  type WebviewContext,
} from './sessionWebview.js';

const VIEW_TYPE = 'sluice.panel';

/** How a panel is shown. */
export interface ShowOptions {
  /** Leaves the keyboard where it is. */
  readonly isAside?: boolean;
  /** Row that is scrolled to and pointed out. */
  readonly row?: RevealedRow;
}

interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly shown: ShownSession;
}

/** Owns every panel. */
export class Panels implements Disposable {
  readonly #context: WebviewContext;
  readonly #open = new Map<SessionId, OpenPanel>();
  readonly #store = new DisposableStore();

  constructor(context: WebviewContext) {
    this.#context = context;
    this.#store.add(
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: (panel, state: unknown) => this.#revive(panel, state),
      }),
    );
  }

  /** The session whose panel has the focus. */
  get active(): SessionId | undefined {
    return [...this.#open].find(([, { panel }]) => panel.active)?.[0];
  }

  /** Shows the panel of a session, which must exist. */
  show(session: SessionId, title: string, { isAside = false, row }: ShowOptions = {}): void {
    this.#open.get(session)?.panel.reveal(undefined, isAside);
    if (!this.#open.has(session)) {
      const panel = vscode.window.createWebviewPanel(
        VIEW_TYPE,
        `Sluice: ${title}`,
        { viewColumn: vscode.ViewColumn.Active, preserveFocus: isAside },
        { enableScripts: true },
      );
      this.#adopt(panel, session);
    }
    if (row !== undefined) this.#open.get(session)?.shown.reveal(row);
  }

  /** Closes the panel of a session, when it has one. */
  close(session: SessionId): void {
    this.#open.get(session)?.panel.dispose();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #adopt(panel: vscode.WebviewPanel, session: SessionId): void {
    const icon = (file: string): vscode.Uri =>
      vscode.Uri.joinPath(this.#context.extensionUri, 'media', file);
    panel.iconPath = { light: icon('panel-light.svg'), dark: icon('panel-dark.svg') };
    const shown = showSession(this.#context, panel, session);
    this.#open.set(session, { panel, shown });
    this.#store.add(panel);
    panel.onDidDispose(() => {
      shown.dispose();
      this.#open.delete(session);
      this.#store.forget(panel);
    });
  }

  /** The engine of the old window is gone, but the capture is on disk: read it back. */
  async #revive(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const capturePath = captureOf(state);
    if (capturePath === undefined) {
      // Without a capture there is nothing to show again; an empty tab would only be in the way.
      panel.dispose();
      return;
    }
    try {
      const { session } = await this.#context.call('beginCapture', {
        path: capturePath,
        title: await notedTitle(capturePath),
      });
      this.#adopt(panel, session);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      showProblem(
        this.#context,
        panel.webview,
        `${path.basename(capturePath)} cannot be shown`,
        why,
      );
    }
  }
}

/** The capture's path out of the state that the webview kept; undefined when it kept none. */
function captureOf(state: unknown): string | undefined {
  const capture: unknown =
    typeof state === 'object' && state !== null ? Reflect.get(state, 'capture') : undefined;
  return typeof capture === 'string' && path.isAbsolute(capture) ? capture : undefined;
}
