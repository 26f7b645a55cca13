/** Lenses, hints and diagnostics: the source model's view as VS Code shows it. Wiring only; the texts are made in `marks.ts`. */
import * as vscode from 'vscode';
import type { Suggestion } from '../../core/report/report.js';
import type { SessionId } from '../../engine/protocol.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import { isShownInSource } from '../settings.js';
import type { IgnoredSuggestions } from '../trials/ignored.js';
import { explanationUri } from './explain.js';
import { stageText } from './facts.js';
import {
  diagnosticText,
  hintText,
  isIgnored,
  isWanted,
  severityOf,
  type Severity,
} from './marks.js';
import type { PlacedKnob, SourceModel } from './sourceModel.js';
import { openDocument } from './workspaceFiles.js';

/** Files that may define stages and knobs. */
export const SOURCES: vscode.DocumentSelector = [
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'python',
  'json',
  'jsonc',
  'yaml',
].map((language) => ({ language, scheme: 'file' }));

/** Shows the model in editors until disposed. */
export function paintSource(model: SourceModel, ignored: IgnoredSuggestions): Disposable {
  const store = new DisposableStore();
  const lenses = store.add(new vscode.EventEmitter<void>());
  const hints = store.add(new vscode.EventEmitter<void>());
  const diagnostics = store.add(vscode.languages.createDiagnosticCollection('sluice'));
  const refresh = (): void => {
    lenses.fire();
    hints.fire();
    showDiagnostics(model, ignored, diagnostics);
  };
  store.add(model.onChange(refresh));
  store.add(ignored.onDidChange(refresh));
  store.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('sluice.editor')) refresh();
    }),
  );
  store.add(
    vscode.languages.registerCodeLensProvider(SOURCES, {
      onDidChangeCodeLenses: lenses.event,
      provideCodeLenses: async (document) => lensesOf(model, document),
    }),
  );
  store.add(
    vscode.languages.registerInlayHintsProvider(SOURCES, {
      onDidChangeInlayHints: hints.event,
      provideInlayHints: (document, range) => hintsOf(model, ignored.all(), document, range),
    }),
  );
  return store;
}

async function lensesOf(
  model: SourceModel,
  document: vscode.TextDocument,
): Promise<vscode.CodeLens[]> {
  const { view } = model;
  if (view === null || !isShownInSource('editor.codeLens')) return [];
  const text = document.getText();
  const lenses: vscode.CodeLens[] = [];
  for (const mark of view.stages) {
    if (mark.file !== document.uri.fsPath) continue;
    const line = await model.lineOf(view.info.session, mark, text);
    if (line === null || line > document.lineCount) continue;
    const { fact } = mark;
    const icon = fact.isBottleneck ? '$(flame)' : '$(graph)';
    lenses.push(
      new vscode.CodeLens(document.lineAt(line - 1).range, {
        title: `${icon} ${fact.name}: ${stageText(fact)}`,
        tooltip: `Show ${fact.name} in the panel of ${view.info.title}`,
        command: 'sluice.showPanel',
        arguments: [{ session: view.info.session, row: fact.row }],
      }),
    );
  }
  return lenses;
}

async function hintsOf(
  model: SourceModel,
  ignored: readonly string[],
  document: vscode.TextDocument,
  within: vscode.Range,
): Promise<vscode.InlayHint[]> {
  if (!isShownInSource('editor.hints')) return [];
  const placed = await model.knobsIn(document.uri.fsPath, document.getText());
  return placed.flatMap((knob) => {
    const text = hintText(knob, ignored);
    const at = document.positionAt(knob.place.place.range.end);
    if (text === null || !within.contains(at)) return [];
    const hint = new vscode.InlayHint(at, text, vscode.InlayHintKind.Parameter);
    hint.paddingLeft = true;
    const { suggestion } = knob.fact;
    if (suggestion !== null) hint.tooltip = diagnosticText(knob.fact, suggestion);
    return [hint];
  });
}

const SEVERITIES: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** The texts are those that the places were found in: of files that are being edited VS Code moves what is there along. */
function showDiagnostics(
  { view }: SourceModel,
  ignored: IgnoredSuggestions,
  shown: vscode.DiagnosticCollection,
): void {
  const edited = new Set<string>();
  const byFile = new Map<string, vscode.Diagnostic[]>();
  const knobs = view !== null && isShownInSource('editor.diagnostics') ? view.knobs : [];
  for (const { fact, place } of knobs) {
    if (view === null || place.kind !== 'found') continue;
    const { file } = place.place;
    if (isEdited(file, place.recipe.source)) edited.add(file);
    const placed = { fact, place };
    if (!isWanted(placed) || isIgnored(placed.fact, ignored.all())) continue;
    const diagnostic = diagnosticOf(view.info.session, placed, placed.fact.suggestion);
    byFile.set(file, [...(byFile.get(file) ?? []), diagnostic]);
  }
  shown.forEach(({ fsPath }) => {
    if (!edited.has(fsPath) && !byFile.has(fsPath)) shown.delete(vscode.Uri.file(fsPath));
  });
  for (const [file, found] of byFile) {
    if (!edited.has(file)) shown.set(vscode.Uri.file(file), found);
  }
}

function diagnosticOf(
  session: SessionId,
  { fact, place }: PlacedKnob,
  suggestion: Suggestion,
): vscode.Diagnostic {
  const { file, range } = place.place;
  const diagnostic = new vscode.Diagnostic(
    rangeIn(place.recipe.source, file, range),
    diagnosticText(fact, suggestion),
    SEVERITIES[severityOf(fact)],
  );
  diagnostic.source = 'Sluice';
  diagnostic.code = {
    value: `why ${suggestion.to}`,
    target: explanationUri(session, fact.key),
  };
  return diagnostic;
}

/** Has the text changed since it was looked at? */
function isEdited(file: string, text: string): boolean {
  const document = openDocument(file);
  return document !== undefined && document.getText() !== text;
}

/** A range of offsets in the text of a file; an empty one, where an option is to be inserted, is shown one character wide. */
function rangeIn(
  text: string,
  file: string,
  { start, end }: { readonly start: number; readonly end: number },
): vscode.Range {
  const document = openDocument(file);
  const at = (offset: number): vscode.Position =>
    document === undefined ? positionIn(text, offset) : document.positionAt(offset);
  return start === end
    ? new vscode.Range(at(Math.max(start - 1, 0)), at(end))
    : new vscode.Range(at(start), at(end));
}

function positionIn(text: string, offset: number): vscode.Position {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return new vscode.Position(before.length - 1, before.at(-1)?.length ?? 0);
}
