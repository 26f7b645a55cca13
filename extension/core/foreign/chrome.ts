/**
 * Chrome's trace event format ("Trace Event Format", the document by Google; what chrome://tracing, DevTools, PyTorch's
 * profiler and a hundred tools write): an array of events, alone or as `traceEvents` of an object.
 *
 *     ph   X     a slice with its duration            thread's lane
 *          B E   its begin and end                     the same
 *          b e   of asynchronous work (old: S F)       a stage with slots
 *          C     counter                               gauge
 *          M     names                                 names
 *          P     CPU samples (Profile, ProfileChunk)   samples of the thread
 *
 * Instants, flows, objects and memory dumps have no place in a picture of lanes; they are counted and told.
 */
import { decodeUtf8 } from '../../../agent/wire/utf8.js';
import { counted } from '../counted.js';
import { addCounter, addMemory } from './chromeCounters.js';
import { ChromeAsync } from './chromeAsync.js';
import { ChromeEventReader, type ChromeEvent } from './chromeEvent.js';
import { readFallback } from './chromeFallback.js';
import { nameTracks } from './chromeNames.js';
import { ChromeProfiles } from './chromeProfiles.js';
import { ChromeTracks, type SliceClass } from './chromeTracks.js';
import { EXTRA_ANNOTATION, ForeignTrace } from './foreignTrace.js';
import type { FormatReader } from './importFormat.js';
import type { JsonKind, JsonPath, Treatment } from './jsonSplitter.js';
import { BadElements, member, numberOf, textOf, tryParse } from './jsonValues.js';

const phase = (char: string): number => char.charCodeAt(0);

const Phase = {
  complete: phase('X'),
  begin: phase('B'),
  end: phase('E'),
  asyncBegin: phase('b'),
  asyncEnd: phase('e'),
  oldAsyncBegin: phase('S'),
  oldAsyncEnd: phase('F'),
  counter: phase('C'),
  metadata: phase('M'),
  sample: phase('P'),
} as const;

/** What is counted but not shown, by phase. */
const notShown: Readonly<Record<string, string>> = {
  i: 'instant',
  I: 'instant',
  R: 'instant',
  n: 'instant',
  s: 'flow event',
  t: 'flow event',
  f: 'flow event',
  N: 'object snapshot',
  O: 'object snapshot',
  D: 'object snapshot',
  v: 'memory dump',
  V: 'memory dump',
};
const WITHOUT_TIME = 'event without a time';
const OTHER_KIND = 'event of another kind';
const manyOf: Readonly<Record<string, string>> = {
  [WITHOUT_TIME]: 'events without a time',
  [OTHER_KIND]: 'events of other kinds',
};

/** Kineto's categories of work on a GPU, and of the stretches that a program gave a name to: on the host, and on a GPU. */
const kinetoClasses: ReadonlyMap<string, SliceClass | 'named'> = new Map([
  ['kernel', 'gpu'],
  ['gpu_memcpy', 'gpu'],
  ['gpu_memset', 'gpu'],
  ['gpu_user_annotation', 'annotation'],
  ['user_annotation', 'named'],
]);

/** Nanoseconds of Unix time between which a trace may have been recorded: 2001 to 2096. No computer is up for so long. */
const UNIX_TIMES_NS: readonly [bigint, bigint] = [10n ** 18n, 4n * 10n ** 18n];

const COMMA = 0x2c;
const ORIGIN = 'baseTimeNanoseconds';

/** Reads one Chrome trace. */
export class ChromeReader implements FormatReader {
  readonly format = 'chrome';
  readonly hasManyDocuments = false;
  readonly #trace = new ForeignTrace();
  readonly #reader: ChromeEventReader;
  readonly #tracks: ChromeTracks;
  readonly #async: ChromeAsync;
  readonly #profiles: ChromeProfiles;
  readonly #bad = new BadElements('event');
  readonly #hidden = new Map<string, number>();
  /** By number of a category. */
  readonly #classes: (SliceClass | 'named' | undefined)[] = [];
  #baseUs = NaN;
  /** Unix time that the file's times count from, as Kineto writes it since PyTorch 2.3; 0: they count from 1970, or from anything. */
  #originNs = 0n;
  /** The events stand under `traceEvents`, which nothing else has. */
  #isObject = false;
  #isKineto = false;
  #events = 0;

  constructor() {
    this.#reader = new ChromeEventReader(this.#trace.texts);
    this.#tracks = new ChromeTracks(this.#trace);
    this.#async = new ChromeAsync(this.#trace, this.#tracks);
    this.#profiles = new ChromeProfiles(this.#trace, this.#tracks);
  }

  get isSure(): boolean {
    return this.#isObject || this.#events > 0;
  }

  get emptyReason(): string | null {
    if (this.#events === 0) return 'it holds no trace events';
    return this.#trace.processes.every((process) => process.isEmpty)
      ? `it holds ${counted(this.#events, 'trace event')}, and none with a duration or a value`
      : null;
  }

  treat(path: JsonPath, kind: JsonKind): Treatment {
    const key = path[0];
    if (path.length === 0) return kind === 'array' ? 'elements' : 'enter';
    if (key === 'traceEvents' && kind === 'array') {
      this.#isObject = true;
      return 'elements';
    }
    if (key === 'schemaVersion' || key === 'deviceProperties') this.#isKineto = true;
    return key === ORIGIN && kind === 'scalar' ? 'value' : 'skip';
  }

  value(path: JsonPath, bytes: Uint8Array): void {
    const digits = decodeUtf8(bytes);
    if (path[0] === ORIGIN && /^\d{1,19}$/.test(digits)) this.#originNs = BigInt(digits);
  }

  leave(): void {
    // The array has ended; an object may go on.
  }

  tooLong(_path: JsonPath, atByte: number): void {
    this.#bad.add(atByte, 'it is too long');
  }

  elements(_path: JsonPath, run: Uint8Array, atByte: number): void {
    const { event } = this.#reader;
    for (let at = 0; at < run.length;) {
      const byte = run[at] ?? 0;
      if (byte <= 0x20 || byte === COMMA) {
        at++;
        continue;
      }
      const end = this.#reader.read(run, at);
      if (end >= 0) {
        at = end;
        this.#event(event, atByte);
      } else {
        const fallback = readFallback(event, run.subarray(at), this.#trace.texts);
        if (fallback.reason === null) this.#event(event, atByte + at);
        else this.#bad.add(atByte + at, fallback.reason);
        at += fallback.length;
      }
    }
  }

  ready(): Iterable<Uint8Array> {
    return [];
  }

  finish(): ForeignTrace | null {
    this.#tracks.finish();
    this.#async.finish(this.#tracks.newestNs);
    nameTracks(this.#trace, this.#tracks, this.#isKineto);
    this.#trace.unixNsAtZero = this.#unixNsAtZero();
    this.#note();
    return this.emptyReason === null ? this.#trace : null;
  }

  /** The file's clock is that of the wall if its times are of our days. */
  #unixNsAtZero(): bigint | null {
    const { newestNs } = this.#tracks;
    if (!Number.isFinite(this.#baseUs) || !Number.isFinite(newestNs)) return null;
    const zeroNs = this.#originNs + BigInt(Math.round(this.#baseUs)) * 1000n;
    const lastNs = zeroNs + BigInt(Math.round(newestNs));
    const [fromNs, toNs] = UNIX_TIMES_NS;
    return lastNs >= fromNs && lastNs < toNs ? zeroNs : null;
  }

  #event(event: ChromeEvent, atByte: number): void {
    if (event.phase === 0) {
      this.#bad.add(atByte, 'it is no trace event: "ph" is missing');
      return;
    }
    this.#events++;
    if (event.phase === Phase.metadata) {
      this.#metadata(event);
      return;
    }
    if (Number.isNaN(event.tsUs)) {
      // Samples know their times themselves.
      if (event.phase !== Phase.sample) this.#hide(WITHOUT_TIME);
      else this.#sample(event);
      return;
    }
    // Times are kept from the first one on, so that they stay exact whatever the clock counts from.
    if (Number.isNaN(this.#baseUs)) this.#baseUs = event.tsUs;
    this.#timed(event, (event.tsUs - this.#baseUs) * 1000 + event.tsNs);
  }

  #timed(event: ChromeEvent, atNs: number): void {
    switch (event.phase) {
      case Phase.complete:
        this.#complete(event, atNs);
        return;
      case Phase.begin:
        this.#tracks.begin(event, atNs);
        return;
      case Phase.end:
        this.#tracks.end(event, atNs);
        return;
      case Phase.asyncBegin:
      case Phase.oldAsyncBegin:
        this.#async.begin(event, atNs);
        return;
      case Phase.asyncEnd:
      case Phase.oldAsyncEnd:
        this.#async.end(event, atNs);
        return;
      case Phase.counter:
        addCounter(this.#trace, this.#tracks.process(event.pid).foreign, event, atNs);
        return;
      default:
        this.#other(event, atNs);
    }
  }

  #complete(event: ChromeEvent, startNs: number): void {
    const of = this.#classOf(event.category);
    if (of === 'named') {
      this.#tracks.complete(event, { startNs, of: 'host', extra: EXTRA_ANNOTATION });
      return;
    }
    this.#tracks.complete(event, { startNs, of, extra: of === 'gpu' ? itemOf(event) : 0 });
  }

  #classOf(category: number): SliceClass | 'named' {
    let of = this.#classes[category];
    if (of === undefined) {
      const text = this.#trace.texts.text(category);
      of = kinetoClasses.get(text) ?? 'host';
      if (of !== 'host' || text === 'cpu_op') this.#isKineto = true;
      this.#classes[category] = of;
    }
    return of;
  }

  #other(event: ChromeEvent, atNs: number): void {
    const { texts } = this.#trace;
    if (event.phase === Phase.sample) this.#sample(event);
    else if (event.name !== 0 && texts.text(event.name) === '[memory]') {
      addMemory(this.#trace, this.#tracks.process(event.pid).foreign, event, atNs);
    } else {
      this.#hide(notShown[String.fromCharCode(event.phase)] ?? OTHER_KIND);
    }
  }

  #sample(event: ChromeEvent): void {
    const name = this.#trace.texts.text(event.name);
    if (name === 'Profile') {
      if (Number.isNaN(this.#baseUs) && !Number.isNaN(event.tsUs)) this.#baseUs = event.tsUs;
      this.#profiles.begin(event);
    } else if (name === 'ProfileChunk') this.#profiles.chunk(event, this.#baseUs);
    else this.#hide('sample');
  }

  #metadata(event: ChromeEvent): void {
    const name = this.#trace.texts.text(event.name);
    if (!/^(process_name|process_labels|thread_name)$/.test(name)) return;
    const parsed = tryParse(event.bytes.subarray(event.argsFrom, event.argsTo));
    const args = parsed.ok ? parsed.value : undefined;
    const text = textOf(member(args, name === 'process_labels' ? 'labels' : 'name')).trim();
    if (text === '') return;
    if (name === 'process_name') this.#tracks.process(event.pid).name = text;
    else if (name === 'process_labels') this.#tracks.process(event.pid).labels = text;
    else this.#tracks.thread(event.pid, event.tid).name = text;
  }

  #hide(what: string): void {
    this.#hidden.set(what, (this.#hidden.get(what) ?? 0) + 1);
  }

  #note(): void {
    const { unopened, unclosed, negative } = this.#tracks;
    const trace = this.#trace;
    if (this.#bad.note !== null) trace.note(this.#bad.note);
    const open = unclosed + this.#async.unclosed;
    if (open > 0) {
      trace.note(
        `Shown to the end of the trace, having no end of their own: ${counted(open, 'slice')}.`,
      );
    }
    const ends = unopened + this.#async.unopened;
    if (ends > 0) {
      trace.note(
        `Left out: ${counted(ends, 'end of a slice', 'ends of slices')} that never began.`,
      );
    }
    if (negative > 0) {
      trace.note(`Left out: ${counted(negative, 'slice')} with an end before the beginning.`);
    }
    const hidden = [...this.#hidden].map(([what, count]) => counted(count, what, manyOf[what]));
    if (hidden.length > 0) trace.note(`Not shown: ${hidden.join(', ')}.`);
    trace.noteLimits();
  }
}

/** Item + 1 of work on a GPU: what ties it to the call that started it. */
function itemOf({ bytes, argsFrom, argsTo }: ChromeEvent): number {
  const parsed = tryParse(bytes.subarray(argsFrom, argsTo));
  const correlation = parsed.ok ? numberOf(member(parsed.value, 'correlation')) : NaN;
  return correlation >= 0 && correlation < 0x7fff_fffe ? Math.floor(correlation) + 1 : 0;
}
