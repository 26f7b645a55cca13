import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generatorJob, runJob } from '../../../../extension/core/job.js';
import type { FlameReply } from '../../../../extension/core/panel/query.js';
import { CallTree } from '../../../../extension/core/query/callTree.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import { profileRecord, textProfile } from '../../../support/cpuProfileText.js';
import { drawingBytes, modelOf } from '../../../support/pipelineText.js';
import { ask, randomFrom } from './randomSession.js';

const STEP_NS = 1e6;
const ownLane = {
  kind: 'lane',
  lane: 99,
  stage: null,
  pipeline: null,
  thread: 'main',
  slot: 0,
} as const;

/** All lanes are the main thread's: `inner` runs within `work`, `late` overlaps it. */
const drawing = `
  work cpu x1  | aaaaaa--bbbbbb
  inner cpu x1 | --cc------dd--
  late cpu x1  | -------eee----
`;
const executions = [
  { stage: 'work', from: 0, to: 6 },
  { stage: 'work', from: 8, to: 14 },
  { stage: 'inner', from: 2, to: 4 },
  { stage: 'inner', from: 10, to: 12 },
  { stage: 'late', from: 7, to: 10 },
];

function sampled(stacks: readonly string[]): SessionModel {
  const profile = profileRecord(ownLane.lane, textProfile(stacks));
  return modelOf(Buffer.concat([drawingBytes(drawing, { extra: [ownLane] }), profile]));
}

/** The stage that a moment (in steps) is counted to. */
function ownerAt(at: number): string | undefined {
  const open = executions.filter(({ from, to }) => from <= at && at < to);
  return open.find((e) => open.every((o) => o.from <= e.from && e.to <= o.to))?.stage;
}

/** Calls as the flame chart shows them: without what Node does first. */
function callsOf(stack: string): readonly string[] {
  const calls = stack.split('/');
  const own = calls.findIndex((call) => !call.startsWith('node:'));
  const shown = own < 0 ? calls.slice(-1) : calls.slice(own);
  return shown.map((call) => call.replace('node:', ''));
}

/** Self time by path, idle time, from one sample after the other. */
function slowFlame(
  stacks: readonly string[],
  stage: string | null,
  [from, to]: readonly [number, number],
): { readonly self: Record<string, number>; readonly idleNs: number } {
  const self: Record<string, number> = {};
  let idleNs = 0;
  for (const [i, stack] of stacks.entries()) {
    const owner = ownerAt(i + 0.5);
    if (owner === undefined || (stage !== null && owner !== stage)) continue;
    const until = i + 1 < stacks.length ? i + 1.5 : i + 1;
    const ns = (Math.min(until, to) - Math.max(i + 0.5, from)) * STEP_NS;
    if (ns <= 0) continue;
    if (stack === '(idle)') idleNs += ns;
    else {
      const path = callsOf(stack).join('/');
      self[path] = (self[path] ?? 0) + ns;
    }
  }
  return { self, idleNs };
}

/** Self time by path, without nodes that have none; and that totals are what they say. */
function checkTree(reply: FlameReply): Record<string, number> {
  const { parent, function: functionOf, selfNs, totalNs, functions } = reply;
  assert.equal(parent[0], -1);
  assert.equal(functionOf[0], -1);
  const paths: string[] = [''];
  const below = [...selfNs];
  for (let node = parent.length - 1; node > 0; node--) {
    const up = parent[node] ?? NaN;
    assert.ok(up >= 0 && up < node, 'parents come first');
    below[up] = (below[up] ?? NaN) + (below[node] ?? NaN);
  }
  assert.deepEqual(totalNs, below);
  assert.equal(totalNs[0], reply.onCpuNs);
  const self: Record<string, number> = {};
  for (const [node, ns] of selfNs.entries()) {
    const name = functions[functionOf[node] ?? -1]?.name;
    const above = paths[parent[node] ?? -1];
    const path = [above, name].filter((part) => part !== undefined && part !== '').join('/');
    paths[node] = path;
    if (ns > 0) self[path] = ns;
  }
  return self;
}

/** Share of the time on a core, by function. */
function selfShares(reply: FlameReply): ReadonlyMap<string, number> {
  const self = new Map<string, number>();
  for (const [node, ns] of reply.selfNs.entries()) {
    const name = reply.functions[reply.function[node] ?? -1]?.name ?? '';
    if (ns > 0) self.set(name, (self.get(name) ?? 0) + ns / reply.onCpuNs);
  }
  return self;
}

describe('functions of a range', () => {
  it('are what the samples say, one by one, whoever was on the thread', () => {
    const stack = fc.constantFrom(
      'f',
      'f/g',
      'f/f',
      'g/f',
      'h/g/f',
      '(idle)',
      'node:x/h',
      'node:x',
    );
    const stacks = fc.array(stack, { minLength: 1, maxLength: 14 });
    const stage = fc.option(fc.constantFrom('work', 'inner', 'late'));
    fc.assert(
      fc.property(stacks, stage, fc.nat(60), fc.nat(60), (samples, name, a, b) => {
        const model = sampled(samples);
        const range = [Math.min(a, b) / 4, Math.max(a, b) / 4] as const;
        const row =
          model.snapshot().rows.find((r) => r.kind === 'stage' && r.stage === name)?.id ?? null;
        const [fromNs, toNs] = [range[0] * STEP_NS, range[1] * STEP_NS];
        const reply = ask(model, { kind: 'flame', seq: 2, fromNs, toNs, row });
        const slow = slowFlame(samples, name, range);
        assert.deepEqual(checkTree(reply), slow.self);
        assert.equal(reply.idleNs, slow.idleNs);
        assert.equal(reply.droppedNs, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('of the whole session are those of the report', () => {
    const stacks = ['f', 'f/g', 'f/g', '(idle)', 'node:x/h', 'g', 'f', 'f/g', 'f', 'k', 'k', 'k'];
    const model = sampled(stacks);
    const { rows, report } = model.snapshot();
    for (const stage of report.pipelines[0]?.stages ?? []) {
      const row = rows.find((r) => r.kind === 'stage' && r.stage === stage.name)?.id ?? -1;
      const range = { fromNs: -1e9, toNs: 1e9 };
      const self = selfShares(ask(model, { kind: 'flame', seq: 1, ...range, row }));
      const told = (stage.functions ?? []).filter((f) => f.selfShare > 0);
      for (const { name, selfShare } of told) {
        assert.ok(Math.abs((self.get(name) ?? 0) - selfShare) < 1e-9, `${stage.name} ${name}`);
      }
      assert.equal(self.size, told.length);
    }
  });

  it('are an empty tree where nothing was sampled', () => {
    const model = modelOf(drawingBytes(drawing));
    for (const row of [null, 0, 4711]) {
      const reply = ask(model, { kind: 'flame', seq: 1, fromNs: 0, toNs: 1e9, row });
      assert.deepEqual(reply, {
        kind: 'flame',
        seq: 1,
        fromNs: 0,
        toNs: 1e9,
        onCpuNs: 0,
        idleNs: 0,
        functions: [],
        parent: [-1],
        function: [-1],
        selfNs: [0],
        totalNs: [0],
        droppedNs: 0,
      });
    }
  });
});

describe('a call tree that is too large', () => {
  /** A tree of so many nodes, each below any earlier one. */
  function treeOf(seed: number, nodes: number, smallShare: number): CallTree {
    const random = randomFrom(seed);
    const tree = new CallTree();
    const made = [0];
    while (made.length < nodes) {
      const parent = made[Math.floor(random() * made.length)] ?? 0;
      const node = tree.child(parent, made.length);
      made.push(node);
      tree.spend(node, random() < smallShare ? 1 : Math.floor(1e6 * random()));
    }
    return tree;
  }

  function checkPruned(tree: CallTree, least: number): void {
    const { parent, selfNs, totalNs, droppedNs } = runJob(generatorJob(tree.pruned()));
    const self = selfNs.reduce((sum, ns) => sum + ns, 0);
    assert.equal(self + droppedNs, tree.wholeNs);
    assert.equal(totalNs[0], tree.wholeNs);
    for (const [node, up] of parent.entries()) {
      assert.ok(up < node);
      if (node > 0) assert.ok((totalNs[node] ?? 0) >= tree.wholeNs * 0.0002);
      assert.ok((totalNs[node] ?? 0) <= (totalNs[up] ?? Infinity));
    }
    assert.ok(parent.length >= least, 'what is large stays');
  }

  it('loses what is small, says how much that was, and keeps every caller', () => {
    const size = fc.constantFrom(1, 500, 30_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        size,
        fc.constantFrom(0, 0.9),
        (seed, n, small) => {
          checkPruned(treeOf(seed, n, small), n > 1 && n < 1000 && small === 0 ? n / 2 : 1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has 20,000 nodes at most', () => {
    const tree = new CallTree();
    // Deep stacks of equal time: every node of them is large.
    for (let stack = 0; stack < 50; stack++) {
      let node = 0;
      for (let depth = 0; depth < 1000; depth++) node = tree.child(node, 1000 * stack + depth);
      tree.spend(node, 100);
    }
    const { parent, selfNs, totalNs, droppedNs } = runJob(generatorJob(tree.pruned()));
    assert.equal(parent.length, 20_000);
    assert.equal(totalNs[0], 5000);
    assert.equal(selfNs.reduce((sum, ns) => sum + ns, 0) + droppedNs, 5000);
  });
});
