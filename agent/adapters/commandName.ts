/** What a person would call a child process: its script or its program. */
import path from 'node:path';

const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'cmd', 'powershell', 'pwsh']);
/** Options of node that are followed by a value. */
const valued = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
]);
const evaluating = new Set(['-e', '--eval', '-p', '--print', '-pe']);

function stem(file: string): string {
  const base = file.split(/[\\/]/).pop() ?? file;
  return base.replace(/\.(?:[cm]?[jt]sx?|exe|cmd|bat|sh|py)$/i, '') || base;
}

/** Is this the program `node`? */
export function isNode(file: string): boolean {
  return file === process.execPath || /^node(?:js)?$/i.test(stem(file));
}

/** The script among node's arguments. */
function scriptOf(args: readonly string[]): string {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (evaluating.has(arg)) return 'node -e';
    if (!arg.startsWith('-')) return stem(arg);
    if (valued.has(arg)) i++;
  }
  return 'node';
}

/** The words of a shell's command line, as far as they are needed for a name. */
function words(command: string): string[] {
  const found = command.trim().match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const plain = found.map((word) => word.replace(/^["']|["']$/g, ''));
  const first = plain.findIndex((word) => !/^\w+=/.test(word));
  return first < 0 ? [] : plain.slice(first);
}

/** The name of `command` as a shell would run it. */
export function shellCommandName(command: string): string {
  const [file, ...args] = words(command);
  return file === undefined ? 'shell' : commandName(file, args);
}

/** The name of `file` run with `args`, which do not begin with the program's own name. */
export function commandName(file: string, args: readonly string[]): string {
  if (isNode(file)) return scriptOf(args);
  const name = stem(file);
  const command = args.at(-1);
  const isShell = shells.has(name.toLowerCase()) && /^(?:-c|-lc|\/[cds])$/i.test(args[0] ?? '');
  if (isShell && command !== undefined && args.length > 1) {
    return shellCommandName(command.replace(/^"(.*)"$/s, '$1'));
  }
  return name === '' ? path.basename(file) || 'child' : name;
}
