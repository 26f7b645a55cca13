/** The read-only editor of captures, and of other tools' traces when somebody chooses to open them with it. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { SessionId } from '../../engine/protocol.js';
import { notedTitle } from '../captureNotes.js';
import type { Disposable } from '../disposables.js';
import { CAPTURE_EDITOR, TRACE_EDITOR } from '../traceFiles.js';
import { showProblem, showSession, type WebviewContext } from './sessionWebview.js';

/** An opened file. `session` is undefined, and `problem` says why, when it could not be read. */
class CaptureDocument implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly opened:
    | { readonly kind: 'read'; readonly session: SessionId }
    | { readonly kind: 'failed'; readonly problem: string };
  readonly #end: () => void;

  constructor(uri: vscode.Uri, opened: CaptureDocument['opened'], end: () => void) {
    this.uri = uri;
    this.opened = opened;
    this.#end = end;
  }

  dispose(): void {
    this.#end();
  }
}

class CaptureEditorProvider implements vscode.CustomReadonlyEditorProvider<CaptureDocument> {
  readonly #context: WebviewContext;

  constructor(context: WebviewContext) {
    this.#context = context;
  }

  async openCustomDocument(uri: vscode.Uri): Promise<CaptureDocument> {
    const nothingToEnd = (): void => undefined;
    if (uri.scheme !== 'file') {
      const problem = `Only captures on a disk can be opened, and this one is at ${uri.scheme}:. Save it to a folder first.`;
      return new CaptureDocument(uri, { kind: 'failed', problem }, nothingToEnd);
    }
    // A capture that is being recorded is shown live, and belongs to its session rather than to this editor.
    const known = this.#context.sessions.findByCapture(uri.fsPath);
    if (known !== undefined) {
      return new CaptureDocument(uri, { kind: 'read', session: known.session }, nothingToEnd);
    }
    try {
      const { session } = await this.#context.call('beginCapture', {
        path: uri.fsPath,
        title: await notedTitle(uri.fsPath),
      });
      return new CaptureDocument(uri, { kind: 'read', session }, () => {
        this.#close(session);
      });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#context.log.warn(`${uri.fsPath}: ${problem}`);
      return new CaptureDocument(uri, { kind: 'failed', problem }, nothingToEnd);
    }
  }

  resolveCustomEditor(document: CaptureDocument, panel: vscode.WebviewPanel): void {
    const { opened } = document;
    if (opened.kind === 'failed') {
      const title = `${path.basename(document.uri.path)} cannot be opened`;
      showProblem(this.#context, panel.webview, title, opened.problem);
      return;
    }
    const shown = showSession(this.#context, panel, opened.session);
    panel.onDidDispose(() => {
      shown.dispose();
    });
  }

  #close(session: SessionId): void {
    this.#context.call('closeSession', { session }).catch((error: unknown) => {
      this.#context.log.error(String(error));
    });
  }
}

/** Makes VS Code open captures with Sluice, and offer it for files that may be traces. */
export function registerCaptureEditor(context: WebviewContext): Disposable {
  const provider = new CaptureEditorProvider(context);
  return vscode.Disposable.from(
    ...[CAPTURE_EDITOR, TRACE_EDITOR].map((viewType) =>
      vscode.window.registerCustomEditorProvider(viewType, provider, {
        supportsMultipleEditorsPerDocument: false,
      }),
    ),
  );
}
