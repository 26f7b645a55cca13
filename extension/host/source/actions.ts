/** The lightbulb at a knob: what is suggested as quick fixes, other values as refactorings. */
import * as vscode from 'vscode';
import { suggestionKey } from '../../core/panel/live.js';
import type { SessionId } from '../../engine/protocol.js';
import type { IgnoredSuggestions } from '../trials/ignored.js';
import { isIgnored, isWanted, kindText, planTitle, setTitle } from './marks.js';
import { SOURCES } from './paint.js';
import type { PlacedKnob, SourceModel } from './sourceModel.js';
import type { WriteRequest } from './writeToSource.js';

const QUICK_FIX = vscode.CodeActionKind.QuickFix.append('sluice');
const REFACTOR = vscode.CodeActionKind.RefactorRewrite.append('sluice');

/** Makes the edit of an action when somebody looks at it, and remembers that it was made. */
export interface ActionEdits {
  edit(request: WriteRequest): Promise<vscode.WorkspaceEdit | undefined>;
}

/** An action whose edit is made when it is wanted. */
class SourceAction extends vscode.CodeAction {
  readonly request: WriteRequest;

  constructor(title: string, kind: vscode.CodeActionKind, request: WriteRequest) {
    super(title, kind);
    this.request = request;
    this.command = { command: '_sluice.sourceWritten', title, arguments: [request] };
  }
}

/** Offers actions until disposed. */
export function registerActions(
  model: SourceModel,
  edits: ActionEdits,
  ignored: IgnoredSuggestions,
): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    SOURCES,
    {
      provideCodeActions: async (document, range) => {
        const { view } = model;
        if (view === null || !vscode.workspace.isTrusted) return [];
        const { session } = view.info;
        const placed = await model.knobsIn(document.uri.fsPath, document.getText());
        return placed
          .filter(({ place }) => isAt(document, range, place))
          .flatMap((knob) => [...fixes(session, knob, ignored), ...refactorings(session, knob)]);
      },
      resolveCodeAction: async (action) => {
        if (!(action instanceof SourceAction)) return action;
        const edit = await edits.edit(action.request);
        // What must be asked or said first is not for a list that somebody only looks through.
        if (edit === undefined) {
          action.command = {
            command: 'sluice.writeToSource',
            title: action.title,
            arguments: [action.request],
          };
        } else action.edit = edit;
        return action;
      },
    },
    { providedCodeActionKinds: [QUICK_FIX, REFACTOR] },
  );
}

/** On the lines of the value, or within the call that it goes to. */
function isAt(
  document: vscode.TextDocument,
  range: vscode.Range,
  { place, construction }: PlacedKnob['place'],
): boolean {
  const of = ({ start, end }: { start: number; end: number }): vscode.Range =>
    new vscode.Range(document.positionAt(start), document.positionAt(end));
  const value = of(place.range);
  const lines = new vscode.Range(value.start.line, 0, value.end.line, Number.MAX_SAFE_INTEGER);
  if (lines.intersection(range) !== undefined) return true;
  return (
    construction.file === document.uri.fsPath &&
    of(construction.range).intersection(range) !== undefined
  );
}

function fixes(
  session: SessionId,
  placed: PlacedKnob,
  ignored: IgnoredSuggestions,
): vscode.CodeAction[] {
  if (!isWanted(placed)) return [];
  const { fact } = placed;
  const { suggestion } = fact;
  if (isIgnored(fact, ignored.all())) return [];
  const move = { knob: fact.knob.id, to: suggestion.to };
  const actions: vscode.CodeAction[] = [];
  const add = (title: string, moves: WriteRequest['moves'], isPreferred = false): void => {
    const action = new SourceAction(title, QUICK_FIX, { session, moves });
    action.isPreferred = isPreferred;
    actions.push(action);
  };
  if (fact.plan !== null) {
    const { plan, pipeline } = fact;
    const parts = pipeline.suggestions.filter(({ id }) => plan.suggestions.includes(id));
    const moves = parts.map(({ knob, to }) => ({ knob, to, expression: null }));
    const keys = ignored.all();
    const isWhole = parts.every((part) => !keys.includes(suggestionKey(pipeline, part)));
    if (isWhole) add(planTitle(plan), moves, true);
  }
  add(setTitle(fact, suggestion), [{ ...move, expression: null }], fact.plan === null);
  if (suggestion.expression !== null) {
    const { expression } = suggestion;
    const title = `Set ${fact.knob.name} to ${expression} (${suggestion.to} here)`;
    add(title, [{ ...move, expression }]);
  }
  actions.push(
    commandAction(`Preview ${fact.knob.name} ${suggestion.to}…`, 'sluice.previewSource', {
      session,
      moves: [{ ...move, expression: null }],
    }),
  );
  const live = { session, moves: [move], why: suggestion.reason };
  if (fact.knob.live) {
    actions.push(
      commandAction(`Try ${fact.knob.name} ${suggestion.to} live`, 'sluice.tryLive', live),
    );
  }
  actions.push(
    commandAction(`Explain ${fact.knob.name} ${suggestion.to}`, 'sluice.explain', {
      session,
      knob: fact.key,
    }),
    commandAction(`Ignore this suggestion`, 'sluice.ignoreSuggestion', {
      knob: fact.key,
      to: suggestion.to,
    }),
  );
  return actions;
}

function refactorings(session: SessionId, { fact }: PlacedKnob): vscode.CodeAction[] {
  const { knob } = fact;
  const title = `Change ${kindText(knob.kind)} (${knob.name})…`;
  return [commandAction(title, 'sluice.changeKnob', { session, knob: knob.id }, REFACTOR)];
}

function commandAction(
  title: string,
  command: string,
  argument: unknown,
  kind = QUICK_FIX,
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, kind);
  action.command = { command, title, arguments: [argument] };
  return action;
}
