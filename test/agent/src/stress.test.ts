/** Far more executions than anybody can want: two million a second from two threads, for ten seconds. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { listOf, numberIn, object, parseJson, type Check } from '../../../agent/wire/validate.js';
import { BuiltAgent, ended, type Watch } from './support/builtAgent.js';
import type { Capture } from './support/capture.js';
import { TestEngine, until } from './support/testEngine.js';

const MIB = 1024 * 1024;
const EXECUTIONS = 20_000_000;
const any = numberIn(0, Number.MAX_SAFE_INTEGER);

/** Numbers by name. */
const numbers: Check<Record<string, number>> = (value, place) => {
  const shape = Object.fromEntries(Object.keys(Object(value) as object).map((key) => [key, any]));
  return object(shape)(value, place);
};
const checkMade = object({
  results: listOf(object({ made: numbers, items: numbers, errors: any, tookMs: any })),
  turns: any,
  elapsedMs: any,
  peakRss: any,
});
const checkEnd = object({ peakRss: any });

interface Run {
  readonly made: Record<string, number>;
  readonly items: Record<string, number>;
  readonly errors: number;
  readonly turns: number;
  readonly elapsedMs: number;
  readonly peakRss: number;
}

function added(all: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of all) {
    for (const [name, n] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + n;
  }
  return sums;
}

/** Sums by stage of what the agent says. */
function told(
  capture: Capture,
): Record<'lost' | 'executions' | 'items' | 'errors', Record<string, number>> {
  const { summaries } = capture;
  const losses = capture.declared('loss').filter((loss) => loss.executions !== 0);
  const by = (pairs: readonly (readonly [string, number])[]): Record<string, number> =>
    added(pairs.map(([name, n]) => ({ [name]: n })));
  return {
    lost: by(losses.map((loss) => [loss.stage ?? 'unknown', loss.executions ?? 0])),
    executions: by(summaries.map((s) => [s.stage, s.executions])),
    items: by(summaries.map((s) => [s.stage, s.items])),
    errors: by(summaries.map((s) => [s.stage, s.errors])),
  };
}

describe('two million executions a second', { timeout: 600_000 }, () => {
  let agent: BuiltAgent;
  const engines: TestEngine[] = [];

  before(async () => {
    agent = await BuiltAgent.create({ minify: true });
  });
  after(async () => {
    await Promise.all(engines.map(async (engine) => engine.vanish()));
    await agent.dispose();
  });

  /** Runs the program; `whenMade` comes between its last execution and its end. */
  async function run(watch: Watch | null, whenMade: () => void): Promise<Run> {
    const go = path.join(agent.folder, randomUUID());
    const child = agent.start('stress.mjs', watch, { GO: go, SECONDS: '10' });
    let printed = '';
    child.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
    const end = ended(child);
    await until('all executions', () => printed.includes('\n') || child.exitCode !== null);
    whenMade();
    writeFileSync(go, '');
    const { code, stdout, stderr } = await end;
    assert.deepEqual([code, stderr], [0, '']);
    const [first = '', last = ''] = stdout.split('\n');
    const made = parseJson(first, checkMade, 'stress.mjs');
    const rest = parseJson(last, checkEnd, 'stress.mjs');
    assert.ok(made.ok && rest.ok);
    const { results, turns, elapsedMs } = made.value;
    return {
      made: added(results.map((result) => result.made)),
      items: added(results.map((result) => result.items)),
      errors: results.reduce((sum, result) => sum + result.errors, 0),
      turns,
      elapsedMs,
      peakRss: Math.max(made.value.peakRss, rest.value.peakRss),
    };
  }

  async function checkCounts(engine: TestEngine, { made, items, errors }: Run): Promise<number> {
    const { capture } = engine;
    // The program is gone; what it sent last may still be in the socket.
    await until('the last word', () => capture.declared('end').length > 0);
    assert.deepEqual([...engine.problems, ...capture.problems], []);
    const { lost, ...sums } = told(capture);
    assert.equal(
      Object.values(made).reduce((sum, n) => sum + n, 0),
      EXECUTIONS,
    );
    for (const [stage, n] of Object.entries(made)) {
      assert.equal(
        (capture.counts.get(stage) ?? 0) + (lost[stage] ?? 0),
        n,
        `${stage}: sent + lost`,
      );
    }
    assert.equal(lost['unknown'], undefined);
    assert.deepEqual(sums.executions, made);
    assert.deepEqual(sums.items, items);
    assert.equal(sums.errors['bundles'], errors);
    assert.deepEqual(
      capture.declared('end').map((end) => end.executions),
      [EXECUTIONS],
    );
    return Object.values(lost).reduce((sum, n) => sum + n, 0);
  }

  async function listen(): Promise<TestEngine> {
    const engine = await TestEngine.listen();
    engine.keepsEvents = false;
    engines.push(engine);
    return engine;
  }

  it('are counted exactly, stage by stage, whether they arrive or not, and block nothing', async (t) => {
    const bare = await run(null, () => undefined);
    const reading = await listen();
    const read = await run(reading.watch, () => undefined);
    const lost = await checkCounts(reading, read);

    const paused = await listen();
    const isReading = (): boolean => (paused.captures[0]?.counts.size ?? 0) > 0;
    const connected = until('executions', isReading).then(() => {
      paused.stall();
    });
    // The reader goes on only when the last execution has been made, so the program cannot have waited for it.
    const unread = await run(paused.watch, () => {
      paused.resume();
    });
    await connected;
    const dropped = await checkCounts(paused, unread);
    assert.ok(dropped > 0, 'a reader that pauses loses records, or the test proves nothing');

    for (const [what, { peakRss, turns, elapsedMs }] of Object.entries({ read, unread })) {
      // A main thread that waited for anything would not turn; 20 ms apart when the machine has time.
      assert.ok(turns > elapsedMs / 1000, `${what}: ${turns} turns of the main thread's loop`);
      const agentBytes = peakRss - bare.peakRss;
      t.diagnostic(
        `${what}: ${Math.round(elapsedMs)} ms (bare ${Math.round(bare.elapsedMs)}), ` +
          `agent ${(agentBytes / MIB).toFixed(1)} MiB, lost ${what === 'read' ? lost : dropped}`,
      );
      assert.ok(agentBytes < 64 * MIB, `${what}: the agent takes ${agentBytes} bytes`);
    }
  });
});
