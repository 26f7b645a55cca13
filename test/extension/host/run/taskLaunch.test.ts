import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { launchOfTask } from '../../../../extension/host/run/taskLaunch.js';

const folder = path.resolve('/w');

test('a task runs its command in the folder of the workspace', () => {
  const task = launchOfTask({ type: 'sluice', command: ' node /w/build.mjs ' }, folder);
  assert.ok(task.ok);
  assert.deepEqual(task.value, {
    launch: {
      title: 'node build.mjs',
      command: 'node /w/build.mjs',
      args: [],
      shell: true,
      cwd: folder,
      env: {},
    },
    opensPanel: true,
  });
});

test('it has a folder and variables of its own, and a quiet panel', () => {
  const definition = { command: 'x', cwd: 'packages/a', env: { A: '1' }, panel: false };
  const task = launchOfTask(definition, folder);
  assert.ok(task.ok);
  assert.equal(task.value.launch.cwd, path.join(folder, 'packages/a'));
  assert.deepEqual(task.value.launch.env, { A: '1' });
  assert.equal(task.value.opensPanel, false);
});

test('what is wrong with it is said', () => {
  const errorOf = (definition: unknown): string => {
    const task = launchOfTask(definition, folder);
    return task.ok ? '' : task.error;
  };
  assert.match(errorOf(null), /no definition/);
  assert.match(errorOf({}), /needs a "command"/);
  assert.match(errorOf({ command: '  ' }), /needs a "command"/);
  assert.match(errorOf({ command: 'x', cwd: 7 }), /"cwd"/);
  for (const env of [null, [], 'A=1', { A: 1 }])
    assert.match(errorOf({ command: 'x', env }), /"env"/);
});
