/** Settings without a construction: variables of the environment in scripts and configuration files. */
import type { SourceRange } from '../place.js';

/** Files that set variables of the environment for a program. */
export function setsEnvironment(file: string): boolean {
  const name = /[^\\/]*$/.exec(file)?.[0] ?? '';
  return (
    /^(package\.json|launch\.json|Dockerfile|Procfile|Makefile|nodemon\.json)$/.test(name) ||
    /^\.env(\.|$)/.test(name) ||
    /\.(env|sh|ya?ml|service)$/.test(name) ||
    name.startsWith('ecosystem.config.')
  );
}

/** The numbers that a text gives to a variable: `N=8 node x`, `"N": "8"`, `N: 8`, `ENV N 8`. Comments are left out. */
export function assignmentsOf(text: string, variable: string): readonly SourceRange[] {
  const pattern = new RegExp(
    String.raw`^(?<line>[^\n]*?)(?<![\w-])${variable}["']?\s*(?:=|:|\s)\s*["']?(?<value>\d+)(?!\w)`,
    'gm',
  );
  const found: SourceRange[] = [];
  for (const match of text.matchAll(pattern)) {
    const { line = '', value = '' } = match.groups ?? {};
    if (/^\s*(#|\/\/)/.test(line)) continue;
    const end = match.index + match[0].length;
    found.push({ start: end - value.length, end });
  }
  return found;
}
