/** Work that nobody waits for any more is given up where it stands. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineClient, type LinkReceiver } from '../../../extension/engine/engineClient.js';
import { JobQueue } from '../../../extension/engine/jobQueue.js';
import type { EngineRequest } from '../../../extension/engine/protocol.js';

describe('a job in slices', () => {
  it('takes no step more after the slice in which it was cancelled', async () => {
    const wanted = new AbortController();
    let steps = 0;
    let slices = 0;
    const job = {
      step() {
        steps += 1;
        if (slices === 3) wanted.abort();
        return true; // never done by itself
      },
      finish: (): string => 'done',
    };
    const pause = (): void => {
      slices += 1;
    };
    const result = await new JobQueue().run('report 1', () => job, pause, wanted.signal);
    assert.equal(result, null);
    const taken = steps;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([steps, slices], [taken, 5], 'the slice of the cancellation was the last one');
  });

  it('does not begin when it was cancelled before', async () => {
    const start = (): never => {
      throw new Error('it began');
    };
    const queue = new JobQueue();
    const pause = (): void => undefined;
    assert.equal(await queue.run('a', start, pause, AbortSignal.abort()), null);
  });
});

describe('a call with a signal', () => {
  function linked(): { client: EngineClient; sent: EngineRequest[]; receiver: () => LinkReceiver } {
    const sent: EngineRequest[] = [];
    let receiver: LinkReceiver | undefined;
    const client = new EngineClient({
      start: (r) => {
        receiver = r;
      },
      send: (request) => sent.push(request),
      dispose: async () => Promise.resolve(),
    });
    return {
      client,
      sent,
      receiver: () => {
        assert.ok(receiver !== undefined);
        return receiver;
      },
    };
  }

  it('tells the engine which request to give up, and fails when that has', async () => {
    const { client, sent, receiver } = linked();
    const wanted = new AbortController();
    const call = client.call('openCapture', { path: '/a.fxt' }, wanted.signal);
    assert.equal(sent.length, 1);
    const id = sent[0]?.id ?? NaN;
    wanted.abort();
    assert.deepEqual(
      sent.map((request) => [request.call, request.input]),
      [
        ['openCapture', { path: '/a.fxt' }],
        ['cancel', { request: id }],
      ],
    );
    receiver().reply({ kind: 'failed', id, message: 'it was closed' });
    await assert.rejects(call, /it was closed/);
  });

  it('says nothing any more once it has its answer', async () => {
    const { client, sent, receiver } = linked();
    const wanted = new AbortController();
    const call = client.call('openCapture', { path: '/a.fxt' }, wanted.signal);
    receiver().reply({ kind: 'ok', id: sent[0]?.id ?? NaN, output: { session: 's1' } });
    await call;
    wanted.abort();
    assert.equal(sent.length, 1);
  });

  it('that was cancelled before is not made', async () => {
    const { client, sent } = linked();
    const call = client.call('openCapture', { path: '/a.fxt' }, AbortSignal.abort());
    await assert.rejects(call, /it was cancelled/);
    assert.equal(sent.length, 0);
  });
});
