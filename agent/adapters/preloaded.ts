/** Is the agent in a program or thread that is about to start? */

function names(text: unknown): boolean {
  return /sluice.*register|register\.cjs/s.test(String(text));
}

/** Does a command line, as an array, or NODE_OPTIONS bring the preload? */
export function bringsPreload(execArgv: unknown, nodeOptions: unknown): boolean {
  return names(execArgv) || names(nodeOptions);
}
