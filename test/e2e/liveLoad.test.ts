/**
 * The bench of a live session under load (`test/bench/live.bench.ts`), smaller and without its promises about time: what must
 * hold on any machine, however busy.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventType } from '../../agent/wire/format.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { joinWord } from '../../agent/wire/ticks.js';
import { LiveLoop } from '../bench/support/liveLoop.js';
import { runLive } from '../bench/support/liveHost.js';

const MIB = 2 ** 20;
const STAGES = 8;
const root = fileURLToPath(new URL('../..', import.meta.url));

describe('a live session under load', () => {
  it('accounts for every execution, shows pictures meanwhile, keeps within its memory', async () => {
    const order = { perSec: 100_000, seconds: 6, lapMs: 500 } as const;
    const run = await runLive({ root, ...order, follows: 'newest' });
    const { fed, report, pictures, memory } = run;
    assert.equal(fed.made, order.perSec * order.seconds);
    const { executions, lost } = report.capture;
    assert.equal(executions, fed.made, 'received or known to be lost');
    assert.equal(lost.records, fed.lost, 'lost as the program says');
    const stages = report.pipelines.flatMap((pipeline) => pipeline.stages);
    assert.equal(stages.length, STAGES);
    for (const stage of stages) assert.equal(stage.executions, fed.made / STAGES);
    assert.equal(report.capture.processes.length, 1);
    assert.ok(run.captureBytes >= fed.bytes, 'all that was sent is in the file');
    assert.ok(pictures.length >= 2, `${pictures.length} pictures`);
    const shown = pictures.map(({ newestNs }) => newestNs);
    assert.ok(
      shown.every((ns, i) => i === 0 || ns > (shown[i - 1] ?? NaN)),
      `each later than the last: ${shown.join(', ')}`,
    );
    assert.ok(pictures.at(-1)?.rows === 72, 'all lanes and queues are in it');
    assert.ok(Math.max(...memory.map(({ rss }) => rss)) < 896 * MIB);
    assert.deepEqual(run.notices, []);
  });

  it('is fed with laps in which no lane does two things at a time', () => {
    const loop = new LiveLoop(100_000, 0.2e9);
    const endOf = new Map<string, number>();
    const seen = new Set<string>();
    let executions = 0;
    const reader = new FxtReader({
      event: (event) => {
        if (event.eventType !== EventType.durationComplete) return;
        executions++;
        const lane = String(event.thread.thread);
        const startNs = Number(joinWord(event.ticksHi, event.ticksLo));
        assert.ok(startNs >= (endOf.get(lane) ?? 0), 'the lane is free');
        endOf.set(lane, Number(joinWord(event.extraHi, event.extraLo)));
        const key = `${event.name} ${String(event.args[0]?.value)}`;
        assert.ok(!seen.has(key), 'an item goes through a stage once');
        seen.add(key);
      },
      record: () => undefined,
    });
    reader.push(loop.head);
    const slots = Array.from({ length: 3 * loop.count }, (_, i) => loop.slot(i, 5e12));
    for (const { frames } of slots) for (const frame of frames) reader.push(frame);
    assert.equal(reader.end().problem, null);
    assert.equal(executions, 3 * loop.executions);
    const told = slots.flatMap((slot) => [...slot.executions]).reduce((a, b) => a + b, 0);
    assert.equal(told, executions);
  });
});
