/**
 * `sluice mcp`: a server for assistants on stdin and stdout. A bundle of its own (dist/mcp.cjs), which the command line loads for
 * this command alone: the protocol's library is several times larger than all other commands together.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { inProcessEngine } from '../../engine/inProcessEngine.js';
import { capturesFolder } from '../captureFolder.js';
import type { McpArguments } from '../arguments.js';
import { type CliContext, ExitCode, printError } from '../output.js';
import { CaptureShelf } from './captureShelf.js';
import { LiveSessions } from './liveSessions.js';
import { liveTools } from './liveTools.js';
import { readingTools } from './readingTools.js';
import { createServer } from './server.js';
import { Sessions } from './sessions.js';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves until stdin closes, the client breaks off, or a signal comes. Resolves with the exit code. */
export async function mcpCommand(
  { captures }: McpArguments,
  context: CliContext,
  version: string,
): Promise<number> {
  const given = captures === null ? null : path.resolve(captures);
  if (given !== null && !(await isFolder(given))) {
    printError(context, `no such folder (mcp --captures ${given}): make it, or name another one`);
    return ExitCode.wrongUse;
  }
  const engine = inProcessEngine();
  engine.onEvent((event) => {
    if (event.kind === 'problem') printError(context, event.message);
  });
  const { env, distFolder } = context;
  const live = new LiveSessions({ engine, env, distFolder, capturesFolder: given });
  const shelf = new CaptureShelf(engine, given ?? capturesFolder());
  const sessions = new Sessions(shelf, live);
  const tools = [...readingTools(engine, sessions), ...liveTools({ engine, sessions, live })];
  const server = createServer(version, tools, (line) => {
    printError(context, line);
  });
  const over = untilOver((stop) => {
    server.server.onclose = stop;
  });
  await server.connect(new StdioServerTransport());
  await over;
  await server.close();
  process.stdin.destroy();
  await live.dispose();
  await engine.dispose();
  return ExitCode.done;
}

/** Resolves at the end of stdin, at a signal, or when `listen` hears of an end. */
async function untilOver(listen: (stop: () => void) => void): Promise<void> {
  let stop: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    stop = resolve;
  });
  listen(stop);
  process.stdin.once('end', stop);
  process.stdin.once('close', stop);
  process.stdin.once('error', stop);
  // Once: a second one does what it does everywhere.
  for (const signal of endSignals) process.once(signal, stop);
  await over;
}

async function isFolder(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true;
}
