/**
 * A trace file of another tool as FXT, chunk by chunk. What it is, is told by its content: all formats that are read are
 * JSON, and a key of the outermost object, wherever it stands, makes one of them.
 */
import { decodeUtf8 } from '../../../agent/wire/utf8.js';
import { ChromeReader } from './chrome.js';
import { OwnChromeReader, startOfOwnTrace } from './chromeOwn.js';
import { CpuProfileReader } from './cpuProfileFile.js';
import { describeKeys, describeStart } from './fileKind.js';
import type { ForeignTrace } from './foreignTrace.js';
import { fxtOf } from './fxtTrace.js';
import type { ForeignFormat, FormatReader } from './importFormat.js';
import { OtlpReader } from './otlp.js';
import { SpeedscopeReader } from './speedscope.js';
import {
  JsonSplitter,
  type JsonHandler,
  type JsonKind,
  type JsonPath,
  type JsonProblem,
  type Treatment,
} from './jsonSplitter.js';

/** Bytes that are looked at before the first decision: enough for every signature. */
const START_BYTES = 512;
/** A document that has not shown what it is by then will not. */
const GIVE_UP_BYTES = 256 * 1024 * 1024;
/** What stands before the key that decides: kept, as far as it is short. */
const MAX_EARLIER = 200;
const MAX_EARLIER_BYTES = 1024 * 1024;
const MAX_KEYS = 100;

/** What became of a file. */
export type ImportOutcome =
  /** It is of no format that is read; `found` says what it is instead. */
  | { readonly kind: 'refused'; readonly found: string }
  /** `problem`: why and where reading ended early. `emptyReason`: why there is nothing to show; null: there is something. */
  | {
      readonly kind: 'read';
      readonly format: ForeignFormat;
      readonly problem: JsonProblem | null;
      readonly emptyReason: string | null;
    };

/** Reads one file: `push` chunks, then `end`, and hand on what both return, in order. */
export class ForeignImport {
  readonly #documents: Documents;
  readonly #splitter: JsonSplitter;
  #start = new Uint8Array(0);
  #bytes = 0;
  #state: 'start' | 'json' | 'stopped' = 'start';

  /** `title`: what the trace is called where it does not name its process, such as the file's name. */
  constructor(title: string) {
    this.#documents = new Documents(title);
    this.#splitter = new JsonSplitter(this.#documents);
  }

  /** Nothing more can come of further bytes. */
  get isDone(): boolean {
    return this.#state === 'stopped';
  }

  /** Takes the next bytes; returns FXT in whole records. */
  push(chunk: Uint8Array): Iterable<Uint8Array> {
    if (this.#state === 'stopped') return [];
    this.#bytes += chunk.length;
    if (this.#state === 'json') return this.#split(chunk);
    const start = new Uint8Array(this.#start.length + chunk.length);
    start.set(this.#start);
    start.set(chunk, this.#start.length);
    this.#start = start;
    return start.length < START_BYTES ? [] : this.#begin();
  }

  /** Takes note that the bytes have ended; returns the rest of the FXT. */
  *end(): Generator<Uint8Array> {
    const trace = this.collect();
    if (trace !== null) yield* fxtOf(trace);
    else yield* this.#documents.reader?.ready() ?? [];
  }

  /**
   * Takes note that the bytes have ended; returns what was collected, for those who write it themselves. null: the outcome says
   * why there is nothing, or it is a trace of Sluice's own, which is not collected.
   */
  collect(): ForeignTrace | null {
    // What is ready of a file so short is still there afterwards.
    if (this.#state === 'start') this.#begin();
    if (this.#state === 'json') this.#splitter.end();
    this.#state = 'stopped';
    return this.#documents.reader?.finish() ?? null;
  }

  /** Known at the end. */
  get outcome(): ImportOutcome {
    const { reader, keys, isArray } = this.#documents;
    const { problem } = this.#splitter;
    if (reader !== null && (reader.emptyReason === null || reader.isSure)) {
      const { format, emptyReason } = reader;
      return { kind: 'read', format, problem, emptyReason };
    }
    if (!isJson(this.#start)) return { kind: 'refused', found: describeStart(this.#start) };
    const found = isArray ? 'a JSON array without trace events' : describeKeys(keys);
    if (problem === null) return { kind: 'refused', found };
    const what = keys.length === 0 && !isArray ? 'a JSON object' : found;
    const broken = `broken at byte ${problem.atByte}: ${problem.reason}`;
    return { kind: 'refused', found: `${what}, ${broken}` };
  }

  #begin(): Iterable<Uint8Array> {
    const start = this.#start;
    this.#start = start.slice(0, START_BYTES);
    this.#state = isJson(start) ? 'json' : 'stopped';
    return this.#state === 'json' ? this.#split(start) : [];
  }

  #split(chunk: Uint8Array): Iterable<Uint8Array> {
    const isOver = this.#documents.reader === null && this.#bytes > GIVE_UP_BYTES;
    if (isOver || !this.#splitter.push(chunk)) this.#state = 'stopped';
    return this.#documents.reader?.ready() ?? [];
  }
}

function isJson(start: Uint8Array): boolean {
  const text = decodeUtf8(start.subarray(0, START_BYTES))
    .replace(/^\uFEFF/, '')
    .trimStart();
  // Also what is broken from the start: what could be a value of JSON is told by the splitter why it is none.
  return text.startsWith('{') || text.startsWith('[');
}

/** Finds out what the documents of a file are, and hands them to their reader. */
class Documents implements JsonHandler {
  reader: FormatReader | null = null;
  /** Keys of the outermost object, as long as nothing is decided. */
  readonly keys: string[] = [];
  /** The outermost value is an array. */
  isArray = false;
  readonly #title: string;
  readonly #earlier = new Map<string, { readonly kind: JsonKind; readonly bytes: Uint8Array }>();
  #kind: JsonKind = 'scalar';

  constructor(title: string) {
    this.#title = title;
  }

  get hasManyDocuments(): boolean {
    return this.reader?.hasManyDocuments ?? true;
  }

  treat(path: JsonPath, kind: JsonKind): Treatment {
    if (path.length === 0) return this.#root(kind);
    const [key = ''] = path;
    if (path.length === 1 && this.reader === null) this.#look(key, kind);
    if (this.reader !== null) return this.reader.treat(path, kind);
    this.#kind = kind;
    const isShort = kind === 'scalar' || kind === 'string' || key === 'otherData';
    return isShort && this.#earlier.size < MAX_EARLIER ? 'value' : 'skip';
  }

  value(path: JsonPath, bytes: Uint8Array, atByte: number): void {
    if (this.reader !== null) this.reader.value(path, bytes, atByte);
    else if (bytes.length <= MAX_EARLIER_BYTES) {
      this.#earlier.set(path[0] ?? '', { kind: this.#kind, bytes: bytes.slice() });
    }
  }

  elements(path: JsonPath, bytes: Uint8Array, atByte: number): void {
    this.reader?.elements(path, bytes, atByte);
  }

  leave(path: JsonPath): void {
    this.reader?.leave(path);
  }

  tooLong(path: JsonPath, atByte: number): void {
    this.reader?.tooLong(path, atByte);
  }

  /** A document begins. */
  #root(kind: JsonKind): Treatment {
    if (kind === 'array' && this.reader === null) {
      this.isArray = true;
      this.#choose(new ChromeReader());
    }
    if (kind === 'array' && this.reader !== null) return this.reader.treat([], kind);
    return kind === 'object' ? 'enter' : 'skip';
  }

  #look(key: string, kind: JsonKind): void {
    if (this.keys.length < MAX_KEYS) this.keys.push(key);
    const isArray = kind === 'array';
    if (key === 'traceEvents' && isArray) this.#choose(this.#chromeReader());
    else if (/^resource(Spans|Metrics|Logs)$/.test(key) && isArray) this.#choose(new OtlpReader());
    else if (key === 'profiles' && isArray) this.#choose(new SpeedscopeReader(this.#title));
    else if (key === 'shared' && kind === 'object') this.#choose(new SpeedscopeReader(this.#title));
    else if (this.#isCpuProfile(key, isArray)) this.#choose(new CpuProfileReader(this.#title));
  }

  /** Its own traces Sluice marks in `otherData`, before the events. */
  #chromeReader(): FormatReader {
    const otherData = this.#earlier.get('otherData');
    const startNs = otherData === undefined ? null : startOfOwnTrace(otherData.bytes);
    return startNs === null ? new ChromeReader() : new OwnChromeReader(startNs);
  }

  /** `nodes` and `samples` are in heap snapshots and heap profiles, too; those begin with keys of their own. */
  #isCpuProfile(key: string, isArray: boolean): boolean {
    if (this.keys.includes('snapshot') || this.keys.includes('head')) return false;
    return isArray && (key === 'nodes' || key === 'samples' || key === 'timeDeltas');
  }

  #choose(reader: FormatReader): void {
    this.reader = reader;
    for (const [key, { kind, bytes }] of this.#earlier) {
      if (reader.treat([key], kind) === 'value') reader.value([key], bytes, 0);
    }
    this.#earlier.clear();
  }
}
