/** Real programs with the built agent in them, and a small engine at the other end of the socket. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, ended } from './support/builtAgent.js';
import { TestEngine, until } from './support/testEngine.js';

function countsByStage(engine: TestEngine): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { stage, executions } of engine.capture.summaries) {
    counts[stage] = (counts[stage] ?? 0) + executions;
  }
  return counts;
}

describe('a program with the agent', { timeout: 600_000 }, () => {
  let agent: BuiltAgent;
  const engines: TestEngine[] = [];

  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await Promise.all(engines.map(async (e) => e.vanish()));
    await agent.dispose();
  });

  async function listen(manner: TestEngine['manner'] = 'welcome', port = 0): Promise<TestEngine> {
    const engine = await TestEngine.listen(manner, port);
    engines.push(engine);
    return engine;
  }

  /** A file that a program waits for, and the function that makes it. */
  function signal(): { env: { GO: string }; go: () => void } {
    const file = path.join(agent.folder, randomUUID());
    return {
      env: { GO: file },
      go: () => {
        writeFileSync(file, '');
      },
    };
  }

  it('is watched completely: every execution, item, error, queue change, span', async () => {
    const engine = await listen();
    const run = await agent.run('mixed.mjs', engine.watch);
    assert.deepEqual(run, {
      code: 0,
      signal: null,
      stdout: '{"n":200,"failures":200}\n',
      stderr: '',
    });
    const { capture } = engine;
    assert.deepEqual([...engine.problems, ...capture.problems], []);
    assert.equal(capture.of('stage', 'parse').length, 200);
    assert.equal(capture.of('stage', 'fetch').length, 200);
    assert.deepEqual(
      capture.of('stage', 'parse').map((e) => e.args['item']),
      Array.from({ length: 200 }, (_, i) => i),
    );
    const fails = capture.of('stage', 'fail');
    assert.equal(fails.length, 200);
    assert.ok(fails.every((e) => e.args['outcome'] === 'error'));
    assert.deepEqual(capture.overlaps(), []);
    assert.deepEqual(capture.lost(), { records: 0, executions: 0 });
    assert.equal(capture.of('span', 'inner').length, 200);
    const depths = capture.of('queue', 'pending');
    assert.equal(depths.at(-1)?.args['depth'], 0);
    const highest = Math.max(...depths.map((e) => Number(e.args['high'] ?? e.args['depth'])));
    assert.ok(highest > 1 && highest <= 200);
    assert.ok(depths.every((e, i) => i === 0 || e.startNs >= (depths[i - 1]?.startNs ?? 0)));
  });

  it('sends exact totals, declarations with positions, and an end', async () => {
    const engine = await listen();
    await agent.run('mixed.mjs', engine.watch);
    const { capture } = engine;
    assert.deepEqual(countsByStage(engine), { parse: 200, fetch: 200, fail: 200 });
    const fetched = capture.summaries.filter((s) => s.stage === 'fetch');
    // 1, 2, 3, 1, ... items over 200 executions.
    assert.equal(
      fetched.reduce((sum, s) => sum + s.items, 0),
      399,
    );
    assert.equal(
      capture.summaries.reduce((sum, s) => sum + s.errors, 0),
      200,
    );
    const [stage] = capture.declared('stage');
    assert.equal(stage?.name, 'parse');
    assert.match(stage.source?.file ?? '', /fixtures\/agent\/mixed\.mjs$/);
    assert.equal(stage.source?.line, 5);
    assert.deepEqual(
      capture.declared('queue').map((q) => [q.name, q.capacity, q.from, q.to]),
      [['pending', 100, 'parse', 'fetch']],
    );
    assert.deepEqual(
      capture.declared('end').map((e) => e.executions),
      [600],
    );
    assert.equal(capture.declared('environment').length, 1);
    const [process] = capture.declared('process');
    assert.equal(process?.title, 'mixed.mjs');
    assert.equal(engine.messages.length, 1);
  });

  it('nests a span in its execution, on the same lane', async () => {
    const engine = await listen();
    await agent.run('mixed.mjs', engine.watch, { N: '20' });
    const parses = engine.capture.of('stage', 'parse');
    for (const span of engine.capture.of('span', 'inner')) {
      const around = parses.filter(
        (e) => e.lane === span.lane && e.startNs <= span.startNs && span.extra <= e.extra,
      );
      assert.equal(around.length, 1);
    }
  });

  it('has its worker threads watched, however they end', async () => {
    const engine = await listen();
    const run = await agent.run('workers.mjs', engine.watch);
    assert.deepEqual(run, { code: 0, signal: null, stdout: '', stderr: '' });
    const { capture } = engine;
    assert.deepEqual(countsByStage(engine), {
      shared: 301,
      end: 100,
      terminate: 100,
      park: 100,
      late: 1,
    });
    assert.equal(capture.of('stage', 'shared').length, 301);
    assert.deepEqual(capture.overlaps(), []);
    const lanes = capture.declared('lane').filter((l) => l.stage === 'shared');
    assert.equal(new Set(lanes.map((l) => l.thread)).size, 4);
    assert.equal(capture.of('queue', 'end queue').at(-1)?.args['depth'], 100);
    assert.deepEqual(capture.problems, []);
  });

  it('may exit within a stage', async () => {
    const engine = await listen();
    const run = await agent.run('exitInside.mjs', engine.watch);
    assert.deepEqual(run, { code: 7, signal: null, stdout: '', stderr: '' });
    assert.equal(engine.capture.of('stage', 'work').length, 1000);
    assert.equal(engine.capture.of('stage', 'last').length, 0);
    assert.deepEqual(
      engine.capture.declared('end').map((e) => e.executions),
      [1000],
    );
  });

  for (const how of ['throw', 'reject']) {
    it(`dies of an error as it would without us (${how})`, async () => {
      const engine = await listen();
      const bare = await agent.run('throws.mjs', null, { HOW: how });
      const watched = await agent.run('throws.mjs', engine.watch, { HOW: how });
      assert.equal(bare.code, 1);
      assert.equal(watched.code, 1);
      assert.equal(watched.stdout, bare.stdout);
      // The stack names other lines within the wrapper; all else is the same.
      const known = (text: string): string[] =>
        text.split('\n').filter((l) => !/^\s+at |\.cjs:\d+$/.test(l));
      assert.deepEqual(known(watched.stderr), known(bare.stderr));
      assert.equal(engine.capture.of('stage', 'work').length, 10);
      assert.deepEqual(
        engine.capture.of('stage', 'fail').map((e) => e.args['outcome']),
        ['error'],
      );
    });
  }

  it('keeps its results, errors, arguments and this', async () => {
    const engine = await listen();
    const bare = await agent.run('signature.mjs', null);
    const watched = await agent.run('signature.mjs', engine.watch);
    assert.deepEqual(watched, bare);
    assert.equal(bare.code, 0);
    const facts = JSON.parse(bare.stdout) as unknown[];
    assert.deepEqual(facts.slice(5, 10), facts.slice(0, 5));
    assert.deepEqual(facts.slice(10, 15), facts.slice(0, 5));
    assert.equal(engine.capture.of('stage', 'recursive').length, 41);
    assert.deepEqual(engine.capture.overlaps(), []);
  });

  it('survives wrong use of the API, and the user is told', async () => {
    const engine = await listen();
    const bare = await agent.run('wrong.mjs', null);
    const watched = await agent.run('wrong.mjs', engine.watch);
    assert.deepEqual(watched, bare);
    assert.equal(bare.stdout, '[1,2,true,true,0,3,5,6,"123",9]\n');
    const { capture } = engine;
    assert.deepEqual(capture.problems, []);
    const notes = capture.declared('note').map((n) => n.message);
    for (const about of [
      'has kind nonsense',
      'parallelism',
      'no item',
      'not a plain promise',
      'min 10 above max 1',
      'capacity',
      'no name',
    ]) {
      assert.ok(
        notes.some((n) => n.includes(about)),
        `no note says "${about}": ${notes.join('; ')}`,
      );
    }
    const same = capture.declared('stage').filter((s) => s.name.startsWith('same'));
    assert.equal(same.length, 2);
    assert.match(same[1]?.name ?? '', /^same \(wrong\.mjs:\d+\)$/);
  });

  it('runs as ever when it is not watched', async () => {
    const run = await agent.run('mixed.mjs', null);
    assert.deepEqual(run, {
      code: 0,
      signal: null,
      stdout: '{"n":200,"failures":200}\n',
      stderr: '',
    });
  });

  it('runs as ever, and ends at once, when nobody listens', async () => {
    const engine = await listen();
    const { watch } = engine;
    await engine.vanish();
    for (const url of [watch.url, 'not a url', 'ws://127.0.0.1:1/agent']) {
      const start = Date.now();
      const run = await agent.run('mixed.mjs', { ...watch, url }, { SLUICE_EXIT_MS: '60000' });
      assert.deepEqual(run, {
        code: 0,
        signal: null,
        stdout: '{"n":200,"failures":200}\n',
        stderr: '',
      });
      assert.ok(Date.now() - start < 30_000, 'waited for an engine that is not there');
    }
  });

  for (const manner of ['refuse', 'http'] as const) {
    it(`runs as ever when it is refused (${manner})`, async () => {
      const engine = await listen(manner);
      const { env, go } = signal();
      const child = agent.start('steady.mjs', engine.watch, { ...env, SLUICE_EXIT_MS: '60000' });
      const end = ended(child);
      if (manner === 'refuse') await until('hello', () => engine.messages.length > 0);
      go();
      const run = await end;
      assert.equal(run.code, 0);
      assert.equal(run.stderr, '');
      assert.match(run.stdout, /^\d+\n$/);
      assert.ok(engine.messages.length <= 1, 'came back after it was refused');
      assert.deepEqual(
        engine.captures.flatMap((c) => c.events),
        [],
      );
    });
  }

  it('exits in bounded time when the engine says nothing', async () => {
    const engine = await listen('silent');
    const run = await agent.run('mixed.mjs', engine.watch, { SLUICE_EXIT_MS: '100' });
    assert.deepEqual(run, {
      code: 0,
      signal: null,
      stdout: '{"n":200,"failures":200}\n',
      stderr: '',
    });
  });

  it('goes on when the engine vanishes, and tells everything again to the next one', async () => {
    const first = await listen();
    const { env, go } = signal();
    const child = agent.start('steady.mjs', first.watch, env);
    const end = ended(child);
    await until('some executions', () => (first.captures[0]?.of('stage').length ?? 0) > 100);
    const { port } = first;
    await first.vanish();
    const second = await listen('welcome', port);
    await until(
      'the agent to come back',
      () => (second.captures[0]?.of('stage').length ?? 0) > 100,
    );
    go();
    const run = await end;
    assert.equal(run.code, 0);
    assert.equal(run.stderr, '');
    const { capture } = second;
    assert.deepEqual(capture.problems, []);
    assert.ok(capture.of('stage').every((e) => e.name === 'work'));
    assert.deepEqual(
      capture.declared('stage').map((s) => s.name),
      ['work'],
    );
    assert.equal(capture.declared('lane').length, 2);
    assert.deepEqual(
      capture.declared('end').map((e) => e.executions),
      [Number(run.stdout)],
    );
  });

  it('counts what a slow engine makes it drop, and keeps the totals exact', async () => {
    const engine = await listen();
    const { env, go } = signal();
    const child = agent.start('flood.mjs', engine.watch, env);
    const end = ended(child);
    let printed = '';
    child.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
    await until('the connection', () => (engine.captures[0]?.events.length ?? 0) > 0);
    engine.stall();
    await until('the flood', () => printed.includes('\n'));
    engine.resume();
    go();
    const run = await end;
    assert.equal(run.code, 0);
    const made = Number(run.stdout);
    const { capture } = engine;
    const lost = capture.lost();
    assert.ok(lost.executions > 0, 'nothing was dropped: the test proves nothing');
    assert.equal(capture.of('stage').length + lost.executions, made);
    assert.ok(capture.declared('loss').every((l) => l.stage === 'work' || l.executions === 0));
    assert.equal(countsByStage(engine)['work'], made);
    assert.deepEqual(
      capture.declared('end').map((e) => e.executions),
      [made],
    );
  });

  it('is watched while its main thread hangs', async () => {
    const engine = await listen();
    const { env, go } = signal();
    const child = agent.start('blocked.mjs', engine.watch, env);
    const end = ended(child);
    await until(
      'records of the worker',
      () => (engine.captures[0]?.of('stage', 'work').length ?? 0) > 50,
    );
    assert.equal(engine.capture.of('stage', 'unblocked').length, 0);
    go();
    assert.equal((await end).code, 0);
    assert.equal(engine.capture.of('stage', 'unblocked').length, 1);
  });

  it('loses little when it is killed', async () => {
    const engine = await listen();
    const { env } = signal();
    const child = agent.start('steady.mjs', engine.watch, env);
    const end = ended(child);
    await until('some executions', () => (engine.captures[0]?.of('stage').length ?? 0) > 500);
    child.kill('SIGKILL');
    assert.equal((await end).signal, 'SIGKILL');
    assert.deepEqual(engine.capture.problems, []);
    assert.deepEqual(engine.capture.declared('end'), []);
  });

  it('turns its knobs when asked', async () => {
    const engine = await listen();
    const { env, go } = signal();
    const child = agent.start('knobs.mjs', engine.watch, env);
    const end = ended(child);
    await until('five knobs', () => (engine.captures[0]?.declared('knob').length ?? 0) === 5);
    const idOf = (name: string): number =>
      engine.capture.declared('knob').find((k) => k.name === name)?.id ?? -1;
    const ask = async (id: number, name: string, value: number): Promise<string> => {
      engine.send({ kind: 'setKnob', id, knob: idOf(name), value });
      const answer = (): (typeof engine.messages)[number] | undefined =>
        engine.messages.find((m) => m.kind !== 'hello' && m.id === id);
      await until(`an answer about ${name}`, () => answer() !== undefined);
      const message = answer();
      return message?.kind === 'error' ? message.message : (message?.kind ?? '');
    };
    assert.equal(await ask(1, 'batch', 64), 'reply');
    assert.match(await ask(2, 'batch', 0), /not between 1 and 256/);
    assert.equal(await ask(3, 'stubborn', 5), 'not today');
    assert.match(await ask(4, 'fixed', 5), /not live/);
    assert.equal(await ask(5, 'in worker', 8), 'reply');
    assert.match(await ask(6, 'hung', 2), /did not answer within 5 s/);
    go();
    const run = await end;
    assert.equal(run.stdout, '{"size":64,"value":64}\n{"size":256,"value":256}\n');
    assert.equal(run.code, 0);
    const batch = idOf('batch');
    assert.deepEqual(
      engine.capture
        .declared('knobChange')
        .filter((c) => c.knob === batch)
        .map((c) => [c.from, c.to, c.by]),
      [
        [16, 64, 'sluice'],
        [64, 256, 'program'],
      ],
    );
    assert.equal(engine.capture.declared('knob').find((k) => k.name === 'fixed')?.value, null);
  });

  it('is let go by detach and works on', async () => {
    const engine = await listen();
    const { env, go } = signal();
    const child = agent.start('steady.mjs', engine.watch, env);
    const end = ended(child);
    await until('some executions', () => (engine.captures[0]?.of('stage').length ?? 0) > 100);
    engine.send({ kind: 'detach', id: 9 });
    await until('the end', () => engine.capture.declared('end').length === 1);
    assert.ok(engine.messages.some((m) => m.kind === 'reply' && m.id === 9));
    const recorded = engine.capture.of('stage').length;
    go();
    const run = await end;
    assert.equal(run.code, 0);
    assert.ok(Number(run.stdout) >= recorded);
    assert.equal(engine.captures.length, 1);
  });
});
