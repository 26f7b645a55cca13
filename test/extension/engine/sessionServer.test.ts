import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { WebSocket } from 'ws';
import {
  type AgentDoor,
  createToken,
  MAX_CONNECTIONS_PER_SESSION,
  SessionServer,
} from '../../../extension/engine/sessionServer.js';
import { dial } from './agentClient.js';

class FakeDoor implements AgentDoor {
  readonly token = createToken();
  connections = 0;
  readonly accepted: WebSocket[] = [];
  accept(socket: WebSocket): void {
    this.accepted.push(socket);
  }
}

async function statusOf(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('session server', () => {
  const refusals: string[] = [];
  const server = new SessionServer((message) => refusals.push(message));
  const first = new FakeDoor();
  const second = new FakeDoor();
  let url = '';

  before(async () => {
    url = await server.listen();
    server.add(first);
    server.add(second);
  });
  after(async () => {
    for (const socket of [...first.accepted, ...second.accepted]) socket.terminate();
    await server.dispose();
  });

  it('listens on loopback only, on the path of the protocol, once', async () => {
    assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+\/agent$/);
    assert.equal(await server.listen(), url);
  });

  it('puts an agent behind the door whose token it shows', async () => {
    const dialled = await dial(url, { token: second.token });
    assert.equal(dialled.kind, 'open');
    assert.equal(first.accepted.length, 0);
    assert.equal(second.accepted.length, 1);
    assert.equal(second.accepted[0]?.protocol, 'sluice.v1');
    assert.equal(second.accepted[0].extensions, '', 'no compression on loopback');
  });

  const cases: readonly {
    readonly what: string;
    readonly expected: number;
    readonly token?: string;
    readonly path?: string;
    readonly protocol?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
  }[] = [
    { what: 'an Origin header', expected: 403, headers: { origin: 'http://evil.example' } },
    { what: 'an Origin header that says null', expected: 403, headers: { origin: 'null' } },
    { what: "this machine's own Origin", expected: 403, headers: { origin: 'http://127.0.0.1' } },
    { what: 'a rebound host name', expected: 403, headers: { host: 'evil.example:80' } },
    {
      what: 'a host that only begins right',
      expected: 403,
      headers: { host: 'localhost.evil.example' },
    },
    { what: 'another path', expected: 404, path: '/' },
    { what: 'a path that only begins right', expected: 404, path: '/agent/x' },
    { what: 'a query', expected: 404, path: '/agent?token=x' },
    { what: 'no token', expected: 401, token: '' },
    { what: 'a wrong token', expected: 401, token: createToken() },
    { what: 'a token cut short', expected: 401, token: first.token.slice(0, -1) },
    { what: 'a token with more behind it', expected: 401, token: `${first.token}A` },
    {
      what: 'another kind of authorization',
      expected: 401,
      headers: { authorization: `Basic ${first.token}` },
    },
    { what: 'no subprotocol', expected: 400, protocol: null },
    { what: "another version's subprotocol", expected: 400, protocol: 'sluice.v2' },
  ];
  for (const { what, expected, token, path, protocol, headers } of cases) {
    it(`turns away ${what} with ${expected}`, async () => {
      const at = new URL(path ?? '/agent', url.replace('ws:', 'http:')).href.replace(
        'http:',
        'ws:',
      );
      const dialled = await dial(at, {
        token: token ?? first.token,
        ...(protocol === undefined ? {} : { protocol }),
        ...(headers === undefined ? {} : { headers }),
      });
      assert.deepEqual(dialled, { kind: 'status', status: expected });
      assert.equal(first.accepted.length, 0);
    });
  }

  it('accepts localhost as the host', async () => {
    const door = new FakeDoor();
    server.add(door);
    const { port } = new URL(url);
    const dialled = await dial(url, { token: door.token, headers: { host: `localhost:${port}` } });
    assert.equal(dialled.kind, 'open');
    for (const socket of door.accepted) socket.terminate();
    server.remove(door);
  });

  it('answers plain HTTP by the same table', async () => {
    assert.equal(await statusOf(url, '/agent'), 426);
    assert.equal(await statusOf(url, '/other'), 404);
    assert.equal(await statusOf(url, '/agent', { origin: 'http://evil.example' }), 403);
    assert.equal(await statusOf(url, '/agent', { host: 'evil.example' }), 403);
  });

  it('forgets a token with its session', async () => {
    const door = new FakeDoor();
    server.add(door);
    server.remove(door);
    assert.deepEqual(await dial(url, { token: door.token }), { kind: 'status', status: 401 });
  });

  it('bounds the connections of a session', async () => {
    const door = new FakeDoor();
    door.connections = MAX_CONNECTIONS_PER_SESSION;
    server.add(door);
    assert.deepEqual(await dial(url, { token: door.token }), { kind: 'status', status: 503 });
    server.remove(door);
  });

  it('reports each kind of refusal once', async () => {
    await dial(url, { token: 'x' });
    await dial(url, { token: 'y' });
    assert.equal(refusals.filter((r) => r.includes('Token')).length, 1);
  });

  it('drops bytes that are no HTTP', async () => {
    const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('\0\x01\x02garbage\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    assert.equal((await dial(url, { token: second.token })).kind, 'open');
  });
});

describe('session server, stopped', () => {
  it('refuses connections and can be stopped before it ever listened', async () => {
    const idle = new SessionServer(() => undefined);
    await idle.dispose();
    const server = new SessionServer(() => undefined);
    const url = await server.listen();
    await server.dispose();
    assert.equal((await dial(url, { token: 'x' })).kind, 'error');
  });
});

describe('tokens', () => {
  it('are 32 random bytes that survive in a header', () => {
    const token = createToken();
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.match(token, /^[\w-]+$/);
    assert.notEqual(createToken(), token);
  });
});
