/**
 * OpenTelemetry traces in OTLP's JSON (opentelemetry-proto, trace/v1; "JSON Protobuf Encoding" of the OTLP specification):
 * one object with `resourceSpans`, or one a line, as the file exporter of the collector writes it.
 *
 * A service is a process, a span name of a scope is a stage, a span is an execution, and the trace is the item that it works
 * on. Which span is whose parent says who waits for whom, not what flows where, so no links are concluded from it.
 */
import { EXTRA_FAILED, ForeignTrace, type ForeignProcess, type SlotTrack } from './foreignTrace.js';
import { treatAt, type FormatReader, type Places } from './importFormat.js';
import type { JsonKind, JsonPath, Treatment } from './jsonSplitter.js';
import {
  BadElements,
  listOf,
  member,
  numberOf,
  parseElements,
  textOf,
  tryParse,
} from './jsonValues.js';

/** Stages of one service; further span names share one. */
const MAX_STAGES = 200;
const MAX_TRACES = 4_000_000;
const OTHER = '(other)';

/** Span kinds of things that go over a network (server, client, producer, consumer); others compute. */
const REMOTE: ReadonlySet<unknown> = new Set([
  2,
  3,
  4,
  5,
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]);

const RESOURCE = 'resourceSpans/*';

const places: Places = {
  '': ['object', 'enter'],
  resourceSpans: ['array', 'enter'],
  [RESOURCE]: ['object', 'enter'],
  [`${RESOURCE}/resource`]: ['object', 'value'],
  ...scopePlaces('scopeSpans', 'scope'),
  // Before OTLP 0.15.
  ...scopePlaces('instrumentationLibrarySpans', 'instrumentationLibrary'),
};

function scopePlaces(list: string, scope: string): Places {
  const each = `${RESOURCE}/${list}/*`;
  return {
    [`${RESOURCE}/${list}`]: ['array', 'enter'],
    [each]: ['object', 'enter'],
    [`${each}/${scope}`]: ['object', 'value'],
    [`${each}/spans`]: ['array', 'elements'],
  };
}

interface Service {
  readonly name: string;
  readonly instance: string;
  readonly process: ForeignProcess;
  /** By scope and name. */
  readonly stages: Map<string, SlotTrack | undefined>;
}

/** Reads one OTLP file. */
export class OtlpReader implements FormatReader {
  readonly format = 'otlp';
  readonly hasManyDocuments = true;
  readonly isSure = true;
  emptyReason: string | null = null;
  readonly #trace = new ForeignTrace();
  readonly #bad = new BadElements('span');
  readonly #services = new Map<string, Service>();
  readonly #items = new Map<string, number>();
  #service: Service | null = null;
  #scope = '';
  /** Spans of a resource that comes behind them. */
  readonly #waiting: { readonly scope: string; readonly span: unknown }[] = [];
  #spans = 0;
  #others = 0;

  treat(path: JsonPath, kind: JsonKind): Treatment {
    if (path.length === 1 && path[0] !== 'resourceSpans' && kind === 'array') this.#others++;
    return treatAt(places, path, kind);
  }

  value(path: JsonPath, bytes: Uint8Array, atByte: number): void {
    const parsed = tryParse(bytes);
    if (!parsed.ok) {
      this.#bad.add(atByte, parsed.reason);
    } else if (path.length === 3) {
      this.#useResource(parsed.value);
    } else {
      this.#scope = textOf(member(parsed.value, 'name'));
    }
  }

  elements(_path: JsonPath, run: Uint8Array, atByte: number): void {
    for (const span of parseElements(run, atByte, this.#bad)) {
      if (this.#service !== null) this.#add(this.#service, this.#scope, span, atByte);
      else if (this.#trace.admit()) this.#waiting.push({ scope: this.#scope, span });
    }
  }

  leave(path: JsonPath): void {
    if (path.length === 4) this.#scope = '';
    if (path.length !== 2) return;
    if (this.#waiting.length > 0) this.#useResource(undefined);
    this.#service = null;
  }

  tooLong(_path: JsonPath, atByte: number): void {
    this.#bad.add(atByte, 'it is too long');
  }

  ready(): Iterable<Uint8Array> {
    return [];
  }

  finish(): ForeignTrace | null {
    // The file may have been cut within a resource.
    if (this.#waiting.length > 0) this.#useResource(undefined);
    if (this.#spans === 0) {
      this.emptyReason =
        this.#others > 0 ? 'it holds metrics or logs and no spans' : 'it holds no spans';
      return null;
    }
    const names = [...this.#services.values()].map(({ name }) => name);
    for (const { name, instance, process } of this.#services.values()) {
      const isAlone = names.filter((other) => other === name).length === 1;
      if (!isAlone && instance !== '') process.title = `${name} (${instance})`;
    }
    if (this.#bad.note !== null) this.#trace.note(this.#bad.note);
    this.#trace.noteLimits();
    return this.#trace;
  }

  #useResource(resource: unknown): void {
    const service = this.#serviceOf(resource);
    this.#service = service;
    for (const { scope, span } of this.#waiting.splice(0)) this.#add(service, scope, span, 0);
  }

  #serviceOf(resource: unknown): Service {
    const attributes = attributesOf(resource);
    const name = attributes.get('service.name') ?? 'unknown_service';
    const instance = attributes.get('service.instance.id') ?? attributes.get('process.pid') ?? '';
    const key = [attributes.get('service.namespace') ?? '', name, instance].join('\0');
    const known = this.#services.get(key);
    if (known !== undefined) return known;
    const language = attributes.get('telemetry.sdk.language');
    const runtime = `OpenTelemetry${language === undefined ? '' : ` ${language}`}`.slice(0, 60);
    const pid = Number(attributes.get('process.pid') ?? NaN);
    const process = this.#trace.addProcess(Number.isInteger(pid) ? pid : null, name, runtime);
    const service = { name, instance, process, stages: new Map() };
    this.#services.set(key, service);
    return service;
  }

  #add(service: Service, scope: string, span: unknown, atByte: number): void {
    const start = unixNs(member(span, 'startTimeUnixNano'));
    const end = unixNs(member(span, 'endTimeUnixNano'));
    if (start === null || end === null || end < start) {
      const reason =
        start === null || end === null ? 'it has no times' : 'it ends before it starts';
      this.#bad.add(atByte, reason);
      return;
    }
    this.#spans++;
    this.#trace.unixNsAtZero ??= start;
    if (!this.#trace.admit()) return;
    const name = textOf(member(span, 'name'));
    const track = this.#stage(service, scope, name, REMOTE.has(member(span, 'kind')));
    const item = this.#item(textOf(member(span, 'traceId')));
    const status = member(member(span, 'status'), 'code');
    const failed = status === 2 || status === 'STATUS_CODE_ERROR' ? EXTRA_FAILED : 0;
    track?.executions.add({
      startNs: Number(start - this.#trace.unixNsAtZero),
      durationNs: Number(end - start),
      name: this.#trace.texts.idOf(name),
      extra: (item | failed) >>> 0,
    });
  }

  #stage(
    { process, stages }: Service,
    scope: string,
    name: string,
    isRemote: boolean,
  ): SlotTrack | undefined {
    const isOne = stages.size >= MAX_STAGES;
    const key = isOne ? OTHER : `${scope}\0${name}`;
    if (stages.has(key)) return stages.get(key);
    const plain = isOne ? OTHER : name === '' ? '(unnamed)' : name;
    const isTaken = process.slots.some((track) => track.stage === plain);
    const stage = isTaken ? `${plain} (${scope === '' ? 'no scope' : scope})` : plain;
    const stageKind = isRemote ? 'io' : 'cpu';
    const made = this.#trace.addSlots(process, { stage, stageKind, meaning: 'item' });
    stages.set(key, made);
    return made;
  }

  /** Number of a trace + 1; 0: it has none, or there are too many. */
  #item(traceId: string): number {
    if (traceId === '') return 0;
    const known = this.#items.get(traceId);
    if (known !== undefined) return known;
    if (this.#items.size >= MAX_TRACES) return 0;
    const item = this.#items.size + 1;
    this.#items.set(traceId, item);
    return item;
  }
}

/** Nanoseconds since 1970: OTLP has 64-bit numbers as decimal texts, some tools write numbers. */
function unixNs(value: unknown): bigint | null {
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return BigInt(value);
  const number = numberOf(value);
  return Number.isInteger(number) && number >= 0 ? BigInt(number) : null;
}

/** Attributes of a resource as texts. */
function attributesOf(resource: unknown): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const attribute of listOf(member(resource, 'attributes')).slice(0, 1000)) {
    const value = member(attribute, 'value');
    const text = member(value, 'stringValue') ?? member(value, 'intValue');
    if (typeof text === 'string' || typeof text === 'number') {
      texts.set(textOf(member(attribute, 'key')), String(text).slice(0, 200));
    }
  }
  return texts;
}
