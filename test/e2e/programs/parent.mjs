// Starts the same program twice, in children of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

for (const count of ['20', '30']) {
  const script = fileURLToPath(new URL('endless.mjs', import.meta.url));
  spawnSync(process.execPath, [script, count], { stdio: 'ignore' });
}
