import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { ok, type Result } from '../../../agent/wire/result.js';
import { AgentConnection, defaultTimes } from '../../../extension/engine/agentConnection.js';
import { TestAgent, until } from './agentClient.js';

/** Both ends of a connection; the engine's with the times of the test. */
interface Pair {
  readonly connection: AgentConnection;
  readonly agent: TestAgent;
  readonly problems: readonly string[];
}

describe('agent connection', () => {
  let server: WebSocketServer;
  before(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
  });
  after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  const pair = async (
    times: Partial<typeof defaultTimes>,
    options: { autoPong?: boolean } = {},
  ): Promise<Pair> => {
    const problems: string[] = [];
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, options);
    const agent = new TestAgent(socket);
    const [serverSide] = await accepted;
    const connection = new AgentConnection(
      serverSide,
      {
        hello: () => ok('s1'),
        frame: (): Result<null> => ok(null),
        problem: (message) => problems.push(message),
        closed: () => undefined,
      },
      { ...defaultTimes, ...times },
    );
    if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
    return { connection, agent, problems };
  };

  it('does not wait for a hello for ever', async () => {
    const { agent, problems } = await pair({ helloMs: 50 });
    assert.match((await agent.next('refused')).reason, /no hello within 50 ms/);
    assert.equal(await agent.closed, 1008);
    assert.match(problems.join(), /no hello/);
  });

  it('stays open after a hello, and through pings that are answered', async () => {
    const { connection, agent } = await pair({ helloMs: 50, pingMs: 20 });
    let pings = 0;
    agent.socket.on('ping', () => pings++);
    await agent.hello();
    await until(() => pings >= 6, 'six pings');
    assert.equal(agent.socket.readyState, WebSocket.OPEN);
    connection.close();
    await connection.closed;
  });

  it('drops a connection that has gone silent', async () => {
    const { connection, agent } = await pair({ pingMs: 20 }, { autoPong: false });
    await agent.hello();
    await connection.closed;
    assert.equal(await agent.closed, 1006);
  });

  it('does not take silence for death while it does not read itself', async () => {
    const { connection, agent } = await pair({ pingMs: 20 });
    await agent.hello();
    connection.setPaused(true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(agent.socket.readyState, WebSocket.OPEN);
    connection.setPaused(false);
    connection.close();
    await connection.closed;
  });

  it('gives up on a request that is never answered, and ignores answers to nothing', async () => {
    const { connection, agent } = await pair({ replyMs: 50 });
    await agent.hello();
    const outcome = await connection.request({ kind: 'setKnob', knob: 1, value: 2 });
    assert.deepEqual(outcome, { ok: false, error: 'the process did not answer within 50 ms' });
    const { id } = await agent.next('setKnob');
    agent.say({ kind: 'reply', id });
    agent.say({ kind: 'reply', id: 12345 });
    const next = connection.request({ kind: 'detach' });
    assert.deepEqual(await next, { ok: true, value: null });
    await connection.closed;
    assert.deepEqual(await connection.request({ kind: 'detach' }), {
      ok: false,
      error: 'the process is not connected',
    });
  });

  it('cuts off an agent that does not take part in closing', async () => {
    const { connection, agent } = await pair({});
    await agent.hello();
    agent.socket.pause();
    connection.close();
    await connection.closed;
    agent.socket.terminate();
  });
});
