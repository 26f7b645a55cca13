/**
 * The drain: empties the rings of all threads, keeps the totals, and sends.
 *
 * One round, every 25 ms or at once when a ring fills: note how far each ring has come, then take every message that was
 * posted, then read the rings as far as noted. A thread posts a name before it writes the first record that uses it, so in
 * this order no record is ever sent before what it refers to.
 *
 * While there is no connection the rings keep what they hold; only one that is half full is emptied, counted and dropped.
 * A short gap therefore loses nothing, and a long one loses records but no counts. When the engine is slow the sockets'
 * buffers grow to 8 MiB, and from then on records are dropped in the same way; tables and totals are not.
 */
import { BlobName } from '../../wire/format.js';
import { FxtWriter } from '../../wire/fxtWriter.js';
import type { Declaration } from '../../wire/manifest.js';
import { PROTOCOL_VERSION } from '../../wire/format.js';
import type { ToAgent } from '../../wire/messages.js';
import { nowNs } from '../clock.js';
import type { Control } from '../control.js';
import type { DrainStart } from '../drainThread.js';
import { RingReader } from '../ring.js';
import type { ToDrain } from '../uplink.js';
import { AGENT_VERSION } from '../version.js';
import { Inbox } from './inbox.js';
import { KnobCalls } from './knobCalls.js';
import { lostProfiles, ProfileCalls } from './profileCalls.js';
import { writeLines } from './lines.js';
import { LossBook } from './losses.js';
import { Tables } from './tables.js';
import { RecordTally, type Tally } from './tally.js';
import { Totals } from './totals.js';
import { Transport } from './transport.js';

const ROUND_MS = 25;
const SUMMARY_NS = 1e9;
const MAX_FRAME_BYTES = 256 * 1024;
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Without a connection for this long, threads stop making records until there is one again. */
const PAUSE_NS = 10e9;
/** A ring that is fuller than this is read again at once. */
const HURRY_SHARE = 0.25;
/** A ring that is fuller than this is emptied even when nobody listens. */
const SPILL_SHARE = 0.5;
/** Rings of ended threads that are kept for a connection to come. */
const MAX_ENDED_RINGS = 64;

interface ThreadRing {
  readonly reader: RingReader;
  readonly threadId: number;
  /** When it was last read to the end. */
  readAtNs: number;
  isEnded: boolean;
}

/** Owns the rings' readers, the transport and the timers of the drain thread. */
export class Drain {
  readonly #control: Control;
  readonly #onStopped: () => void;
  readonly #inbox: Inbox;
  readonly #tables: Tables;
  readonly #totals = new Totals();
  readonly #losses = new LossBook();
  readonly #tally = new RecordTally(this.#totals, this.#losses);
  readonly #writer = new FxtWriter();
  readonly #transport: Transport;
  readonly #knobs: KnobCalls;
  readonly #profiles: ProfileCalls;
  readonly #frame = new DataView(new ArrayBuffer(MAX_FRAME_BYTES));
  #frameBytes = 0;
  #frameTally: Tally = { records: 0, executions: 0 };
  #rings: ThreadRing[] = [];
  #timer: NodeJS.Timeout | undefined;
  #summaryFromNs = nowNs();
  #disconnectedAtNs: number | undefined = nowNs();
  /** Executions that were made and will never be read. */
  #lostExecutions = 0;
  #finish: 'no' | 'whenConnected' | 'begun' = 'no';

  /** `onStopped` is called once, when there is nothing left to do. */
  constructor(start: DrainStart, control: Control, onStopped: () => void) {
    this.#control = control;
    this.#onStopped = onStopped;
    this.#inbox = new Inbox(start.environment.nonce);
    this.#tables = new Tables(start.process);
    this.#tables.declare(start.machine);
    this.#transport = new Transport(
      {
        url: start.url,
        token: start.token,
        hello: {
          kind: 'hello',
          protocol: PROTOCOL_VERSION,
          agent: { name: 'sluice-node', version: AGENT_VERSION },
          process: start.process,
        },
      },
      {
        opened: () => {
          this.#opened();
        },
        lost: () => {
          this.#lost();
        },
        message: (message) => {
          this.#obey(message);
        },
      },
    );
    this.#knobs = new KnobCalls(start.environment.nonce, (message) => {
      this.#transport.reply(message);
    });
    this.#profiles = new ProfileCalls(control, start.process.pid, (message) => {
      this.#transport.reply(message);
    });
    this.#profiles.adopt(start.cpuProfileMs);
  }

  /** Dials, and goes round until it is stopped. */
  run(): void {
    this.#transport.connect();
    this.#timer = setInterval(() => {
      this.#round();
    }, ROUND_MS);
  }

  /** The process ends, or the engine wants no more: sends everything and stops. */
  finish(): void {
    if (this.#finish !== 'no') return;
    // A program may be over before the connection stands; whoever waits for us has set the limit.
    if (this.#transport.state === 'connecting') this.#finish = 'whenConnected';
    else this.#end();
  }

  /** Tells the engine, if it is there, that the agent itself has failed. */
  failed(message: string): void {
    this.#transport.reply({ kind: 'error', id: null, message: message.slice(0, 4096) });
  }

  get #isOpen(): boolean {
    return this.#transport.state === 'open';
  }

  get #isSaturated(): boolean {
    return this.#transport.bufferedBytes > MAX_BUFFERED_BYTES;
  }

  #round(): void {
    if (this.#finish === 'begun') return;
    if (this.#read(false)) {
      setImmediate(() => {
        this.#round();
      });
    }
    const now = nowNs();
    if (this.#disconnectedAtNs !== undefined) {
      if (now - this.#disconnectedAtNs > PAUSE_NS) this.#control.state = 'paused';
    } else if (now - this.#summaryFromNs >= SUMMARY_NS && !this.#isSaturated) {
      this.#summarise(now);
    }
  }

  /** One round of reading. With `isLast` everything is read, connected or not. True when there may be much more already. */
  #read(isLast: boolean): boolean {
    const noted = this.#rings.map((ring) => {
      const isEnded = ring.isEnded || ring.reader.closed;
      return { ring, isEnded, head: ring.reader.head };
    });
    for (const message of this.#inbox.take()) this.#take(message);
    if (this.#isOpen) this.#sendTables();
    const spills = isLast || noted.filter((n) => n.isEnded).length > MAX_ENDED_RINGS;
    let hurries = false;
    for (const { ring, head, isEnded } of noted) {
      const backlog = ring.reader.backlog(head);
      hurries ||= backlog > HURRY_SHARE;
      if (!this.#isOpen && !spills && backlog < SPILL_SHARE) continue;
      this.#empty(ring, head);
      if (isEnded) this.#rings = this.#rings.filter((other) => other !== ring);
    }
    this.#sendFrame();
    this.#sendProfiles();
    return hurries && this.#isOpen;
  }

  #empty(ring: ThreadRing, head: number): void {
    const fromNs = ring.readAtNs;
    const toNs = nowNs();
    ring.readAtNs = toNs;
    for (;;) {
      const bytes = ring.reader.read(head, this.#frame, this.#frameBytes);
      if (bytes === 0) break;
      const isDropped = !this.#isOpen || this.#isSaturated;
      const stretch = {
        view: this.#frame,
        from: this.#frameBytes,
        to: this.#frameBytes + bytes,
      };
      const tally = this.#tally.walk(stretch, isDropped ? { fromNs, toNs } : undefined);
      if (isDropped) continue;
      this.#frameTally.records += tally.records;
      this.#frameTally.executions += tally.executions;
      this.#frameBytes += bytes;
      if (this.#frameBytes + RingReader.maxReadBytes > MAX_FRAME_BYTES) this.#sendFrame();
    }
    const loss = ring.reader.takeLoss();
    this.#lostExecutions += loss.executions;
    this.#losses.add({ where: 'ring', stage: null, pipeline: null, ...loss, fromNs, toNs });
  }

  #sendFrame(): void {
    if (this.#frameBytes === 0) return;
    const bytes = new Uint8Array(this.#frame.buffer.slice(0, this.#frameBytes));
    const tally = this.#frameTally;
    this.#frameBytes = 0;
    this.#frameTally = { records: 0, executions: 0 };
    this.#transport.send(bytes, () => {
      const now = nowNs();
      const time = { fromNs: now, toNs: now };
      this.#losses.add({ where: 'socket', stage: null, pipeline: null, ...tally, ...time });
    });
  }

  /** Profiles are long and come at once: they wait while others have filled the socket's buffer. */
  #sendProfiles(): void {
    while (this.#isOpen && !this.#isSaturated && this.#profiles.writeNext(this.#writer)) {
      this.#transport.send(this.#writer.take(), () => {
        this.#profiles.lost();
      });
    }
    const lost = this.#profiles.takeLost();
    if (lost > 0) this.#tables.declare(lostProfiles(lost));
  }

  #sendTables(): void {
    this.#tables.write(this.#writer, this.#sendWritten);
    this.#sendWritten();
  }

  // Tables and totals are rebuilt or kept when a connection is lost, so a failure here needs no counting.
  readonly #sendWritten = (): void => {
    if (this.#writer.length > 0) this.#transport.send(this.#writer.take(), () => undefined);
  };

  #summarise(now: number): void {
    writeLines(this.#writer, BlobName.summary, this.#totals.take(this.#summaryFromNs, now));
    const unnamed = this.#control.takeUnnamed();
    this.#lostExecutions += unnamed.executions;
    const time = { fromNs: this.#summaryFromNs, toNs: now };
    this.#losses.add({ where: 'names', stage: null, pipeline: null, ...unnamed, ...time });
    for (const loss of this.#losses.take()) this.#tables.declare(loss);
    this.#summaryFromNs = now;
    this.#sendTables();
  }

  #take(message: ToDrain): void {
    switch (message.kind) {
      case 'ring': {
        const reader = new RingReader(message.buffer);
        const { threadId } = message;
        this.#rings.push({ reader, threadId, readAtNs: nowNs(), isEnded: false });
        return;
      }
      case 'string':
        this.#tables.addString(message.index, message.text);
        return;
      case 'lane':
        this.#tables.addLane(message);
        if (message.stage !== null) {
          this.#totals.addLane(message.lane, message.stage, message.pipeline);
        }
        return;
      case 'declaration':
        this.#declare(message.declaration, message.threadId);
        return;
      case 'threadEnd':
        for (const ring of this.#rings) {
          if (ring.threadId === message.threadId) ring.isEnded = true;
        }
        return;
      case 'knobReply':
        this.#knobs.answered(message.id, message.error);
        return;
      case 'profile':
        this.#profiles.progress(message);
        return;
      case 'profilePiece':
        this.#profiles.add(message);
    }
  }

  #declare(declaration: Declaration, threadId: number): void {
    this.#tables.declare(declaration);
    if (declaration.kind === 'knob' && declaration.live) {
      this.#knobs.addOwner(declaration.id, threadId);
    }
  }

  #obey(message: ToAgent): void {
    if (message.kind === 'setKnob') this.#knobs.set(message);
    else if (message.kind === 'startCpuProfile') this.#profiles.start(message);
    else if (message.kind === 'stopCpuProfile') this.#profiles.stop(message.id);
    else if (message.kind === 'detach') {
      this.#control.state = 'stopped';
      this.#transport.reply({ kind: 'reply', id: message.id });
      this.finish();
    }
  }

  #opened(): void {
    this.#disconnectedAtNs = undefined;
    this.#tables.reset();
    if (this.#control.state === 'paused') this.#control.state = 'recording';
    if (this.#finish === 'whenConnected') this.#end();
    else this.#round();
  }

  #lost(): void {
    this.#disconnectedAtNs ??= nowNs();
    this.#knobs.cancel();
    this.#profiles.cancel();
    if (this.#transport.state === 'closed' || this.#finish === 'whenConnected') this.#end();
  }

  #end(): void {
    if (this.#finish === 'begun') return;
    clearInterval(this.#timer);
    // Twice, because a ring that is announced in the first round is read in the second.
    this.#read(true);
    this.#read(true);
    this.#finish = 'begun';
    if (this.#isOpen) {
      const now = nowNs();
      this.#summarise(now);
      const executions = this.#totals.executions + this.#lostExecutions;
      this.#tables.declare({ kind: 'end', atNs: now, executions });
      this.#sendTables();
    }
    this.#knobs.cancel();
    this.#profiles.dispose();
    void this.#transport.close().then(this.#onStopped);
  }
}
