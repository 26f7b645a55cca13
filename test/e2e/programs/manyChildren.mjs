// Short-lived children, one after the other.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('shortLived.mjs', import.meta.url));
for (let i = 0; i < Number(process.argv[2]); i++) {
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`child ${i} ended with ${status}`);
}
