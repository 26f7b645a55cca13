import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { judge, tokenOf, withAgent } from '../../../../extension/host/run/debugLaunch.js';

const base = { name: 'app', type: 'node', request: 'launch', program: 'a.mjs', sluice: true };
const agent = { url: 'ws://127.0.0.1:1/agent', token: 'abc', registerPath: '/x/register.cjs' };
const nothing = { ofFile: undefined, ofHost: undefined };

test('launches of Node.js and Python that ask for it are profiled', () => {
  for (const type of ['node', 'pwa-node', 'node-terminal', 'python', 'debugpy']) {
    assert.deepEqual(judge({ ...base, type }), { kind: 'profile' });
  }
});

test('what does not ask for it is left alone, and so are the sessions that a debugger makes for itself', () => {
  assert.deepEqual(judge({ ...base, sluice: false }), { kind: 'leave' });
  assert.deepEqual(judge({ ...base, sluice: 'yes' }), { kind: 'leave' });
  assert.deepEqual(judge({ name: 'x' }), { kind: 'leave' });
  assert.deepEqual(judge({ ...base, __pendingTargetId: '1' }), { kind: 'leave' });
});

test('what cannot be profiled is refused by name, with the reason', () => {
  const reasonOf = (changes: object): string => {
    const verdict = judge({ ...base, ...changes });
    assert.ok(verdict.kind === 'refused');
    assert.match(verdict.reason, /^"app"/);
    return verdict.reason;
  };
  assert.match(reasonOf({ request: 'attach' }), /Attach to Process/);
  assert.match(reasonOf({ type: 'chrome' }), /node, pwa-node, node-terminal, python, debugpy/);
});

test('the agent joins the variables and options of the user', () => {
  const env = { PORT: '80', GONE: null, NODE_OPTIONS: '--no-warnings' };
  const prepared = withAgent({ ...base, env }, agent, { ofFile: '--file', ofHost: '--host' });
  assert.deepEqual(prepared, {
    ...base,
    env: {
      PORT: '80',
      GONE: null,
      NODE_OPTIONS: '--require=/x/register.cjs --no-warnings',
      SLUICE_URL: agent.url,
      SLUICE_TOKEN: 'abc',
      PYTHONPATH: path.join('/x', 'python'),
    },
  });
  assert.equal(tokenOf(prepared), 'abc');
  assert.equal(tokenOf(base), undefined);
});

test('options come from the file, then from the host, unless the user unsets them', () => {
  const optionsOf = (env: unknown, ofFile?: string): unknown => {
    const { env: after } = withAgent({ ...base, env }, agent, { ofFile, ofHost: '--host' });
    return typeof after === 'object' && after !== null ? Reflect.get(after, 'NODE_OPTIONS') : null;
  };
  const ours = '--require=/x/register.cjs';
  assert.equal(optionsOf(undefined, '--file'), `${ours} --file`);
  assert.equal(optionsOf({}), `${ours} --host`);
  assert.equal(optionsOf({ NODE_OPTIONS: null }), ours);
  assert.equal(optionsOf('not an object'), `${ours} --host`);
});

test('a configuration that is started again has the agent once, and the new session', () => {
  const first = withAgent(base, agent, nothing);
  const second = withAgent(first, { ...agent, token: 'def' }, nothing);
  assert.equal(tokenOf(second), 'def');
  assert.deepEqual(Reflect.get(Object(second['env']), 'NODE_OPTIONS'), '--require=/x/register.cjs');
});
