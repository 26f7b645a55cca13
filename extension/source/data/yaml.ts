/** Numbers in plain YAML: nested mappings, one key a line. Anything fancier is refused rather than guessed at. */
import type { SourceRange } from '../place.js';

const entry = /^( *)("[^"]*"|'[^']*'|[\w./-]+):(?:[ \t]+(.*))?$/;

interface Level {
  readonly indent: number;
  readonly key: string;
}

/** The scalar at a path of keys; undefined: not there, there twice, or behind anchors, tags, lists or flow style. */
export function valueInYaml(text: string, path: readonly string[]): SourceRange | undefined {
  if (/^(---|\.\.\.)/m.test(text.replace(/^---[ \t]*\r?\n/, ''))) return undefined;
  const found: SourceRange[] = [];
  let levels: readonly Level[] = [];
  for (const { indent, key, value, end } of entriesOf(text)) {
    levels = [...levels.filter((level) => level.indent < indent), { indent, key }];
    if (!isAt(levels, path)) continue;
    const scalar = /^(?:"[^"]*"|'[^']*'|[^\s#&*!{[][^#]*?)(?=\s*(?:#|$))/.exec(value)?.[0];
    if (scalar === undefined) return undefined;
    const start = end - value.length;
    found.push({ start, end: start + scalar.length });
  }
  return found.length === 1 ? found[0] : undefined;
}

interface Entry extends Level {
  readonly value: string;
  /** Where the line ends in the text. */
  readonly end: number;
}

/** The keys of a text, line by line, without what stands in blocks of text. What is no key counts as one of its own. */
function* entriesOf(text: string): Generator<Entry> {
  let offset = 0;
  let blockIndent = Infinity;
  for (const full of text.split('\n')) {
    const line = full.replace(/\r$/, '');
    const end = offset + line.length;
    offset += full.length + 1;
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    if (indent > blockIndent) continue;
    // What is in a list is on nobody's path.
    const [, , key = '\n', value = ''] = entry.exec(line) ?? [];
    blockIndent = /^[|>]/.test(value) ? indent : Infinity;
    yield { indent, key: key.replace(/^["']|["']$/g, ''), value, end };
  }
}

function isAt(levels: readonly Level[], path: readonly string[]): boolean {
  return levels.length === path.length && levels.every(({ key }, i) => key === path[i]);
}
