import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { node20, node22, node24, nodeBinary } from '../../support/nodes.js';
import { BuiltAgent, peakOf, type Capture, type Injection } from './agentSession.js';

function executionsAt(capture: Capture, line: number): boolean[] {
  const names = capture.of('stage').flatMap((s) => (s.source?.line === line ? [s.name] : []));
  return names.flatMap((name) => capture.executionsOf(name).map(({ isFailed }) => isFailed));
}

describe('child_process', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('takes the life of each child for an execution, at the place where it is started', async () => {
    const run = { program: 'children.mjs', injection: 'NODE_OPTIONS' } as const;
    const bare = await agent.runBare(run);
    const { capture, stdout, stderr, code } = await agent.run(run);
    assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
    const executed = [8, 9, 10, 11, 12, 14, 16, 20].map((line) => executionsAt(capture, line));
    assert.deepEqual(executed, [
      [false],
      [true],
      [true],
      [false],
      [false, false, false],
      [true, false],
      [true],
      [true],
    ]);
    const named = capture.of('stage').filter(({ source }) => source?.line === 11);
    assert.deepEqual(
      named.map(({ name, stageKind, via }) => [name.replace(/ \(.*/, ''), stageKind, via]),
      [['echo', 'io', 'child_process']],
    );
    const pool = capture.of('stage').find(({ source }) => source?.line === 12)?.name ?? '';
    assert.equal(peakOf(capture.executionsOf(pool)), 3);
  });

  it('records messages on both sides of fork, async listeners included', async () => {
    const { capture } = await agent.run({ program: 'children.mjs', injection: 'NODE_OPTIONS' });
    const reply = capture.of('stage').find(({ name }) => name.endsWith(' reply'))?.name ?? '';
    for (const name of [reply, 'childrenWork message']) {
      const executions = capture.executionsOf(name);
      assert.equal(executions.length, 4, name);
      assert.ok(executions.every(({ startNs, endNs }) => endNs - startNs >= 4e6));
    }
  });

  it('knows the workers of a cluster', async () => {
    const run = { program: 'cluster.cjs', injection: 'NODE_OPTIONS' } as const;
    const bare = await agent.runBare(run);
    const { capture, stdout, stderr, code } = await agent.run(run);
    assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
    const stage = capture.stage('cluster');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'cluster']);
    assert.equal(stage.source?.line, 6);
    assert.equal(capture.executionsOf('cluster').length, 3);
    assert.equal(capture.executionsOf('cluster message').length, 3);
    assert.equal(capture.of('process').length, 4);
  });

  it('leaves the environment alone and says where it lacks the agent', async () => {
    const run = { program: 'childrenBlind.mjs', injection: 'NODE_OPTIONS' } as const;
    const bare = await agent.runBare(run);
    const { capture, stdout } = await agent.run(run);
    assert.equal(stdout, bare.stdout);
    assert.deepEqual(
      capture.of('note').flatMap(({ code }) => (code.startsWith('child-') ? [code] : [])),
      ['child-blind:childrenBlind.mjs:7'],
    );
  });

  for (const node of [node20, node22, node24]) {
    it(`lets --eval run on Node ${node}`, async () => {
      const run = { program: 'same/evaluated.cjs', node: nodeBinary(node) };
      const bare = await agent.runBare(run);
      const seen = await agent.run({ ...run, injection: 'NODE_OPTIONS' });
      assert.match(bare.stdout, /^3 function function$/m);
      assert.deepEqual([seen.code, seen.stdout], [bare.code, bare.stdout]);
    });
  }

  for (const program of ['same/childRejects.mjs', 'same/childErrors.cjs']) {
    it(`changes nothing in ${program}`, async () => {
      for (const injection of ['--require', 'NODE_OPTIONS'] satisfies Injection[]) {
        const bare = await agent.runBare({ program });
        const seen = await agent.run({ program, injection });
        assert.deepEqual(
          [seen.code, seen.stdout, lines(seen.stderr)],
          [bare.code, bare.stdout, lines(bare.stderr)],
        );
      }
    });
  }
});

/** Without the frames further down: there are more of them. */
function lines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => !line.startsWith('    at '));
}
