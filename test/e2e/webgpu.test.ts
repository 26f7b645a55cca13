// A GPU stage from end to end, on a driver in software: its passes are timed, its batch is found too small, and the batch
// that is recommended is faster.
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type {
  FindingReport,
  PipelineReport,
  Report,
  StageReport,
} from '../../extension/core/report/report.js';
import { softwareGpu, withoutGpu } from '../support/softwareGpu.js';
import type { BuiltSluice } from './builtSluice.js';
import { builtWithPrograms, LiveTest, until } from './liveSession.js';

const exampleFolder = fileURLToPath(new URL('../../examples/gpu-batch', import.meta.url));

/** The parts of a batch that are compared with each other, and how long each lasts. */
const ROUNDS = 4;
const ROUND_MS = 1000;

const device = ({ pipelines }: Report): StageReport | undefined =>
  pipelines.find(({ isShared }) => isShared)?.stages[0];
const scoring = ({ pipelines }: Report): PipelineReport | undefined =>
  pipelines.find(({ name }) => name === 'scoring');

describe('a GPU stage', { skip: withoutGpu() }, () => {
  let sluice: BuiltSluice;
  let live: LiveTest;
  before(async () => {
    sluice = await builtWithPrograms();
    await cp(exampleFolder, path.join(sluice.folder, 'gpu-batch'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });
  beforeEach(async () => {
    live = await LiveTest.open(sluice);
  });
  afterEach(async () => {
    await live.close();
  });

  it('is timed on the device, and the program ends as without', async () => {
    const bare = await live.run(['programs/gpuPasses.mjs'], { ...process.env, ...softwareGpu });
    const { code, stdout, stderr } = await live.run(
      ['programs/gpuPasses.mjs'],
      live.env(softwareGpu),
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, bare.stdout);
    assert.match(stdout, /\ndestroyed GPUValidationError\n$/);
    await live.ended();
    const report = await live.report();
    const stage = device(report);
    assert.match(stage?.name ?? '', /^GPU swiftshader device/);
    assert.equal(stage?.kind, 'gpu');
    // The queries of the program's own pass are left alone: its submission is there, and nothing within it.
    assert.equal(stage.executions, 12 * 3 + 2);
    assert.equal(stage.errors, 1);
    assert.equal(stage.gpu?.passes, 12 * 3 * 2 + 2);
    assert.equal(stage.gpu.firstRuns, 1);
    const { kernelShare, kernelWaitShare, otherShare, hostWaitShare } = stage.gpu;
    assert.ok(kernelShare > 0 && kernelShare <= 1, String(kernelShare));
    const sum = kernelShare + kernelWaitShare + otherShare + hostWaitShare;
    assert.ok(Math.abs(sum - 1) < 1e-6, String(sum));
    const queue = report.pipelines.find((p) => p.isShared)?.queues[0];
    // Two wait behind one; the program may go on before the agent hears of the end.
    const most = queue?.depth.max ?? 0;
    assert.ok(most >= 2 && most <= 5, String(most));
    const notes = report.notes.join('\n');
    // Below the host's lanes in the panel.
    const rows = (await live.snapshot()).rows.filter((row) => row.kind === 'stage');
    assert.match(rows.at(-1)?.stage ?? '', /^GPU swiftshader device/);
    assert.match(notes, /timestamps come in steps of 65\.536 µs/);
  });

  it('keeps nothing of the program alive', async () => {
    const env = live.env(softwareGpu);
    const { code, stdout } = await live.run(['--expose-gc', 'programs/gpuDropped.mjs'], env);
    assert.equal(code, 0);
    assert.equal(stdout, 'dropped\n');
    await live.ended();
    assert.equal(device(await live.report())?.executions, 5);
  });

  for (const [how, code] of [
    ['leave', 0],
    ['destroy', 0],
    ['exit', 3],
  ] as const) {
    it(`lets the program end with work under way: ${how}`, async () => {
      const ended = await live.run(['programs/gpuExit.mjs', how], live.env(softwareGpu));
      assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr);
      await live.ended();
      const stage = device(await live.report());
      // The others end with the device, and how many of them were heard of is chance.
      if (how === 'leave') assert.deepEqual([stage?.executions, stage?.gpu?.passes], [20, 20]);
      else assert.ok((stage?.executions ?? 0) >= 8, String(stage?.executions));
    });
  }

  it('is seen in worker threads', async () => {
    const ended = await live.run(
      ['programs/gpuExit.mjs', 'leave', 'worker'],
      live.env(softwareGpu),
    );
    assert.equal(ended.code, 0, ended.stderr);
    await live.ended();
    assert.equal(device(await live.report())?.executions, 40);
  });

  it('gets a batch that is faster', async (t) => {
    const env = live.env({ ...softwareGpu, EXAMPLE_MS: '300000' });
    const child = live.start(['gpu-batch/index.mjs'], env);
    try {
      const example = new Example(live);
      await example.executionsMore(60);
      for (const value of [4, 8, 2]) {
        await example.turn(value);
        await example.executionsMore(200);
      }

      // The stretch must have become steady; how soon that is depends on the machine.
      let report = await live.report();
      await until('a suggestion', async () => {
        report = await live.report();
        const pipeline = scoring(report);
        return (pipeline?.suggestions.length ?? 0) > 0 && fittedIn(pipeline) !== undefined;
      });
      checkDevice(report);
      const to = recommended(report, t);

      // One after the other and again, so that what else the machine does meets both alike.
      let before = 0;
      let now = 0;
      for (let round = 0; round < ROUNDS; round++) {
        before += await example.rate(2);
        now += await example.rate(to);
      }
      t.diagnostic(`${(before / ROUNDS).toFixed(0)}/s before, ${(now / ROUNDS).toFixed(0)}/s now`);
      assert.ok(now > 1.2 * before, `${now} against ${before}`);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

function checkDevice(report: Report): void {
  const gpu = device(report)?.gpu;
  assert.ok(gpu !== undefined);
  assert.ok(gpu.kernelShare > 0.02 && gpu.kernelShare <= 1, String(gpu.kernelShare));
  assert.equal(gpu.firstRuns, 3);
  assert.ok(gpu.firstRunNs > 0 && gpu.firstRunNs < report.capture.durationNs);
}

/** What a batch of `infer` costs, where that is fitted. */
function fittedIn(pipeline: PipelineReport | undefined): FindingReport | undefined {
  return pipeline?.findings.find(
    ({ kind, stage }) => kind === 'batchTooSmall' && stage === 'infer',
  );
}

/** The batch that the advisor suggests. */
function recommended(report: Report, t: TestContext): number {
  const pipeline = scoring(report);
  assert.ok(pipeline !== undefined);
  const { findings, suggestions, knobs, unpredicted } = pipeline;
  t.diagnostic(JSON.stringify(findings.map(({ kind, text }) => `${kind}: ${text}`)));
  const suggestion = suggestions.find(({ knob }) => knob === knobs[0]?.id);
  assert.ok(suggestion !== undefined, unpredicted ?? 'no suggestion');
  t.diagnostic(`${suggestion.from} -> ${suggestion.to}: ${suggestion.evidence.join(' ')}`);
  assert.equal(suggestion.from, 2);
  assert.ok(suggestion.to > 2, String(suggestion.to));
  assert.match(fittedIn(pipeline)?.text ?? '', /takes .* and .* for each item/);
  return suggestion.to;
}

/** The example as it runs. */
class Example {
  readonly #live: LiveTest;

  constructor(live: LiveTest) {
    this.#live = live;
  }

  async infer(): Promise<StageReport | undefined> {
    return scoring(await this.#live.report())?.stages.find(({ name }) => name === 'infer');
  }

  async executionsMore(count: number): Promise<void> {
    const executions = async (): Promise<number> => (await this.infer())?.executions ?? 0;
    const from = await executions();
    await until(`${count} executions`, async () => (await executions()) >= from + count);
  }

  async turn(value: number): Promise<void> {
    const { engine, session } = this.#live;
    const knob = scoring(await this.#live.report())?.knobs[0]?.id ?? '';
    assert.equal(await engine.call('setKnob', { session, knob, value }), null);
  }

  /** Items a second with this batch. */
  async rate(value: number): Promise<number> {
    await this.turn(value);
    await this.executionsMore(2);
    const items = async (): Promise<number> => (await this.infer())?.items ?? 0;
    const [from, fromMs] = [await items(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    return (((await items()) - from) * 1000) / (performance.now() - fromMs);
  }
}
