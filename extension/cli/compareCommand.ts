/** `sluice compare`: what changed from one set of captures to another, and checks that fail a build. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { runChecks } from '../core/compare/check.js';
import { compareRuns, type Run } from '../core/compare/compare.js';
import { comparisonMarkdown, comparisonText } from '../core/compare/pages.js';
import type { EngineClient } from '../engine/engineClient.js';
import { inProcessEngine } from '../engine/inProcessEngine.js';
import { reasonOf } from '../engine/reason.js';
import { captureSet } from './captureSet.js';
import type { CompareArguments } from './compareArguments.js';
import { type CliContext, ExitCode, printError } from './output.js';
import { Progress } from './progress.js';
import { hasColor, widthOf } from './terminal.js';

/** Reads both sets and prints the comparison to stdout. Resolves with the exit code. */
export async function compareCommand(args: CompareArguments, context: CliContext): Promise<number> {
  const engine = inProcessEngine();
  let reading = '';
  const progress = new Progress(context.stderr, () => `reading: ${reading}`, false);
  const read = async (names: readonly string[]): Promise<Result<readonly Run[]>> =>
    readSet(engine, names, (file) => (reading = file));
  try {
    const base = await read(args.base);
    const head = base.ok ? await read(args.head) : base;
    progress.dispose();
    if (!base.ok || !head.ok) {
      if (!head.ok) printError(context, head.error);
      return ExitCode.unreadableInput;
    }
    return print(args, context, { base: base.value, head: head.value });
  } finally {
    progress.dispose();
    await engine.dispose();
  }
}

async function readSet(
  engine: EngineClient,
  names: readonly string[],
  onFile: (file: string) => void,
): Promise<Result<readonly Run[]>> {
  const files = await captureSet(names);
  if (!files.ok) return files;
  const runs: Run[] = [];
  for (const file of files.value) {
    onFile(file);
    try {
      const { session } = await engine.call('openCapture', { path: file });
      const report = await engine.call('report', { session });
      await engine.call('closeSession', { session });
      runs.push({ file, report });
    } catch (error) {
      return fail(reasonOf(error));
    }
  }
  return ok(runs);
}

function print(
  { format, threshold, checks }: CompareArguments,
  { stdout, env }: CliContext,
  { base, head }: { readonly base: readonly Run[]; readonly head: readonly Run[] },
): number {
  const comparison = compareRuns(base, head, { threshold });
  const results = runChecks(comparison, checks);
  if (format === 'json') {
    stdout.write(`${JSON.stringify({ ...comparison, checks: results }, null, 2)}\n`);
  } else if (format === 'markdown') stdout.write(comparisonMarkdown(comparison, results));
  else {
    const page = { color: hasColor(stdout, env), width: widthOf(stdout) };
    stdout.write(comparisonText(comparison, results, page));
  }
  return results.some((result) => result.isFailed) ? ExitCode.checkFailed : ExitCode.done;
}
