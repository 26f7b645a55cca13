/**
 * What records refer to: strings, lanes, declarations. Kept whole, so that a connection that was lost can begin again with
 * all of it; sent in pieces, as it grows.
 */
import { ArgType, BlobName, KernelObjectType, TICKS_PER_SECOND } from '../../wire/format.js';
import type { FxtWriter } from '../../wire/fxtWriter.js';
import type { Declaration, ProcessInfo } from '../../wire/manifest.js';
import { wellKnownStrings } from '../names.js';
import { laneKoid, threadRefOfLane } from '../threadLink.js';
import type { ToDrain } from '../uplink.js';
import { writeLines } from './lines.js';

type LaneMessage = Extract<ToDrain, { kind: 'lane' }>;

/** A buffer is handed on when it gets this long, so that no frame is much longer than 256 KiB. */
const FLUSH_BYTES = 128 * 1024;
const MAX_EVENTS_KEPT = 1000;
/** Notes and pipelines are for people; threads and requests could make any number of them. */
const MAX_KEPT = { note: 1000, pipeline: 1000 } as const;

/** What happened once, and is sent once. */
const events: ReadonlySet<Declaration['kind']> = new Set(['knobChange', 'loss', 'gap', 'end']);

/** Identity of a declaration: a later one with the same key replaces it. null: it is an event. */
function keyOf(d: Declaration): string | null {
  if (events.has(d.kind)) return null;
  switch (d.kind) {
    case 'pipeline':
      return `pipeline:${d.name}`;
    case 'stage':
      return `stage:${d.pipeline ?? ''}\0${d.name}`;
    case 'queue':
    case 'knob':
      return `${d.kind}:${d.id}`;
    case 'link':
      return `link:${d.pipeline ?? ''}\0${d.from}\0${d.to}`;
    case 'lane':
      return `lane:${d.lane}`;
    case 'note':
      return `note:${d.code}`;
    default:
      return d.kind;
  }
}

/** The name that a trace viewer shows on a lane; `first` is the thread that had it first. */
function laneTitle({ stage, thread, slot }: LaneMessage, first: string): string {
  const who = first === thread ? thread : `${first} ... ${thread}`;
  if (stage !== null) return `${stage} ${slot + 1} (${who})`;
  return slot === 0 ? who : `${who} spans ${slot}`;
}

/** Everything that this process has declared. */
export class Tables {
  readonly #process: ProcessInfo;
  readonly #host: number;
  /** By index. */
  readonly #strings = new Map(wellKnownStrings.map((text, i) => [i + 1, text]));
  /** By number: what the lane is now, and the first thread that had it. */
  readonly #lanes = new Map<number, { readonly lane: LaneMessage; readonly first: string }>();
  readonly #declared = new Map<string, Declaration>();
  readonly #kept = { note: 0, pipeline: 0 };
  readonly #unsentStrings = new Set(this.#strings.keys());
  readonly #unsentLanes = new Set<number>();
  readonly #unsent = new Set<string>();
  #events: Declaration[] = [];
  #isBegun = false;

  /** `host`: the thread that started the agent. */
  constructor(process: ProcessInfo, host = 0) {
    this.#process = process;
    this.#host = host;
    this.declare({ kind: 'process', ...process });
  }

  addString(index: number, text: string): void {
    // Each thread that uses a name posts it.
    if (this.#strings.get(index) === text) return;
    this.#strings.set(index, text);
    this.#unsentStrings.add(index);
  }

  addLane(lane: LaneMessage): void {
    const first = this.#lanes.get(lane.lane)?.first ?? lane.thread;
    this.#lanes.set(lane.lane, { lane, first });
    this.#unsentLanes.add(lane.lane);
    const { stage, pipeline, thread, slot } = lane;
    const koid = laneKoid(this.#process.pid, lane.lane, this.#host);
    this.declare({ kind: 'lane', lane: koid, stage, pipeline, thread, slot });
  }

  /** Adds or replaces a declaration; one that says what is known already is left out. */
  declare(declaration: Declaration): void {
    const key = keyOf(declaration);
    if (key === null) {
      // Bounded for a program that turns knobs for hours while nobody listens.
      if (this.#events.length < MAX_EVENTS_KEPT) this.#events.push(declaration);
      if (declaration.kind === 'knobChange') this.#turned(declaration.knob, declaration.to);
      return;
    }
    const known = this.#declared.get(key);
    // A note is said once, whichever thread says it first.
    if (known !== undefined && (known.kind === 'note' || isEqual(known, declaration))) return;
    if (known === undefined && !this.#hasRoom(declaration.kind)) return;
    this.#declared.set(key, declaration);
    this.#unsent.add(key);
  }

  /** What happened since the last time, for a flight recorder: it keeps such things where they belong in time. */
  takeEvents(): Declaration[] {
    const happened = this.#events;
    this.#events = [];
    return happened;
  }

  /** Appends everything, sent or not, but for what happened. A connection does not notice. */
  writeAll(writer: FxtWriter, flush: () => void): void {
    const unsent = [this.#unsentStrings, this.#unsentLanes, this.#unsent].map((set) => [...set]);
    const isBegun = this.#isBegun;
    this.reset();
    this.write(writer, flush, false);
    this.#isBegun = isBegun;
    const [strings = [], lanes = [], keys = []] = unsent;
    for (const index of strings) this.#unsentStrings.add(Number(index));
    for (const lane of lanes) this.#unsentLanes.add(Number(lane));
    for (const key of keys) this.#unsent.add(String(key));
  }

  /** Everything must be sent again, on a new connection. */
  reset(): void {
    this.#isBegun = false;
    for (const index of this.#strings.keys()) this.#unsentStrings.add(index);
    for (const lane of this.#lanes.keys()) this.#unsentLanes.add(lane);
    for (const key of this.#declared.keys()) this.#unsent.add(key);
  }

  /** Appends what has not been sent, and hands the buffer to `flush` whenever it gets long. `hasEvents`: what happened, too. */
  write(writer: FxtWriter, flush: () => void, hasEvents = true): void {
    if (!this.#isBegun) this.#begin(writer);
    const step = (): void => {
      if (writer.length >= FLUSH_BYTES) flush();
    };
    for (const index of this.#unsentStrings) {
      writer.string(index, this.#strings.get(index) ?? '');
      step();
    }
    this.#unsentStrings.clear();
    for (const number of this.#unsentLanes) {
      const known = this.#lanes.get(number);
      if (known !== undefined) this.#writeLane(writer, known.lane, known.first);
      step();
    }
    this.#unsentLanes.clear();
    this.#writeManifest(writer, step, hasEvents);
  }

  #begin(writer: FxtWriter): void {
    this.#isBegun = true;
    writer.initialization(TICKS_PER_SECOND);
    const { pid, title } = this.#process;
    writer.kernelObject({ objectType: KernelObjectType.process, koid: pid, name: title });
  }

  #writeLane(writer: FxtWriter, lane: LaneMessage, first: string): void {
    const process = BigInt(this.#process.pid);
    const koid = laneKoid(this.#process.pid, lane.lane, this.#host);
    const ref = threadRefOfLane(lane.lane);
    if (ref !== 0) writer.thread(ref, { process, thread: BigInt(koid) });
    writer.kernelObject({
      objectType: KernelObjectType.thread,
      koid,
      name: laneTitle(lane, first),
      args: [{ type: ArgType.koid, name: 'process', value: process }],
    });
  }

  #writeManifest(writer: FxtWriter, step: () => void, hasEvents: boolean): void {
    const lines: Declaration[] = [];
    for (const key of this.#unsent) {
      const declaration = this.#declared.get(key);
      if (declaration !== undefined) lines.push(declaration);
    }
    if (hasEvents) lines.push(...this.takeEvents());
    this.#unsent.clear();
    // In portions, so that the buffer can be handed on in between.
    for (let i = 0; i < lines.length; i += 200) {
      writeLines(writer, BlobName.manifest, lines.slice(i, i + 200));
      step();
    }
  }

  #hasRoom(kind: Declaration['kind']): boolean {
    if (kind !== 'note' && kind !== 'pipeline') return true;
    return this.#kept[kind]++ < MAX_KEPT[kind];
  }

  #turned(knob: number, value: number | null): void {
    const key = `knob:${knob}`;
    const declared = this.#declared.get(key);
    // Not sent now, the change itself is; but a new connection hears of the knob as it is then.
    if (declared?.kind === 'knob') this.#declared.set(key, { ...declared, value });
  }
}

function isEqual(a: Declaration, b: Declaration): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
