/** Programs that only start the program that is meant; that one inherits the environment, and the agent with it. */
import path from 'node:path';

const launchers = new Set(['npm', 'npx', 'yarn', 'yarnpkg', 'pnpm', 'pnpx', 'corepack']);

/** Is this script a package manager's launcher (`/usr/bin/npm`, `npm/bin/npx-cli.js`, `releases/yarn-4.1.0.cjs`)? */
export function isLauncher(script: string | undefined): boolean {
  if (script === undefined) return false;
  const stem = path.basename(script).replace(/\.[cm]?js$/, '');
  return launchers.has(stem.replace(/-cli$|-\d[\w.]*$/, ''));
}
