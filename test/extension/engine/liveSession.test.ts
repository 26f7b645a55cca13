import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import type { FxtRecord } from '../../../agent/wire/records.js';
import type { EngineClient } from '../../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../../extension/engine/inProcessEngine.js';
import type { EngineEvent, SessionId } from '../../../extension/engine/protocol.js';
import { finished } from '../../e2e/builtSluice.js';
import { connect, helloOf, type TestAgent, until } from './agentClient.js';
import { FrameMaker } from './frames.js';

describe('live session', () => {
  let folder = '';
  let engine: EngineClient;
  let events: EngineEvent[] = [];
  let opened: { session: SessionId; url: string; token: string };
  let capturePath = '';
  let count = 0;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-live-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    engine = inProcessEngine();
    events = [];
    engine.onEvent((event) => events.push(event));
    capturePath = path.join(folder, `capture${count++}.fxt`);
    opened = await engine.call('createSession', { title: 'test', capturePath });
  });
  afterEach(async () => {
    await engine.dispose();
  });

  const join = async (pid = process.pid, anchor = 1000): Promise<TestAgent> => {
    const agent = await connect(opened.url, opened.token);
    await agent.hello(pid, anchor);
    return agent;
  };
  const session = (): { session: SessionId } => ({ session: opened.session });
  const executions = async (): Promise<number> =>
    (await engine.call('report', session())).capture.executions;
  const state = async (): Promise<string> => (await engine.call('snapshot', session())).state;
  const problems = (): string[] =>
    events.flatMap((event) => (event.kind === 'problem' ? [event.message] : []));
  const inFile = async (): Promise<{ records: FxtRecord[]; events: number; problem: unknown }> => {
    const records: FxtRecord[] = [];
    let eventCount = 0;
    const reader = new FxtReader({ event: () => eventCount++, record: (r) => records.push(r) });
    reader.push(await readFile(capturePath));
    return { records, events: eventCount, problem: reader.end().problem };
  };

  it('goes from waiting to live to ended, and its capture says the same as its model', async () => {
    assert.equal(await state(), 'waiting');
    const agent = await join();
    assert.equal(await state(), 'live');
    const maker = new FrameMaker(process.pid);
    agent.socket.send(maker.tables());
    agent.socket.send(maker.executions(100));
    agent.socket.send(maker.end());
    await until(async () => (await executions()) === 100, '100 executions');
    await agent.close();
    await until(async () => (await state()) === 'ended', 'ended');
    const live = await engine.call('report', session());
    assert.equal(live.pipelines[0]?.stages[0]?.name, 'work');
    assert.equal(live.capture.processes[0]?.ended, true);
    await engine.call('endSession', session());
    const read = await engine.call('openCapture', { path: capturePath });
    const again = await engine.call('report', { session: read.session });
    assert.deepEqual(again, live);
  });

  it('welcomes with the protocol version and the name of the session', async () => {
    const agent = await join();
    const welcome = await agent.next('welcome');
    assert.deepEqual(welcome, { kind: 'welcome', protocol: 1, session: opened.session });
  });

  it('refuses another version of the protocol, naming both', async () => {
    const agent = await connect(opened.url, opened.token);
    agent.socket.send(JSON.stringify({ kind: 'hello', protocol: 7, greeting: 'from the future' }));
    const refused = await agent.next('refused');
    assert.match(refused.reason, /protocol 7.*speaks 1/);
    assert.equal(await agent.closed, 1008);
    assert.match(problems()[0] ?? '', /protocol 7/);
    assert.equal(await state(), 'waiting');
  });

  const broken: readonly { what: string; send: (agent: TestAgent) => void; expected: RegExp }[] = [
    {
      what: 'text that is no JSON',
      send: (a) => {
        a.socket.send('{nope');
      },
      expected: /not valid JSON/,
    },
    {
      what: 'an unknown kind of message',
      send: (a) => {
        a.socket.send('{"kind":"joke"}');
      },
      expected: /unknown kind/,
    },
    {
      what: 'a second hello',
      send: (a) => {
        a.say(helloOf(1));
      },
      expected: /second hello/,
    },
    {
      what: 'bytes that are no words',
      send: (a) => {
        a.socket.send(Buffer.from('garbage'));
      },
      expected: /64-bit words/,
    },
    {
      what: 'words that are no records',
      send: (a) => {
        a.socket.send(Buffer.alloc(64, 0xff));
      },
      expected: /claims/,
    },
    {
      what: 'a metadata record',
      send: (a) => {
        a.socket.send(Buffer.from([0x10, 0, 4, 0x46, 0x78, 0x54, 0x16, 0]));
      },
      expected: /metadata/,
    },
    {
      what: 'a string nobody registered',
      send: (a) => {
        a.socket.send(new FrameMaker().broken());
      },
      expected: /broken record/,
    },
  ];
  for (const { what, send, expected } of broken) {
    it(`closes a connection that sends ${what}, and goes on with the others`, async () => {
      const good = await join(1);
      const maker = new FrameMaker(1);
      good.socket.send(maker.tables());
      const bad = await join();
      send(bad);
      assert.match((await bad.next('refused')).reason, expected);
      assert.equal(await bad.closed, 1008);
      assert.match(problems().join('\n'), expected);
      good.socket.send(maker.executions(10));
      await until(async () => (await executions()) === 10, 'the good agent is heard');
      assert.equal((await inFile()).problem, null);
    });
  }

  it('refuses records before the hello', async () => {
    const agent = await connect(opened.url, opened.token);
    agent.socket.send(new FrameMaker().tables());
    assert.match((await agent.next('refused')).reason, /before the hello/);
  });

  it('cuts off a message over the limit', async () => {
    const agent = await join();
    agent.socket.send(Buffer.alloc(1024 * 1024 + 8));
    assert.equal(await agent.closed, 1009);
    await until(() => problems().length > 0, 'the problem is told');
  });

  it('keeps what came before a broken record, in the model and in the file, with a note', async () => {
    const agent = await join();
    const maker = new FrameMaker(process.pid);
    agent.socket.send(maker.tables());
    agent.socket.send(Buffer.concat([maker.executions(5), maker.broken(), maker.executions(5)]));
    await agent.closed;
    assert.equal(await executions(), 5);
    const live = await engine.call('report', session());
    assert.match(live.notes.join('\n'), /end early/);
    await engine.call('endSession', session());
    const file = await inFile();
    assert.equal(file.events, 5);
    assert.equal(file.problem, null);
  });

  it('takes a process back under the same number, with fresh tables', async () => {
    const first = await join(process.pid, 77);
    const maker = new FrameMaker(process.pid);
    first.socket.send(maker.tables());
    first.socket.send(maker.executions(3));
    await until(async () => (await executions()) === 3, '3 executions');
    await first.close();
    const second = await join(process.pid, 77);
    assert.equal(await state(), 'live');
    second.socket.send(maker.tables());
    second.socket.send(maker.executions(4));
    await until(async () => (await executions()) === 7, '7 executions');
    const report = await engine.call('report', session());
    assert.equal(report.capture.processes.length, 1);
    assert.equal(report.pipelines[0]?.stages.length, 1);
    assert.equal(report.pipelines[0].stages[0]?.parallelism, 1);
    await engine.call('endSession', session());
    const infos = (await inFile()).records.filter((r) => r.kind === 'providerInfo');
    assert.deepEqual(infos, [
      { kind: 'providerInfo', provider: 1, name: `made-up (pid ${process.pid})` },
    ]);
  });

  it('lets a newer connection of the same process replace the older', async () => {
    const first = await join(process.pid, 77);
    const second = await join(process.pid, 77);
    assert.equal(await first.closed, 1008);
    second.socket.send(new FrameMaker(process.pid).tables());
    assert.equal(await state(), 'live');
  });

  it('takes a used-again pid as another process', async () => {
    const first = await join(process.pid, 1);
    const second = await join(process.pid, 2);
    first.socket.send(new FrameMaker(process.pid).tables());
    second.socket.send(new FrameMaker(process.pid).tables());
    await until(
      async () => (await engine.call('report', session())).capture.processes.length === 2,
      'two processes',
    );
  });

  it('keeps the records of interleaved processes apart', async () => {
    const agents = [await join(101), await join(102)];
    const makers = [new FrameMaker(101), new FrameMaker(102)];
    for (const [i, agent] of agents.entries())
      agent.socket.send(makers[i]?.tables(`stage${i}`) ?? '');
    for (let round = 0; round < 20; round++) {
      for (const [i, agent] of agents.entries())
        agent.socket.send(makers[i]?.executions(i + 1) ?? '');
    }
    await until(async () => (await executions()) === 60, '60 executions');
    await engine.call('endSession', session());
    const read = await engine.call('openCapture', { path: capturePath });
    const report = await engine.call('report', { session: read.session });
    const stages = report.pipelines.flatMap((p) => p.stages);
    assert.deepEqual(stages.map((s) => [s.name, s.executions]).sort(), [
      ['stage0', 20],
      ['stage1', 40],
    ]);
  });

  it('ends soon after the death of a process that did not say goodbye', async () => {
    const agent = await join(2 ** 30, 5); // no such process
    agent.socket.send(new FrameMaker(2 ** 30).tables());
    await until(async () => (await state()) === 'live', 'live');
    agent.socket.terminate();
    await until(async () => (await state()) === 'ended', 'ended');
    const report = await engine.call('report', session());
    assert.equal(report.capture.processes[0]?.ended, false);
  });

  it('sets a knob in the process it belongs to and waits for the answer', async () => {
    const agent = await join(55);
    const other = await join(56);
    const set = engine.call('setKnob', { ...session(), knob: '55:3', value: 8 });
    const asked = await agent.next('setKnob');
    assert.deepEqual([asked.knob, asked.value], [3, 8]);
    agent.say({ kind: 'reply', id: asked.id });
    assert.equal(await set, null);
    assert.ok(!other.received.some((m) => m.kind === 'setKnob'));
  });

  it('says why a knob was not set', async () => {
    const set = async (knob: string): Promise<null> =>
      engine.call('setKnob', { ...session(), knob, value: 8 });
    await assert.rejects(set('55:3'), /process 55 is not connected/);
    await assert.rejects(set('x'), /unknown knob x/);
    const agent = await join(55);
    const refused = set('55:3');
    const asked = await agent.next('setKnob');
    agent.say({ kind: 'error', id: asked.id, message: 'too big' });
    await assert.rejects(refused, /made-up \(pid 55\) did not set the knob: too big/);
    const cut = set('55:3');
    await until(
      () => agent.received.filter((m) => m.kind === 'setKnob').length === 2,
      'asked again',
    );
    agent.socket.terminate();
    await assert.rejects(cut, /closed the connection before it answered/);
  });

  it('shows what an agent wants the user to see', async () => {
    const agent = await join(55);
    agent.say({ kind: 'error', id: null, message: 'ring too small' });
    await until(() => problems().includes('made-up (pid 55): ring too small'), 'the problem');
  });

  it('lets agents go when it ends, takes what they send last, and turns later ones away', async () => {
    const agent = await join();
    agent.onDetach = 'ignore';
    const maker = new FrameMaker(process.pid);
    agent.socket.send(maker.tables());
    const ended = engine.call('endSession', session());
    const detach = await agent.next('detach');
    agent.socket.send(maker.executions(9));
    agent.socket.send(maker.end());
    agent.say({ kind: 'reply', id: detach.id });
    agent.socket.close();
    await ended;
    assert.equal(await state(), 'ended');
    assert.equal(await executions(), 9);
    assert.equal((await inFile()).events, 9);
    await assert.rejects(connect(opened.url, opened.token), /401/);
  });

  it('does not wait for ever for an agent that ignores it', async () => {
    const agent = await join();
    agent.onDetach = 'ignore';
    await engine.call('endSession', session());
    assert.match((await agent.next('refused')).reason, /the session has ended/);
    await agent.closed;
  });

  it(
    'goes on without a capture when the disk is full',
    { skip: !existsSync('/dev/full') },
    async () => {
      opened = await engine.call('createSession', { title: 'full', capturePath: '/dev/full' });
      const agent = await join();
      const maker = new FrameMaker(process.pid);
      agent.socket.send(maker.tables());
      await until(
        () => problems().some((p) => p.includes('the disk is full')),
        'the problem is told',
      );
      agent.socket.send(maker.executions(10));
      await until(async () => (await executions()) === 10, '10 executions');
      await assert.rejects(
        engine.call('endSession', session()),
        /the capture is incomplete \(\/dev\/full\)/,
      );
      assert.equal(await executions(), 10);
    },
  );

  it('stops reading sockets while the disk is slow, and loses nothing', async () => {
    // A pipe that nobody reads is the slowest disk there is. When the test fails, killing the reader frees the writer.
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('sh', ['-c', 'exec 3<"$0"; read go; cat <&3 | wc -c', pipe]);
    try {
      opened = await engine.call('createSession', { title: 'slow', capturePath: pipe });
      const agent = await join();
      const maker = new FrameMaker(process.pid);
      agent.socket.send(maker.tables());
      const all = 160 * 8000;
      for (let sent = 0; sent < all; sent += 8000) agent.socket.send(maker.executions(8000));
      const seen = (): number =>
        events.reduce((n, e) => (e.kind === 'changed' ? Math.max(n, e.info.executions) : n), 0);
      let before = -1;
      await until(async () => {
        const stalled = seen() > 0 && seen() === before;
        before = seen();
        await new Promise((resolve) => setTimeout(resolve, 600));
        return stalled;
      }, 'reading stalls');
      assert.ok(seen() < all, 'not everything was read');
      assert.ok(agent.socket.bufferedAmount > 0, 'the agent feels it');
      const drained = finished(reader);
      reader.stdin.write('go\n');
      await until(async () => (await executions()) === all, 'all executions');
      await engine.call('endSession', session());
      const { bytes } = (await engine.call('report', session())).capture;
      assert.equal(Number((await drained).stdout), bytes);
    } finally {
      reader.kill('SIGKILL');
    }
  });

  it('sends changed events at most every 250 ms, and the last one tells the end', async () => {
    const agent = await join();
    const maker = new FrameMaker(process.pid);
    agent.socket.send(maker.tables());
    const startMs = performance.now();
    while (performance.now() - startMs < 1000) {
      agent.socket.send(maker.executions(1));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const changed = events.flatMap((e) => (e.kind === 'changed' ? [e.info] : []));
    assert.ok(changed.length >= 2);
    assert.ok(
      changed.length <= (performance.now() - startMs) / 250 + 3,
      `${changed.length} events`,
    );
    await engine.call('endSession', session());
    const last = events.findLast((e) => e.kind === 'changed');
    assert.equal(last?.kind === 'changed' ? last.info.state : '', 'ended');
  });
});
