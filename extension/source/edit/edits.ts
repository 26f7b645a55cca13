/** The edits that give a found place another value. */
import { moduleOf } from '../follow/workspace.js';
import type { FoundPlace, NewValue, TextEdit } from '../place.js';
import { descendants, type SyntaxNode } from '../syntax/node.js';
import { languageOf, type SourceParser } from '../syntax/parser.js';
import { withImports, type Prepared } from './imports.js';

/** A number as source: no exponent, nothing that is no number. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} cannot be written into source text.`);
  return String(value);
}

/** The smallest node around an offset. */
function nodeAt(root: SyntaxNode, offset: number): SyntaxNode {
  let smallest = root;
  for (const node of descendants(root)) {
    if (
      node.start <= offset &&
      offset <= node.end &&
      node.end - node.start <= smallest.end - smallest.start
    ) {
      smallest = node;
    }
  }
  return smallest;
}

async function prepared(
  parser: SourceParser,
  { place, recipe }: FoundPlace,
  expression: string,
): Promise<Prepared> {
  if (!recipe.takesExpressions) throw new Error('Only a number can stand there.');
  const language = languageOf(place.file);
  const root = language === undefined ? undefined : await parser.parse(place.file, recipe.source);
  if (language === undefined || root === undefined) {
    throw new Error(`${place.file} is not understood.`);
  }
  const module = moduleOf(place.file, language, root);
  const made = withImports(module, nodeAt(root, place.range.start), expression);
  if (made === undefined) throw new Error(`The names in ${expression} mean something else there.`);
  return made;
}

/** Where text is expected, an expression is made one. */
function asText(expression: string, language: FoundPlace['recipe']['language']): string {
  return language === 'python' ? `str(${expression})` : `String(${expression})`;
}

/** `place` must have been found in the present text. Rejects when it cannot hold the value. */
export async function editsFor(
  parser: SourceParser,
  found: FoundPlace,
  { value, expression }: NewValue,
): Promise<readonly TextEdit[]> {
  const { place, recipe } = found;
  const { before, after, language } = recipe;
  const write = (text: string): TextEdit => ({
    file: place.file,
    ...place.range,
    newText: before + text + after,
  });
  if (expression === null) {
    if (found.value === value && found.how !== 'inserted') return [];
    const quote = recipe.asText?.quote ?? '';
    return [write(`${quote}${numberText(value)}${quote}`)];
  }
  const made = await prepared(parser, found, expression);
  const text = recipe.asText === null ? made.expression : asText(made.expression, language);
  return [...made.edits, write(text)].sort((a, b) => a.start - b.start);
}
