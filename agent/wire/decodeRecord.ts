/** Decodes every record that is not an event: rare ones, so each comes as a fresh object. */
import {
  LargeBlobFormat,
  LargeType,
  MAGIC_HI,
  MAGIC_LO,
  MetadataType,
  RecordType,
  SchedulingType,
} from './format.js';
import { MalformedRecord } from './fxtTables.js';
import type { RecordCursor } from './recordCursor.js';
import type { FxtRecord } from './records.js';
import { joinWord } from './ticks.js';

/** `unknown`: nobody knows the type. `ignored`: the specification says that readers must pass over it. */
type Decoded = FxtRecord | 'unknown' | 'ignored';

const TWO_32 = 4_294_967_296;

/** Decodes the open record and does what it asks of the tables. Throws MalformedRecord. */
export function decodeRecord(cursor: RecordCursor): Decoded {
  const decode = decoders[cursor.headerLo & 0xf];
  return decode === undefined ? 'unknown' : decode(cursor);
}

const decoders: readonly (((c: RecordCursor) => Decoded) | undefined)[] = sparse({
  [RecordType.metadata]: decodeMetadata,
  [RecordType.initialization]: decodeInitialization,
  [RecordType.string]: decodeString,
  [RecordType.thread]: decodeThread,
  [RecordType.blob]: decodeBlob,
  [RecordType.userspaceObject]: decodeUserspaceObject,
  [RecordType.kernelObject]: decodeKernelObject,
  [RecordType.scheduling]: decodeScheduling,
  [RecordType.log]: decodeLog,
  [RecordType.large]: decodeLarge,
});

function sparse<T>(byIndex: Readonly<Record<number, T>>): readonly (T | undefined)[] {
  return Array.from({ length: 16 }, (_, i) => byIndex[i]);
}

function decodeMetadata(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  const provider = ((lo >>> 20) | (hi << 12)) >>> 0;
  switch ((lo >>> 16) & 0xf) {
    case MetadataType.providerInfo: {
      const name = c.text((hi >>> 20) & 0xff, 'provider name');
      c.tables.switchTo(provider);
      return { kind: 'providerInfo', provider, name };
    }
    case MetadataType.providerSection:
      c.tables.switchTo(provider);
      return { kind: 'providerSection', provider };
    case MetadataType.providerEvent:
      return { kind: 'providerEvent', provider, event: (hi >>> 20) & 0xf };
    case MetadataType.traceInfo:
      return decodeTraceInfo(lo, hi);
    default:
      return 'unknown';
  }
}

function decodeTraceInfo(lo: number, hi: number): Decoded {
  const infoType = (lo >>> 20) & 0xf;
  // Type 0 is the magic number, the one record that may never be extended.
  if (infoType === 0 && (lo !== MAGIC_LO || hi !== MAGIC_HI)) {
    throw new MalformedRecord('the magic number is not that of the Fuchsia trace format');
  }
  return { kind: 'traceInfo', infoType, data: joinWord(hi, lo) >> 24n };
}

function decodeInitialization(c: RecordCursor): Decoded {
  const ticksPerSecond = c.word('ticks per second');
  if (ticksPerSecond === 0n) throw new MalformedRecord('a clock of 0 ticks per second');
  return { kind: 'initialization', ticksPerSecond };
}

function decodeString(c: RecordCursor): Decoded {
  const index = (c.headerLo >>> 16) & 0x7fff;
  const value = c.text(c.headerHi & 0x7fff, 'string');
  if (index === 0) return 'ignored';
  c.tables.setString(index, value);
  return { kind: 'string', index, value };
}

function decodeThread(c: RecordCursor): Decoded {
  const index = (c.headerLo >>> 16) & 0xff;
  const process = c.word('process id');
  const koid = c.word('thread id');
  if (index === 0) return 'ignored';
  const thread = c.tables.intern(process, koid);
  c.tables.current.threads[index] = thread;
  return { kind: 'thread', index, thread };
}

function decodeBlob(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  const name = c.string(lo >>> 16, 'blob name');
  const bytes = c.stream(hi & 0x7fff, 'blob').slice();
  return { kind: 'blob', name, blobType: (hi >>> 16) & 0xff, bytes };
}

function decodeUserspaceObject(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  const pointer = c.word('pointer');
  const ref = (lo >>> 16) & 0xff;
  // Here a ref of 0 brings one word inline, the process; there is no thread.
  const process = ref === 0 ? c.word('process id') : c.thread(ref, 'process').process;
  return { kind: 'userspaceObject', pointer, process, ...decodeNameAndArgs(c, lo, hi) };
}

function decodeKernelObject(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  const koid = c.word('object id');
  const objectType = (lo >>> 16) & 0xff;
  return { kind: 'kernelObject', objectType, koid, ...decodeNameAndArgs(c, lo, hi) };
}

/** Both kinds of object have the name ref in bits 24..39 and the argument count in bits 40..43. */
function decodeNameAndArgs(c: RecordCursor, lo: number, hi: number) {
  const name = c.string((lo >>> 24) | ((hi & 0xff) << 8), 'object name');
  return { name, args: c.arguments((hi >>> 8) & 0xf) };
}

function decodeScheduling(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  const argCount = (lo >>> 16) & 0xf;
  const cpu = (lo >>> 20) | ((hi & 0xf) << 12);
  switch (hi >>> 28) {
    case SchedulingType.legacyContextSwitch:
      return decodeLegacyContextSwitch(c);
    case SchedulingType.contextSwitch:
      return {
        kind: 'contextSwitch',
        cpu,
        outgoingState: (hi >>> 4) & 0xf,
        ticks: c.word('timestamp'),
        outgoingThread: c.word('outgoing thread'),
        incomingThread: c.word('incoming thread'),
        args: c.arguments(argCount),
      };
    case SchedulingType.threadWakeup:
      return {
        kind: 'threadWakeup',
        cpu,
        ticks: c.word('timestamp'),
        wakingThread: c.word('waking thread'),
        args: c.arguments(argCount),
      };
    default:
      return 'unknown';
  }
}

function decodeLegacyContextSwitch(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  return {
    kind: 'legacyContextSwitch',
    cpu: (lo >>> 16) & 0xff,
    outgoingState: (lo >>> 24) & 0xf,
    ticks: c.word('timestamp'),
    outgoing: c.thread((lo >>> 28) | ((hi & 0xf) << 4), 'outgoing thread'),
    incoming: c.thread((hi >>> 4) & 0xff, 'incoming thread'),
    outgoingPriority: (hi >>> 12) & 0xff,
    incomingPriority: (hi >>> 20) & 0xff,
  };
}

function decodeLog(c: RecordCursor): Decoded {
  const { headerLo: lo, headerHi: hi } = c;
  return {
    kind: 'log',
    ticks: c.word('timestamp'),
    thread: c.thread(hi & 0xff, 'thread'),
    message: c.text((lo >>> 16) & 0x7fff, 'log message'),
  };
}

function decodeLarge(c: RecordCursor): Decoded {
  const format = (c.headerHi >>> 8) & 0xf;
  if (((c.headerHi >>> 4) & 0xf) !== LargeType.blob || format > LargeBlobFormat.withoutMetadata) {
    return 'unknown';
  }
  const header = c.next('format header');
  const lo = c.low(header);
  const hi = c.high(header);
  const category = c.string(lo & 0xffff, 'category');
  const name = c.string(lo >>> 16, 'name');
  if (format === LargeBlobFormat.withoutMetadata) {
    return { kind: 'largeBlob', category, name, bytes: decodeLargePayload(c) };
  }
  const metadata = {
    ticks: c.word('timestamp'),
    thread: c.thread((hi >>> 4) & 0xff, 'thread'),
    args: c.arguments(hi & 0xf),
  };
  return { kind: 'largeBlob', category, name, metadata, bytes: decodeLargePayload(c) };
}

function decodeLargePayload(c: RecordCursor): Uint8Array {
  const size = c.next('blob size');
  return c.stream(c.high(size) * TWO_32 + c.low(size), 'blob').slice();
}
