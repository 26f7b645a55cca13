import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import type { AgentRequest } from '../../../extension/engine/agentConnection.js';
import { LiveKnobs, type KnobPeer } from '../../../extension/engine/liveKnobs.js';
import {
  KnobSwitch,
  LEASE_MS,
  type KnobTurner,
} from '../../../extension/engine/trials/knobSwitch.js';

function peer(
  pid: number,
  canLease: boolean,
  asked: AgentRequest[],
  answer: Result<null> = ok(null),
): KnobPeer {
  return {
    process: {
      pid,
      ppid: 1,
      title: 'made-up',
      runtime: 'node 20',
      cwd: '/',
      anchorUnixMs: 1,
      anchorMonotonicNs: 1,
    },
    isGone: false,
    connection: {
      can: (ability) => canLease && ability === 'lease',
      request: async (request) => {
        asked.push(request);
        return Promise.resolve(answer);
      },
    },
  };
}

const named = ({ process }: KnobPeer): string => `pid ${process.pid}`;
const lease = { restore: 2, leaseMs: 1500 };

describe('knobs of live processes', () => {
  it('are leased where the agent knows leases', async () => {
    const asked: AgentRequest[] = [];
    const knobs = new LiveKnobs([peer(5, true, asked), peer(6, true, [])], named);
    assert.ok((await knobs.set('5:1', 8, lease)).ok);
    assert.ok((await knobs.hold(5)).ok);
    assert.ok((await knobs.release(5, true)).ok);
    assert.deepEqual(asked, [
      { kind: 'leaseKnob', knob: 1, value: 8, ...lease },
      { kind: 'holdKnobs' },
      { kind: 'releaseKnobs', keep: true },
    ]);
  });

  it('lose their limit by a lease that is let go at once', async () => {
    const asked: AgentRequest[] = [];
    const knobs = new LiveKnobs([peer(5, true, asked)], named);
    assert.ok((await knobs.unlimit('5:1', 8)).ok);
    assert.deepEqual(asked, [
      { kind: 'leaseKnob', knob: 1, value: 8, restore: null, leaseMs: 1000 },
      { kind: 'releaseKnobs', keep: false },
    ]);
    assert.ok(!(await new LiveKnobs([peer(5, false, [])], named).unlimit('5:1', 8)).ok);
  });

  it('are not tried out on an older agent, which would keep the value for ever', async () => {
    const asked: AgentRequest[] = [];
    const knobs = new LiveKnobs([peer(5, false, asked)], named);
    const set = await knobs.set('5:1', 8, lease);
    assert.ok(!set.ok);
    assert.match(set.error, /pid 5 has an older agent, .*update 'sluice' in the program/);
    assert.ok(!(await knobs.hold(5)).ok);
    assert.deepEqual(asked, []);
    assert.ok((await knobs.set('5:1', 8)).ok);
    assert.deepEqual(asked, [{ kind: 'setKnob', knob: 1, value: 8 }]);
  });
});

class Recorded implements KnobTurner {
  readonly calls: string[] = [];
  readonly refused: ReadonlySet<string>;

  constructor(...refused: string[]) {
    this.refused = new Set(refused);
  }

  async set(knob: string, value: number): Promise<Result<null>> {
    return this.#answer(`set ${knob} ${value}`);
  }

  async hold(pid: number): Promise<Result<null>> {
    return this.#answer(`hold ${pid}`);
  }

  async release(pid: number, keep: boolean): Promise<Result<null>> {
    return this.#answer(`${keep ? 'keep' : 'back'} ${pid}`);
  }

  async #answer(call: string): Promise<Result<null>> {
    this.calls.push(call);
    return Promise.resolve(this.refused.has(call) ? fail('no') : ok(null));
  }
}

const two = [
  { knob: '5:1', from: 2, to: 4 },
  { knob: '5:2', from: null, to: 8 },
];

describe('the switch of a trial', () => {
  it('goes there and back, and back at the end', async () => {
    const turner = new Recorded();
    const knobs = new KnobSwitch(turner, two);
    await knobs.to('a');
    await knobs.to('b');
    await knobs.to('b');
    await knobs.to('a');
    await knobs.to('b');
    await knobs.dispose();
    await knobs.dispose();
    const there = ['set 5:1 4', 'set 5:2 8'];
    assert.deepEqual(turner.calls, [...there, 'back 5', ...there, 'back 5']);
  });

  it('takes everything back when one knob of a joint change is refused', async () => {
    const turner = new Recorded('set 5:2 8');
    const knobs = new KnobSwitch(turner, two);
    assert.ok(!(await knobs.to('b')).ok);
    assert.equal(knobs.side, 'a');
    assert.deepEqual(turner.calls, ['set 5:1 4', 'set 5:2 8', 'back 5']);
  });

  it('keeps all knobs at once, and nothing is taken back then', async () => {
    const turner = new Recorded();
    const knobs = new KnobSwitch(turner, two);
    assert.ok((await knobs.keep()).ok);
    await knobs.dispose();
    assert.deepEqual(turner.calls, ['set 5:1 4', 'set 5:2 8', 'keep 5']);
  });

  it('notices a lease that was refused or that nobody could hold', async (t) => {
    const refusing = new KnobSwitch(new Recorded('hold 5'), two);
    await refusing.to('b');
    assert.equal(refusing.lost, null);
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS / 2));
    assert.equal(refusing.lost, 'no');
    await refusing.dispose();
    assert.equal(refusing.lost, null);
    const late = new KnobSwitch(new Recorded(), two);
    await late.to('b');
    const now = performance.now();
    t.mock.method(performance, 'now', () => now + LEASE_MS + 100);
    assert.match(late.lost ?? '', /busy for too long/);
    t.mock.restoreAll();
    await late.dispose();
  });
});
