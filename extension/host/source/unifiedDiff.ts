/** Edits as a unified diff, for whoever reads a change before it is made. Pure. */
import type { TextEdit } from '../../source/place.js';

const CONTEXT = 2;

/** One hunk for each stretch of lines that changes. `edits` are of one text, `name` stands for its file. */
export function unifiedDiff(name: string, text: string, edits: readonly TextEdit[]): string {
  const lines = text.split('\n');
  // Behind the last line break there is no line.
  if (lines.at(-1) === '') lines.pop();
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length - 1;
  const sorted = [...edits].sort((a, b) => a.start - b.start);
  const hunks: string[] = [];
  let shift = 0;
  for (let i = 0; i < sorted.length;) {
    const first = sorted[i];
    if (first === undefined) break;
    const from = lineAt(first.start);
    let to = lineAt(first.end);
    const group: TextEdit[] = [];
    // Edits whose lines touch belong to one hunk.
    for (let next = sorted[i]; next !== undefined && lineAt(next.start) <= to + 2 * CONTEXT;) {
      group.push(next);
      to = Math.max(to, lineAt(next.end));
      next = sorted[++i];
    }
    const hunk = hunkOf(lines, group, { from, to, shift });
    shift += hunk.added;
    hunks.push(hunk.text);
  }
  return [`--- ${name}`, `+++ ${name}`, ...hunks].join('\n');
}

function hunkOf(
  lines: readonly string[],
  edits: readonly TextEdit[],
  { from, to, shift }: { readonly from: number; readonly to: number; readonly shift: number },
): { readonly text: string; readonly added: number } {
  const before = lines.slice(from, to + 1);
  const start = from === 0 ? 0 : lines.slice(0, from).join('\n').length + 1;
  let after = before.join('\n');
  for (const { start: s, end, newText } of [...edits].reverse()) {
    after = after.slice(0, s - start) + newText + after.slice(end - start);
  }
  const now = after.split('\n');
  const head = lines.slice(Math.max(from - CONTEXT, 0), from);
  const tail = lines.slice(to + 1, to + 1 + CONTEXT);
  const first = from - head.length + 1;
  const count = (own: readonly string[]): number => head.length + own.length + tail.length;
  const body = [
    `@@ -${first},${count(before)} +${first + shift},${count(now)} @@`,
    ...head.map((line) => ` ${line}`),
    ...before.map((line) => `-${line}`),
    ...now.map((line) => `+${line}`),
    ...tail.map((line) => ` ${line}`),
  ];
  // A file may end within the stretch that is shown, and texts may have Windows line ends.
  return {
    text: body.map((line) => line.replace(/\r$/, '')).join('\n'),
    added: now.length - before.length,
  };
}
