/** What a command of ours writes to, and how its one-line errors look. */
import type { WriteStream } from 'node:tty';
import { printable } from '../core/format.js';
import { renderText } from '../core/report/text.js';
import type { Report } from '../core/report/report.js';
import { hasColor, widthOf } from './terminal.js';

/** The world as a command sees it; the composition root fills it in. */
export interface CliContext {
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the built files: the agent lies beside the command line. */
  readonly distFolder: string;
}

/** Own exit codes; `run` has the command's besides. */
export const ExitCode = { done: 0, checkFailed: 1, wrongUse: 2, unreadableInput: 3 } as const;

/** Writes `sluice: <what> (<where>): <what to do>`, one line whatever is in the names. */
export function printError(context: CliContext, message: string): void {
  context.stderr.write(`sluice: ${printable(message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
}

/** The report for a person, fitted to the stream it is written to. */
export function printReport(report: Report, stream: WriteStream, env: NodeJS.ProcessEnv): void {
  const text = renderText(report, { color: hasColor(stream, env), width: widthOf(stream) });
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** The report for a program: `sluice.report/1`. */
export function printJson(report: Report, stream: WriteStream): void {
  stream.write(`${JSON.stringify(report, null, 2)}\n`);
}
