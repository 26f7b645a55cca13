/** `sluice convert`: a trace in the format of another tool. */
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import type { FxtReadEnd } from '../../agent/wire/records.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { formatBytes } from '../core/format.js';
import type { ExportPart } from '../core/foreign/exportSession.js';
import type { ExportRange } from '../core/foreign/exportText.js';
import type { SessionModel } from '../core/sessionModel.js';
import { readFiles } from '../engine/besideCapture.js';
import { CaptureSession } from '../engine/captureSession.js';
import { openFile, writeExport, writePieces, type OpenFile } from '../engine/exportFile.js';
import type { SessionId } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import { WholeRecords } from '../engine/wholeRecords.js';
import type { ConvertArguments } from './convertArguments.js';
import { type CliContext, ExitCode, printError } from './output.js';
import { Progress } from './progress.js';

/** Converts the file. Resolves with the exit code. */
export async function convertCommand(args: ConvertArguments, context: CliContext): Promise<number> {
  const inputs = [args.path, ...args.beside].map((file) => path.resolve(file));
  if (args.out !== '-' && inputs.includes(path.resolve(args.out))) {
    printError(context, `the output is the input (${args.out}): choose another name`);
    return ExitCode.wrongUse;
  }
  let bytes = 0;
  const progress = new Progress(
    context.stderr,
    () => `reading: ${formatBytes(bytes)}`,
    args.out === '-' && context.stdout.isTTY,
  );
  const onRead = (count: number): void => {
    bytes += count;
  };
  try {
    // Records that only have to be passed on need no model: a file of any size takes little memory.
    const isPassedOn = args.format === 'fxt' && args.range === null;
    return isPassedOn
      ? await passOn(args, context, { progress, onRead })
      : await exportWhole(args, context, { progress, onRead });
  } finally {
    progress.dispose();
  }
}

interface Reading {
  readonly progress: Progress;
  readonly onRead: (bytes: number) => void;
}

async function exportWhole(
  args: ConvertArguments,
  context: CliContext,
  { progress, onRead }: Reading,
): Promise<number> {
  const emit = (): void => undefined;
  const pagesFolder = tmpdir();
  const id = 'convert' as SessionId;
  const { path: file, beside } = args;
  const session = new CaptureSession({ id, path: file, beside, emit, pagesFolder });
  try {
    const read = await session.read(undefined, onRead);
    progress.dispose();
    if (read.ok) return await exportModel(session.model, args, context);
    printError(context, read.error);
    return ExitCode.unreadableInput;
  } finally {
    session.dispose();
  }
}

async function exportModel(
  model: SessionModel,
  args: ConvertArguments,
  context: CliContext,
): Promise<number> {
  warnOfBreak(model.truncation, args, context);
  const range = rangeWithin(args, model);
  if (!range.ok) return refuse(context, range.error);
  const { format, thread } = args;
  const parts = model.export({ format, range: range.value, thread });
  if (!parts.ok) return refuse(context, `nothing to write (${args.path}): ${parts.error}`);
  return write(parts.value, args.out, context);
}

/** Session times of what was asked for. */
function rangeWithin(
  { range, path: file }: ConvertArguments,
  { extentNs: [oldestNs, newestNs] }: SessionModel,
): Result<ExportRange | null> {
  if (range === null) return ok(null);
  const lengthNs = newestNs - oldestNs;
  if (range.fromNs > lengthNs) {
    const seconds = Number((lengthNs / 1e9).toPrecision(3));
    return fail(`nothing in that time (${file}): it is ${seconds} s long, begin earlier`);
  }
  return ok({ fromNs: oldestNs + range.fromNs, toNs: oldestNs + range.untilNs });
}

async function write(
  parts: readonly ExportPart[],
  out: string,
  context: CliContext,
): Promise<number> {
  const [first] = parts;
  if (out !== '-') {
    const files = await writeExport(parts, out);
    if (!files.ok) return refuse(context, `${files.error}; choose another -o`);
    for (const file of files.value) await tell(file, context);
    return ExitCode.done;
  }
  if (parts.length > 1) {
    const names = parts.map(({ thread }) => thread ?? '').join(', ');
    return refuse(context, `several threads (${names}): choose one with --thread, or a file`);
  }
  return toStdout(first?.pieces ?? [], context);
}

async function toStdout(
  pieces: Iterable<string | Uint8Array>,
  context: CliContext,
): Promise<number> {
  try {
    await writePieces(pieces, context.stdout, { isKept: true });
  } catch {
    // A reader that has seen enough (`sluice convert … -o - | head`) is no failure.
  }
  return ExitCode.done;
}

/** FXT of whatever the file is, record by record. */
async function passOn(
  args: ConvertArguments,
  context: CliContext,
  { progress, onRead }: Reading,
): Promise<number> {
  const copy = new RecordCopy(args.out, context.stdout);
  const read = await readFiles(args, { take: async (bytes) => copy.take(bytes), onRead });
  progress.dispose();
  if (!read.ok) {
    await copy.discard();
    printError(context, read.error);
    return ExitCode.unreadableInput;
  }
  const written = await copy.finish();
  // A reader that has seen enough is no failure.
  if (!written.ok && args.out === '-') return ExitCode.done;
  if (!written.ok) return refuse(context, `${written.error}; choose another -o`);
  const { problem, brokenOff } = read.value;
  const end = problem ?? copy.problem;
  const reasons = [end?.reason, brokenOff].filter((r) => r !== undefined && r !== null);
  const reason = reasons.length === 0 ? null : reasons.join('; ');
  warnOfBreak(reason === null ? null : { atByte: end?.atByte ?? null, reason }, args, context);
  if (args.out !== '-') await tell(args.out, context);
  return ExitCode.done;
}

/**
 * Copies whole records. The file is created with the first of them, so that a trace that cannot be read leaves alone what
 * has its name.
 */
class RecordCopy {
  readonly #out: string;
  readonly #stdout: Writable;
  readonly #records = new WholeRecords();
  #target: OpenFile | null = null;
  #failure: string | null = null;

  constructor(out: string, stdout: Writable) {
    this.#out = out;
    this.#stdout = stdout;
  }

  /** Where and why the records stopped being whole; known when all has been taken. */
  get problem(): FxtReadEnd['problem'] {
    return this.#records.end();
  }

  /** Takes bytes of the trace; false when no more are wanted. Never rejects. */
  async take(bytes: Uint8Array): Promise<boolean> {
    const good = this.#records.push(bytes);
    try {
      const target = await this.#open();
      if (target === null) return false;
      await writePieces([good], target.stream, { isKept: true });
      return !this.#records.isBroken;
    } catch (error) {
      this.#failure = `cannot write ${this.#out}: ${reasonOf(error)}`;
      return false;
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#target?.discard();
  }

  /** Resolves when everything is written; what is not whole is removed. */
  async finish(): Promise<Result<null>> {
    if (this.#failure === null) {
      try {
        await this.#target?.close();
        return ok(null);
      } catch (error) {
        this.#failure = `cannot write ${this.#out}: ${reasonOf(error)}`;
      }
    }
    await this.discard();
    return fail(this.#failure);
  }

  async #open(): Promise<OpenFile | null> {
    if (this.#target !== null || this.#failure !== null) return this.#target;
    if (this.#out === '-') {
      const nothing = (): Promise<void> => Promise.resolve();
      this.#target = { stream: this.#stdout, close: nothing, discard: nothing };
      return this.#target;
    }
    const opened = await openFile(this.#out);
    if (opened.ok) this.#target = opened.value;
    else this.#failure = opened.error;
    return this.#target;
  }
}

function warnOfBreak(
  end: { readonly atByte: number | null; readonly reason: string } | null,
  { path: file }: ConvertArguments,
  context: CliContext,
): void {
  if (end === null) return;
  const at = end.atByte === null ? '' : ` at byte ${end.atByte}`;
  printError(context, `cut short${at} (${file}): ${end.reason}; converted up to there`);
}

async function tell(file: string, { stderr }: CliContext): Promise<void> {
  const { size } = await stat(file);
  stderr.write(`${file}  ${formatBytes(size)}\n`);
}

function refuse(context: CliContext, message: string): number {
  printError(context, message);
  return ExitCode.wrongUse;
}
