/** `sluice report`: what a capture says. */
import { inProcessEngine } from '../engine/inProcessEngine.js';
import type { SessionId } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import { formatBytes } from '../core/format.js';
import type { ReportArguments } from './reportArguments.js';
import { type CliContext, ExitCode, printError, printJson, printReport } from './output.js';
import { Progress } from './progress.js';

/** Reads the capture and prints its report to stdout. Resolves with the exit code. */
export async function reportCommand(args: ReportArguments, context: CliContext): Promise<number> {
  const engine = inProcessEngine();
  let bytes = 0;
  engine.onEvent((event) => {
    if (event.kind === 'changed') bytes = event.info.bytes;
  });
  const progress = new Progress(context.stderr, () => `reading: ${formatBytes(bytes)}`, false);
  try {
    const { path: file, beside } = args;
    const { session } = await engine.call('openCapture', { path: file, beside });
    const earlier: SessionId[] = [];
    for (const path of args.earlier) {
      earlier.push((await engine.call('openCapture', { path })).session);
    }
    const { objective } = args;
    const report = await engine.call('report', { session, earlier, objective });
    progress.dispose();
    if (args.format === 'json') printJson(report, context.stdout);
    else printReport(report, context.stdout, context.env);
    return ExitCode.done;
  } catch (error) {
    progress.dispose();
    printError(context, reasonOf(error));
    return ExitCode.unreadableInput;
  } finally {
    await engine.dispose();
  }
}
