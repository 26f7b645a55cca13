/** Traces of other tools beside the capture, as text for a terminal. */
import { printable } from '../format.js';
import {
  besideFacts,
  COMPARED_HEADS,
  comparedCells,
  DEVICE_HEADS,
  TRACED_HEADS,
  tracedCells,
} from './besideFacts.js';
import type { BesideReport } from './report.js';
import { table, wrap, type Paint } from './textLayout.js';

interface Page {
  readonly paint: Paint;
  readonly width: number;
}

/** What was compared, then what the trace names. */
export function besideLines(beside: BesideReport, { paint, width }: Page): readonly string[] {
  const { pipeline, tool, process, compared, stretches, deviceWork } = beside;
  const title = `${paint.bold('Beside it')}  ${printable(pipeline)}, pid ${process}, by ${printable(tool)}`;
  const tabled = (
    head: readonly string[],
    rows: readonly (readonly string[])[],
    right: readonly number[],
  ): readonly string[] =>
    rows.length === 0 ? [] : ['', ...table({ head, rows, right, flexible: [0] }, width, paint)];
  return [
    '',
    ...wrap(title, width, 11),
    ...besideFacts(beside).flatMap((fact) => wrap(`  - ${printable(fact)}`, width, 4)),
    ...tabled(
      COMPARED_HEADS,
      compared.map((one) => comparedCells(one, printable)),
      [2, 3, 4],
    ),
    ...tabled(
      TRACED_HEADS,
      stretches.map((one) => tracedCells(one, printable)),
      [1, 2],
    ),
    ...tabled(
      DEVICE_HEADS,
      deviceWork.map((one) => tracedCells(one, printable)),
      [1, 2],
    ),
  ];
}
