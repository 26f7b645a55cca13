/** The journal of trials: `.sluice/trials.jsonl` where the program was started, for both hosts. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import type { Report } from '../../core/report/report.js';
import {
  journalLine,
  readJournal,
  TRIAL_SCHEMA,
  type JournalEntry,
  type TrialRecord,
} from '../../core/trials/record.js';
import { reasonOf } from '../reason.js';

/** What is known of all trials of a run. */
export interface JournalContext {
  readonly command: readonly string[];
  readonly input: string | null;
  /** Where the program was started; left out: where this process was. */
  readonly cwd?: string;
}

/** Where a journal stands, from the folder that it is about. */
export const JOURNAL_PLACE = path.join('.sluice', 'trials.jsonl');

/** Appends trials to a file. */
export class JournalFile {
  readonly path: string;
  readonly #context: JournalContext;
  readonly #problem: (message: string) => void;
  #writing: Promise<void> = Promise.resolve();

  /** `file`: null: the usual place. `problem` hears what could not be written, once. */
  constructor(file: string | null, context: JournalContext, problem: (message: string) => void) {
    this.path = path.resolve(file ?? JOURNAL_PLACE);
    this.#context = context;
    this.#problem = problem;
  }

  /** Appends a trial, with what the report knows of the machine. */
  add(record: TrialRecord, report: Report | Promise<Report>): void {
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#append(this.#line(record, await report));
      } catch (error) {
        this.#problem(`a trial is missing in the journal (${this.path}): ${reasonOf(error)}`);
      }
    });
  }

  #line(record: TrialRecord, report: Report): string {
    const { environment, processes } = report.capture;
    const runtime = processes[0]?.runtime ?? null;
    const entry: JournalEntry = {
      schema: TRIAL_SCHEMA,
      ...record,
      command: [...this.#context.command],
      cwd: this.#context.cwd ?? process.cwd(),
      input: this.#context.input,
      environment: environment === null ? null : { ...environment, runtime },
    };
    return journalLine(entry);
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #append(line: string): Promise<void> {
    try {
      await mkdir(path.dirname(this.path), { recursive: true });
      await appendFile(this.path, line);
    } catch (error) {
      this.#problem(`cannot write the journal (${this.path}): ${reasonOf(error)}`);
    }
  }
}

/** Longest journal that is read. */
const MAX_BYTES = 256 * 2 ** 20;

/** Reads a journal; `problems` are about lines that were left out. */
export async function loadJournal(
  file: string,
): Promise<
  Result<{ readonly entries: readonly JournalEntry[]; readonly problems: readonly string[] }>
> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    return fail(`cannot read the journal (${file}): ${reasonOf(error)}`);
  }
  if (content.length > MAX_BYTES) return fail(`the journal is too long (${file}): split it`);
  const journal = readJournal(content);
  if (journal.entries.length === 0) {
    return fail(
      `no trials in the journal (${file})${journal.problems[0] === undefined ? '' : `: ${journal.problems[0]}`}`,
    );
  }
  return ok(journal);
}
