/** What limits a pipeline: of each rule a case in which it warns, one in which it does not, and one in which it cannot tell. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SlowFunction } from '../../../../extension/core/diagnosis/code.js';
import {
  Contention,
  CoresUsedUp,
  EventLoopFull,
  OutOfParallelism,
  RateLimit,
  SourceTooSlow,
} from '../../../../extension/core/diagnosis/limits.js';
import { Gpu, Pressure, Skew, ThreadChurn } from '../../../../extension/core/diagnosis/machine.js';
import type {
  MeasuredStage,
  OperatingPoint,
} from '../../../../extension/core/measure/operatingPoint.js';
import type { StateShares } from '../../../../extension/core/report/report.js';
import { measured, pointOf, queued } from '../points.js';
import { ask, told } from './asked.js';

const shares = (rest: Partial<StateShares>): { readonly shares: StateShares } => ({
  shares: { busy: 0, starved: 0, blocked: 0, limited: 0, idle: 0, ...rest },
});
const busy = shares({ busy: 0.98, starved: 0.02 });
const held = measured('read', {}, shares({ busy: 0.2, blocked: 0.8 }));
const work = (rest: Partial<MeasuredStage> = {}): MeasuredStage =>
  measured('work', { lanes: 4, serviceMs: 20 }, { ...busy, ...rest });

describe('OutOfParallelism', () => {
  const rule = new OutOfParallelism();
  const bottleneck = { kind: 'stage', stage: 'work' } as const;

  it('warns of a stage whose lanes are never free', () => {
    assert.equal(told(rule, pointOf([held, work()]), { bottleneck }), 'parallelism work');
    const sink = { kind: 'sink', stage: 'work' } as const;
    assert.equal(told(rule, pointOf([held, work()]), { bottleneck: sink }), 'sink work');
  });

  it('does not where lanes are free, not limited, or the loop is to blame', () => {
    const free = work(shares({ busy: 0.5, starved: 0.5 }));
    assert.equal(told(rule, pointOf([held, free]), { bottleneck }), 'ok');
    assert.equal(told(rule, pointOf([held, work({ parallelism: null })]), { bottleneck }), 'ok');
    const loop = { kind: 'eventLoop', stage: 'work' } as const;
    assert.equal(told(rule, pointOf([held, work()]), { bottleneck: loop }), 'ok');
  });
});

describe('CoresUsedUp', () => {
  const rule = new CoresUsedUp();

  it('warns when all cores compute, and names who waits for one', () => {
    const waiting = work({ coreWaitShare: 0.3 });
    const verdict = ask(rule, pointOf([held, waiting], { cores: 4, cpuCores: 3.9 }));
    assert.ok(verdict.state === 'warn');
    assert.match(verdict.findings[0].evidence.join(), /work waits for a core 30%/);
  });

  it('does not when there is room', () => {
    assert.equal(told(rule, pointOf([held, work()], { cores: 4, cpuCores: 2 })), 'ok');
  });

  it('cannot tell without measurements', () => {
    assert.equal(told(rule, pointOf([held, work()])), 'notYet');
    assert.equal(told(rule, pointOf([held, work()], { cores: 4 })), 'notYet');
  });
});

describe('EventLoopFull', () => {
  const rule = new EventLoopFull();
  const loopAt = (utilization: number | null, loop: number | null = 0): OperatingPoint =>
    pointOf([held, work({ loop })], { loops: [{ name: 'main', cpuShare: null, utilization }] });

  it('warns of a full loop with stages on it', () => {
    assert.equal(told(rule, loopAt(0.95)), 'eventLoop');
  });

  it('does not of one with room, or of one without stages', () => {
    assert.equal(told(rule, loopAt(0.7)), 'ok');
    assert.equal(told(rule, loopAt(0.95, null)), 'ok');
  });

  it('cannot tell where nobody measured it', () => {
    assert.equal(told(rule, loopAt(null)), 'notYet');
  });
});

describe('RateLimit', () => {
  it('warns of a stage that waits for its limit, and not of one that hardly does', () => {
    const limited = work(shares({ busy: 0.4, limited: 0.6 }));
    assert.equal(told(new RateLimit(), pointOf([held, limited])), 'rateLimit work');
    const hardly = work(shares({ busy: 0.9, limited: 0.1 }));
    assert.equal(told(new RateLimit(), pointOf([held, hardly])), 'ok');
  });
});

describe('Contention', () => {
  const at = (
    lanes: number,
    serviceMs: number,
    rest: Partial<MeasuredStage> = {},
  ): OperatingPoint =>
    pointOf([held, measured('work', { lanes, serviceMs }, { ...busy, ...rest })]);
  const rule = new Contention();

  it('warns where fewer lanes did more', () => {
    assert.equal(told(rule, at(8, 80), { earlier: [at(2, 10)] }), 'contention work');
  });

  it('blames the other side where more lanes of what waits did no more', () => {
    const io = { kind: 'io' } as const;
    assert.equal(told(rule, at(8, 40, io), { earlier: [at(2, 10, io)] }), 'external work');
  });

  it('is content where more lanes did more', () => {
    assert.equal(told(rule, at(8, 11), { earlier: [at(2, 10)] }), 'ok');
  });

  it('cannot tell from one setting', () => {
    assert.equal(told(rule, at(8, 80)), 'notYet');
  });
});

describe('SourceTooSlow', () => {
  it('warns when the first stage is hungry and nobody is at a limit', () => {
    const hungry = measured('serve', { serviceMs: 4 });
    assert.equal(told(new SourceTooSlow(), pointOf([hungry])), 'source serve');
  });

  it('knows that what fills its queue may be hidden, and names the settings of that', () => {
    const hungry = measured('step', { serviceMs: 4 }, shares({ busy: 0.4, starved: 0.6 }));
    const prefetch = queued(null, 'step', { name: 'prefetch', meanDepth: 0, emptyShare: 1 });
    const calls = {
      id: '1',
      name: 'num_parallel_calls',
      kind: 'parallelism',
      stage: null,
      queue: 'prefetch',
      value: 2,
      min: 1,
      max: null,
      live: false,
    } as const;
    const point = { queues: [prefetch], knobs: [calls] };
    const verdict = ask(new SourceTooSlow(), pointOf([hungry], point));
    assert.ok(verdict.state === 'warn');
    assert.match(verdict.findings[0].text, /^step waits 60% of its lane time for what fills/);
    assert.match(verdict.findings[0].remedy ?? '', /num_parallel_calls/);
    const unknown = ask(new SourceTooSlow(), pointOf([hungry], { queues: [prefetch] }));
    assert.ok(unknown.state === 'warn');
    assert.match(unknown.findings[0].remedy ?? '', /needs more work/);
  });

  it('is content when there is always something to do', () => {
    assert.equal(told(new SourceTooSlow(), pointOf([held, work()])), 'ok');
  });

  it('believes the shares of time that say so', () => {
    const bottleneck = { kind: 'source', stage: 'read' } as const;
    const read = measured('read', { serviceMs: 10 });
    assert.equal(told(new SourceTooSlow(), pointOf([read]), { bottleneck }), 'source read');
  });
});

describe('Skew', () => {
  const waiting = { queues: [queued('read', 'work', { emptyShare: 0 })] };
  const lanes = (laneBusy: readonly number[]): MeasuredStage =>
    work({
      laneBusy,
      laneItems: laneBusy.map((b) => 1000 * b),
      ...shares({ busy: 0.4, idle: 0.6 }),
    });

  it('warns of one hot lane beside free ones with items waiting', () => {
    assert.equal(
      told(new Skew(), pointOf([held, lanes([0.95, 0.2, 0.2, 0.2])], waiting)),
      'skew work',
    );
  });

  it('does not when all are as busy, or nothing waits', () => {
    assert.equal(told(new Skew(), pointOf([held, lanes([0.5, 0.4, 0.5, 0.4])], waiting)), 'ok');
    const none = { queues: [queued('read', 'work', { emptyShare: 0.9 })] };
    assert.equal(told(new Skew(), pointOf([held, lanes([0.95, 0.2, 0.2, 0.2])], none)), 'ok');
  });
});

describe('Pressure', () => {
  const point = (gcShare: number | null, throttledShare: number | null): OperatingPoint =>
    pointOf([held, work()], { gcShare, throttledShare });

  it('warns of collections and of quotas', () => {
    assert.equal(told(new Pressure(), point(0.2, 0.3)), 'garbageCollection, throttled');
  });

  it('is content when neither takes much', () => {
    assert.equal(told(new Pressure(), point(0.02, null)), 'ok');
    assert.equal(told(new Pressure(), point(null, 0)), 'ok');
  });

  it('cannot tell when neither was measured', () => {
    assert.equal(told(new Pressure(), point(null, null)), 'notYet');
  });
});

describe('an event loop that polls a GPU', () => {
  it('is not called full', () => {
    const device = {
      ...{ kernelShare: 0.9, kernelWaitShare: 0, otherShare: 0, hostWaitShare: 0.1 },
      ...{ passes: 1, firstRuns: 0, firstRunNs: 0 },
    };
    const loops = [{ name: 'main', cpuShare: 0.99, utilization: 1 }];
    const stage = work({ loop: 0 });
    assert.equal(told(new EventLoopFull(), pointOf([held, stage], { loops })), 'eventLoop');
    const onGpu = { ...stage, device };
    assert.equal(told(new EventLoopFull(), pointOf([held, onGpu], { loops })), 'ok');
  });
});

describe('ThreadChurn', () => {
  it('warns when threads start for a few tasks each, and not when they stay', () => {
    const churning = work({ threadsStarted: 200, executions: 1000 });
    assert.equal(told(new ThreadChurn(), pointOf([held, churning])), 'threadChurn work');
    const staying = work({ threadsStarted: 4, executions: 1000 });
    assert.equal(told(new ThreadChurn(), pointOf([held, staying])), 'ok');
  });
});

describe('Gpu', () => {
  const gpu = (
    seen: Parameters<typeof measured>[1],
    rest: Partial<MeasuredStage>,
  ): OperatingPoint => pointOf([held, measured('infer', seen, { kind: 'gpu', ...rest })]);

  it('warns of one that starves', () => {
    assert.equal(told(new Gpu(), gpu({}, shares({ busy: 0.5, starved: 0.5 }))), 'gpuStarved infer');
  });

  it('warns of one whose launches cost more than their items', () => {
    const sizes = { items: [1, 2, 4], serviceMs: [10.1, 10.2, 10.4] };
    assert.equal(told(new Gpu(), gpu(sizes, busy)), 'gpuLaunchBound infer');
  });

  it('warns of one whose device has little to do although the stage is busy', () => {
    const device = {
      kernelShare: 0.3,
      kernelWaitShare: 0.2,
      otherShare: 0.45,
      hostWaitShare: 0.05,
      passes: 100,
      firstRuns: 3,
      firstRunNs: 2e6,
    };
    const verdict = ask(new Gpu(), gpu({}, { ...busy, device }));
    assert.ok(verdict.state === 'warn');
    assert.deepEqual(
      verdict.findings.map(({ kind }) => kind),
      ['gpuLaunchBound'],
    );
    const evidence = verdict.findings.flatMap((found) => found.evidence).join(' ');
    assert.match(evidence, /computes 30% .* nothing submitted 5%.* 3 passes/);
    const working = { ...device, kernelShare: 0.9, kernelWaitShare: 0.02, otherShare: 0.03 };
    assert.equal(told(new Gpu(), gpu({}, { ...busy, device: working })), 'ok');
  });

  it('is content with one that has enough to do, and without one', () => {
    const sizes = { items: [16, 32, 64], serviceMs: [17, 33, 65] };
    assert.equal(told(new Gpu(), gpu(sizes, busy)), 'ok');
    assert.equal(told(new Gpu(), pointOf([held, work()])), 'ok');
  });
});

describe('SlowFunction', () => {
  const bottleneck = { kind: 'stage', stage: 'work' } as const;
  const functions = (selfShare: number) => () => [
    { name: 'parse', selfShare, totalShare: selfShare, source: null },
  ];

  it('warns of a function in which most of the computing is', () => {
    const besides = { bottleneck, functionsOf: functions(0.6) };
    assert.equal(told(new SlowFunction(), pointOf([held, work()]), besides), 'slowFunction work');
  });

  it('is content when none stands out, or nothing is computed', () => {
    const even = { bottleneck, functionsOf: functions(0.1) };
    assert.equal(told(new SlowFunction(), pointOf([held, work()]), even), 'ok');
    const hot = { bottleneck, functionsOf: functions(0.9) };
    assert.equal(told(new SlowFunction(), pointOf([held, work({ kind: 'io' })]), hot), 'ok');
  });

  it('cannot tell without samples', () => {
    assert.equal(told(new SlowFunction(), pointOf([held, work()]), { bottleneck }), 'notYet');
  });
});
