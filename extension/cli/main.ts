/** The `sluice` command (dist/cli.cjs): picks the command and gives it the world. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { object, parseJson, text } from '../../agent/wire/validate.js';
import { type CliArguments, parseArguments } from './arguments.js';
import { attachCommand } from './attachCommand.js';
import { exitLike, type Exit } from './child.js';
import { compareCommand } from './compareCommand.js';
import { convertCommand } from './convertCommand.js';
import { helpText } from './help.js';
import { type CliContext, ExitCode, printError } from './output.js';
import { psCommand } from './psCommand.js';
import { reportCommand } from './reportCommand.js';
import { runCommand } from './runCommand.js';
import { tuneCommand } from './tuneCommand.js';

const context: CliContext = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  distFolder: __dirname,
};

// A reader that has seen enough (`sluice report x.fxt | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

async function dispatch(args: CliArguments): Promise<Exit> {
  switch (args.kind) {
    case 'run':
      return runCommand(args, context);
    case 'tune':
      return tuneCommand(args, context);
    case 'report':
      return { kind: 'code', code: await reportCommand(args, context) };
    case 'compare':
      return { kind: 'code', code: await compareCommand(args, context) };
    case 'convert':
      return { kind: 'code', code: await convertCommand(args, context) };
    case 'ps':
      return { kind: 'code', code: await psCommand(args, context) };
    case 'attach':
      return { kind: 'code', code: await attachCommand(args, context) };
    case 'mcp': {
      // A bundle of its own: see there.
      const { mcpCommand } = await import('./mcp/main.js');
      return { kind: 'code', code: await mcpCommand(args, context, ownVersion()) };
    }
    case 'help':
      context.stdout.write(helpText(args.topic));
      return { kind: 'code', code: ExitCode.done };
    case 'version':
      context.stdout.write(`${ownVersion()}\n`);
      return { kind: 'code', code: ExitCode.done };
  }
}

function ownVersion(): string {
  const file = path.join(__dirname, '..', 'package.json');
  const manifest = parseJson(readFileSync(file, 'utf8'), object({ version: text(64) }), file);
  return manifest.ok ? manifest.value.version : 'unknown';
}

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (!args.ok) {
    printError(context, args.error);
    process.exitCode = ExitCode.wrongUse;
    return;
  }
  exitLike(await dispatch(args.value));
}

void main();
