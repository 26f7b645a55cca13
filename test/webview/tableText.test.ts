import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { numberColumn, textColumn, type Column } from '../../webview/tables/columns.js';
import { csvCell, csvOf, markdownCell, markdownOf } from '../../webview/tables/tableText.js';

interface Row {
  readonly name: string;
  readonly ns: number | null;
}

const columns: readonly Column<Row>[] = [
  textColumn('Name', (r) => r.name),
  numberColumn('Time', (r) => r.ns, { show: (n) => `${n / 1e6} ms`, unit: 'ns' }),
];
const table = (
  ...rows: readonly Row[]
): { caption: string; columns: typeof columns; rows: typeof rows } => ({
  caption: 'Things',
  columns,
  rows,
});

/** Reads CSV as RFC 4180 says. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const lines: string[][] = [[]];
  const cells = text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/g);
  for (const [, cell = '', end = ''] of cells) {
    const quoted = cell.startsWith('"');
    lines.at(-1)?.push(quoted ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') lines.push([]);
    if (end === '') break;
  }
  return lines.slice(0, -1);
}

describe('a table as text', () => {
  it('is Markdown as it is shown, with numbers at the right', () => {
    assert.equal(
      markdownOf(table({ name: 'a', ns: 2e6 }, { name: 'b', ns: null })),
      ['**Things**', '', '| Name | Time |', '| --- | ---: |', '| a | 2 ms |', '| b | – |', ''].join(
        '\n',
      ),
    );
  });

  it('is CSV with the numbers themselves, their unit in the title, nothing for what is not known', () => {
    assert.equal(
      csvOf(table({ name: 'a', ns: 2_000_001.5 }, { name: 'b', ns: null })),
      'Name,Time (ns)\r\na,2000001.5\r\nb,\r\n',
    );
  });

  it('keeps names from being markup, formulas, cells of their own', () => {
    assert.equal(markdownCell('a|b\n<img> `x` *y*'), 'a\\|b \\<img\\> \\`x\\` \\*y\\*');
    assert.equal(csvCell('a,"b"'), '"a,""b"""');
    assert.equal(csvCell('=HYPERLINK("x")'), `"'=HYPERLINK(""x"")"`);
    assert.equal(csvCell("'=1"), "''=1");
    for (const start of ['=', '+', '-', '@', '\t']) assert.ok(csvCell(`${start}1`).includes("'"));
    assert.equal(csvOf(table({ name: 'x', ns: -5 })).split('\r\n')[1], 'x,-5');
  });

  it('gives back every name when it is read as CSV', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.string(), ns: fc.integer() })), (rows) => {
        const [, ...read] = parseCsv(csvOf(table(...rows)));
        assert.deepEqual(
          read.map(([name, ns]) => [name?.replace(/^'(?='*[=+\-@\t\r])/, ''), Number(ns)]),
          rows.map(({ name, ns }) => [name === '–' ? '' : name, ns]),
        );
      }),
    );
  });

  it('is one line of Markdown a row, of as many cells as columns, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (names) => {
        const lines = markdownOf(table(...names.map((name) => ({ name, ns: 1 })))).split('\n');
        assert.equal(lines.length, names.length + 5);
        for (const line of lines.slice(2, -1)) {
          assert.equal(line.match(/(?<!\\)(?:\\\\)*\|/g)?.length, 3, line);
        }
      }),
    );
  });
});
