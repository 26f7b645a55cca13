/** Everything that the editor shows and does in the source, joined. */
import * as vscode from 'vscode';
import { suggestionKey } from '../../core/panel/live.js';
import type { SessionId } from '../../engine/protocol.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { CallEngine } from '../engineLink.js';
import type { Log } from '../log.js';
import type { FrontSession } from '../sessions/frontSession.js';
import type { SessionList } from '../sessions/sessionList.js';
import { requireTrust } from '../trust.js';
import type { IgnoredSuggestions } from '../trials/ignored.js';
import type { LiveStates } from '../trials/liveStates.js';
import type { TrialRuns } from '../trials/trialRuns.js';
import { registerActions } from './actions.js';
import { askForValue } from './changeKnob.js';
import { registerExplanations, showExplanation } from './explain.js';
import { gainText, suggestionText, type KnobFact } from './facts.js';
import { LocatorLink } from './locatorLink.js';
import { paintSource, SOURCES } from './paint.js';
import { promiseReport, sourceValues } from './panelFacts.js';
import type { PromiseOutcome } from './promises.js';
import { PromiseStore } from './promiseStore.js';
import { RunTexts } from './runTexts.js';
import { isOfThisWindow, SourceModel } from './sourceModel.js';
import { fileHere, pathInEditor, readDisk, workspaceFiles } from './workspaceFiles.js';
import {
  SourceWriter,
  writeRequestOf,
  type WriteRequest,
  type WriterContext,
} from './writeToSource.js';

/** Why no source is written. */
const NOT_CHANGED = 'The source is changed only in a trusted workspace.';

/** What it needs from around it. */
export interface SourceContext {
  readonly call: CallEngine;
  readonly sessions: SessionList;
  /** Which session the user means. */
  readonly front: FrontSession;
  /** Sets knobs by hand, and knows which trials run. */
  readonly runs: TrialRuns;
  /** The folder of the built files. */
  readonly dist: string;
  readonly memory: vscode.Memento;
  /** What panels show beside their snapshots. */
  readonly live: LiveStates;
  readonly ignored: IgnoredSuggestions;
  readonly log: Log;
}

/** What others may use of it. */
export interface SourceParts extends Disposable {
  readonly model: SourceModel;
  readonly promises: PromiseStore;
  readonly commands: SourceCommands;
  /** What a value would change in the source, as a unified diff; null: where it stands is not certain. */
  readonly previewEdit: (
    session: SessionId,
    knob: { readonly id: string },
    value: number,
  ) => Promise<string | null>;
}

/** Handlers of the commands about the source. */
export type SourceCommands = Readonly<
  Record<
    | 'sluice.writeToSource'
    | 'sluice.previewSource'
    | 'sluice.changeKnob'
    | 'sluice.explain'
    | 'sluice.ignoreSuggestion'
    | 'sluice.showIgnored',
    (argument: unknown) => Promise<void>
  >
>;

/** Shows sessions in the source until disposed. Nothing is loaded before a session has something to show. */
export function registerSource(context: SourceContext): SourceParts {
  const { sessions, front, call, memory, log, ignored, runs } = context;
  const store = new DisposableStore();
  const link = store.add(new LocatorLink(context.dist));
  const runTexts = new RunTexts(readDisk, pathInEditor);
  const promises = new PromiseStore(memory, () => sessions.all().map(({ session }) => session));
  const locator = async (): ReturnType<typeof link.get> => link.get();
  const model = store.add(
    new SourceModel({
      sessions,
      front,
      locator,
      files: workspaceFiles,
      fileHere,
      runTexts,
      report: (problem) => {
        log.warn(problem);
      },
    }),
  );
  const setKnob: WriterContext['setKnob'] = async (session, knob, value) =>
    runs.setKnob(session, knob, value);
  const writer = new SourceWriter({ setKnob, sessions, model, locator, promises });
  store.add(paintSource(model, ignored));
  store.add(registerActions(model, writer, ignored));
  store.add(registerExplanations(model));
  store.add(follow({ context, model, writer, promises, runTexts }));
  const commands = sourceCommands({ model, writer, ignored, call });
  return {
    model,
    promises,
    commands,
    previewEdit: async (session, knob, to) =>
      writer.diff({ session, moves: [{ knob: knob.id, to, expression: null }] }),
    dispose: () => {
      store.dispose();
    },
  };
}

/** Carries news from one part to the other. */
function follow({
  context: { sessions, front, live, log, runs },
  model,
  writer,
  promises,
  runTexts,
}: {
  readonly context: SourceContext;
  readonly model: SourceModel;
  readonly writer: SourceWriter;
  readonly promises: PromiseStore;
  readonly runTexts: RunTexts;
}): Disposable {
  const store = new DisposableStore();
  const told = (error: unknown): void => {
    log.warn(`source: ${error instanceof Error ? error.message : String(error)}`);
  };
  store.add(
    vscode.commands.registerCommand('_sluice.sourceWritten', (argument: unknown) =>
      writer.written(writeRequestOf(argument)).catch(told),
    ),
  );
  store.add(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && vscode.languages.match(SOURCES, document) > 0)
        model.changed('text');
    }),
  );
  store.add(
    front.onChange(() => {
      model.changed('panel');
    }),
  );
  store.add(
    model.onChange(() => {
      const { view } = model;
      if (view === null) return;
      live.setSourceValues(view.info.session, sourceValues(view));
      // What a trial tries is no run under the new values, and a capture may be older than the promise.
      const { info, report } = view;
      const isTrying = runs.state(info.session).running !== null;
      if (isOfThisWindow(info) && !isTrying) promises.judge(info.session, report).catch(told);
    }),
  );
  store.add(
    promises.onOutcome(({ session, outcome }) => {
      live.setPromises(session, promises.outcomesOf(session).map(promiseReport));
      void vscode.window.showInformationMessage(`Sluice: ${outcomeText(outcome)}`);
    }),
  );
  store.add(
    sessions.onEvent((session) => {
      if (sessions.find(session) !== undefined) return;
      runTexts.forget(session);
      promises.forget(session);
    }),
  );
  return store;
}

/** `concurrency 4 → 12: the prediction held, +36% measured (+38%, 31 to 44% predicted)` */
export function outcomeText({ text, predicted, observed, verdict, why }: PromiseOutcome): string {
  if (observed === null) return `${text}: cannot tell whether the prediction held. ${why ?? ''}`;
  const percent = Math.round((observed - 1) * 100);
  const measured = `${percent >= 0 ? '+' : ''}${percent}% measured`;
  const words = verdict === 'held' ? 'the prediction held' : 'the prediction did not hold';
  return `${text}: ${words}, ${measured} (${gainText(predicted)} predicted).`;
}

function sourceCommands({
  model,
  writer,
  ignored,
  call,
}: {
  readonly model: SourceModel;
  readonly writer: SourceWriter;
  readonly ignored: IgnoredSuggestions;
  readonly call: CallEngine;
}): SourceCommands {
  const write = async (argument: unknown, isPreviewed: boolean): Promise<void> => {
    requireTrust(NOT_CHANGED);
    const request =
      argument === undefined ? await chooseSuggestion(model) : writeRequestOf(argument);
    if (request !== undefined) await writer.write(request, isPreviewed);
  };
  return {
    'sluice.writeToSource': (argument) => write(argument, false),
    'sluice.previewSource': (argument) => write(argument, true),
    'sluice.changeKnob': async (argument) => {
      requireTrust(NOT_CHANGED);
      const { view } = model;
      const fact =
        textIn(argument, 'knob') === null ? await chooseKnob(model) : factIn(model, argument);
      if (fact === undefined || view === null) return;
      const { session } = view.info;
      const to = await askForValue(fact.pipeline, fact.knob, async (value, signal) =>
        call('previewKnob', { session, knob: fact.knob.id, value }, signal),
      );
      if (to === undefined) return;
      const moves = [{ knob: fact.knob.id, to, expression: null }];
      await writer.write({ session, moves });
    },
    'sluice.explain': async (argument) => {
      const { view } = model;
      const fact = argument === undefined ? await chooseKnob(model) : factIn(model, argument);
      if (fact !== undefined && view !== null) await showExplanation(view.info.session, fact.key);
    },
    'sluice.ignoreSuggestion': async (argument) => {
      const fact = argument === undefined ? await chooseKnob(model) : factIn(model, argument);
      const suggestion = fact?.suggestion ?? null;
      if (fact === undefined || suggestion === null) return;
      await ignored.set(suggestionKey(fact.pipeline, suggestion), true);
    },
    'sluice.showIgnored': async () => {
      const keys = ignored.all();
      const count = keys.length;
      for (const key of keys) await ignored.set(key, false);
      const what = count === 1 ? 'suggestion is' : 'suggestions are';
      void vscode.window.showInformationMessage(`Sluice: ${count} ignored ${what} shown again.`);
    },
  };
}

function textIn(argument: unknown, key: string): string | null {
  const value: unknown =
    typeof argument === 'object' && argument !== null ? Reflect.get(argument, key) : null;
  return typeof value === 'string' ? value : null;
}

/** The knob that an argument names, by key or by the report's id. */
function factIn({ view }: SourceModel, argument: unknown): KnobFact | undefined {
  const wanted = textIn(argument, 'knob');
  const session = textIn(argument, 'session');
  if (session !== null && session !== view?.info.session) {
    throw new Error(
      'This session is not shown in the source any more: bring its panel to the front.',
    );
  }
  const found = view?.knobs.find(({ fact }) => fact.key === wanted || fact.knob.id === wanted);
  if (found === undefined) throw new Error('No session that is shown has this knob any more.');
  return found.fact;
}

async function chooseKnob({ view }: SourceModel): Promise<KnobFact | undefined> {
  if (view === null || view.knobs.length === 0) {
    throw new Error(
      'No session that is shown has a knob. Profile a program or open a capture first.',
    );
  }
  const picked = await vscode.window.showQuickPick(
    view.knobs.map(({ fact }) => ({
      label: fact.knob.name,
      description: fact.knob.stage ?? fact.knob.queue ?? '',
      detail: fact.suggestion === null ? '' : suggestionText(fact, fact.suggestion),
      fact,
    })),
    { placeHolder: 'Which knob?' },
  );
  return picked?.fact;
}

async function chooseSuggestion({ view }: SourceModel): Promise<WriteRequest | undefined> {
  const items = (view?.knobs ?? []).flatMap(({ fact }) =>
    fact.suggestion === null
      ? []
      : [{ label: suggestionText(fact, fact.suggestion), fact, to: fact.suggestion.to }],
  );
  if (view === null || items.length === 0) throw new Error('Nothing is suggested at present.');
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: 'Which suggestions are to be written into the source?',
    canPickMany: true,
  });
  if (picked === undefined || picked.length === 0) return undefined;
  const moves = picked.map(({ fact, to }) => ({ knob: fact.knob.id, to, expression: null }));
  return { session: view.info.session, moves };
}
