// The two artefacts: sluice.vsix for the editor, sluice-<version>.tgz for npm. Both hold bundles only.
import { run, runBin } from './process.mjs';

/** Writes both files into the root. */
export async function makePackages() {
  await runBin('vsce', [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    // There is no public address to point the README's links to.
    '--no-rewrite-relative-links',
    '--out',
    'sluice.vsix',
  ]);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await run(npm, ['pack', '--ignore-scripts', '--loglevel=error']);
}
