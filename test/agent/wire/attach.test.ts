import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  attachFolders,
  AttachLines,
  attachPath,
  isLocalEngine,
  MAX_ATTACH_LINE_BYTES,
  pidOfAttachName,
  type AttachPlace,
} from '../../../agent/wire/attach.js';

const unix: AttachPlace = {
  platform: 'linux',
  tmpFolder: '/tmp/',
  runtimeFolder: '/run/user/7',
  uid: 7,
  user: '',
};

describe('where agents are found', () => {
  it('is the runtime folder where there is one, then the folder for temporary files', () => {
    assert.deepEqual(attachFolders(unix), ['/run/user/7/sluice', '/tmp/sluice-7']);
    for (const runtimeFolder of [undefined, '', 'relative']) {
      assert.deepEqual(attachFolders({ ...unix, runtimeFolder }), ['/tmp/sluice-7']);
    }
  });

  it('is a socket named by the process, and nothing else counts as one', () => {
    const path = attachPath('/run/user/7/sluice', 4711, unix);
    assert.deepEqual(path, { ok: true, value: '/run/user/7/sluice/4711.sock' });
    assert.equal(pidOfAttachName('4711.sock', unix), 4711);
    for (const name of [
      '4711',
      '.sock',
      'x4711.sock',
      '4711.sock.old',
      '47-11.sock',
      '../1.sock',
    ]) {
      assert.equal(pidOfAttachName(name, unix), undefined, name);
    }
    assert.equal(attachPath(`/${'x'.repeat(100)}`, 4711, unix).ok, false);
  });

  it('is a named pipe of the user on Windows', () => {
    const windows: AttachPlace = { ...unix, platform: 'win32', user: 'Ann Lee', uid: undefined };
    const path = attachPath('', 4711, windows);
    assert.deepEqual(path, { ok: true, value: '\\\\.\\pipe\\sluice-Ann_Lee-4711' });
    assert.equal(pidOfAttachName('sluice-Ann_Lee-4711', windows), 4711);
    assert.equal(pidOfAttachName('sluice-Bob-4711', windows), undefined);
  });
});

it('an agent dials engines of this machine only', () => {
  for (const url of ['ws://127.0.0.1:1/agent', 'ws://localhost:65535/agent', 'ws://[::1]:80']) {
    assert.ok(isLocalEngine(url), url);
  }
  for (const url of [
    'ws://example.com:80/agent',
    'ws://127.0.0.1.example.com:80/agent',
    'ws://127.0.0.1:80@example.com/agent',
    'ws://user@127.0.0.1:80/agent',
    'wss://127.0.0.1:80/agent',
    'http://127.0.0.1:80/agent',
    'ws://127.0.0.1/agent',
    '',
  ]) {
    assert.ok(!isLocalEngine(url), url);
  }
});

it('lines are put together from pieces, and bounded', () => {
  const lines = new AttachLines();
  assert.deepEqual(lines.push('a'), []);
  assert.deepEqual(lines.push('b\nc\n\nd'), ['ab', 'c', '']);
  assert.deepEqual(lines.push('\n'), ['d']);
  const long = 'x'.repeat(MAX_ATTACH_LINE_BYTES);
  assert.deepEqual(new AttachLines().push(`${long}\n`), [long]);
  assert.equal(new AttachLines().push(`${long}x\n`), null);
  const grown = new AttachLines();
  assert.deepEqual(grown.push(long), []);
  assert.equal(grown.push('x'), null);
});
