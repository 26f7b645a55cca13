import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApiPipeline } from '../../../agent/src/apiPipeline.js';
import { PocketDrain } from './support/pocketDrain.js';

describe('how long an item waited', () => {
  let drain: PocketDrain;
  beforeEach(() => {
    drain = new PocketDrain();
    drain.attach();
  });
  afterEach(() => {
    drain.recorder.detach();
    drain.dispose();
  });
  const waits = (name: string): unknown[] =>
    drain
      .drain()
      .of('stage', name)
      .map((e) => e.args['waitUs']);

  it('is written in whole microseconds that fit, and left out when unknown', () => {
    const stage = drain.recorder.stage({ name: 'work', kind: 'cpu', via: 'test' });
    const given = [undefined, 0, 1499, 1500, -5, Number.NaN, 1e18, Infinity];
    for (const [n, waitedNs] of given.entries()) {
      stage.end(stage.begin(), n * 10, n * 10 + 5, { item: 1, items: 2, failed: true, waitedNs });
    }
    assert.deepEqual(waits('work'), [undefined, 0, 1, 2, 0, 0, 0xffff_ffff, 0xffff_ffff]);
    const last = drain.capture.of('stage', 'work').at(-1);
    assert.deepEqual([last?.args['item'], last?.args['items']], [1, 2]);
    assert.equal(last?.args['outcome'], 'error');
  });

  it('comes from what a stage of the API says of its items’ arrival', () => {
    const p = new ApiPipeline('p', drain.recorder);
    const stage = p.stage('work', { arrived: (atMs: number) => atMs }, (atMs: number) => atMs);
    const earlier = performance.now() - 3600_000;
    assert.equal(stage(earlier), earlier);
    const [waitUs] = waits('work');
    const soFarUs = (performance.now() - earlier) * 1000;
    assert.ok(Number(waitUs) >= 3600e6 - 1 && Number(waitUs) <= soFarUs + 1, String(waitUs));
    stage(Date.now());
    stage(Number.NaN);
    assert.deepEqual(waits('work').slice(1), [0, undefined]);
  });

  it('is left out, with a note, when the function that tells it throws', () => {
    const p = new ApiPipeline('p', drain.recorder);
    const arrived = (): number => {
      throw new Error('not known');
    };
    const stage = p.stage('work', { arrived }, () => 7);
    assert.deepEqual([stage(), stage()], [7, 7]);
    assert.deepEqual(waits('work'), [undefined, undefined]);
    const notes = drain.capture.declared('note').map(({ message }) => message);
    assert.equal(notes.length, 1);
    assert.match(String(notes[0]), /arrived function threw Error: not known/);
  });

  it('counts for a promise from the call, not from its end', async () => {
    const p = new ApiPipeline('p', drain.recorder);
    const stage = p.stage('work', { arrived: () => performance.now() + 1e6 }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await stage();
    assert.deepEqual(waits('work'), [0]);
  });
});
