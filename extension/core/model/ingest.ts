/** Decoded FXT records into the trace store: the one hop between reader and columns. */
import {
  ArgName,
  BlobName,
  laneOfProfileBlob,
  Category,
  EventType,
  KernelObjectType,
  OUTCOME_ERROR,
  WaitName,
} from '../../../agent/wire/format.js';
import { NdjsonLines } from '../../../agent/wire/ndjsonLines.js';
import type { FxtEvent, FxtRecord, FxtSink } from '../../../agent/wire/records.js';
import { parseCpuProfile } from './cpuProfile.js';
import { GaugeSeries } from './series.js';
import {
  ExecutionFlag,
  packExecution,
  pidOf,
  SPAN_ANNOTATION,
  SPAN_GPU,
  WaitKind,
  type Process,
  type Queue,
  type Thread,
} from './entities.js';
import { DepthRow } from './depthBlock.js';
import { IntervalRow } from './intervalBlock.js';
import type { DeclarationReader } from './declarations.js';
import type { TraceStore } from './store.js';

/** Begin events that may wait for their end on one thread; deeper nesting is dropped. */
const MAX_OPEN_SPANS = 256;

const waitKinds = new Map<string, number>([
  [WaitName.input, WaitKind.starved],
  [WaitName.output, WaitKind.blocked],
  [WaitName.limit, WaitKind.limited],
]);

const spanFlags = new Map<string, number>([
  [Category.gpu, SPAN_GPU],
  [Category.annotation, SPAN_ANNOTATION],
]);

interface ProcessStreams {
  readonly manifest: NdjsonLines;
  readonly summary: NdjsonLines;
}

/**
 * Receives the records of all readers. Blobs and object names carry no provider; they belong to the last provider section,
 * so whoever feeds several streams in turn says whose turn it is with a `providerSection` record.
 */
export class Ingest implements FxtSink {
  private readonly store: TraceStore;
  private readonly declarations: DeclarationReader;
  private section = 0;
  private readonly streams = new Map<number, ProcessStreams>();
  // What the arguments of the event at hand said; fields because returning an object for each event would cost more.
  private readonly work = new IntervalRow();
  private readonly depth = new DepthRow();

  constructor(store: TraceStore, declarations: DeclarationReader) {
    this.store = store;
    this.declarations = declarations;
  }

  event(event: FxtEvent): void {
    const { store, work } = this;
    store.clock.read(event, work);
    const thread = store.thread(event.provider, event.thread);
    switch (event.eventType) {
      case EventType.durationComplete:
        this.interval(event, thread);
        return;
      case EventType.counter:
        this.counter(event, thread);
        return;
      case EventType.durationBegin:
        if (thread.open.length < MAX_OPEN_SPANS) {
          const { category, name } = event;
          thread.open.push({ category, name, startNs: work.startNs });
        }
        return;
      case EventType.durationEnd:
        this.closeSpan(event, thread);
        return;
      default:
        // Instants, flows and async events have no place in a pipeline's picture.
        return;
    }
  }

  record(record: FxtRecord): void {
    switch (record.kind) {
      case 'providerInfo':
        this.section = record.provider;
        this.process().nameHint ??= record.name;
        return;
      case 'providerSection':
        this.section = record.provider;
        return;
      case 'initialization':
        this.store.clock.setTicksPerSecond(Number(record.ticksPerSecond));
        return;
      case 'kernelObject':
        this.nameObject(record.objectType, record.koid, record.name);
        return;
      case 'blob':
        this.blob(record.name, record.bytes);
        return;
      case 'largeBlob':
        this.cpuProfile(record.name, record.bytes);
        return;
      default:
        return;
    }
  }

  private process(): Process {
    return this.store.process(this.section);
  }

  /** Takes in what ran in the time of `work`. */
  private interval(event: FxtEvent, thread: Thread): void {
    const { store, work } = this;
    if (work.durationNs < 0) {
      store.note(
        `Process ${pidOf(thread.process)}: records of "${event.name}" end before they start and were skipped.`,
      );
      return;
    }
    if (event.category !== Category.stage) {
      this.otherInterval(event, thread);
      return;
    }
    const lane = store.lane(thread, event.name);
    this.readWork(event);
    if (lane !== null) store.addExecution(lane, work);
    else store.countExecution(thread, event.name, work);
  }

  private otherInterval(event: FxtEvent, thread: Thread): void {
    const { store } = this;
    if (!store.admit(this.work)) return;
    const { startNs, durationNs } = this.work;
    if (event.category === Category.runtime) {
      thread.gc.add(startNs, durationNs, store.spanName(event.name), 0);
      return;
    }
    const lane = store.lane(thread, '');
    if (lane === null) return;
    if (event.category === Category.wait) {
      const kind = waitKinds.get(event.name);
      if (kind !== undefined) lane.waits.add(startNs, durationNs, kind, 0);
      return;
    }
    const flags = spanFlags.get(event.category) ?? 0;
    lane.spans.add(startNs, durationNs, store.spanName(event.name), flags);
  }

  /** The event ends something that began before it. */
  private closeSpan(event: FxtEvent, thread: Thread): void {
    const { open } = thread;
    const { work } = this;
    const index = open.findLastIndex((o) => o.name === event.name && o.category === event.category);
    const opened = open[index];
    if (opened === undefined) return;
    // Whatever was opened inside and never closed ends with nobody knowing when: it is dropped.
    open.length = index;
    work.durationNs = work.startNs - opened.startNs;
    work.startNs = opened.startNs;
    this.interval(event, thread);
  }

  private counter(event: FxtEvent, thread: Thread): void {
    const { store, depth, work } = this;
    // The word behind its arguments is the counter's id.
    work.durationNs = 0;
    if (event.category === Category.queue) {
      const queue = store.queue(thread.process, event.extraLo, event.name);
      if (queue === null || !store.admit(work)) return;
      depth.atNs = work.startNs;
      this.readDepth(event);
      this.addDepth(queue);
    } else if (event.category === Category.gauge && store.admit(work)) {
      let gauge = thread.gauges.get(event.name);
      if (gauge === undefined && thread.gauges.size < 64) {
        gauge = new GaugeSeries();
        thread.gauges.set(event.name, gauge);
      }
      const value = numberArg(event, ArgName.value);
      if (!Number.isNaN(value)) gauge?.add(work.startNs, value);
    }
  }

  private addDepth(queue: Queue): void {
    // From its first record on a queue says why its neighbours wait.
    if (queue.series.length === 0) this.store.shape++;
    queue.series.addRow(this.depth);
  }

  private readDepth(event: FxtEvent): void {
    const { depth } = this;
    depth.depth = 0;
    depth.low = 1;
    depth.high = 0;
    for (let i = 0; i < event.argCount; i++) {
      const arg = event.args[i];
      if (typeof arg?.value !== 'number') continue;
      if (arg.name === ArgName.depth) depth.depth = arg.value;
      else if (arg.name === ArgName.low) depth.low = arg.value;
      else if (arg.name === ArgName.high) depth.high = arg.value;
    }
  }

  private readWork(event: FxtEvent): void {
    const { work } = this;
    work.first = 0;
    work.waited = 0;
    let items = 1;
    let flags = 0;
    // Begin and end events carry their arguments at the beginning, which is over.
    const count = event.eventType === EventType.durationComplete ? event.argCount : 0;
    for (let i = 0; i < count; i++) {
      const arg = event.args[i];
      if (arg === undefined) break;
      const { name, value } = arg;
      if (typeof value !== 'number') {
        if (name === ArgName.outcome && value === OUTCOME_ERROR) flags |= ExecutionFlag.failed;
      } else if (name === ArgName.item) {
        work.first = value;
        flags |= ExecutionFlag.hasItem;
      } else if (name === ArgName.items) items = value;
      // 0 stands for not known.
      else if (name === ArgName.waitUs) work.waited = Math.min(value + 1, 0xffff_ffff);
    }
    work.second = packExecution(items, flags);
  }

  private nameObject(objectType: number, koid: bigint, name: string): void {
    const process = this.process();
    if (objectType === KernelObjectType.process) process.nameHint = name;
    else if (objectType === KernelObjectType.thread && process.threadNames.size < 100_000) {
      process.threadNames.set(koid, name);
    }
  }

  private blob(name: string, bytes: Uint8Array): void {
    if (name === BlobName.manifest) this.pushLines(this.streamsOf(this.process()).manifest, bytes);
    if (name === BlobName.summary) this.pushLines(this.streamsOf(this.process()).summary, bytes);
  }

  private cpuProfile(name: string, bytes: Uint8Array): void {
    const lane = laneOfProfileBlob(name);
    if (lane === undefined) return;
    const process = this.process();
    const profile = parseCpuProfile(bytes);
    if (!profile.ok) {
      this.store.note(`Process ${pidOf(process)}: a CPU profile was skipped: ${profile.error}`);
      return;
    }
    const thread = process.laneDeclarations.get(lane)?.thread ?? `thread ${lane}`;
    this.store.cpu.add({ process, thread }, profile.value, (ns) =>
      this.store.clock.atMonotonic(ns),
    );
  }

  private pushLines(lines: NdjsonLines, bytes: Uint8Array): void {
    const dropped = lines.droppedLines;
    lines.push(bytes);
    if (lines.droppedLines === dropped) return;
    const pid = pidOf(this.process());
    this.store.note(`A declaration of process ${pid} is too long and was skipped.`);
  }

  private streamsOf(process: Process): ProcessStreams {
    let streams = this.streams.get(process.provider);
    if (streams === undefined) {
      streams = {
        manifest: new NdjsonLines((line) => {
          this.declarations.manifestLine(process, line);
        }),
        summary: new NdjsonLines((line) => {
          this.declarations.summaryLine(process, line);
        }),
      };
      this.streams.set(process.provider, streams);
    }
    return streams;
  }
}

/** The last argument of that name that is a number; NaN without one. */
function numberArg(event: FxtEvent, name: string): number {
  let found = NaN;
  for (let i = 0; i < event.argCount; i++) {
    const arg = event.args[i];
    if (arg?.name === name && typeof arg.value === 'number') found = arg.value;
  }
  return found;
}
