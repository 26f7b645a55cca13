/**
 * A second decoder of the Fuchsia trace format, as naive as can be: the whole input at once, every word a bigint, every
 * field a shift and a mask with the bit numbers of the specification's tables next to it. It shares no code and no
 * constants with the reader it checks, so a bit number that is wrong in one is not wrong in the other.
 *
 * It is strict where the reader is lenient: whatever a well-behaved writer would not do (a reserved bit that is set,
 * padding that is not zero, an unknown type, words behind the last field) is a problem, named with its byte.
 */

/** An argument: its type's name in the specification, and its value. */
export interface NaiveArg {
  readonly type: string;
  readonly name: string;
  readonly value: null | number | bigint | string | boolean;
}

/** A decoded record; which fields are there depends on `type`. `at` and `bytes` say where it stood. */
export interface NaiveRecord {
  readonly type: string;
  readonly at: number;
  readonly bytes: number;
  readonly provider: number;
  readonly fields: Readonly<Record<string, NaiveValue>>;
  readonly args: readonly NaiveArg[];
}
export type NaiveValue = string | bigint | Uint8Array;

export interface NaiveProblem {
  readonly atByte: number;
  readonly what: string;
}

export interface NaiveTrace {
  readonly records: readonly NaiveRecord[];
  readonly problems: readonly NaiveProblem[];
}

interface Section {
  readonly strings: Map<bigint, string>;
  readonly threads: Map<bigint, { process: bigint; thread: bigint }>;
}

/** bits(word, first, last): the field [first .. last], both included, as the specification writes it. */
function bits(word: bigint, first: number, last: number): bigint {
  return (word >> BigInt(first)) & ((1n << BigInt(last - first + 1)) - 1n);
}

class Stop extends Error {}

const EVENT_NAMES = [
  'instant',
  'counter',
  'duration begin',
  'duration end',
  'duration complete',
  'async begin',
  'async instant',
  'async end',
  'flow begin',
  'flow step',
  'flow end',
];

/** What the word behind the arguments means, by event type. */
const EXTRA_NAMES: Readonly<Record<string, string>> = {
  counter: 'counter id',
  'duration complete': 'end',
  'async begin': 'correlation id',
  'async instant': 'correlation id',
  'async end': 'correlation id',
  'flow begin': 'correlation id',
  'flow step': 'correlation id',
  'flow end': 'correlation id',
};

const ARG_NAMES = [
  'null',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'double',
  'string',
  'pointer',
  'koid',
  'boolean',
];

class NaiveDecoder {
  readonly records: NaiveRecord[] = [];
  readonly problems: NaiveProblem[] = [];
  readonly #input: Uint8Array;
  readonly #sections = new Map<number, Section>();
  #section: Section;
  #provider: number;
  #recordAt = 0;
  #at = 0;
  #end = 0;
  #fields: Record<string, NaiveValue> = {};
  #args: NaiveArg[] = [];

  constructor(input: Uint8Array, provider: number) {
    this.#input = input;
    this.#provider = provider;
    this.#section = this.#sectionOf(provider);
  }

  run(): void {
    try {
      while (this.#end < this.#input.length) this.#record();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.problems.push({ atByte: this.#recordAt, what: error.message });
    }
  }

  #sectionOf(provider: number): Section {
    let section = this.#sections.get(provider);
    if (section === undefined) {
      section = { strings: new Map([[0n, '']]), threads: new Map() };
      this.#sections.set(provider, section);
    }
    return section;
  }

  #enter(provider: number): void {
    this.#provider = provider;
    this.#section = this.#sectionOf(provider);
  }

  /** The eight bytes at the position, the first one lowest. */
  #word(): bigint {
    if (this.#at + 8 > this.#end) throw new Stop(`no room for a word at byte ${this.#at}`);
    let word = 0n;
    for (let i = 7; i >= 0; i--) word = word * 256n + BigInt(this.#input[this.#at + i] ?? 0);
    this.#at += 8;
    return word;
  }

  #stream(length: bigint): Uint8Array {
    const padded = ((length + 7n) / 8n) * 8n;
    if (BigInt(this.#at) + padded > BigInt(this.#end)) {
      throw new Stop(`no room for a stream of ${length} bytes at byte ${this.#at}`);
    }
    const from = this.#at;
    this.#at += Number(padded);
    const padding = this.#input.slice(from + Number(length), this.#at);
    if (padding.some((byte) => byte !== 0)) this.#complain('padding is not zero');
    return this.#input.slice(from, from + Number(length));
  }

  #text(length: bigint): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#stream(length));
  }

  #string(ref: bigint): string {
    if (bits(ref, 15, 15) === 1n) return this.#text(bits(ref, 0, 14));
    const found = this.#section.strings.get(ref);
    if (found === undefined) throw new Stop(`string ${ref} is not in the table`);
    return found;
  }

  #indexedThread(ref: bigint): { process: bigint; thread: bigint } {
    const thread = this.#section.threads.get(ref);
    if (thread === undefined) throw new Stop(`thread ${ref} is not in the table`);
    return thread;
  }

  #thread(ref: bigint, prefix = ''): void {
    const thread =
      ref === 0n ? { process: this.#word(), thread: this.#word() } : this.#indexedThread(ref);
    this.#fields[`${prefix}process`] = thread.process;
    this.#fields[`${prefix}thread`] = thread.thread;
  }

  #complain(what: string): void {
    this.problems.push({ atByte: this.#recordAt, what });
  }

  #reserved(word: bigint, first: number, last: number): void {
    if (bits(word, first, last) !== 0n) this.#complain(`reserved bits ${first}..${last} are set`);
  }

  #record(): void {
    this.#recordAt = this.#end;
    this.#at = this.#recordAt;
    this.#end = this.#input.length;
    const header = this.#word();
    const large = bits(header, 0, 3) === 15n;
    const words = large ? bits(header, 4, 35) : bits(header, 4, 15);
    if (words === 0n) throw new Stop('record of size 0');
    if (BigInt(this.#recordAt) + words * 8n > BigInt(this.#input.length)) {
      throw new Stop(`record of ${words} words is cut short`);
    }
    this.#end = this.#recordAt + Number(words) * 8;
    this.#fields = {};
    this.#args = [];
    const type = this.#body(header);
    if (this.#at !== this.#end)
      this.#complain(`${this.#end - this.#at} bytes behind the last field`);
    this.records.push({
      type,
      at: this.#recordAt,
      bytes: this.#end - this.#recordAt,
      provider: this.#provider,
      fields: this.#fields,
      args: this.#args,
    });
  }

  #body(header: bigint): string {
    const type = bits(header, 0, 3);
    if (type === 15n) return this.#largeBlob(header);
    const bodies = [
      () => this.#metadata(header),
      () => this.#initialization(header),
      () => this.#stringRecord(header),
      () => this.#threadRecord(header),
      () => this.#event(header),
      () => this.#blob(header),
      () => this.#userspaceObject(header),
      () => this.#kernelObject(header),
      () => this.#scheduling(header),
      () => this.#log(header),
    ];
    return bodies[Number(type)]?.() ?? this.#unknown(`record type ${type}`);
  }

  #unknown(what: string): string {
    this.#complain(`unknown ${what}`);
    this.#at = this.#end;
    return 'unknown';
  }

  #metadata(header: bigint): string {
    const provider = bits(header, 20, 51);
    switch (bits(header, 16, 19)) {
      case 1n:
        this.#reserved(header, 60, 63);
        this.#fields['provider'] = provider;
        this.#fields['name'] = this.#text(bits(header, 52, 59));
        this.#enter(Number(provider));
        return 'provider info';
      case 2n:
        this.#reserved(header, 52, 63);
        this.#fields['provider'] = provider;
        this.#enter(Number(provider));
        return 'provider section';
      case 3n:
        this.#reserved(header, 56, 63);
        this.#fields['provider'] = provider;
        this.#fields['event'] = bits(header, 52, 55);
        return 'provider event';
      case 4n:
        if (bits(header, 20, 23) === 0n && header !== 0x0016547846040010n) {
          throw new Stop('wrong magic number');
        }
        this.#fields['info type'] = bits(header, 20, 23);
        this.#fields['data'] = bits(header, 24, 63);
        return 'trace info';
      default:
        return this.#unknown(`metadata type ${bits(header, 16, 19)}`);
    }
  }

  #initialization(header: bigint): string {
    this.#reserved(header, 16, 63);
    const ticksPerSecond = this.#word();
    if (ticksPerSecond === 0n) throw new Stop('a clock that does not tick');
    this.#fields['ticks per second'] = ticksPerSecond;
    return 'initialization';
  }

  #stringRecord(header: bigint): string {
    this.#reserved(header, 31, 31);
    this.#reserved(header, 47, 63);
    const index = bits(header, 16, 30);
    const value = this.#text(bits(header, 32, 46));
    this.#fields['index'] = index;
    this.#fields['value'] = value;
    if (index !== 0n) this.#section.strings.set(index, value);
    return 'string';
  }

  #threadRecord(header: bigint): string {
    this.#reserved(header, 24, 63);
    const index = bits(header, 16, 23);
    const process = this.#word();
    const thread = this.#word();
    this.#fields = { index, process, thread };
    if (index !== 0n) this.#section.threads.set(index, { process, thread });
    return 'thread';
  }

  #event(header: bigint): string {
    const type = EVENT_NAMES[Number(bits(header, 16, 19))];
    if (type === undefined) return this.#unknown(`event type ${bits(header, 16, 19)}`);
    this.#fields['time'] = this.#word();
    this.#thread(bits(header, 24, 31));
    this.#fields['category'] = this.#string(bits(header, 32, 47));
    this.#fields['name'] = this.#string(bits(header, 48, 63));
    this.#arguments(bits(header, 20, 23));
    const extra = EXTRA_NAMES[type];
    if (extra !== undefined) this.#fields[extra] = this.#word();
    return type;
  }

  #blob(header: bigint): string {
    this.#reserved(header, 47, 47);
    this.#reserved(header, 56, 63);
    this.#fields['name'] = this.#string(bits(header, 16, 31));
    this.#fields['blob type'] = bits(header, 48, 55);
    this.#fields['payload'] = this.#stream(bits(header, 32, 46));
    return 'blob';
  }

  #userspaceObject(header: bigint): string {
    this.#reserved(header, 44, 63);
    this.#fields['pointer'] = this.#word();
    const ref = bits(header, 16, 23);
    this.#fields['process'] = ref === 0n ? this.#word() : this.#indexedThread(ref).process;
    this.#fields['name'] = this.#string(bits(header, 24, 39));
    this.#arguments(bits(header, 40, 43));
    return 'userspace object';
  }

  #kernelObject(header: bigint): string {
    this.#reserved(header, 44, 63);
    this.#fields['object type'] = bits(header, 16, 23);
    this.#fields['koid'] = this.#word();
    this.#fields['name'] = this.#string(bits(header, 24, 39));
    this.#arguments(bits(header, 40, 43));
    return 'kernel object';
  }

  #scheduling(header: bigint): string {
    const kind = bits(header, 60, 63);
    if (kind > 2n) return this.#unknown(`scheduling type ${kind}`);
    this.#fields['time'] = this.#word();
    if (kind === 0n) {
      this.#fields['cpu'] = bits(header, 16, 23);
      this.#fields['outgoing state'] = bits(header, 24, 27);
      this.#thread(bits(header, 28, 35), 'outgoing ');
      this.#thread(bits(header, 36, 43), 'incoming ');
      this.#fields['outgoing priority'] = bits(header, 44, 51);
      this.#fields['incoming priority'] = bits(header, 52, 59);
      return 'legacy context switch';
    }
    this.#fields['cpu'] = bits(header, 20, 35);
    if (kind === 2n) {
      this.#reserved(header, 36, 59);
      this.#fields['waking thread'] = this.#word();
      this.#arguments(bits(header, 16, 19));
      return 'thread wakeup';
    }
    this.#reserved(header, 40, 59);
    this.#fields['outgoing state'] = bits(header, 36, 39);
    this.#fields['outgoing thread'] = this.#word();
    this.#fields['incoming thread'] = this.#word();
    this.#arguments(bits(header, 16, 19));
    return 'context switch';
  }

  #log(header: bigint): string {
    this.#reserved(header, 31, 31);
    this.#reserved(header, 40, 63);
    this.#fields['time'] = this.#word();
    this.#thread(bits(header, 32, 39));
    this.#fields['message'] = this.#text(bits(header, 16, 30));
    return 'log';
  }

  #largeBlob(header: bigint): string {
    const format = bits(header, 40, 43);
    if (bits(header, 36, 39) !== 0n || format > 1n) {
      return this.#unknown(`large record type ${bits(header, 36, 39)}, format ${format}`);
    }
    this.#reserved(header, 44, 63);
    const second = this.#word();
    this.#fields['category'] = this.#string(bits(second, 0, 15));
    this.#fields['name'] = this.#string(bits(second, 16, 31));
    if (format === 0n) {
      this.#reserved(second, 44, 63);
      this.#fields['time'] = this.#word();
      this.#thread(bits(second, 36, 43));
      this.#arguments(bits(second, 32, 35));
    } else {
      this.#reserved(second, 32, 63);
    }
    this.#fields['payload'] = this.#stream(this.#word());
    return 'large blob';
  }

  #arguments(count: bigint): void {
    for (let i = 0n; i < count; i++) this.#argument();
  }

  #argument(): void {
    const from = this.#at;
    const recordEnd = this.#end;
    const header = this.#word();
    const end = from + Number(bits(header, 4, 15)) * 8;
    if (end === from || end > recordEnd) throw new Stop(`argument ends at byte ${end}`);
    const type = ARG_NAMES[Number(bits(header, 0, 3))];
    if (type === undefined) {
      this.#complain(`unknown argument type ${bits(header, 0, 3)}`);
    } else {
      this.#end = end;
      const name = this.#string(bits(header, 16, 31));
      this.#args.push({ type, name, value: this.#argumentValue(type, header) });
      if (this.#at !== end) this.#complain('bytes behind the value of an argument');
      this.#end = recordEnd;
    }
    this.#at = end;
  }

  #argumentValue(type: string, header: bigint): NaiveArg['value'] {
    const upper = bits(header, 32, 63);
    switch (type) {
      case 'int32':
        return Number(upper >= 1n << 31n ? upper - (1n << 32n) : upper);
      case 'uint32':
        return Number(upper);
      case 'boolean':
        this.#reserved(header, 33, 63);
        return bits(header, 32, 32) === 1n;
      case 'string':
        this.#reserved(header, 48, 63);
        return this.#string(bits(header, 32, 47));
      default:
        this.#reserved(header, 32, 63);
        return type === 'null' ? null : this.#wideValue(type);
    }
  }

  #wideValue(type: string): number | bigint {
    const word = this.#word();
    if (type === 'int64') return word >= 1n << 63n ? word - (1n << 64n) : word;
    if (type !== 'double') return word;
    const bytes = new Uint8Array(8);
    for (let i = 0; i < 8; i++) bytes[i] = Number((word >> BigInt(8 * i)) & 255n);
    return new Float64Array(bytes.buffer)[0] ?? 0;
  }
}

/**
 * Decodes a whole trace. Problems with their byte: deviations after which decoding went on, and at most one, the last,
 * that stopped it. `provider` is that of records in front of the first provider metadata.
 */
export function decodeNaive(input: Uint8Array, provider = 0): NaiveTrace {
  const decoder = new NaiveDecoder(input, provider);
  decoder.run();
  return { records: decoder.records, problems: decoder.problems };
}
