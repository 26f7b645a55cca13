/**
 * onnxruntime-node has 291 MB and is not among the development dependencies. The adapter is tested with a stand-in of the same
 * API, and with the real one where it is installed: `npm i --no-save --ignore-scripts onnxruntime-node@1.30.0`.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { itemsOfFeeds, kindOfSession } from '../../../agent/adapters/onnxruntime.js';
import { BuiltAgent } from './agentSession.js';

const PROGRAM = 'onnxruntimeBasics.mjs';
const real = fileURLToPath(
  new URL('../../../node_modules/onnxruntime-node/package.json', import.meta.url),
);

/** What the program uses of the library, in JavaScript. */
const STAND_IN = `
class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
class InferenceSession {
  static async create() { return new InferenceSession(); }
  async run({ x }) {
    await new Promise((resolve) => setImmediate(resolve));
    if (x.dims[1] !== 4) throw new Error('Got invalid dimensions');
    return { y: new Tensor('float32', x.data.map((v) => Math.max(v, 0)), x.dims) };
  }
}
exports.Tensor = Tensor;
exports.InferenceSession = InferenceSession;
`;

describe('onnxruntime-node', () => {
  let agent: BuiltAgent;
  let standIn = '';
  before(async () => {
    agent = await BuiltAgent.create();
    const folder = path.join(agent.folder, 'stand-in');
    const library = path.join(folder, 'node_modules/onnxruntime-node');
    await mkdir(library, { recursive: true });
    await writeFile(path.join(library, 'index.js'), STAND_IN);
    const manifest = { name: 'onnxruntime-node', version: '1.30.0', main: 'index.js' };
    await writeFile(path.join(library, 'package.json'), JSON.stringify(manifest));
    standIn = path.join(folder, PROGRAM);
    await copyFile(
      fileURLToPath(new URL(`../../fixtures/adapters/${PROGRAM}`, import.meta.url)),
      standIn,
    );
  });
  after(async () => {
    await agent.dispose();
  });

  const sees = async (program: string): Promise<void> => {
    const bare = await agent.runBare({ program });
    assert.deepEqual([bare.stderr, bare.code], ['', 0]);
    assert.match(bare.stdout, /^1x4,4x4,4x4,8x4 Error true\n$/);
    const { capture, ...recorded } = await agent.run({ program });
    assert.deepEqual(recorded, bare);
    assert.deepEqual(await agent.runDormant({ program }), bare);
    const runs = capture.executionsOf('relu');
    assert.deepEqual(
      runs.map(({ items }) => items),
      [1, 4, 4, 8, 2],
    );
    assert.deepEqual(
      runs.map(({ isFailed }) => isFailed),
      [false, false, false, false, true],
    );
    const { stageKind, via, source } = capture.stage('relu');
    assert.deepEqual([stageKind, via], ['cpu', 'onnxruntime']);
    assert.match(source?.file ?? '', /onnxruntimeBasics\.mjs$/);
  };

  it('is seen by a stand-in of its API', async () => {
    await sees(standIn);
  });

  it(
    'is seen',
    { skip: existsSync(real) ? false : 'onnxruntime-node is not installed' },
    async () => {
      await sees(PROGRAM);
    },
  );

  it('runs on a device if one of its providers does', () => {
    assert.equal(kindOfSession({ executionProviders: ['cuda', 'cpu'] }), 'gpu');
    assert.equal(kindOfSession({ executionProviders: [{ name: 'webgpu' }] }), 'gpu');
    for (const options of [undefined, null, {}, { executionProviders: ['cpu'] }, 7]) {
      assert.equal(kindOfSession(options), 'cpu');
    }
  });

  it('takes the batch from the first input', () => {
    assert.equal(itemsOfFeeds({ a: { dims: [16, 3] }, b: { dims: [1] } }), 16);
    for (const feeds of [
      undefined,
      null,
      {},
      { a: 1 },
      { a: { dims: [] } },
      { a: { dims: [0] } },
    ]) {
      assert.equal(itemsOfFeeds(feeds), 1);
    }
  });
});
