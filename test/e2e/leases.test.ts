// A knob on trial gets its old value back whatever becomes of the engine that set it.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchEnvironment } from '../../extension/engine/launch.js';
import type { BuiltSluice } from './builtSluice.js';
import { builtWithPrograms, until } from './liveSession.js';

const LEASE_MS = 1500;
/** Two seconds are promised; the machine of the test may be loaded. */
const LIMIT_MS = 4000;

/** A child that prints one JSON object a line. */
class Talker {
  readonly said: Record<string, unknown>[] = [];
  readonly child: ChildProcess;

  constructor(child: ChildProcess) {
    this.child = child;
    assert.ok(child.stdout !== null);
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  async next(
    what: string,
    match: (line: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>> {
    await until(what, () => this.said.some(match));
    return this.said.find(match) ?? {};
  }
}

describe('a knob on a lease', () => {
  let sluice: BuiltSluice;
  const children: ChildProcess[] = [];
  before(async () => {
    sluice = await builtWithPrograms();
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await sluice.dispose();
  });

  const start = (args: readonly string[], env: NodeJS.ProcessEnv): Talker => {
    const child = spawn(process.execPath, args, {
      cwd: sluice.folder,
      env: { ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    return new Talker(child);
  };

  /** An engine and a program, when the knob has the value of the trial. */
  const onTrial = async (value = 4): Promise<{ engine: Talker; program: Talker }> => {
    const script = fileURLToPath(new URL('leaseEngine.ts', import.meta.url));
    const tsx = import.meta.resolve('tsx');
    const engine = start(['--import', tsx, script, String(LEASE_MS), '9'], process.env);
    const { url, token } = await engine.next('the engine', (line) => 'url' in line);
    const registerPath = path.join(sluice.folder, 'dist/agent/register.cjs');
    const base = { ...process.env, NODE_OPTIONS: '' };
    const env = launchEnvironment(base, { url: String(url), token: String(token), registerPath });
    const program = start(['programs/leased.mjs', String(value)], env);
    await program.next('the trial', (line) => line['value'] === '9');
    await engine.next('a renewal', (line) => 'held' in line);
    assert.deepEqual(
      program.said.map((line) => line['value']),
      ['9'],
    );
    return { engine, program };
  };

  const restoredMs = async (program: Talker, value: string): Promise<number> => {
    const line = await program.next('the old value', (l) => l['value'] === value);
    return Number(line['atMs']);
  };

  it('is set back when the engine is killed', async (t) => {
    const { engine, program } = await onTrial();
    const killedMs = Date.now();
    engine.child.kill('SIGKILL');
    const tookMs = (await restoredMs(program, '4')) - killedMs;
    t.diagnostic(`set back after ${tookMs} ms`);
    assert.ok(tookMs < LIMIT_MS, `${tookMs} ms`);
  });

  it('is set back when the engine hangs, to unlimited too, and an engine that wakes up is told', async (t) => {
    const { engine, program } = await onTrial(Infinity);
    const stoppedMs = Date.now();
    engine.child.kill('SIGSTOP');
    const tookMs = (await restoredMs(program, 'Infinity')) - stoppedMs;
    t.diagnostic(`set back after ${tookMs} ms`);
    assert.ok(tookMs < LIMIT_MS + LEASE_MS, `${tookMs} ms`);
    engine.child.kill('SIGCONT');
    await engine.next('the bad news', (line) => {
      const held: unknown = line['held'];
      return typeof held === 'object' && held !== null && Reflect.get(held, 'ok') === false;
    });
    assert.equal(program.said.length, 2);
  });

  it('keeps the value that is confirmed, also when the engine dies then', async () => {
    const { engine, program } = await onTrial();
    engine.child.stdin?.write('keep\n');
    await engine.next('an answer', (line) => 'done' in line);
    engine.child.kill('SIGKILL');
    // Longer than any lease.
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 1000));
    program.child.kill('SIGTERM');
    const last = await program.next('its end', (line) => line['isOver'] === true);
    assert.equal(last['value'], '9');
    assert.equal(program.said.length, 2);
  });

  it('is set back when it is released, and when the session ends', async () => {
    for (const order of ['release', 'end']) {
      const { engine, program } = await onTrial();
      engine.child.stdin?.write(`${order}\n`);
      await engine.next('an answer', (line) => 'done' in line);
      await restoredMs(program, '4');
      program.child.kill('SIGTERM');
      engine.child.kill('SIGKILL');
    }
  });
});
