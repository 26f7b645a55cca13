/** Writing knob values into the source: from moves to one edit of the workspace, or the reasons why not. */
import * as vscode from 'vscode';
import { formatCount } from '../../core/format.js';
import type {
  FoundPlace,
  KnobPlace,
  SourceExcerpt,
  SourceFiles,
  TextEdit,
} from '../../source/place.js';
import type { Locator } from '../../source/locator.js';
import type { KnobFact } from './facts.js';

/** A knob that gets another value in the source. */
export interface SourceMove {
  readonly fact: KnobFact;
  readonly to: number;
  /** `os.availableParallelism()`: written in place of the number; null: the number. */
  readonly expression: string | null;
}

/** A move that can be made. */
export interface PlacedMove extends SourceMove {
  readonly place: FoundPlace;
  readonly edits: readonly TextEdit[];
}

/** A move that cannot. */
export interface UnplacedMove extends SourceMove {
  readonly reason: string;
  readonly candidates: readonly SourceExcerpt[];
}

/** All moves, told apart. */
export interface PlacedMoves {
  readonly placed: readonly PlacedMove[];
  readonly unplaced: readonly UnplacedMove[];
}

/** Finds the text for each move. Places come from `locate`, which must look at the texts as they are now. */
export async function placeMoves(
  moves: readonly SourceMove[],
  {
    locator,
    files,
    locate,
    editorText,
  }: {
    readonly locator: Locator;
    readonly files: SourceFiles;
    readonly locate: (fact: KnobFact) => Promise<KnobPlace>;
    /** The text of a file as an editor has it. */
    readonly editorText: (file: string) => Promise<string>;
  },
): Promise<PlacedMoves> {
  const placed: PlacedMove[] = [];
  const unplaced: UnplacedMove[] = [];
  for (const move of moves) {
    let place = await locate(move.fact);
    // An editor may have another text than the disk: line ends made alike, another encoding. Edits are made for the editor's.
    if (place.kind === 'found' && (await editorText(place.place.file)) !== place.recipe.source) {
      place = await locate(move.fact);
    }
    if (place.kind === 'unsure') {
      unplaced.push({ ...move, reason: place.reason, candidates: place.candidates });
      continue;
    }
    try {
      const to = { value: move.to, expression: move.expression };
      placed.push({ ...move, place, edits: await locator.edits(place, to, files) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      unplaced.push({ ...move, reason, candidates: [place.place] });
    }
  }
  return { placed, unplaced };
}

/** The moves as one edit: one step to undo. The same import for two moves is written once. */
export async function workspaceEdit(
  moves: readonly PlacedMove[],
  isConfirmed: boolean,
): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  const seen = new Set<string>();
  for (const { fact, to, expression, edits, place } of moves) {
    const label = `${fact.knob.name} = ${expression ?? formatCount(to)}`;
    for (const { file, start, end, newText } of edits) {
      const key = JSON.stringify([file, start, end, newText]);
      if (seen.has(key)) continue;
      seen.add(key);
      const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
      if (file === place.place.file && document.getText() !== place.recipe.source) {
        throw new Error(
          `${vscode.workspace.asRelativePath(file)} has changed meanwhile: try again.`,
        );
      }
      const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
      edit.replace(document.uri, range, newText, {
        label,
        description: fact.knob.stage ?? fact.knob.queue ?? '',
        needsConfirmation: isConfirmed,
      });
    }
  }
  return edit;
}

/** Files that the moves change. */
export function filesOf(moves: readonly PlacedMove[]): readonly string[] {
  return [...new Set(moves.flatMap(({ edits }) => edits.map(({ file }) => file)))];
}
