/** Why a value is suggested, as a document of its own: what "Explain" and the codes of diagnostics open. */
import * as vscode from 'vscode';
import type { SessionId } from '../../engine/protocol.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import { explanationText } from './explanation.js';
import type { SourceModel } from './sourceModel.js';

const SCHEME = 'sluice-explain';

/** The address of an explanation. */
export function explanationUri(session: SessionId, knob: string): vscode.Uri {
  const [name] = JSON.parse(knob) as readonly [string];
  return vscode.Uri.from({
    scheme: SCHEME,
    path: `/${name.replaceAll('/', '_')}.md`,
    query: new URLSearchParams({ session, knob }).toString(),
  });
}

/** Serves explanations of what the model shows. */
export function registerExplanations(model: SourceModel): Disposable {
  const store = new DisposableStore();
  const changes = store.add(new vscode.EventEmitter<vscode.Uri>());
  store.add(
    model.onChange(() => {
      for (const { uri } of vscode.workspace.textDocuments)
        if (uri.scheme === SCHEME) changes.fire(uri);
    }),
  );
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changes.event,
    provideTextDocumentContent: (uri) => {
      const wanted = new URLSearchParams(uri.query);
      const { view } = model;
      const mark =
        view?.info.session === wanted.get('session')
          ? view.knobs.find(({ fact }) => fact.key === wanted.get('knob'))
          : undefined;
      return mark === undefined || view === null
        ? 'This session is not shown in the source any more.\n'
        : explanationText(mark, view.info.title);
    },
  };
  store.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, provider));
  return store;
}

/** Shows an explanation beside the code, rendered. */
export async function showExplanation(session: SessionId, knob: string): Promise<void> {
  await vscode.commands.executeCommand('markdown.showPreviewToSide', explanationUri(session, knob));
}
