// Programs that make threads, queues, stages and names without end: bounded everywhere, and nothing goes to the wrong one.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { BlobName, Category } from '../../agent/wire/format.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { checkDeclaration, type Declaration } from '../../agent/wire/manifest.js';
import { NdjsonLines } from '../../agent/wire/ndjsonLines.js';
import { parseJson } from '../../agent/wire/validate.js';
import type { BuiltSluice } from './builtSluice.js';
import { builtWithPrograms, LiveTest } from './liveSession.js';

interface Told {
  readonly declarations: Declaration[];
  /** Executions with the thread that had their lane when they came. */
  readonly executions: { readonly stage: string; readonly item: number; readonly thread: string }[];
  readonly lanes: Set<number>;
}

/** What a capture says, read in the order in which it was written. */
async function readCapture(file: string): Promise<Told> {
  const told: Told = { declarations: [], executions: [], lanes: new Set() };
  const threadOf = new Map<number, string>();
  const manifest = new NdjsonLines((line) => {
    const d = parseJson(line, checkDeclaration, 'manifest');
    assert.ok(d.ok);
    told.declarations.push(d.value);
    if (d.value.kind === 'lane') threadOf.set(d.value.lane, d.value.thread);
  });
  const reader = new FxtReader({
    event: (event) => {
      if (event.category !== Category.stage) return;
      const lane = Number(event.thread.thread);
      told.lanes.add(lane);
      const item = event.args.slice(0, event.argCount).find((a) => a.name === 'item');
      const thread = threadOf.get(lane) ?? 'nobody';
      told.executions.push({ stage: event.name, item: Number(item?.value ?? -1), thread });
    },
    record: (record) => {
      if (record.kind === 'blob' && record.name === BlobName.manifest) manifest.push(record.bytes);
    },
  });
  reader.push(await readFile(file));
  assert.equal(reader.end().problem, null);
  return told;
}

describe('what a program makes without end', { timeout: 300_000 }, () => {
  let sluice: BuiltSluice;
  let live: LiveTest;
  before(async () => {
    sluice = await builtWithPrograms();
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

  it('threads: each takes over the rows of one that has ended, and its executions stay its own', async () => {
    const [threads, each] = [60, 20];
    const run = await live.run(['programs/threadsInTurn.mjs', String(threads), String(each)]);
    assert.deepEqual(run, { code: 0, signal: null, stdout: '', stderr: '' });
    await live.ended();
    const report = await live.report();
    assert.equal(await live.executionsOf('work'), threads * each);
    assert.equal(report.capture.lost.records, 0);
    const [p] = report.pipelines;
    // Now and then a thread begins before the last one's rows are free; it never needs many.
    const lanes = (await live.snapshot()).rows.flatMap((r) =>
      r.kind === 'stage' && r.stage === 'work' ? r.lanes : [],
    );
    assert.ok(lanes.length <= 12, `${lanes.length} lanes`);
    const queues = p?.queues.filter((q) => q.name === 'jobs') ?? [];
    const knobs = p?.knobs.filter((k) => k.name === 'batch') ?? [];
    assert.ok(queues.length >= 1 && queues.length <= 12, `${queues.length} queues`);
    assert.ok(knobs.length >= 1 && knobs.length <= 12, `${knobs.length} knobs`);
    assert.ok(lanes.some((l) => / \.\.\. worker \d+ #0$/.test(l.label)));

    const told = await readCapture(live.capturePath);
    const work = told.executions.filter((e) => e.stage === 'work');
    assert.equal(work.length, threads * each);
    for (const { item, thread } of work) assert.equal(thread, `worker ${item}`);
    assert.equal(new Set(work.map((e) => e.item)).size, threads);
  });

  it('names of every kind: memory is bounded, later stages are recorded, and the user is told', async () => {
    const made = 24_000;
    const run = await live.run(['--expose-gc', 'programs/manyNames.mjs', String(made)]);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    const { requests, grownBytes } = JSON.parse(run.stdout) as Record<string, number>;
    assert.equal(requests, made);
    // 12,000 more of everything: an entry of a few words for each would show.
    assert.ok((grownBytes ?? Infinity) < 1.5e6, `${grownBytes} bytes more`);
    await live.ended();
    const report = await live.report();
    // Every single execution, whatever became of its name; then those of the queue per request.
    assert.equal(report.capture.executions, made + 100 + made);
    const stages = await live.stages();
    const others = stages.find((s) => s.name.startsWith('(other stages)'));
    assert.ok((others?.executions ?? 0) > made / 2);
    assert.ok(
      stages.some((s) => s.executions === made),
      'the queue per request is one stage',
    );
    assert.ok(stages.length <= 1001, `${stages.length} stages`);
    for (const what of [/more than \d+ stages/, /more than \d+ queues/, /more than \d+ knobs/]) {
      assert.ok(
        report.notes.some((n) => what.test(n)),
        `nothing is said of ${what}: ${report.notes.join('\n')}`,
      );
    }
    const { declarations } = await readCapture(live.capturePath);
    const count = (kind: Declaration['kind']): number =>
      declarations.filter((d) => d.kind === kind).length;
    assert.ok(count('queue') <= 4200 && count('knob') <= 4200 && count('pipeline') <= 1000);
  });
});
