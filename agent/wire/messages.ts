/** The session protocol's control messages: text frames on the WebSocket, one union per direction. */
import { checkProcess } from './manifest.js';
import {
  flag,
  integerIn,
  listOf,
  nullable,
  numberIn,
  object,
  text,
  unionByKind,
  type Checked,
} from './validate.js';

const requestId = integerIn(0, 0xffff_ffff);
const knobId = integerIn(0, 0xffff_ffff);
const knobValue = numberIn(0, 1e12);

/** What an agent can do beyond the first version of the protocol; others ignore what they do not know. */
export const Ability = { lease: 'lease' } as const;

/** Agent to engine. `hello` comes first, before any binary frame. */
export const checkFromAgent = unionByKind({
  hello: {
    protocol: integerIn(0, 0xffff),
    /** `can`: `Ability`; null: an agent from before there were any. */
    agent: object({ name: text(64), version: text(64), can: nullable(listOf(text(32), 64)) }),
    process: checkProcess,
  },
  /** The request was carried out. */
  reply: { id: requestId },
  /** The request failed, or (id null) something the user should see. */
  error: { id: nullable(requestId), message: text(4096) },
});
export type FromAgent = Checked<typeof checkFromAgent>;

/** Engine to agent. */
export const checkToAgent = unionByKind({
  /** Go on: send the tables, then records. */
  welcome: { protocol: integerIn(0, 0xffff), session: text(128) },
  /** The agent must close and not come back. */
  refused: { reason: text(4096) },
  /** Sets a knob for good; a lease on it ends. */
  setKnob: { id: requestId, knob: knobId, value: knobValue },
  /**
   * Sets a knob for a trial (agents with `Ability.lease`): it gets the value `restore` (null: unlimited) when `leaseMs` have
   * passed without a `holdKnobs`, when the connection is lost, and when recording ends; unless `setKnob` or `releaseKnobs`
   * came before that.
   * A kind of its own: an agent that knows nothing of leases must not take it for a plain `setKnob`.
   */
  leaseKnob: {
    id: requestId,
    knob: knobId,
    value: knobValue,
    restore: nullable(knobValue),
    leaseMs: integerIn(100, 600_000),
  },
  /** All leases begin anew. An error when there is none (any more): then the knobs have their old values again. */
  holdKnobs: { id: requestId },
  /** All leases end at once: with `keep` the knobs stay as they are, else they get their old values. Answered when they have. */
  releaseKnobs: { id: requestId, keep: flag },
  /**
   * Sample every thread's stack for so long; the profiles come as blobs. Answered when sampling has begun. A second one
   * while one runs is an error.
   */
  startCpuProfile: {
    id: requestId,
    durationMs: integerIn(1, 3_600_000),
    intervalUs: integerIn(50, 1_000_000),
  },
  /** End the profile that runs, and send what there is. */
  stopCpuProfile: { id: requestId },
  /** Follow items from stage to stage through async context for so long; what is learned comes as `link` declarations. */
  learnTopology: { id: requestId, durationMs: integerIn(1, 600_000) },
  /** Stop recording, restore what was patched as far as possible, close. */
  detach: { id: requestId },
});
export type ToAgent = Checked<typeof checkToAgent>;
