/**
 * A Chrome trace that Sluice exported (`exportChrome.ts`), as the capture that it was: the declarations stand in it, and each
 * event is the one that it was made of. Nothing has to wait for the end of the file.
 */
import { ArgName, ArgType, BlobName, Category, OUTCOME_ERROR } from '../../../agent/wire/format.js';
import { checkDeclaration } from '../../../agent/wire/manifest.js';
import { integerIn, nullable, object, text } from '../../../agent/wire/validate.js';
import { encodeUtf8 } from '../../../agent/wire/utf8.js';
import { ChromeEventReader, type ChromeEvent, type ChromeId } from './chromeEvent.js';
import { readFallback } from './chromeFallback.js';
import { OWN_VERSION, OwnEvent } from './exportChrome.js';
import {
  FxtOutput,
  wholeArg,
  type OutputArg,
  type OutputLane,
  type OutputProcess,
} from './fxtOutput.js';
import type { FormatReader } from './importFormat.js';
import type { JsonKind, JsonPath, Treatment } from './jsonSplitter.js';
import { BadElements, listOf, member, numberOf, textOf, tryParse } from './jsonValues.js';
import { cutName, Texts } from './texts.js';

const MAX_PROCESSES = 4000;
const MAX_U32 = 0xffff_ffff;

const checkLane = object({
  koid: integerIn(0, Number.MAX_SAFE_INTEGER),
  name: nullable(text(512)),
});

const intervalCategories: ReadonlySet<string> = new Set([
  Category.stage,
  Category.wait,
  Category.span,
  Category.gpu,
  Category.annotation,
  Category.runtime,
]);

interface OwnProcess {
  readonly output: OutputProcess;
  /** By thread id of the file. */
  readonly lanes: Map<ChromeId, OutputLane>;
  /** Where the profile at hand begins, in microseconds, by thread id. */
  readonly profileStarts: Map<ChromeId, number>;
}

/**
 * When the trace starts, in nanoseconds of its own times, if `otherData` says that Sluice wrote it in a version that is read
 * here; else null.
 */
export function startOfOwnTrace(otherData: Uint8Array): number | null {
  const parsed = tryParse(otherData);
  if (!parsed.ok || member(parsed.value, 'sluice') !== OWN_VERSION) return null;
  return nanoseconds(0, numberOf(member(parsed.value, 'startNs'))) ?? 0;
}

/** Reads one trace of Sluice's own. */
export class OwnChromeReader implements FormatReader {
  readonly format = 'chrome';
  readonly hasManyDocuments = false;
  readonly isSure = true;
  readonly #texts = new Texts();
  readonly #reader = new ChromeEventReader(this.#texts);
  readonly #out = new FxtOutput();
  readonly #processes = new Map<ChromeId, OwnProcess>();
  readonly #bad = new BadElements('event');
  #lastKoid = 0;
  #isOver = false;
  /** null: it has been marked. */
  #startNs: number | null;

  constructor(startNs: number) {
    this.#startNs = startNs;
  }

  get emptyReason(): string | null {
    return this.#processes.size === 0 ? 'it holds no trace events' : null;
  }

  treat(path: JsonPath, kind: JsonKind): Treatment {
    if (path.length === 0) return 'enter';
    return path[0] === 'traceEvents' && kind === 'array' ? 'elements' : 'skip';
  }

  value(): void {
    // Nothing else is asked for.
  }

  leave(): void {
    // An object may go on behind its events.
  }

  tooLong(_path: JsonPath, atByte: number): void {
    this.#bad.add(atByte, 'it is too long');
  }

  elements(_path: JsonPath, run: Uint8Array, atByte: number): void {
    for (let at = 0; at < run.length;) {
      const byte = run[at] ?? 0;
      if (byte <= 0x20 || byte === 0x2c) {
        at++;
        continue;
      }
      const { event } = this.#reader;
      let end = this.#reader.read(run, at);
      let reason: string | null = null;
      if (end < 0) {
        const fallback = readFallback(event, run.subarray(at), this.#texts);
        end = at + fallback.length;
        ({ reason } = fallback);
      }
      reason ??= this.#event(event);
      if (reason !== null) this.#bad.add(atByte + at, reason);
      at = end;
    }
  }

  *ready(): Generator<Uint8Array> {
    if (this.#processes.size > 0 && (this.#out.isFull || this.#isOver)) yield this.#out.take();
  }

  /** Nothing is collected. */
  finish(): null {
    this.#isOver = true;
    const [first] = this.#processes.values();
    if (first !== undefined && this.#bad.note !== null) {
      this.#out.note(first.output, this.#bad.note);
    }
    return null;
  }

  /** Why the event is left out; null: it is not, or it is one of those that are for other viewers. */
  #event(event: ChromeEvent): string | null {
    switch (event.phase) {
      case 0x4d:
        return this.#metadata(event);
      case 0x58:
        return this.#interval(event);
      case 0x43:
        return this.#counter(event);
      case 0x50:
        return this.#profile(event);
      default:
        return null;
    }
  }

  #metadata(event: ChromeEvent): string | null {
    const name = this.#texts.text(event.name);
    const parsed = tryParse(event.bytes.subarray(event.argsFrom, event.argsTo));
    const args = parsed.ok ? parsed.value : undefined;
    if (typeof args !== 'object' || args === null) return 'it has no arguments';
    if (name === 'process_name') {
      this.#process(event.pid, textOf(member(args, 'name')));
      return null;
    }
    const { output } = this.#process(event.pid, '');
    if (name === OwnEvent.declaration) this.#out.line(output, BlobName.manifest, args);
    else if (name === OwnEvent.summary) this.#out.line(output, BlobName.summary, args);
    else if (name === OwnEvent.lane) return this.#declareLane(event, args);
    return null;
  }

  #declareLane({ pid, tid }: ChromeEvent, args: object): string | null {
    const own = checkLane(args, 'lane');
    if (!own.ok) return own.error;
    const { output, lanes } = this.#process(pid, '');
    const { koid } = own.value;
    this.#lastKoid = Math.max(this.#lastKoid, koid);
    const line = member(args, 'declared');
    if (line === null || line === undefined) {
      this.#begin(lanes, tid, this.#out.lane(output, null, own.value));
      return null;
    }
    const declared = checkDeclaration(line, 'lane');
    if (!declared.ok) return declared.error;
    if (declared.value.kind !== 'lane') return 'it declares no lane';
    const { stage, pipeline, thread, slot } = declared.value;
    this.#begin(lanes, tid, this.#out.lane(output, { stage, pipeline, thread, slot }, own.value));
    return null;
  }

  #begin(lanes: OwnProcess['lanes'], tid: ChromeId, lane: OutputLane): void {
    lanes.set(tid, lane);
    if (this.#startNs !== null) this.#out.start(lane, this.#startNs);
    this.#startNs = null;
  }

  #interval(event: ChromeEvent): string | null {
    const category = this.#texts.text(event.category);
    const startNs = nanoseconds(event.tsUs, event.tsNs);
    const lengthNs = nanoseconds(event.durUs, event.durNs);
    if (startNs === null || lengthNs === null) return 'its times are missing or negative';
    if (!intervalCategories.has(category)) return `its category is none of Sluice's`;
    const name = this.#texts.text(event.name);
    const args = category === Category.stage ? workOf(event) : [];
    const interval = { lane: this.#lane(event), category, name, startNs };
    this.#out.interval({ ...interval, endNs: startNs + lengthNs }, args);
    return null;
  }

  #counter(event: ChromeEvent): string | null {
    const category = this.#texts.text(event.category);
    const atNs = nanoseconds(event.tsUs, event.tsNs);
    const parsed = tryParse(event.bytes.subarray(event.argsFrom, event.argsTo));
    if (atNs === null || !parsed.ok) return 'its time or its value is missing';
    const name = this.#texts.text(event.name);
    const lane = this.#lane(event);
    if (category === Category.gauge) {
      const value = numberOf(member(parsed.value, 'value'));
      if (Number.isNaN(value)) return 'its value is missing';
      const args: OutputArg[] = [{ type: ArgType.double, name: ArgName.value, value }];
      this.#out.counter({ lane, category, name, id: 0, atNs, args });
      return null;
    }
    const id = Number(event.id);
    const depth = numberOf(member(parsed.value, 'depth'));
    if (!(id >= 0 && id <= MAX_U32) || Number.isNaN(depth)) return 'it is no depth of a queue';
    const args = [wholeArg(ArgName.depth, depth), ...mergedRange(event)];
    this.#out.counter({ lane, category: Category.queue, name, id, atNs, args });
    return null;
  }

  /** A `Profile` and its `ProfileChunk`, one each, are a blob. */
  #profile(event: ChromeEvent): string | null {
    const parsed = tryParse(event.bytes.subarray(event.argsFrom, event.argsTo));
    const data = parsed.ok ? member(parsed.value, 'data') : undefined;
    const { profileStarts } = this.#process(event.pid, '');
    if (this.#texts.text(event.name) === 'Profile') {
      profileStarts.set(event.tid, numberOf(member(data, 'startTime')));
      return null;
    }
    const startTime = profileStarts.get(event.tid);
    if (startTime === undefined) return 'nothing says when its profile began';
    const cpuProfile = member(data, 'cpuProfile');
    const profile = {
      nodes: withChildren(listOf(member(cpuProfile, 'nodes'))),
      startTime,
      endTime: member(data, 'endTime'),
      samples: member(cpuProfile, 'samples'),
      timeDeltas: member(data, 'timeDeltas'),
    };
    this.#out.profile(this.#lane(event), encodeUtf8(JSON.stringify(profile)));
    return null;
  }

  #process(pid: ChromeId, title: string): OwnProcess {
    const known = this.#processes.get(pid);
    if (known !== undefined) return known;
    const [first] = this.#processes.values();
    if (first !== undefined && this.#processes.size >= MAX_PROCESSES) return first;
    const isPid = typeof pid === 'number' && pid >= 0 && pid <= MAX_U32;
    const output = this.#out.process(isPid ? pid : 0, cutName(title));
    const process = { output, lanes: new Map(), profileStarts: new Map() };
    this.#processes.set(pid, process);
    return process;
  }

  #lane({ pid, tid }: ChromeEvent): OutputLane {
    const { output, lanes } = this.#process(pid, '');
    let lane = lanes.get(tid);
    if (lane === undefined) {
      lane = this.#out.lane(output, null, { koid: ++this.#lastKoid, name: null });
      lanes.set(tid, lane);
    }
    return lane;
  }
}

/** A time of the file; null: it is missing, negative, or more than a double holds. */
function nanoseconds(us: number, ns: number): number | null {
  const all = us * 1000 + ns;
  return Number.isSafeInteger(all) && all >= 0 ? all : null;
}

/** Item, size, wait and outcome of an execution. */
function workOf({ bytes, argsFrom, argsTo }: ChromeEvent): readonly OutputArg[] {
  // Most have none, and their arguments are `{}`.
  if (argsTo - argsFrom <= 2) return [];
  const parsed = tryParse(bytes.subarray(argsFrom, argsTo));
  if (!parsed.ok) return [];
  const args: OutputArg[] = [];
  for (const name of [ArgName.item, ArgName.items, ArgName.waitUs]) {
    const value = numberOf(member(parsed.value, name));
    if (!Number.isNaN(value)) args.push(wholeArg(name, value));
  }
  if (member(parsed.value, ArgName.outcome) === OUTCOME_ERROR) {
    args.push({ type: ArgType.string, name: ArgName.outcome, value: OUTCOME_ERROR });
  }
  return args;
}

/** Lowest and highest depth since the record before. */
function mergedRange({ sluice }: ChromeEvent): readonly OutputArg[] {
  if (sluice === '') return [];
  const parsed = tryParse(encodeUtf8(sluice));
  const [low, high] = parsed.ok ? listOf(parsed.value) : [];
  const range = [numberOf(low), numberOf(high)];
  if (range.some(Number.isNaN)) return [];
  return [wholeArg(ArgName.low, range[0] ?? 0), wholeArg(ArgName.high, range[1] ?? 0)];
}

/** Nodes that name their parents, as nodes that name their children. */
function withChildren(nodes: readonly unknown[]): readonly object[] {
  const children = new Map<number, number[]>();
  for (const node of nodes) {
    const parent = numberOf(member(node, 'parent'));
    const list = children.get(parent) ?? [];
    children.set(parent, list);
    list.push(numberOf(member(node, 'id')));
  }
  return nodes.map((node) => {
    const id = numberOf(member(node, 'id'));
    return { id, callFrame: member(node, 'callFrame'), children: children.get(id) ?? [] };
  });
}
