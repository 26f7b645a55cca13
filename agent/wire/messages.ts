/** The session protocol's control messages: text frames on the WebSocket, one union per direction. */
import { checkProcess } from './manifest.js';
import {
  integerIn,
  nullable,
  numberIn,
  object,
  text,
  unionByKind,
  type Checked,
} from './validate.js';

const requestId = integerIn(0, 0xffff_ffff);

/** Agent to engine. `hello` comes first, before any binary frame. */
export const checkFromAgent = unionByKind({
  hello: {
    protocol: integerIn(0, 0xffff),
    agent: object({ name: text(64), version: text(64) }),
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
  setKnob: { id: requestId, knob: integerIn(0, 0xffff_ffff), value: numberIn(0, 1e12) },
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
