import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { inProcessEngine } from '../../../extension/engine/inProcessEngine.js';
import type { SessionId } from '../../../extension/engine/protocol.js';

it('a session of one engine never has the id of a session of another', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-ids-'));
  const ids: SessionId[] = [];
  for (const name of ['a', 'b']) {
    const engine = inProcessEngine();
    for (const n of [1, 2]) {
      const capturePath = path.join(folder, `${name}${n}.fxt`);
      ids.push((await engine.call('createSession', { title: 't', capturePath })).session);
    }
    await engine.dispose();
  }
  await rm(folder, { recursive: true });
  assert.equal(new Set(ids).size, 4);
});
