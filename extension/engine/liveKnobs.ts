/** Knobs of the processes of a live session: set for good, or on a lease for a trial. */
import { Ability } from '../../agent/wire/messages.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { AgentConnection, AgentRequest } from './agentConnection.js';
import type { ProcessInfo } from '../../agent/wire/manifest.js';

/** A knob on trial: what the agent sets it back to when nobody holds it any more. */
export interface KnobLease {
  /** null: unlimited. */
  readonly restore: number | null;
  /** Milliseconds from the last `hold` to that; 100 to 600,000. */
  readonly leaseMs: number;
}

/** A process with knobs: what is used of `Peer`. */
export interface KnobPeer {
  readonly process: ProcessInfo;
  readonly isGone: boolean;
  readonly connection: Pick<AgentConnection, 'can' | 'request'> | null;
}

/** Were the release lost, the lease would do the same a moment later. */
const UNLIMIT_MS = 1000;

/** Sends orders to the process that a knob belongs to. */
export class LiveKnobs {
  readonly #peers: readonly KnobPeer[];
  readonly #nameOf: (peer: KnobPeer) => string;

  /** `peers`: all processes of the session, the newest last; read at each call. */
  constructor(peers: readonly KnobPeer[], nameOf: (peer: KnobPeer) => string) {
    this.#peers = peers;
    this.#nameOf = nameOf;
  }

  /**
   * Sets a knob, `pid:knob` as the report names it, and waits until the program has taken it over. With a lease the agent sets
   * it back by itself: after `leaseMs` without a `hold`, when this process dies, and when the session ends.
   */
  async set(knob: string, value: number, lease: KnobLease | null = null): Promise<Result<null>> {
    const [, pid, id] = /^(\d+):(\d+)$/.exec(knob) ?? [];
    if (pid === undefined || id === undefined)
      return fail(`unknown knob ${knob}: expected pid:number`);
    const order = { knob: Number(id), value };
    const request: AgentRequest =
      lease === null ? { kind: 'setKnob', ...order } : { kind: 'leaseKnob', ...order, ...lease };
    let answer: Result<null> = fail(`process ${pid} is not connected: the knob cannot be set`);
    // Worker threads may each have an agent, in a program that has none; then numbers of knobs differ from one to the other.
    for (const peer of this.#peers.toReversed()) {
      const connection = connectionOf(peer, Number(pid));
      if (connection === null) continue;
      if (lease !== null && !connection.can(Ability.lease)) {
        answer = fail(
          `${this.#nameOf(peer)} has an older agent, which cannot set a knob back by itself: update 'sluice' in the program to try values out`,
        );
        continue;
      }
      const own = await connection.request(request);
      if (own.ok) return own;
      answer = fail(`${this.#nameOf(peer)} did not set the knob: ${own.error}`);
    }
    return answer;
  }

  /**
   * Takes a knob's limit away. Agents take numbers only, but give back what a lease says, which may be "unlimited": so the
   * present value is leased and let go. No trial may run, whose leases would end as well.
   */
  async unlimit(knob: string, present: number): Promise<Result<null>> {
    const leased = await this.set(knob, present, { restore: null, leaseMs: UNLIMIT_MS });
    return leased.ok ? this.release(Number(knob.split(':')[0]), false) : leased;
  }

  /** Leases of the process begin anew. Fails when it has none (any more). */
  async hold(pid: number): Promise<Result<null>> {
    return this.#askAll(pid, { kind: 'holdKnobs' });
  }

  /** Ends the leases of the process: with `keep` its knobs stay as they are, else they get their old values. */
  async release(pid: number, keep: boolean): Promise<Result<null>> {
    return this.#askAll(pid, { kind: 'releaseKnobs', keep });
  }

  /** Whoever of the process knows leases; one that has none of its own may refuse. */
  async #askAll(pid: number, request: AgentRequest): Promise<Result<null>> {
    let answer: Result<null> = fail(`process ${pid} is not connected`);
    let isDone = false;
    for (const peer of this.#peers.toReversed()) {
      const connection = connectionOf(peer, pid);
      if (connection?.can(Ability.lease) !== true) continue;
      answer = await connection.request(request);
      isDone ||= answer.ok;
    }
    return isDone ? ok(null) : answer;
  }
}

function connectionOf(
  { process, connection, isGone }: KnobPeer,
  pid: number,
): KnobPeer['connection'] {
  return process.pid === pid && !isGone ? connection : null;
}
