/** Tables in Markdown, lined up so that they can be read as they are. */

/** A column: its title, and whether it holds numbers. */
export interface MarkdownColumn {
  readonly title: string;
  readonly isNumber: boolean;
}

/** Text that stays what it is in Markdown: names come from captures and may hold anything. */
export function markdownText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*[\]<>|&~]|(?<!\w)_|_(?!\w)/g, '\\$&');
}

/** A table; cells are Markdown already. Each line ends with a line break. */
export function markdownTable(
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, 3, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const padded = (cells: readonly string[]): string =>
    line(
      columns.map(({ isNumber }, i) => {
        const cell = cells[i] ?? '';
        return isNumber ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
      }),
    );
  const rule = columns.map(({ isNumber }, i) => {
    const dashes = '-'.repeat((widths[i] ?? 3) - 1);
    return isNumber ? `${dashes}:` : `${dashes}-`;
  });
  return [padded(columns.map((c) => c.title)), line(rule), ...rows.map(padded)].join('');
}

/** A line of what is told: a name and a value, or a heading. */
type Told = readonly [name: string, value: string] | string;

/** What the details say, as a list below its heading. `title`: of the session. */
export function linesMarkdown(title: string, lines: readonly Told[]): string {
  const [first] = lines;
  const hasHeading = typeof first === 'string';
  const heading = hasHeading ? [title, first] : [title];
  const list = lines.slice(hasHeading ? 1 : 0).map((line) => {
    const parts = typeof line === 'string' ? [line] : line;
    return `- ${parts.map(markdownText).join(': ')}\n`;
  });
  return `### ${heading.map(markdownText).join(': ')}\n\n${list.join('')}`;
}
