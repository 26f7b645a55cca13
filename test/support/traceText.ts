/** Traces by hand: records of one process as the agent writes them. Runs in a browser as well. */
import {
  ArgType,
  BlobName,
  BlobType,
  EventType,
  profileBlobName,
} from '../../agent/wire/format.js';
import { FxtWriter } from '../../agent/wire/fxtWriter.js';
import type { Declaration, DeclarationOf, StageSummary } from '../../agent/wire/manifest.js';

const PID = 100;
const PROCESS = 7n;
const START_NS = 1_000_000_000_000;

/** A recorded interval in absolute nanoseconds. */
export interface Interval {
  readonly category: string;
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly item?: number;
  /** Items handled; left out: 1. */
  readonly items?: number;
  readonly waitUs?: number;
  readonly failed?: boolean;
}

/** Writes one process's trace; usable for hand-made fixtures as well. */
export class TraceText {
  readonly writer = new FxtWriter();
  readonly provider: number;

  constructor(provider = 1) {
    this.provider = provider;
    if (provider === 1) {
      this.writer.magic();
      this.writer.initialization(1_000_000_000);
    }
    this.writer.providerInfo(provider, `process ${provider}`);
  }

  declare(...lines: readonly Declaration[]): this {
    return this.blob(BlobName.manifest, lines);
  }

  summarise(...lines: readonly StageSummary[]): this {
    return this.blob(BlobName.summary, lines);
  }

  interval(lane: number, i: Interval): this {
    const args: { type: ArgType; name: string; value: number | string }[] = [];
    if (i.item !== undefined) args.push({ type: ArgType.uint32, name: 'item', value: i.item });
    if (i.items !== undefined) args.push({ type: ArgType.uint32, name: 'items', value: i.items });
    if (i.waitUs !== undefined) {
      args.push({ type: ArgType.uint32, name: 'waitUs', value: i.waitUs });
    }
    if (i.failed === true) args.push({ type: ArgType.string, name: 'outcome', value: 'error' });
    this.writer.event({
      eventType: EventType.durationComplete,
      thread: this.writer.threadRef({ process: PROCESS, thread: BigInt(lane) }),
      category: this.writer.ref(i.category),
      name: this.writer.ref(i.name),
      ticks: BigInt(i.startNs),
      extra: BigInt(i.endNs),
      args: args.map((arg) => this.writer.internArg(arg)),
    });
    return this;
  }

  counter(
    category: 'queue' | 'gauge',
    c: {
      readonly name: string;
      readonly id: number;
      readonly atNs: number;
      readonly values: Readonly<Record<string, number>>;
      readonly lane?: number;
    },
  ): this {
    const type = category === 'queue' ? ArgType.uint32 : ArgType.double;
    this.writer.event({
      eventType: EventType.counter,
      thread: this.writer.threadRef({ process: PROCESS, thread: BigInt(c.lane ?? 0) }),
      category: this.writer.ref(category),
      name: this.writer.ref(c.name),
      ticks: BigInt(c.atNs),
      extra: BigInt(c.id),
      args: Object.entries(c.values).map(([name, value]) =>
        this.writer.internArg({ type, name, value }),
      ),
    });
    return this;
  }

  /** A profile as V8 writes it, of the thread whose own lane this is. */
  cpuProfile(lane: number, profile: object): this {
    const bytes = new TextEncoder().encode(JSON.stringify(profile));
    this.writer.largeBlob({ category: 'cpu', name: profileBlobName(lane), bytes });
    return this;
  }

  /** The bytes written so far, once. */
  take(): Uint8Array {
    return this.writer.take();
  }

  private blob(name: string, lines: readonly object[]): this {
    for (const line of lines) {
      const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
      this.writer.blob({ name: this.writer.ref(name), blobType: BlobType.data, bytes });
    }
    return this;
  }
}

/** The declaration of a process. */
export function processDeclaration(pid = PID, title = 'app.js'): DeclarationOf<'process'> {
  return {
    kind: 'process',
    pid,
    ppid: 1,
    title,
    runtime: 'node v20.20.2',
    cwd: '/app',
    anchorUnixMs: 1_700_000_000_000,
    anchorMonotonicNs: START_NS,
  };
}

/** The declaration of a stage. */
export function stageDeclaration(
  name: string,
  rest: Partial<DeclarationOf<'stage'>> = {},
): DeclarationOf<'stage'> {
  const stageKind = 'cpu';
  return {
    kind: 'stage',
    name,
    pipeline: null,
    stageKind,
    parallelism: null,
    via: 'api',
    source: null,
    ...rest,
  };
}

/** Absolute nanoseconds of step 0 of every drawing. */
export const drawingStartNs = START_NS;
