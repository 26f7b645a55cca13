import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { readOrder, writeOrder } from '../../../agent/src/cpuProfile/order.js';
import { onOurClock } from '../../../agent/src/cpuProfile/sampler.js';
import {
  cleaned,
  encodePieces,
  FrameMapper,
  OWN_CODE,
  slice,
} from '../../../agent/src/cpuProfile/v8Profile.js';
import type { V8Profile } from '../../../agent/src/cpuProfile/v8Types.js';
import { nowNs } from '../../../agent/src/clock.js';
import { profileAtStartMs } from '../../../agent/src/cpuProfile/order.js';

const ownFile = fileURLToPath(new URL('../../../agent/src/apiStage.ts', import.meta.url));

/** A profile whose stacks are written as `outer/inner`; functions in capital letters are the agent's. */
function profileOf(stacks: readonly string[]): V8Profile {
  const nodes: V8Profile['nodes'] = [];
  const byPath = new Map<string, V8Profile['nodes'][number]>();
  const nodeOf = (stack: string): V8Profile['nodes'][number] => {
    const known = byPath.get(stack);
    if (known !== undefined) return known;
    const name = stack.split('/').at(-1) ?? '';
    const url = name === '' ? '' : /[A-Z]/.test(name) ? ownFile : '/app/main.js';
    const callFrame = { functionName: name, scriptId: '1', url, lineNumber: 3, columnNumber: 4 };
    const parent = stack === '' ? undefined : nodeOf(stack.slice(0, stack.lastIndexOf('/')));
    const node = { id: nodes.length + 1, callFrame, hitCount: 0, children: [] as number[] };
    nodes.push(node);
    byPath.set(stack, node);
    parent?.children?.push(node.id);
    return node;
  };
  nodeOf('');
  const samples = stacks.map((stack) => {
    const node = nodeOf(stack === '' ? '' : `/${stack}`);
    node.hitCount = (node.hitCount ?? 0) + 1;
    return node.id;
  });
  const timeDeltas = stacks.map((_, i) => 100 + i);
  const endTime = 5000 + timeDeltas.reduce((sum, d) => sum + d, 0) + 7;
  return { nodes, startTime: 5000, endTime, samples, timeDeltas };
}

/** Each sample as its time and stack. */
function read(profile: V8Profile): string[] {
  const names = new Map<number, string>();
  const byId = new Map(profile.nodes.map((n) => [n.id, n]));
  const visit = (id: number, above: string): void => {
    const node = byId.get(id);
    assert.ok(node, `no node ${id}`);
    const own =
      above === '' ? node.callFrame.functionName : `${above}/${node.callFrame.functionName}`;
    names.set(id, own);
    for (const child of node.children ?? []) visit(child, own);
  };
  const [root] = profile.nodes;
  if (root !== undefined) visit(root.id, '');
  let at = profile.startTime;
  return (profile.samples ?? []).map((id, i) => {
    at += profile.timeDeltas?.[i] ?? 0;
    return `${at} ${names.get(id) ?? '?'}`;
  });
}

const stacks = fc.array(
  fc.array(fc.constantFrom('a', 'b', 'c', 'X'), { maxLength: 4 }).map((s) => s.join('/')),
  { minLength: 1, maxLength: 40 },
);

describe('a CPU profile in the agent', () => {
  it('is without the agent: what it called hangs below its caller, its own time is marked', () => {
    const profile = cleaned(
      profileOf(['a/X/b', 'a/X', 'a/X/Y', 'X/c', 'X', 'a/X/b/X/d', '']),
      new FrameMapper(),
    );
    const names = read(profile).map((line) => line.split(' ')[1]);
    assert.deepEqual(names, ['a/b', `a/${OWN_CODE}`, `a/${OWN_CODE}`, 'c', OWN_CODE, 'a/b/d', '']);
    const hits = profile.nodes.reduce((sum, n) => sum + (n.hitCount ?? 0), 0);
    assert.equal(hits, 7);
  });

  it('is the same read in pieces, each of which is small enough and whole', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 400, max: 4000 }), (list, maxBytes) => {
        const profile = cleaned(profileOf(list), new FrameMapper());
        const pieces = encodePieces(profile, maxBytes).map(
          (bytes) =>
            [bytes.length, JSON.parse(new TextDecoder().decode(bytes))] as [number, V8Profile],
        );
        for (const [length] of pieces) assert.ok(length <= maxBytes);
        // A single sample with a long stack may not fit; the others all come.
        const alone = read(profile).filter(
          (_, i) => JSON.stringify(slice(profile, i, i + 1)).length <= maxBytes,
        );
        assert.deepEqual(
          pieces.flatMap(([, piece]) => read(piece)),
          alone,
        );
        for (const [, { nodes, samples = [] }] of pieces) {
          assert.equal(
            nodes.reduce((sum, n) => sum + (n.hitCount ?? 0), 0),
            samples.length,
          );
        }
        assert.equal(
          alone.length < list.length || pieces.at(-1)?.[1].endTime === profile.endTime,
          true,
        );
      }),
    );
  });

  it('names places in the original source', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice maps '));
    process.setSourceMapsEnabled(true);
    try {
      // Line 1, column 10 of the code is line 5, column 3 of the source.
      const map = {
        version: 3,
        sources: ['src/app.ts'],
        names: [],
        mappings: 'UAIE',
        file: 'app.cjs',
      };
      const json = Buffer.from(JSON.stringify(map)).toString('base64');
      const file = path.join(folder, 'app.cjs');
      const url = `data:application/json;base64,${json}`;
      writeFileSync(file, `function  f() {}\n//# sourceMappingURL=${url}\n`);
      createRequire(import.meta.url)(file);
      const frame = { functionName: 'f', scriptId: '9', lineNumber: 0, columnNumber: 11 };
      for (const at of [file, pathToFileURL(file).href]) {
        assert.deepEqual(new FrameMapper().map({ ...frame, url: at }), {
          ...frame,
          url: path.join(folder, 'src/app.ts'),
          lineNumber: 4,
          columnNumber: 2,
        });
      }
      const native = { ...frame, url: 'node:fs' };
      assert.deepEqual(new FrameMapper().map(native), native);
    } finally {
      process.setSourceMapsEnabled(false);
      rmSync(folder, { recursive: true });
    }
  });

  it('has V8’s times when those are ours, and is moved when they are not', () => {
    const profile = profileOf(['a', 'a']);
    assert.equal(onOurClock(profile, 4_990_000, 5_010_000), profile);
    // The microsecond that V8 cuts off.
    assert.equal(onOurClock(profile, 5_000_900, 5_010_000), profile);
    const moved = onOurClock(profile, 9_000_000, 9_200_000);
    assert.equal(moved.startTime, 9100);
    assert.equal(moved.endTime - moved.startTime, profile.endTime - profile.startTime);
    assert.deepEqual(moved.timeDeltas, profile.timeDeltas);
  });

  it('finds V8’s clock to be CLOCK_MONOTONIC', { skip: process.platform !== 'linux' }, async () => {
    const { Session } = await import('node:inspector');
    const session = new Session();
    session.connect();
    session.post('Profiler.enable');
    const fromNs = nowNs();
    session.post('Profiler.start');
    const toNs = nowNs();
    let profile: V8Profile | undefined;
    session.post('Profiler.stop', (_, answer) => {
      profile = answer.profile;
    });
    session.disconnect();
    assert.ok(profile);
    assert.equal(onOurClock(profile, fromNs, toNs), profile);
  });

  it('is ordered in words that all threads share', () => {
    const words = new Int32Array(new SharedArrayBuffer(64));
    assert.deepEqual(readOrder(words), { run: 0, intervalUs: 0 });
    writeOrder(words, { run: 3, intervalUs: 500 });
    assert.deepEqual(readOrder(words), { run: 3, intervalUs: 500 });
    assert.deepEqual(
      [undefined, '', 'x', '-1', '0', '2500', '1e12'].map((text) => profileAtStartMs(text)),
      [0, 0, 0, 0, 0, 2500, 3_600_000],
    );
  });
});
