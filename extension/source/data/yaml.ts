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
  let offset = 0;
  let blockIndent: number | undefined;
  for (const full of text.split('\n')) {
    const line = full.replace(/\r$/, '');
    const start = offset;
    offset += full.length + 1;
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    if (blockIndent !== undefined && indent > blockIndent) continue;
    blockIndent = undefined;
    levels = levels.filter((level) => level.indent < indent);
    const match = entry.exec(line);
    const [, , key = '', value = ''] = match ?? [];
    // What is in a list is none of the path's.
    if (match === null) {
      levels = [...levels, { indent, key: '\n' }];
      continue;
    }
    levels = [...levels, { indent, key: key.replace(/^["']|["']$/g, '') }];
    if (/^[|>]/.test(value)) blockIndent = indent;
    if (!isAt(levels, path)) continue;
    const scalar = /^(?:"[^"]*"|'[^']*'|[^\s#&*!{[][^#]*?)(?=\s*(?:#|$))/.exec(value)?.[0];
    if (scalar === undefined) return undefined;
    const from = start + line.length - value.length;
    found.push({ start: from, end: from + scalar.length });
  }
  return found.length === 1 ? found[0] : undefined;
}

function isAt(levels: readonly Level[], path: readonly string[]): boolean {
  return levels.length === path.length && levels.every(({ key }, i) => key === path[i]);
}
