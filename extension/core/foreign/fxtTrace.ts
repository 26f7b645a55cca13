/**
 * A collected import as FXT, in pieces: the declarations and events that an agent would have sent. So there is one way into
 * the trace store, and one format that everything can be converted to.
 */
import { ArgName, ArgType, Category, OUTCOME_ERROR } from '../../../agent/wire/format.js';
import type { StageKind } from '../../../agent/wire/manifest.js';
import { counted } from '../counted.js';
import { VIA_IMPORT } from '../model/entities.js';
import {
  EXTRA_ANNOTATION,
  EXTRA_FAILED,
  type ForeignProcess,
  type ForeignTrace,
  type SampleTrack,
  type SlotTrack,
  type ThreadTrack,
} from './foreignTrace.js';
import {
  FxtOutput,
  wholeArg,
  type OutputArg,
  type OutputInterval,
  type OutputLane,
  type OutputProcess,
  type Taken,
} from './fxtOutput.js';
import { Nesting, Slots, type Place } from './layout.js';
import type { SliceTable } from './sliceTable.js';
import { cutName } from './texts.js';
import { isWithin, timeWindowOf, type TimeWindow } from './timeWindow.js';

/** Slices that are written before a piece is handed on: 60 to 200 KB of it. */
const BATCH = 2000;
/** Executions of one stage at the same time. */
const MAX_SLOTS = 256;

/** Where a trace stands that is written behind a capture of the same run. */
export interface BesidePlace {
  /** Added to the trace's times: then they are those of the capture's clock. */
  readonly shiftNs: number;
  /** What a process is that does not tell its own pid; null: not known. */
  readonly pid: number | null;
  readonly taken: Taken;
  /** Which trace it is, for names and notes. */
  readonly label: string;
}

/** The bytes of the trace, piece by piece, first to last; beside a capture those that follow the capture's. */
export function fxtOf(
  trace: ForeignTrace,
  beside: BesidePlace | null = null,
): Generator<Uint8Array> {
  return new FxtTrace(trace, beside).pieces();
}

interface Owner {
  readonly process: OutputProcess;
  readonly pipeline: string;
}

/** Where the executions of a stage have gone so far. */
interface SlotPlacing {
  readonly slots: Slots;
  readonly lanes: OutputLane[];
  readonly laneOfGroup: Map<number, OutputLane>;
}

class FxtTrace {
  readonly #trace: ForeignTrace;
  readonly #out: FxtOutput;
  readonly #beside: BesidePlace | null;
  /** Added to all times, so that the first one is 0, or so that they are those of the capture. */
  readonly #shiftNs: number;
  readonly #window: TimeWindow;
  #tooFar = 0;
  #isStarted = false;
  #executions = 0;
  #endNs = 0;
  #withoutSlot = 0;
  #cut = 0;

  constructor(trace: ForeignTrace, beside: BesidePlace | null) {
    this.#trace = trace;
    this.#beside = beside;
    this.#out = new FxtOutput(beside?.taken ?? null);
    const window = timeWindowOf(trace);
    this.#shiftNs = beside?.shiftNs ?? -window.fromNs;
    // There are no times before 0.
    this.#window = { ...window, fromNs: Math.max(window.fromNs, -this.#shiftNs) };
  }

  *pieces(): Generator<Uint8Array> {
    const processes = this.#trace.processes.filter((process) => !process.isEmpty);
    for (const process of processes) cutNames(process);
    const owners = ownersOf(processes, this.#beside?.pid ?? null);
    for (const process of processes) {
      const { pid = 0, pipeline = '' } = owners.get(process) ?? {};
      const output = this.#out.process(pid, process.title);
      const owner = { process: output, pipeline: this.#pipelineName(pipeline) };
      yield* this.#process(process, owner);
      if (process === processes.at(-1)) this.#notes(output);
    }
    yield this.#out.take();
  }

  #notes(process: OutputProcess): void {
    const from = this.#beside === null ? '' : `${this.#beside.label}: `;
    for (const note of [...this.#trace.notes, ...this.#layoutNotes()]) {
      this.#out.note(process, `${from}${note}`);
    }
  }

  *#process(process: ForeignProcess, owner: Owner): Generator<Uint8Array> {
    this.#executions = this.#endNs = 0;
    const { pipeline } = owner;
    const { pid } = owner.process;
    const { title, runtime } = process;
    const known = { pid, ppid: 0, title, runtime, cwd: '' };
    this.#out.declare(owner.process, { kind: 'process', ...known, ...this.#anchor() });
    // Beside a capture it must not pass for the pipeline that stages without one belong to.
    if (this.#beside === null) {
      this.#out.declare(owner.process, { kind: 'pipeline', name: pipeline });
    }
    if (process.gauges.size > 0) yield* this.#gauges(process, owner);
    const threadStages = new Set<string>();
    for (const track of process.threads) {
      if (!threadStages.has(track.stage)) this.#declareStage(owner, track.stage, track);
      threadStages.add(track.stage);
      yield* this.#thread(track, owner);
    }
    for (const track of process.slots) {
      const stage = threadStages.has(track.stage) ? `${track.stage} (async)` : track.stage;
      this.#declareStage(owner, stage, track);
      yield* this.#slots(track, stage, owner);
    }
    for (const track of process.samples) yield* this.#samples(track, owner);
    this.#out.declare(owner.process, {
      kind: 'end',
      atNs: this.#endNs,
      executions: this.#executions,
    });
  }

  #pipelineName(name: string): string {
    return this.#beside === null ? name : cutName(`${name} (${this.#beside.label})`);
  }

  /** A moment that is a whole millisecond of Unix time, so that times of day come back to the nanosecond. */
  #anchor(): { readonly anchorUnixMs: number; readonly anchorMonotonicNs: number } {
    const { unixNsAtZero } = this.#trace;
    if (unixNsAtZero === null) return { anchorUnixMs: 0, anchorMonotonicNs: 0 };
    const firstNs = unixNsAtZero - BigInt(this.#shiftNs);
    const ms = (firstNs + 999_999n) / 1_000_000n;
    if (ms < 0n) return { anchorUnixMs: 0, anchorMonotonicNs: 0 };
    return { anchorUnixMs: Number(ms), anchorMonotonicNs: Number(ms * 1_000_000n - firstNs) };
  }

  #declareStage(
    { process, pipeline }: Owner,
    name: string,
    { stageKind }: { readonly stageKind: StageKind },
  ): void {
    const known = { kind: 'stage', name, pipeline, stageKind, via: VIA_IMPORT } as const;
    this.#out.declare(process, { ...known, parallelism: null, source: null });
  }

  *#gauges({ gauges }: ForeignProcess, owner: Owner): Generator<Uint8Array> {
    const lane = this.#lane(owner, null, 'main', 0);
    let id = 0;
    for (const { name, atNs, values } of gauges.values()) {
      id++;
      for (const [i, at] of atNs.entries()) {
        if (!this.#isShown(at, at)) continue;
        const value = { type: ArgType.double, name: ArgName.value, value: values[i] ?? 0 };
        const time = { atNs: at + this.#shiftNs, args: [value] };
        this.#out.counter({ lane, category: Category.gauge, name, id, ...time });
        if (this.#out.isFull) yield this.#out.take();
      }
    }
  }

  *#thread(track: ThreadTrack, owner: Owner): Generator<Uint8Array> {
    const nesting = new Nesting();
    const lanes: OutputLane[] = [];
    const order = track.slices.order();
    for (let from = 0; from < track.slices.length; from += BATCH) {
      for (let i = from; i < Math.min(from + BATCH, track.slices.length); i++) {
        const row = order?.[i] ?? i;
        if (!this.#isRowShown(track.slices, row)) continue;
        const startNs = track.slices.startNs(row) + this.#shiftNs;
        const place = nesting.place(startNs, startNs + track.slices.durationNs(row));
        const { lane } = place;
        lanes[lane] ??= this.#lane(owner, track.stage, track.thread, lane);
        this.#slice(track, row, lanes[lane], place);
      }
      yield this.#out.take();
    }
    this.#cut += nesting.cut;
  }

  /** One slice of a thread: a span, and an execution when there is nothing around it. */
  #slice(track: ThreadTrack, row: number, lane: OutputLane, place: Readonly<Place>): void {
    const { startNs, endNs } = place;
    if (place.isTop) {
      const extra = track.isGpu ? track.slices.extra(row) : 0;
      this.#execution({ lane, category: Category.stage, name: track.stage, startNs, endNs }, extra);
    }
    if (!track.hasSpans) return;
    const name = this.#trace.texts.text(track.slices.name(row));
    const category = track.isGpu ? Category.gpu : spanCategory(track.slices.extra(row));
    this.#out.interval({ lane, category, name, startNs, endNs });
  }

  *#slots(track: SlotTrack, stage: string, owner: Owner): Generator<Uint8Array> {
    const { executions, inner } = track;
    const placing: SlotPlacing = { slots: new Slots(MAX_SLOTS), lanes: [], laneOfGroup: new Map() };
    for (const rows of batches(executions)) {
      for (const row of rows) {
        if (this.#isRowShown(executions, row)) this.#slotted({ track, stage, owner, placing }, row);
      }
      yield this.#out.take();
    }
    for (const rows of batches(inner)) {
      for (const row of rows) {
        const lane = placing.laneOfGroup.get(inner.extra(row));
        if (lane === undefined || !this.#isRowShown(inner, row)) continue;
        this.#span(lane, inner, row, '');
      }
      yield this.#out.take();
    }
  }

  /** One execution, on the first slot that is free. */
  #slotted(
    of: {
      readonly track: SlotTrack;
      readonly stage: string;
      readonly owner: Owner;
      readonly placing: SlotPlacing;
    },
    row: number,
  ): void {
    const { track, stage, owner, placing } = of;
    const { executions, meaning, inner } = track;
    const startNs = executions.startNs(row) + this.#shiftNs;
    const endNs = startNs + executions.durationNs(row);
    const slot = placing.slots.place(startNs, endNs);
    if (slot < 0) {
      this.#withoutSlot++;
      return;
    }
    const lane = (placing.lanes[slot] ??= this.#lane(owner, stage, 'slot', slot));
    const extra = executions.extra(row);
    if (meaning === 'group' && inner.length > 0) placing.laneOfGroup.set(extra, lane);
    const interval = { lane, category: Category.stage, name: stage, startNs, endNs };
    this.#execution(interval, meaning === 'item' ? extra : 0);
    this.#span(lane, executions, row, track.stage);
  }

  /** The slice as a span, unless it has the name of its stage. */
  #span(lane: OutputLane, slices: SliceTable, row: number, stage: string): void {
    const name = this.#trace.texts.text(slices.name(row));
    if (name === stage || name === '') return;
    const startNs = slices.startNs(row) + this.#shiftNs;
    const endNs = startNs + slices.durationNs(row);
    this.#out.interval({ lane, category: Category.span, name, startNs, endNs });
  }

  *#samples({ thread, samples }: SampleTrack, owner: Owner): Generator<Uint8Array> {
    const lane = this.#lane(owner, null, cutName(thread), 0);
    for (const piece of samples.pieces(this.#shiftNs, this.#window)) {
      this.#out.profile(lane, piece);
      yield this.#out.take();
    }
  }

  #isRowShown(slices: SliceTable, row: number): boolean {
    const startNs = slices.startNs(row);
    return this.#isShown(startNs, startNs + slices.durationNs(row));
  }

  #isShown(startNs: number, endNs: number): boolean {
    const isShown = isWithin(this.#window, startNs, endNs);
    if (!isShown) this.#tooFar++;
    return isShown;
  }

  #execution(interval: OutputInterval, extra: number): void {
    this.#executions++;
    if (interval.endNs > this.#endNs) this.#endNs = interval.endNs;
    if (extra === 0) {
      this.#out.interval(interval);
      return;
    }
    const args: OutputArg[] = [];
    const item = extra & ~EXTRA_FAILED;
    if (item > 0) args.push(wholeArg(ArgName.item, item - 1));
    if ((extra & EXTRA_FAILED) !== 0) {
      args.push({ type: ArgType.string, name: ArgName.outcome, value: OUTCOME_ERROR });
    }
    this.#out.interval(interval, args);
  }

  #lane(
    { process, pipeline }: Owner,
    stage: string | null,
    thread: string,
    slot: number,
  ): OutputLane {
    const lane = this.#out.lane(process, { stage, pipeline, thread, slot });
    if (!this.#isStarted && this.#beside === null) this.#out.start(lane, 0);
    this.#isStarted = true;
    return lane;
  }

  #layoutNotes(): readonly string[] {
    const notes: string[] = [];
    if (this.#tooFar > 0) {
      const events = counted(this.#tooFar, 'event');
      notes.push(`Left out: ${events} at a time that is weeks away from that of the others.`);
    }
    if (this.#withoutSlot > 0) {
      notes.push(
        `Left out: ${counted(this.#withoutSlot, 'execution')} beyond ${MAX_SLOTS} of a stage at the same time.`,
      );
    }
    if (this.#cut > 0) {
      notes.push(
        `Shown cut short: ${counted(this.#cut, 'slice')} overlapping too many others of the thread.`,
      );
    }
    return notes;
  }
}

function spanCategory(extra: number): string {
  return extra === EXTRA_ANNOTATION ? Category.annotation : Category.span;
}

/** Names as long as declarations may have them, with room for what is put behind them. */
function cutNames(process: ForeignProcess): void {
  process.title = cutName(process.title);
  for (const track of process.threads) {
    track.stage = cutName(track.stage);
    track.thread = cutName(track.thread);
  }
}

function* batches(slices: SliceTable): Generator<readonly number[]> {
  const order = slices.order();
  for (let from = 0; from < slices.length; from += BATCH) {
    const length = Math.min(BATCH, slices.length - from);
    yield order?.slice(from, from + length) ?? Array.from({ length }, (_, i) => from + i);
  }
}

/** Different pids, and a pipeline for each process. */
function ownersOf(
  processes: readonly ForeignProcess[],
  unknownPid: number | null,
): ReadonlyMap<ForeignProcess, { readonly pid: number; readonly pipeline: string }> {
  const taken = new Set<number>();
  const pids = new Map<ForeignProcess, number>();
  for (const process of processes) {
    const pid = process.pid ?? unknownPid;
    if (pid === null || pid < 0 || pid > 0xffff_ffff || taken.has(pid)) continue;
    taken.add(pid);
    pids.set(process, pid);
  }
  let free = 1;
  const titles = new Map<string, number>();
  for (const process of processes) {
    while (taken.has(free)) free++;
    if (!pids.has(process)) {
      taken.add(free);
      pids.set(process, free);
    }
    titles.set(process.title, (titles.get(process.title) ?? 0) + 1);
  }
  return new Map(
    processes.map((process) => {
      const pid = pids.get(process) ?? 0;
      const isAlone = titles.get(process.title) === 1;
      return [
        process,
        { pid, pipeline: isAlone ? process.title : `${process.title} (pid ${pid})` },
      ];
    }),
  );
}
