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
 *
 * With a flight recorder (`flight.ts`) nothing is dropped here: records and totals go there, and from there to whoever comes.
 */
import { BlobName, PROTOCOL_VERSION } from '../../wire/format.js';
import { FxtWriter } from '../../wire/fxtWriter.js';
import type { Declaration } from '../../wire/manifest.js';
import { Ability, type ToAgent } from '../../wire/messages.js';
import { nowNs } from '../clock.js';
import { MachineGauges } from '../os/machineGauges.js';
import type { Control } from '../control.js';
import type { DrainStart, FromDrainThread } from '../drainThread.js';
import { laneKoid } from '../threadLink.js';
import type { AboutThread, ToDrain } from '../uplink.js';
import { AGENT_VERSION } from '../version.js';
import { Inbox } from './inbox.js';
import { FlightDesk } from './flightDesk.js';
import { Frame } from './frame.js';
import { KnobCalls } from './knobCalls.js';
import { orderLearningFor } from './learnCall.js';
import { lostProfiles, ProfileCalls } from './profileCalls.js';
import { writeLines } from './lines.js';
import { bookRest, bookRingLoss, LossBook } from './losses.js';
import { profileInOriginal } from './profileMaps.js';
import { Pause, pauseAfterNs } from './pause.js';
import { SelfCost } from './selfCost.js';
import { SourceMaps } from './sourceMaps.js';
import { Tables } from './tables.js';
import { RecordTally, type Tally } from './tally.js';
import { isFinal, noteHead, Threads, type ThreadRing } from './threads.js';
import { Totals } from './totals.js';
import { Transport, type EngineAddress } from './transport.js';

const ROUND_MS = 25;
const SUMMARY_NS = 1e9;
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
const PAUSE_NS = pauseAfterNs();
/** A ring that is fuller than this is read again at once. */
const HURRY_SHARE = 0.25;
/** A ring that is fuller than this is emptied even when nobody listens. */
const SPILL_SHARE = 0.5;
/** Rings of ended threads that are kept for a connection to come. */
const MAX_ENDED_RINGS = 64;

/** Stands for the drain thread among the threads that have rings. */
const NO_THREAD = -1;

/** What the drain asks of its surroundings. */
export interface DrainHost {
  /** Called once, when there is nothing left to do. */
  stopped(): void;
  /** Tells the main thread. */
  tell(message: FromDrainThread): void;
}

/** Owns the rings' readers, the transport and the timers of the drain thread. */
export class Drain {
  readonly #control: Control;
  readonly #host: DrainHost;
  readonly #start: DrainStart;
  readonly #inbox: Inbox;
  readonly #tables: Tables;
  readonly #totals = new Totals();
  readonly #losses = new LossBook();
  readonly #tally = new RecordTally(this.#totals, this.#losses);
  readonly #writer = new FxtWriter();
  readonly #transport: Transport;
  readonly #knobs: KnobCalls;
  readonly #profiles: ProfileCalls;
  readonly #frame = new Frame();
  readonly #threads = new Threads();
  readonly #pause: Pause;
  readonly #machine = new MachineGauges();
  readonly #cost = new SelfCost();
  readonly #maps = new SourceMaps();
  readonly #flight: FlightDesk | undefined;
  #timer: NodeJS.Timeout | undefined;
  #summaryFromNs = nowNs();
  /** Since when an engine that was dialled has not been there. */
  #disconnectedAtNs: number | undefined;
  /** Executions that were made and will never be read. */
  #lostExecutions = 0;
  #finish: 'no' | 'whenConnected' | 'begun' = 'no';
  #isLeaving = false;

  /** Executions that were made before what the present engine gets. */
  #madeBefore = 0;

  constructor(start: DrainStart, control: Control, host: DrainHost) {
    this.#control = control;
    this.#host = host;
    this.#start = start;
    const { flight, cpuProfileMs } = start.recording;
    this.#pause = new Pause(control);
    this.#inbox = new Inbox(start.environment.nonce);
    this.#tables = new Tables(start.process, start.environment.host);
    if (flight !== null) {
      const tell = host.tell.bind(host);
      const kept = { tables: this.#tables, losses: this.#losses };
      const context = { settings: flight, process: start.process, ...kept, tell };
      this.#flight = new FlightDesk(context, nowNs());
    }
    this.#tables.declare({ ...start.machine, quotaCores: this.#machine.quotaCores });
    this.#threads.addRing(NO_THREAD, this.#machine.ring, nowNs());
    this.#transport = new Transport(
      {
        kind: 'hello',
        protocol: PROTOCOL_VERSION,
        agent: { name: 'sluice-node', version: AGENT_VERSION, can: [Ability.lease] },
        process: start.process,
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
    this.#knobs = new KnobCalls(start.environment.nonce, {
      reply: this.#transport.reply.bind(this.#transport),
      declare: this.#tables.declare.bind(this.#tables),
    });
    const { host: hostThread } = start.environment;
    const koidOf = (lane: number): number => laneKoid(start.process.pid, lane, hostThread);
    this.#profiles = new ProfileCalls(control, koidOf, (message) => {
      this.#transport.reply(message);
    });
    this.#profiles.adopt(cpuProfileMs);
  }

  /** Dials if there is an engine, and goes round until it is stopped. */
  run(): void {
    const { engine } = this.#start.recording;
    if (engine !== null) this.attach(engine);
    this.#timer = setInterval(() => {
      this.#round();
    }, ROUND_MS);
  }

  /** Records for this engine from now on; what the flight recorder has comes first. */
  attach(engine: EngineAddress): void {
    this.#disconnectedAtNs = nowNs();
    this.#transport.dial(engine);
  }

  /** Writes what the flight recorder has to a file in the folder. */
  writeFlight(folder: string): void {
    if (this.#flight === undefined || this.#finish === 'begun') return;
    this.#read(false);
    const now = nowNs();
    this.#summarise(now);
    this.#flight.write(folder, now, this.#made);
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

  /** Executions that were made, as far as is known. */
  get #made(): number {
    return this.#totals.executions + this.#lostExecutions;
  }

  /** Does somebody take the records: an engine or the flight recorder? */
  get #isTaken(): boolean {
    return this.#isOpen || this.#flight !== undefined;
  }

  get #isSaturated(): boolean {
    return this.#transport.bufferedBytes > MAX_BUFFERED_BYTES;
  }

  #round(): void {
    if (this.#finish === 'begun') return;
    this.#machine.sample(nowNs());
    this.#knobs.checkLeases();
    if (this.#read(false)) {
      setImmediate(() => {
        this.#round();
      });
    }
    const now = nowNs();
    // Served first: to end a segment may let go of old ones.
    this.#serve();
    if (this.#isSummaryDue(now)) this.#summarise(now);
    const awayNs = now - (this.#disconnectedAtNs ?? now);
    if (awayNs > PAUSE_NS) this.#leftAlone();
  }

  /** Nobody has listened for a while. */
  #leftAlone(): void {
    const { isAttached } = this.#start.recording;
    if (this.#flight !== undefined || isAttached) this.#leave();
    else this.#pause.begin();
  }

  /** The engine wants no more, or is gone for good. Knobs on trial are turned back while threads still take orders. */
  #leave(): void {
    if (!this.#knobs.isOnTrial) {
      this.#leaveNow();
      return;
    }
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    void this.#knobs.restoreAll().then(() => {
      this.#isLeaving = false;
      if (this.#finish === 'no') this.#leaveNow();
    });
  }

  #leaveNow(): void {
    if (this.#flight === undefined) {
      this.#control.state = 'stopped';
      this.#host.tell({ kind: 'left' });
      this.finish();
      return;
    }
    this.#disconnectedAtNs = undefined;
    if (this.#isOpen) this.#sendLast(nowNs());
    this.#flight.endSession();
    this.#tables.reset();
    this.#knobs.cancel();
    this.#profiles.cancel();
    void this.#transport.close().then(() => {
      this.#host.tell({ kind: 'left' });
    });
  }

  #isSummaryDue(now: number): boolean {
    if (this.#flight !== undefined) return this.#flight.isDue(now);
    const isHeard = this.#disconnectedAtNs === undefined && !this.#isSaturated;
    return isHeard && now - this.#summaryFromNs >= SUMMARY_NS;
  }

  /** Sends from the flight recorder what the engine has not got yet. */
  #serve(isLast = false): void {
    this.#flight?.serve(() => this.#isOpen && (isLast || !this.#isSaturated), this.#sendRecords);
  }

  /** One round of reading. With `isLast` everything is read, connected or not. True when there may be much more already. */
  #read(isLast: boolean): boolean {
    const now = nowNs();
    const noted = this.#threads.rings.map((ring) => {
      const isEnded = isFinal(ring, now);
      return { ring, isEnded, head: noteHead(ring, isEnded || isLast) };
    });
    for (const message of this.#inbox.take()) this.#take(message);
    // What happened comes with the flight recorder's segments, if there is one.
    if (this.#isOpen) this.#sendTables(this.#flight === undefined);
    const spills = isLast || noted.filter((n) => n.isEnded).length > MAX_ENDED_RINGS;
    let hurries = false;
    for (const { ring, head, isEnded } of noted) {
      const backlog = ring.reader.backlog(head);
      hurries ||= backlog > HURRY_SHARE;
      if (!this.#isTaken && !spills && backlog < SPILL_SHARE) continue;
      this.#empty(ring, head);
      if (!isEnded) continue;
      bookRest(this.#losses, ring);
      this.#threads.remove(ring);
    }
    this.#sendFrame();
    // Behind the frame: what the next threads declare under these ids comes later in the stream.
    for (const threadId of this.#threads.takeFinished()) this.#control.releaseIds(threadId);
    this.#sendProfiles();
    return hurries && this.#isTaken;
  }

  #empty(ring: ThreadRing, head: number): void {
    const fromNs = ring.readAtNs;
    const toNs = nowNs();
    ring.readAtNs = toNs;
    for (;;) {
      const { view, length: from } = this.#frame;
      const bytes = ring.reader.read(head, view, from);
      if (bytes === 0) break;
      const isDropped = this.#flight === undefined && (!this.#isOpen || this.#isSaturated);
      const stretch = { view, from, to: from + bytes };
      const tally = this.#tally.walk(stretch, ring.lanes, isDropped ? { fromNs, toNs } : undefined);
      this.#cost.made(tally.records);
      if (isDropped) continue;
      if (this.#frame.add(bytes, tally)) this.#sendFrame();
    }
    const loss = ring.reader.takeLoss();
    this.#lostExecutions += loss.executions;
    this.#cost.made(loss.records);
    bookRingLoss(this.#losses, ring, loss, { fromNs, toNs });
  }

  #sendFrame(): void {
    const frame = this.#frame.take(this.#flight !== undefined);
    if (frame === undefined) return;
    if (this.#flight === undefined) this.#sendRecords(frame.bytes, frame.tally, frame.done);
    else this.#flight.keep(frame.bytes, frame.tally);
  }

  readonly #sendRecords = (bytes: Uint8Array, tally: Tally, done?: () => void): void => {
    const failed = (): void => {
      const now = nowNs();
      const time = { fromNs: now, toNs: now };
      this.#losses.add({ where: 'socket', stage: null, pipeline: null, ...tally, ...time });
    };
    this.#transport.send(bytes, failed, done);
  };

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

  #sendTables(hasEvents = true): void {
    this.#tables.write(this.#writer, this.#sendWritten, hasEvents);
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
    this.#tables.declare(this.#cost.declaration(now));
    this.#summaryFromNs = now;
    if (this.#flight === undefined) this.#sendTables();
    else this.#flight.close(this.#writer, now, this.#made);
  }

  /** Everything that there is, and the word that this was all. */
  #sendLast(now: number): void {
    this.#summarise(now);
    this.#serve(true);
    this.#tables.declare({ kind: 'end', atNs: now, executions: this.#made - this.#madeBefore });
    this.#sendTables();
  }

  #take(message: ToDrain): void {
    switch (message.kind) {
      case 'string':
        this.#tables.addString(message.index, message.text);
        return;
      case 'lane':
        this.#tables.addLane(message);
        return;
      case 'declaration':
        this.#declare(message.declaration, message.threadId);
        return;
      case 'knobReply':
        this.#knobs.answered(message.id, message.error);
        return;
      case 'profile':
        this.#profiles.progress(message);
        return;
      case 'profilePiece':
        this.#profiles.add(profileInOriginal(message, this.#maps));
        return;
      default:
        this.#takeOfThread(message);
    }
  }

  #takeOfThread(message: AboutThread): void {
    switch (message.kind) {
      case 'ring':
        this.#threads.addRing(message.threadId, message.buffer, nowNs());
        return;
      case 'totals':
        this.#threads.addTotals(message, this.#totals.of(message.stage, message.pipeline));
        return;
      case 'depths':
        this.#threads.addDepths(message);
        return;
      case 'osThread':
        this.#machine.threadBegan(message.threadId, message.tid, message.lane, nowNs());
        return;
      case 'threadStart':
        this.#threads.started(message.threadId, message.parent);
        return;
      case 'threadEnd':
        for (const threadId of this.#threads.ended(message.threadId, nowNs())) {
          this.#knobs.threadEnded(threadId);
          this.#profiles.threadEnded(threadId);
          this.#machine.threadEnded(threadId);
        }
    }
  }

  #declare(declaration: Declaration, threadId: number): void {
    this.#tables.declare(this.#maps.inOriginal(declaration));
    if (declaration.kind === 'stage' && declaration.stageKind === 'gpu') this.#machine.watchGpu();
    if (declaration.kind !== 'knob') return;
    this.#knobs.declared(declaration.id, threadId, declaration.live);
  }

  #obey(message: ToAgent): void {
    if (this.#knobs.obey(message)) return;
    if (message.kind === 'startCpuProfile') this.#profiles.start(message);
    else if (message.kind === 'stopCpuProfile') this.#profiles.stop(message.id);
    else if (message.kind === 'learnTopology') {
      this.#transport.reply(orderLearningFor(this.#control, message));
    } else if (message.kind === 'detach') {
      this.#transport.reply({ kind: 'reply', id: message.id });
      this.#leave();
    }
  }

  #opened(): void {
    this.#disconnectedAtNs = undefined;
    this.#tables.reset();
    const gap = this.#pause.end();
    if (gap !== undefined) this.#tables.declare(gap);
    // Not when it was dialled: what grew too old meanwhile was never part of what it gets.
    if (this.#flight?.isServing === false) {
      this.#madeBefore = this.#flight.beginSession(this.#writer, nowNs());
    }
    this.#sendWritten();
    if (this.#finish === 'whenConnected') this.#end();
    else this.#round();
  }

  #lost(): void {
    this.#disconnectedAtNs ??= nowNs();
    this.#knobs.cancel();
    this.#profiles.cancel();
    if (this.#finish === 'whenConnected') this.#end();
    else if (this.#transport.state === 'closed') this.#leave();
  }

  #end(): void {
    if (this.#finish === 'begun') return;
    clearInterval(this.#timer);
    // A ring that is announced in the first round is read in the second, and what is lost in that is found in the third.
    for (let round = 0; round < 3; round++) this.#read(true);
    for (const ring of this.#threads.rings) bookRest(this.#losses, ring);
    this.#finish = 'begun';
    this.#machine.dispose();
    if (this.#isOpen) this.#sendLast(nowNs());
    this.#knobs.cancel();
    this.#profiles.dispose();
    void this.#transport.close().then(() => {
      this.#host.stopped();
    });
  }
}
