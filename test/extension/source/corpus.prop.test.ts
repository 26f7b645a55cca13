/** Properties of edits, over all places of the corpus and any value. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import { createLocator, type FoundPlace, type TextEdit } from '../../../extension/source/index.js';
import { descendants } from '../../../extension/source/syntax/node.js';
import { languageOf, SourceParser } from '../../../extension/source/syntax/parser.js';
import { casesIn, filesOf, type Case } from './cases.js';
import { loadGrammar } from './grammars.js';

const locator = await createLocator(loadGrammar);
const parser = new SourceParser(loadGrammar);
const editable = casesIn('corpus').filter(({ expected }) => expected.kind === 'edit');

interface Located {
  readonly each: Case;
  readonly place: FoundPlace;
}

async function located(): Promise<readonly Located[]> {
  const all: Located[] = [];
  for (const each of editable) {
    const place = await locator.locate(each.target, filesOf(each.before, each.asRun));
    if (place.kind === 'found') all.push({ each, place });
  }
  return all;
}

async function errorsIn(file: string, text: string): Promise<number> {
  if (languageOf(file) === undefined) return 0;
  const root = await parser.parse(file, text);
  assert.ok(root !== undefined);
  return [...descendants(root)].filter(({ type }) => type === 'ERROR' || type === 'MISSING').length;
}

function edited(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .reverse()
    .reduce((all, { start, end, newText }) => all.slice(0, start) + newText + all.slice(end), text);
}

/** Where a construction begins, as a position in the text. */
function positionOf({ construction }: FoundPlace, text: string): SourcePosition {
  const lines = text.slice(0, construction.range.start).split('\n');
  return {
    file: construction.file,
    line: lines.length,
    column: (lines.at(-1) ?? '').length + 1,
  };
}

/** The case as it is after the edits: what ran is the text before them. */
function afterwards({ each, place }: Located, edits: readonly TextEdit[], value: number): Case {
  const { file } = place.place;
  const before = new Map(each.before);
  before.set(file, edited(before.get(file) ?? '', edits));
  const home = place.construction.file;
  const ran = each.before.get(home) ?? '';
  const source =
    each.target.source === null
      ? null
      : each.asRun.size > 0 && each.asRun.get(home) !== ran
        ? positionOf(place, ran)
        : each.target.source;
  const asRun = new Map(source === null ? [] : [[home, ran]]);
  return { ...each, before, asRun, target: { ...each.target, value, source } };
}

const places = await located();

describe('an edit', () => {
  it('is found again, states the value, and leaves all else and the syntax as they were', async () => {
    assert.equal(places.length, editable.length);
    const anyPlace = fc.constantFrom(...places);
    await fc.assert(
      fc.asyncProperty(anyPlace, fc.integer({ min: 0, max: 100_000 }), async (which, value) => {
        const { each, place } = which;
        const { file } = place.place;
        const text = each.before.get(file) ?? '';
        const files = filesOf(each.before, each.asRun);
        const edits = await locator.edits(place, { value, expression: null }, files);
        for (const edit of edits) {
          assert.equal(edit.file, file);
          assert.deepEqual(
            [edit.start, edit.end],
            [place.place.range.start, place.place.range.end],
          );
        }
        const next = afterwards(which, edits, value);
        assert.equal(
          await errorsIn(file, next.before.get(file) ?? ''),
          await errorsIn(file, text),
          'syntax errors',
        );
        const again = await locator.locate(next.target, filesOf(next.before, next.asRun));
        assert.equal(again.kind, 'found', again.kind === 'unsure' ? again.reason : '');
        assert.equal(again.value, value);
      }),
      { numRuns: 400 },
    );
  });

  it('can be an expression wherever source code stands, with an import that is there before it', async () => {
    for (const { each, place } of places) {
      if (!place.recipe.takesExpressions) continue;
      const isPython = place.recipe.language === 'python';
      const expression = isPython ? 'os.cpu_count()' : 'os.availableParallelism()';
      const { file } = place.place;
      const text = each.before.get(file) ?? '';
      const edits = await locator.edits(place, { value: 8, expression }, filesOf(each.before));
      const next = edited(text, edits);
      assert.equal(
        await errorsIn(file, next),
        await errorsIn(file, text),
        `${each.title}\n${next}`,
      );
      assert.match(next, isPython ? /cpu_count\(\)/ : /availableParallelism|cores\(\)/);
      const twice = importsIn(file, next, expression);
      assert.ok(twice <= 1, `${each.title}: imported ${twice} times\n${next}`);
    }
  });

  it('is none where the value stands already', async () => {
    for (const { each, place } of places) {
      if (place.value === null) continue;
      const files = filesOf(each.before, each.asRun);
      const edits = await locator.edits(place, { value: place.value, expression: null }, files);
      assert.deepEqual(edits, [], each.title);
    }
  });
});

/** How often a text imports the module that the expression needs. */
function importsIn(file: string, text: string, expression: string): number {
  const module = expression.split('.')[0] ?? '';
  const pattern = file.endsWith('.py')
    ? new RegExp(`^import ${module}$`, 'gm')
    : new RegExp(`(from|require\\()\\s*['"](node:)?${module}['"]`, 'g');
  return text.match(pattern)?.length ?? 0;
}
