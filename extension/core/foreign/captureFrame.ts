/** What has to be known of a capture to put the trace of another tool beside it: its clock, its time, its numbers. */
import { BlobName, Category, EventType } from '../../../agent/wire/format.js';
import { checkDeclaration, type DeclarationOf } from '../../../agent/wire/manifest.js';
import { NdjsonLines } from '../../../agent/wire/ndjsonLines.js';
import type { FxtEvent, FxtRecord, FxtSink, FxtThread } from '../../../agent/wire/records.js';
import { TWO_32 } from '../../../agent/wire/ticks.js';
import { parseJson } from '../../../agent/wire/validate.js';
import type { Taken } from './fxtOutput.js';

/** Clocks that are kept; all processes of a machine have the same one. */
const MAX_CLOCKS = 4000;

/** Beginnings that are kept, for traces that are placed by them; of a stage with more than its share none are. */
const MAX_STARTS = 50_000;
const MAX_STAGES = 200;

/** When the executions of a stage of a process began, in the order of their records. */
export interface StageStarts {
  readonly pid: number | null;
  readonly stage: string;
  readonly startsNs: readonly number[];
}

/** Takes note of a capture's records while they pass. */
export class CaptureFrame implements FxtSink {
  /** First and last moment with data on the capture's clock, in nanoseconds; Infinity and -Infinity without any. */
  firstNs = Infinity;
  lastNs = -Infinity;
  /** Unix time of the capture's clock at 0 in nanoseconds, by pid. */
  readonly #clocks = new Map<number, bigint>();
  readonly #pids = new Map<number, number>();
  /** By process and name. */
  readonly #starts = new Map<string, { provider: number; stage: string; startsNs: number[] }>();
  readonly #manifests = new Map<number, NdjsonLines>();
  #section = 0;
  #provider = 0;
  #lane = 0;
  #lastThread: FxtThread | null = null;
  #isOver = false;

  /** Numbers of processes and lanes that are in use. */
  get taken(): Taken {
    return { provider: this.#provider, lane: this.#lane };
  }

  /** Unix time at 0 of the capture's clock as this process saw it, else as the first one did; null: nobody told. */
  unixNsAtZero(pid: number | null): bigint | null {
    const [first = null] = this.#clocks.values();
    return (pid === null ? null : this.#clocks.get(pid)) ?? first;
  }

  /** The beginnings of each stage, as far as all of them are known. */
  *stageStarts(): Generator<StageStarts> {
    for (const { provider, stage, startsNs } of this.#starts.values()) {
      if (startsNs.length > MAX_STARTS) continue;
      yield { pid: this.#pids.get(provider) ?? null, stage, startsNs };
    }
  }

  /** What comes from now on only takes numbers: it is of a trace that was put beside the capture. */
  captureIsOver(): void {
    this.#isOver = true;
  }

  event(event: FxtEvent): void {
    if (!this.#isOver) this.#see(event);
    const { thread } = event;
    if (thread === this.#lastThread) return;
    this.#lastThread = thread;
    this.#use(Number(thread.thread));
  }

  record(record: FxtRecord): void {
    if (record.kind === 'providerInfo' || record.kind === 'providerSection') {
      this.#section = record.provider;
      this.#provider = Math.max(this.#provider, record.provider);
    } else if (record.kind === 'blob' && record.name === BlobName.manifest) {
      this.#manifest().push(record.bytes);
    }
  }

  #see(event: FxtEvent): void {
    const { ticksHi, ticksLo, extraHi, extraLo } = event;
    const atNs = ticksHi * TWO_32 + ticksLo;
    const isLong = event.eventType === EventType.durationComplete;
    const endNs = isLong ? extraHi * TWO_32 + extraLo : atNs;
    if (atNs < this.firstNs) this.firstNs = atNs;
    if (endNs > this.lastNs) this.lastNs = endNs;
    if (isLong && event.category === Category.stage) this.#execution(event, atNs);
  }

  #execution({ provider, name }: FxtEvent, atNs: number): void {
    const key = `${provider}\n${name}`;
    let starts = this.#starts.get(key);
    if (starts === undefined) {
      if (this.#starts.size >= MAX_STAGES) return;
      starts = { provider, stage: name, startsNs: [] };
      this.#starts.set(key, starts);
    }
    if (starts.startsNs.length <= MAX_STARTS) starts.startsNs.push(atNs);
  }

  #manifest(): NdjsonLines {
    let lines = this.#manifests.get(this.#section);
    if (lines === undefined) {
      lines = new NdjsonLines((line) => {
        this.#declaration(line);
      });
      this.#manifests.set(this.#section, lines);
    }
    return lines;
  }

  #declaration(line: string): void {
    // Who reads the capture says what is wrong with a line.
    const parsed = parseJson(line, checkDeclaration, 'manifest');
    if (!parsed.ok) return;
    if (parsed.value.kind === 'lane') this.#use(parsed.value.lane);
    if (parsed.value.kind === 'process') this.#clock(parsed.value);
  }

  #clock(process: DeclarationOf<'process'>): void {
    const { pid, anchorUnixMs, anchorMonotonicNs } = process;
    this.#pids.set(this.#section, pid);
    // Of a pid that is there twice, the program itself comes first.
    if (anchorUnixMs === 0 || this.#clocks.has(pid) || this.#clocks.size >= MAX_CLOCKS) return;
    // A whole number of milliseconds is exact; what stands behind the point is known to a quarter of a microsecond.
    const ms = Math.floor(anchorUnixMs);
    const restNs = Math.round((anchorUnixMs - ms) * 1e6);
    this.#clocks.set(pid, BigInt(ms) * 1_000_000n + BigInt(restNs - Math.floor(anchorMonotonicNs)));
  }

  #use(lane: number): void {
    if (lane > this.#lane && Number.isSafeInteger(lane)) this.#lane = lane;
  }
}
