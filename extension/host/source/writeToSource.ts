/** `Write to Source`, from the lightbulb, the panel or a trial: finds the texts, asks where that is due, edits, remembers. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { SessionId } from '../../engine/protocol.js';
import type { Locator } from '../../source/locator.js';
import { isLive } from '../sessions/sessionList.js';
import { knobFacts, predictedFor, type KnobFact } from './facts.js';
import { valueText } from './marks.js';
import type { PromiseStore } from './promiseStore.js';
import {
  filesOf,
  placeMoves,
  workspaceEdit,
  type PlacedMoves,
  type SourceMove,
  type UnplacedMove,
} from './sourceEdit.js';
import { unifiedDiff } from './unifiedDiff.js';
import { isOfThisWindow, type SourceModel } from './sourceModel.js';
import { editorText } from './workspaceFiles.js';
import type { SessionList } from '../sessions/sessionList.js';

/** What is to be written. `knob` is the report's id. */
export interface WriteRequest {
  readonly session: SessionId;
  readonly moves: readonly {
    readonly knob: string;
    readonly to: number;
    readonly expression: string | null;
  }[];
}

/** What a writer works with. */
export interface WriterContext {
  /** Sets a knob of the running program; a trial that runs ends first. */
  readonly setKnob: (session: SessionId, knob: string, value: number) => Promise<void>;
  readonly sessions: SessionList;
  readonly model: SourceModel;
  readonly locator: () => Promise<Locator>;
  readonly promises: PromiseStore;
}

/** A request out of a command's argument; throws when it is none. */
export function writeRequestOf(argument: unknown): WriteRequest {
  const wrong = new Error('Nothing to write: choose a suggestion in the panel or at the knob.');
  if (typeof argument !== 'object' || argument === null) throw wrong;
  const session: unknown = Reflect.get(argument, 'session');
  const moves: unknown = Reflect.get(argument, 'moves');
  if (typeof session !== 'string' || !Array.isArray(moves) || moves.length === 0) throw wrong;
  return {
    session: session as SessionId,
    moves: moves.map((move: unknown) => {
      if (typeof move !== 'object' || move === null) throw wrong;
      const knob: unknown = Reflect.get(move, 'knob');
      const to: unknown = Reflect.get(move, 'to');
      const expression: unknown = Reflect.get(move, 'expression');
      if (typeof knob !== 'string' || typeof to !== 'number' || !Number.isFinite(to)) throw wrong;
      return { knob, to, expression: typeof expression === 'string' ? expression : null };
    }),
  };
}

/** Writes knob values into the source. */
export class SourceWriter {
  readonly #context: WriterContext;

  constructor(context: WriterContext) {
    this.#context = context;
  }

  /** The edit of a request, for an action that VS Code applies itself; undefined: `write` has something to ask or to say first. */
  async edit(request: WriteRequest): Promise<vscode.WorkspaceEdit | undefined> {
    const moves = await this.#place(request);
    const files = filesOf(moves.placed);
    if (moves.unplaced.length > 0 || this.#outside(request, files).length > 0) return undefined;
    return workspaceEdit(moves.placed, files.length > 1);
  }

  /** What `write` would change, as a unified diff; null: where the value stands is not certain. */
  async diff(request: WriteRequest): Promise<string | null> {
    const { placed, unplaced } = await this.#place(request);
    if (unplaced.length > 0 || this.#outside(request, filesOf(placed)).length > 0) return null;
    const { model } = this.#context;
    const edits = placed.flatMap((move) => move.edits);
    const parts: string[] = [];
    for (const file of filesOf(placed)) {
      const text = await model.filesOf(request.session).read(file);
      if (text === null) return null;
      const own = edits.filter((edit) => edit.file === file);
      parts.push(unifiedDiff(vscode.workspace.asRelativePath(file), text, own));
    }
    return parts.length === 0 ? null : parts.join('\n');
  }

  /** Writes: at once into one file, after a preview (`isPreviewed`, or more than one file) otherwise. */
  async write(request: WriteRequest, isPreviewed = false): Promise<void> {
    const { placed, unplaced } = await this.#place(request);
    if (unplaced.length > 0) {
      await showUnplaced(unplaced);
      return;
    }
    const files = filesOf(placed);
    const [first] = placed;
    if (first === undefined || files.length === 0) {
      void vscode.window.showInformationMessage('Sluice: the source has these values already.');
      return;
    }
    if (!(await this.#mayEdit(request, files))) return;
    const edit = await workspaceEdit(placed, isPreviewed || files.length > 1);
    if (!(await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) return;
    const edited = placed.flatMap(({ edits, place: { place } }) =>
      edits.filter(({ file, end }) => file === place.file && end >= place.range.start),
    );
    await reveal(edited[0]?.file ?? first.place.place.file, edited[0]?.start ?? 0);
    await this.written(request);
  }

  /** After an edit: looks whether it is really there, remembers what was promised, and offers the value to the running program. */
  async written(request: WriteRequest): Promise<void> {
    const { model, promises, sessions } = this.#context;
    const { placed, unplaced } = await this.#place(request);
    const moves = placed.filter(({ edits }) => edits.length === 0);
    // A preview may have been left, and the edit undone by the time we look.
    if (moves.length < placed.length || unplaced.length > 0) return;
    model.changed('text');
    const [first] = moves;
    if (first === undefined) return;
    const state = await sessions.report(request.session);
    const environment = state.kind === 'known' ? state.report.capture.environment : null;
    const changed = moves.map(({ fact, to }) => ({ knob: fact.knob, to }));
    const gain = predictedFor(moves);
    await promises.add(first.fact.pipeline, changed, gain, environment?.cores ?? null);
    await this.#offerLive(request, moves);
  }

  async #offerLive(request: WriteRequest, moves: readonly SourceMove[]): Promise<void> {
    const { setKnob, sessions } = this.#context;
    const info = sessions.find(request.session);
    const behind = moves.filter(({ fact, to }) => fact.knob.live && fact.knob.value !== to);
    const names = moves.map(
      ({ fact, to, expression }) => `${fact.knob.name} = ${expression ?? to}`,
    );
    const written = `Sluice: ${names.join(', ')} is in the source.`;
    if (info === undefined || !isLive(info) || behind.length === 0) {
      const next = ' The next run uses it, and shows whether the prediction holds.';
      void vscode.window.showInformationMessage(written + next);
      return;
    }
    const now = behind.map(({ fact }) => `${fact.knob.name} ${valueText(fact.knob.value)}`);
    const apply = 'Set It There, Too';
    const chosen = await vscode.window.showInformationMessage(
      `${written} The running program still has ${now.join(', ')}.`,
      apply,
    );
    if (chosen !== apply) return;
    for (const { fact, to } of behind) {
      await setKnob(request.session, fact.knob.id, to);
    }
  }

  /** Captures name files by any path: outside of the workspace the user is asked. What this window has recorded is its own. */
  async #mayEdit(request: WriteRequest, files: readonly string[]): Promise<boolean> {
    const outside = this.#outside(request, files);
    if (outside.length === 0) return true;
    const edit = 'Edit';
    const chosen = await vscode.window.showWarningMessage(
      `${outside.join(', ')} is outside of this workspace.`,
      { modal: true, detail: 'The profile says that the program was started from there.' },
      edit,
    );
    return chosen === edit;
  }

  #outside({ session }: WriteRequest, files: readonly string[]): readonly string[] {
    const info = this.#context.sessions.find(session);
    if (info !== undefined && isOfThisWindow(info)) return [];
    return files.filter(
      (file) => vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file)) === undefined,
    );
  }

  async #place({ session, moves }: WriteRequest): Promise<PlacedMoves> {
    const { sessions, model, locator } = this.#context;
    const state = await sessions.report(session);
    if (state.kind === 'failed') throw new Error(state.message);
    const facts = knobFacts(state.report);
    const wanted = moves.map(({ knob, to, expression }): SourceMove => {
      const fact = factOf(facts, state.report.pipelines, knob);
      if (fact === undefined) throw new Error('The program has no such knob any more.');
      return { fact, to, expression };
    });
    const each = [...new Map(wanted.map((move) => [move.fact.key, move])).values()];
    return placeMoves(each, {
      locator: await locator(),
      files: model.filesOf(session),
      locate: (fact) => model.locate(session, fact),
      editorText,
    });
  }
}

/** The fact of a knob; processes that do the same share one. */
function factOf(
  facts: readonly KnobFact[],
  pipelines: readonly KnobFact['pipeline'][],
  id: string,
): KnobFact | undefined {
  const direct = facts.find(({ knob }) => knob.id === id);
  if (direct !== undefined) return direct;
  for (const pipeline of pipelines) {
    const knob = pipeline.knobs.find((k) => k.id === id);
    if (knob === undefined) continue;
    const key = knobFacts({ pipelines: [pipeline] }).find((f) => f.knob.id === id)?.key;
    return facts.find((fact) => fact.key === key);
  }
  return undefined;
}

/** Says why, and shows the places that were considered. */
async function showUnplaced(moves: readonly UnplacedMove[]): Promise<void> {
  const [first] = moves;
  if (first === undefined) return;
  const names = moves.map(({ fact, to }) => `${fact.knob.name} = ${to}`).join(', ');
  const show = 'Show Candidates';
  const candidates = moves.flatMap((move) => move.candidates);
  const chosen = await vscode.window.showWarningMessage(
    `Sluice: ${names} was not written. ${first.reason}`,
    ...(candidates.length > 0 ? [show] : []),
  );
  if (chosen !== show) return;
  const picked = await vscode.window.showQuickPick(
    candidates.map((candidate) => ({
      label: candidate.text.split('\n')[0]?.trim().slice(0, 100) ?? '',
      description: `${vscode.workspace.asRelativePath(candidate.file)}:${candidate.line}`,
      candidate,
    })),
    { placeHolder: 'Places that may give the knob its value; choose one to look at it' },
  );
  if (picked !== undefined) await reveal(picked.candidate.file, picked.candidate.range.start);
}

async function reveal(file: string, offset: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path.normalize(file)));
  const at = document.positionAt(offset);
  await vscode.window.showTextDocument(document, {
    viewColumn: columnOf(document),
    selection: new vscode.Range(at, at),
    preview: false,
  });
}

/** Where the file is open already, else beside what is shown: the panel stays. */
function columnOf(document: vscode.TextDocument): vscode.ViewColumn {
  const open = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  return open?.viewColumn ?? vscode.ViewColumn.Beside;
}
