/** `sluice ps`: the programs that can be attached to. */
import { formatDurationNs, printable } from '../core/format.js';
import { attachPlace, listAttachable, type AttachList, type Attachable } from '../engine/attach.js';
import type { PsArguments } from './arguments.js';
import { type CliContext, ExitCode, printError } from './output.js';
import { widthOf } from './terminal.js';

/** Lists them on stdout. Resolves with the exit code. */
export async function psCommand(args: PsArguments, context: CliContext): Promise<number> {
  const list = await listAttachable(attachPlace(context.env));
  if (args.format === 'json') {
    for (const program of list.programs) context.stdout.write(`${jsonOf(program)}\n`);
  } else {
    context.stdout.write(tableOf(list, Date.now(), widthOf(context.stdout)));
  }
  for (const pid of list.silent) {
    printError(context, `process ${pid} does not answer: its main thread is busy or stopped`);
  }
  return ExitCode.done;
}

/** One line of JSON: what the agent said, without the protocol's own fields. */
function jsonOf(program: Attachable): string {
  const said = Object.entries(program).filter(([key]) => key !== 'kind' && key !== 'protocol');
  return JSON.stringify(Object.fromEntries(said));
}

/** What a state means here. */
function stateOf({ state, by, flightMs }: Attachable): string {
  if (state === 'recording') return `recording (${by ?? 'unknown'})`;
  return state === 'flight' && flightMs !== null
    ? `flight (last ${formatDurationNs(flightMs * 1e6)})`
    : state;
}

/** The table for a person; `nowMs` is Unix time. */
export function tableOf({ programs, silent }: AttachList, nowMs: number, width: number): string {
  if (programs.length === 0) {
    if (silent.length > 0) return '';
    return (
      'No program with the Sluice agent runs. ' +
      'Start one with node --require sluice/register, or let it import sluice.\n'
    );
  }
  const rows = [
    ['PID', 'PROGRAM', 'STATE', 'RUNNING', 'RUNTIME', 'FOLDER'],
    ...programs.map((p) => [
      String(p.pid),
      p.title,
      stateOf(p),
      formatDurationNs(Math.max(0, nowMs - p.sinceUnixMs) * 1e6),
      p.runtime,
      p.cwd,
    ]),
  ].map((row) => row.map(printable));
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const remarks = programs.flatMap(remarksOn).map((remark) => printable(remark));
  return [...lines.map((line) => cut(line, width)), ...remarks, ''].join('\n');
}

function remarksOn({ pid, flightFile, flightProblem }: Attachable): string[] {
  const remarks: string[] = [];
  if (flightFile !== null) remarks.push(`${pid} wrote ${flightFile}`);
  if (flightProblem !== null) remarks.push(`${pid}: ${flightProblem}`);
  return remarks;
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
