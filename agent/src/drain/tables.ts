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

/** What happened once, and is sent once. */
const events: ReadonlySet<Declaration['kind']> = new Set(['knobChange', 'loss', 'end']);

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

/** The name that a trace viewer shows on a lane. */
function laneTitle({ stage, thread, slot }: LaneMessage): string {
  if (stage !== null) return `${stage} ${slot + 1} (${thread})`;
  return slot === 0 ? thread : `${thread} spans ${slot}`;
}

/** Everything that this process has declared. */
export class Tables {
  readonly #process: ProcessInfo;
  readonly #strings: { readonly index: number; readonly text: string }[] = wellKnownStrings.map(
    (text, i) => ({ index: i + 1, text }),
  );
  readonly #lanes: LaneMessage[] = [];
  readonly #declared = new Map<string, Declaration>();
  readonly #unsent = new Set<string>();
  #events: Declaration[] = [];
  #sentStrings = 0;
  #sentLanes = 0;
  #isBegun = false;

  constructor(process: ProcessInfo) {
    this.#process = process;
    this.declare({ kind: 'process', ...process });
  }

  addString(index: number, text: string): void {
    this.#strings.push({ index, text });
  }

  addLane(lane: LaneMessage): void {
    this.#lanes.push(lane);
    const { stage, pipeline, thread, slot } = lane;
    const koid = laneKoid(this.#process.pid, lane.lane);
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
    this.#declared.set(key, declaration);
    this.#unsent.add(key);
  }

  /** Everything must be sent again, on a new connection. */
  reset(): void {
    this.#isBegun = false;
    this.#sentStrings = 0;
    this.#sentLanes = 0;
    for (const key of this.#declared.keys()) this.#unsent.add(key);
  }

  /** Appends what has not been sent, and hands the buffer to `flush` whenever it gets long. */
  write(writer: FxtWriter, flush: () => void): void {
    if (!this.#isBegun) this.#begin(writer);
    const step = (): void => {
      if (writer.length >= FLUSH_BYTES) flush();
    };
    for (const { index, text } of this.#strings.slice(this.#sentStrings)) {
      writer.string(index, text);
      step();
    }
    this.#sentStrings = this.#strings.length;
    for (const lane of this.#lanes.slice(this.#sentLanes)) {
      this.#writeLane(writer, lane);
      step();
    }
    this.#sentLanes = this.#lanes.length;
    this.#writeManifest(writer, step);
  }

  #begin(writer: FxtWriter): void {
    this.#isBegun = true;
    writer.initialization(TICKS_PER_SECOND);
    const { pid, title } = this.#process;
    writer.kernelObject({ objectType: KernelObjectType.process, koid: pid, name: title });
  }

  #writeLane(writer: FxtWriter, lane: LaneMessage): void {
    const process = BigInt(this.#process.pid);
    const koid = laneKoid(this.#process.pid, lane.lane);
    const ref = threadRefOfLane(lane.lane);
    if (ref !== 0) writer.thread(ref, { process, thread: BigInt(koid) });
    writer.kernelObject({
      objectType: KernelObjectType.thread,
      koid,
      name: laneTitle(lane),
      args: [{ type: ArgType.koid, name: 'process', value: process }],
    });
  }

  #writeManifest(writer: FxtWriter, step: () => void): void {
    const lines: Declaration[] = [];
    for (const key of this.#unsent) {
      const declaration = this.#declared.get(key);
      if (declaration !== undefined) lines.push(declaration);
    }
    lines.push(...this.#events);
    this.#unsent.clear();
    this.#events = [];
    // In portions, so that the buffer can be handed on in between.
    for (let i = 0; i < lines.length; i += 200) {
      writeLines(writer, BlobName.manifest, lines.slice(i, i + 200));
      step();
    }
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
