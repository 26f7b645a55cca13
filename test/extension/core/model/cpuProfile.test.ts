import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCpuProfile } from '../../../../extension/core/model/cpuProfile.js';
import { profileRecord, textProfile } from '../../../support/cpuProfileText.js';
import { drawingBytes, drawingStartNs, modelOf } from '../../../support/pipelineText.js';

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const good = textProfile(['f/g', 'f', '(idle)']);

function errorOf(value: unknown): string {
  const parsed = parseCpuProfile(bytesOf(value));
  assert.ok(!parsed.ok, 'expected a refusal');
  return parsed.error;
}

describe('a .cpuprofile', () => {
  it('gives stacks, parents first, and times in nanoseconds', () => {
    const parsed = parseCpuProfile(bytesOf(good));
    assert.ok(parsed.ok);
    const { nodes, samples, endNs } = parsed.value;
    assert.deepEqual(
      nodes.map((n) => [n.frame.functionName, n.parent]),
      [
        ['(root)', -1],
        ['f', 0],
        ['(idle)', 0],
        ['g', 1],
      ],
    );
    assert.deepEqual(
      samples.map((s) => [nodes[s.node]?.frame.functionName, (s.atNs - drawingStartNs) / 1e6]),
      [
        ['g', 0.5],
        ['f', 1.5],
        ['(idle)', 2.5],
      ],
    );
    assert.equal(endNs, drawingStartNs + 3e6);
  });

  it('is refused when it is none, with the place', () => {
    assert.match(errorOf({}), /nodes/);
    assert.match(errorOf({ ...good, nodes: [] }), /no stacks/);
    assert.match(errorOf({ ...good, timeDeltas: [1] }), /samples and times differ/);
    assert.match(errorOf({ ...good, startTime: 'now' }), /startTime/);
    assert.match(errorOf({ ...good, samples: [1, -1, 1] }), /samples\[1\]/);
    const parsed = parseCpuProfile(new TextEncoder().encode('{"nodes":['));
    assert.ok(!parsed.ok && parsed.error.includes('not valid JSON'));
  });

  it('may hold circles, unknown stacks and times that go back: none of them is followed', () => {
    const [root, f] = good.nodes;
    assert.ok(root !== undefined && f !== undefined);
    const circle = { ...f, children: [root.id, f.id, 4711, ...f.children] };
    const parsed = parseCpuProfile(
      bytesOf({
        ...good,
        nodes: good.nodes.map((n) => (n === f ? circle : n)),
        samples: [f.id, 999, f.id],
        timeDeltas: [500, 100, -400],
        endTime: 0,
      }),
    );
    assert.ok(parsed.ok);
    assert.equal(parsed.value.nodes.length, good.nodes.length);
    const times = parsed.value.samples.map((s) => s.atNs - drawingStartNs);
    assert.deepEqual(times, [0.5e6, 0.6e6]);
    assert.equal(parsed.value.endNs, drawingStartNs + 0.6e6);
  });

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.equal(parseCpuProfile(bytes).ok, false);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        parseCpuProfile(new TextEncoder().encode(json));
      }),
    );
  });

  it('that is broken leaves a note in the report and everything else as it is', () => {
    const drawing = drawingBytes('work cpu x1 | aabb');
    const broken = profileRecord(99, { nodes: 1 });
    const { notes, pipelines } = modelOf(Buffer.concat([drawing, broken])).report();
    assert.ok(notes.some((n) => /CPU profile was skipped: .*nodes/.test(n)));
    assert.deepEqual(pipelines, modelOf(drawing).report().pipelines);
  });
});
