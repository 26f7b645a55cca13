import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { LiveSessions } from '../../../../extension/cli/mcp/liveSessions.js';
import { inProcessEngine } from '../../../../extension/engine/inProcessEngine.js';

describe('live sessions of the server', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-live-'));
    await mkdir(path.join(folder, 'agent'));
    await writeFile(path.join(folder, 'agent', 'register.cjs'), '');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('have ids of their own when they begin at the same time', async () => {
    const engine = inProcessEngine();
    const world = { engine, env: process.env, distFolder: folder, capturesFolder: folder };
    const live = new LiveSessions(world);
    try {
      const begun = await Promise.all(
        [1, 2, 3].map(async () => live.run([process.execPath, '-e', '0'], folder)),
      );
      const ids = begun.map((result) => (result.ok ? result.value.id : result.error));
      assert.deepEqual(ids, ['live-1', 'live-2', 'live-3']);
    } finally {
      await live.dispose();
      await engine.dispose();
    }
  });
});
