// A CPU profile on its whole way: asked of the engine, sampled in real threads, in the report, the picture and the capture.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import type { FunctionReport, Report, StageReport } from '../../extension/core/report/report.js';
import type { EngineClient } from '../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../extension/engine/inProcessEngine.js';
import { launchEnvironment } from '../../extension/engine/launch.js';
import type { SessionId } from '../../extension/engine/protocol.js';
import { metaLevel, type ViewReply } from '../../extension/core/panel/view.js';
import { until } from '../extension/engine/agentClient.js';
import { BuiltSluice, finished } from './builtSluice.js';

const source = fileURLToPath(new URL('programs/sampled.ts', import.meta.url));
const busy = { hash: 'busyHash', grind: 'busyGrind', doze: 'busyDoze' } as const;

/** Line of a function in the program's source, from 1. */
function lineOf(name: string): number {
  const lines = readFileSync(source, 'utf8').split('\n');
  return lines.findIndex((line) => line.startsWith(`function ${name}(`)) + 1;
}

function stagesOf(report: Report): ReadonlyMap<string, StageReport> {
  return new Map(report.pipelines.flatMap((p) => p.stages).map((s) => [s.name, s]));
}

/** What the report says of a function in a stage. */
function functionOf(report: Report, stage: string, name: string): FunctionReport | undefined {
  return stagesOf(report)
    .get(stage)
    ?.functions?.find((f) => f.name === name);
}

/** Each stage's own function is there, at its place in the TypeScript source, and in no other stage. */
function assertFunctions(report: Report): void {
  for (const [stage, name] of Object.entries(busy)) {
    const found = functionOf(report, stage, name);
    assert.ok(found, `${name} in ${stage}`);
    assert.equal(found.source?.file, source);
    assert.equal(found.source.line, lineOf(name));
    // What is above it in the stack has been left out or is Node's, so nearly all time is below it. A clock that is off by a
    // millisecond would put a quarter of the samples elsewhere.
    assert.ok(found.totalShare > 0.8, `${name} has ${found.totalShare} of ${stage}`);
    for (const other of Object.keys(busy)) {
      if (other !== stage) assert.equal(functionOf(report, other, name), undefined);
    }
    const functions = stagesOf(report).get(stage)?.functions ?? [];
    assert.ok(
      functions.every((f) => f.selfShare <= f.totalShare + 1e-9 && f.totalShare <= 1 + 1e-9),
    );
  }
}

/** What the stages' functions are, in an order that does not depend on rounding. */
function functionsOf(report: Report): unknown {
  return [...stagesOf(report)].map(([name, { functions }]) => [name, functions]);
}

/** The boxes of a reply that has one row. */
function boxesOf(
  view: ViewReply,
): readonly { x: number; width: number; level: number; name: number }[] {
  const floats = new Float32Array(view.buffer);
  const words = new Uint32Array(view.buffer);
  return Array.from({ length: floats.length / 4 }, (_, i) => ({
    x: floats[4 * i] ?? 0,
    width: floats[4 * i + 1] ?? 0,
    level: metaLevel(words[4 * i + 2] ?? 0),
    name: words[4 * i + 3] ?? 0,
  }));
}

const useBuiltAgent: esbuild.Plugin = {
  name: 'use the built agent',
  setup(build) {
    build.onResolve({ filter: /agent\/src\/index/ }, () => ({ path: 'sluice', external: true }));
  },
};

const busyCode = `
const { pipeline } = require('sluice');
function busyLoop() {
  const end = performance.now() + 5;
  let sum = 0;
  while (performance.now() < end) for (let i = 0; i < 2000; i++) sum += Math.sqrt(i);
  return sum;
}
const work = pipeline('ends').stage('work', { kind: 'cpu' }, busyLoop);
let runs = 0;
function afterwards(end) {
  const timer = setInterval(() => {
    work();
    if (++runs < 40) return;
    clearInterval(timer);
    end();
  }, 1);
}`;

/** How a program may end, after it has worked for a while. */
const endings: Readonly<Record<string, string>> = {
  'has nothing left to do': `afterwards(() => console.log('bye'));`,
  'exits while work is open': `afterwards(() => { setInterval(work, 1); process.exit(7); });`,
  throws: `afterwards(() => { throw new Error('boom'); });`,
  'forgets a rejection': `afterwards(() => void Promise.reject(new Error('nobody listens')));`,
  'terminates its worker': `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker('setInterval(() => { for (let i = 0; i < 1e5; i++) Math.sqrt(i); }, 1)', { eval: true });
    afterwards(() => worker.terminate().then((code) => console.log('terminated', code)));`,
};

describe('CPU profiles', () => {
  let sluice: BuiltSluice;
  let engine: EngineClient;

  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const built = await esbuild.build({
      entryPoints: [source],
      outfile: path.join(sluice.folder, 'sampled.mjs'),
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      bundle: true,
      plugins: [useBuiltAgent],
      logLevel: 'warning',
    });
    assert.equal(built.errors.length, 0);
    engine = inProcessEngine();
  });
  after(async () => {
    await engine.dispose();
    await sluice.dispose();
  });

  const run = async (
    name: string,
    profileMs?: number,
  ): Promise<{ session: SessionId; child: ChildProcess; capturePath: string }> => {
    const capturePath = path.join(sluice.folder, `${name}.fxt`);
    const opened = await engine.call('createSession', { title: name, capturePath });
    const registerPath = path.join(sluice.folder, 'dist/agent/register.cjs');
    const launch = {
      ...opened,
      registerPath,
      ...(profileMs === undefined ? {} : { cpuProfileMs: profileMs }),
    };
    const child = spawn(process.execPath, ['--enable-source-maps', 'sampled.mjs'], {
      cwd: sluice.folder,
      env: launchEnvironment({ ...process.env, NODE_OPTIONS: '' }, launch),
    });
    return { session: opened.session, child, capturePath };
  };
  const report = async (session: SessionId): Promise<Report> => engine.call('report', { session });
  /** Waits until every stage has run so many times more. */
  const ran = async (session: SessionId, more: number): Promise<void> => {
    const count = async (): Promise<ReadonlyMap<string, number>> =>
      new Map([...stagesOf(await report(session))].map(([name, s]) => [name, s.executions]));
    const first = await count();
    await until(async () => {
      const now = await count();
      return Object.keys(busy).every((s) => (now.get(s) ?? 0) >= (first.get(s) ?? 0) + more);
    }, `every stage has run ${more} times more`);
  };

  /** Below each stage's lanes is a row in which its function is found, at its place. */
  const assertPicture = async (session: SessionId): Promise<void> => {
    const { rows, extentNs } = await engine.call('snapshot', { session });
    const [fromNs, toNs] = extentNs;
    for (const [stage, name] of Object.entries(busy)) {
      const row = rows.find((r) => r.kind === 'stage' && r.stage === stage);
      assert.ok(row?.kind === 'stage');
      const cpu = row.lanes.filter((lane) => lane.kind === 'cpu');
      assert.equal(cpu.length, 1);
      assert.equal(row.lanes.at(-1), cpu[0]);
      const id = cpu[0]?.id ?? -1;
      const request = { seq: 1, fromNs, toNs, widthPx: 4000, rows: [id] };
      const view = await engine.call('view', { session, viewer: 1, request });
      assert.ok(view !== null);
      assert.ok(view.names.includes(name), `${name} among ${view.names.join(', ')}`);
      const index = view.names.indexOf(name);
      const box = boxesOf(view).find((b) => b.name === index);
      assert.ok(box);
      const atNs = fromNs + ((box.x + box.width / 2) / view.widthPx) * (toNs - fromNs);
      const question = { seq: 2, row: id, atNs, toleranceNs: 0, level: box.level };
      const range = { fromNs, toNs };
      const { hit } = await engine.call('hit', { session, request: { ...question, range } });
      assert.ok(hit?.kind === 'function', `${stage}: ${JSON.stringify(hit)}`);
      assert.deepEqual([hit.name, hit.stage, hit.isShared], [name, stage, false]);
      assert.deepEqual([hit.source?.file, hit.source?.line], [source, lineOf(name)]);
      assert.ok(hit.totalNs > 0 && hit.totalNs >= hit.selfNs);
    }
  };

  it('samples threads that turn, never turn and sleep, until it is stopped', async () => {
    const { session, child, capturePath } = await run('live');
    const ended = finished(child);
    await ran(session, 5);
    const request = { session, durationMs: 600_000, intervalUs: 1000 };
    assert.equal(await engine.call('startCpuProfile', request), null);
    await assert.rejects(engine.call('startCpuProfile', request), /running already/);
    assert.equal((await engine.call('snapshot', { session })).isCpuProfiling, true);
    await ran(session, 40);
    assert.equal(await engine.call('stopCpuProfile', { session }), null);
    await until(async () => {
      const live = await report(session);
      return Object.entries(busy).every(([s, f]) => functionOf(live, s, f) !== undefined);
    }, 'the samples of all threads have come');
    assert.equal((await engine.call('snapshot', { session })).isCpuProfiling, false);
    await assert.rejects(engine.call('stopCpuProfile', { session }), /no CPU profile is running/);
    child.stdin?.end();
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout, stderr], [0, 'done\n', '']);
    await engine.call('endSession', { session });
    const whole = await report(session);
    assertFunctions(whole);
    await assertPicture(session);
    await engine.call('closeSession', { session });

    const opened = await engine.call('openCapture', { path: capturePath });
    const again = await report(opened.session);
    assert.deepEqual(functionsOf(again), functionsOf(whole));
    await assertPicture(opened.session);
    await assert.rejects(engine.call('startCpuProfile', { ...request, ...opened }), /capture/);
  });

  it('begins with the program when the command line says so', async () => {
    const out = path.join(sluice.folder, 'whole.fxt');
    const args = ['run', '--cpu-profile', '--json', '--out', out, '--', process.execPath];
    const child = sluice.start([...args, '--enable-source-maps', 'sampled.mjs']);
    const ended = finished(child);
    // Until then every thread has surely worked: the file grows with what they record.
    await until(() => existsSync(out) && statSync(out).size > 60_000, 'the capture has grown');
    child.stdin?.end();
    const { code, stdout } = await ended;
    assert.equal(code, 0);
    const [first = '', ...rest] = stdout.split('\n');
    assert.equal(first, 'done');
    assertFunctions(JSON.parse(rest.join('\n')) as Report);
  });

  for (const [ending, code] of Object.entries(endings)) {
    it(`changes nothing for a program that ${ending}`, async () => {
      const file = path.join(sluice.folder, `${ending.replaceAll(/\W/g, '-')}.cjs`);
      writeFileSync(file, `${busyCode}\n${code}\n`);
      const bare = await sluice.runBare([file]);
      const out = path.join(sluice.folder, 'ending.fxt');
      const args = ['run', '--cpu-profile', '--no-report', '--out', out, '--'];
      const sampled = await sluice.run([...args, process.execPath, file]);
      const own = sampled.stderr.replace(/^capture: .*\n/m, '');
      assert.deepEqual([sampled.code, sampled.stdout, own], [bare.code, bare.stdout, bare.stderr]);
      const opened = await engine.call('openCapture', { path: out });
      const found = functionOf(await report(opened.session), 'work', 'busyLoop');
      assert.ok(found !== undefined && found.totalShare > 0.5, JSON.stringify(found));
      await engine.call('closeSession', opened);
    });
  }
});
