/**
 * A session as a Chrome trace: chrome://tracing, Perfetto and speedscope open it, and Sluice reads it back as what it was.
 *
 *     executions, waits, spans, work on a GPU, collections   X, one thread per lane
 *     depths of queues, gauges                               C
 *     changes of knobs                                       i
 *     CPU samples                                            P (Profile, ProfileChunk)
 *     declarations, lanes                                    M with names of our own, which others pass over
 */
import { Category, WaitName } from '../../../agent/wire/format.js';
import type { Declaration } from '../../../agent/wire/manifest.js';
import {
  ExecutionFlag,
  itemsOf,
  laneLabel,
  SPAN_ANNOTATION,
  SPAN_GPU,
  titleOf,
  type Lane,
  type Process,
  type Queue,
  type Thread,
} from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { TraceStore } from '../model/store.js';
import type { GaugeSeries } from '../model/series.js';
import {
  closingLines,
  firstTimeNs,
  openingLines,
  summaryLines,
  type ToTime,
} from './exportDeclarations.js';
import { nodesOf, runsOf, sampleNs } from './exportProfiles.js';
import {
  differentPids,
  EVERYTHING,
  microText,
  rowsIn,
  TextPieces,
  timesOf,
  type ExportRange,
} from './exportText.js';

/** Names of metadata events that only Sluice reads. */
export const OwnEvent = {
  declaration: 'sluice_declaration',
  summary: 'sluice_summary',
  lane: 'sluice_lane',
} as const;

/** In `otherData`: this is a trace of Sluice's, in this version of the scheme. */
export const OWN_VERSION = 1;

const waitNames = [WaitName.input, WaitName.output, WaitName.limit] as const;

/** The text of the trace, piece by piece. */
export function* chromeOf(store: TraceStore, range: ExportRange): Generator<string> {
  yield* new ChromeExport(store, range).pieces();
}

/** When what is exported starts, in nanoseconds of the export's times; 0 without anything. */
export function startIn(store: TraceStore, { fromNs }: ExportRange): number {
  const startNs = Math.max(store.oldestNs, fromNs) - firstTimeNs(store);
  return Number.isFinite(startNs) ? Math.max(Math.round(startNs), 0) : 0;
}

/** Where an event stands. */
interface Place {
  readonly pid: number;
  readonly tid: number;
}

class ChromeExport {
  readonly #store: TraceStore;
  readonly #range: ExportRange;
  readonly #baseNs: number;
  readonly #toTime: ToTime;
  readonly #out = new TextPieces();
  #profiles = 0;
  /** Executions of the process at hand. */
  #executions = 0;
  #isFirst = true;

  constructor(store: TraceStore, range: ExportRange) {
    this.#store = store;
    this.#range = range;
    this.#baseNs = firstTimeNs(store);
    this.#toTime = (ns) => Math.max(Math.round(ns - this.#baseNs), 0);
  }

  *pieces(): Generator<string> {
    const startNs = startIn(this.#store, this.#range);
    const otherData = JSON.stringify({ producer: 'Sluice', sluice: OWN_VERSION, startNs });
    this.#out.add(`{"otherData":${otherData},"displayTimeUnit":"ns","traceEvents":[`);
    for (const [process, pid] of differentPids(this.#store)) yield* this.#process(process, pid);
    this.#out.add('\n]}\n');
    yield this.#out.take();
  }

  *#process(process: Process, pid: number): Generator<string> {
    const isFirst = this.#store.processes.values().next().value === process;
    const toTime = this.#toTime;
    const whole = { pid, tid: 0 };
    this.#executions = 0;
    this.#meta(whole, 'process_name', { name: titleOf(process) });
    this.#declare(whole, openingLines(this.#store, process, { toTime, isFirst }));
    let tid = 0;
    for (const thread of process.threads.values()) {
      tid++;
      yield* this.#thread(thread, { pid, tid });
    }
    yield* this.#lostProfiles(process, { pid, tid: tid + 1 });
    for (const queue of process.queues.values()) yield* this.#queue(queue, whole);
    this.#knobChanges(process, whole);
    const range = this.#range;
    // Totals are of the whole session.
    const summaries = range === EVERYTHING ? summaryLines(this.#store, process, toTime) : [];
    for (const line of summaries) this.#meta(whole, OwnEvent.summary, line);
    const written = this.#executions;
    this.#declare(whole, closingLines(this.#store, process, { toTime, range, written }));
    yield this.#out.take();
  }

  *#thread(thread: Thread, place: Place): Generator<string> {
    const { declared, tenants, process } = thread;
    this.#meta(place, 'thread_name', { name: threadTitle(thread) });
    this.#meta(place, 'thread_sort_index', { sort_index: place.tid });
    const own = { koid: Number(thread.id), name: process.threadNames.get(thread.id) ?? null };
    if (declared === null) {
      this.#meta(place, OwnEvent.lane, { ...own, declared });
      yield* this.#rows(thread, place, EVERYTHING);
    }
    // A lane may have been several threads', one after the other: what each did stands behind its declaration.
    for (const [i, { thread: who, fromNs }] of tenants.all.entries()) {
      this.#meta(place, OwnEvent.lane, { ...own, declared: { ...declared, thread: who } });
      const toNs = tenants.all[i + 1]?.fromNs ?? Infinity;
      yield* this.#rows(thread, place, { fromNs: i === 0 ? -Infinity : fromNs, toNs });
      if (declared?.stage === null) yield* this.#profile(process, who, place);
    }
  }

  /** Everything on the thread's lanes that starts in `during`. */
  *#rows(thread: Thread, place: Place, during: ExportRange): Generator<string> {
    for (const lane of thread.lanes.values()) {
      const { executions, waits, spans } = lane;
      yield* this.#intervals(executions, place, during, (row) => {
        this.#executions++;
        return executionText(lane, row);
      });
      yield* this.#intervals(waits, place, during, (row) =>
        nameText(Category.wait, waitNames[waits.first.at(row)] ?? WaitName.input),
      );
      yield* this.#intervals(spans, place, during, (row) => {
        return nameText(spanCategory(spans.second.at(row)), this.#spanName(spans, row));
      });
    }
    const { gc } = thread;
    yield* this.#intervals(gc, place, during, (row) =>
      nameText(Category.runtime, this.#spanName(gc, row)),
    );
    for (const [name, series] of thread.gauges) yield* this.#gauge(name, series, place, during);
  }

  #spanName(table: IntervalTable, row: number): string {
    return this.#store.spanNames[table.first.at(row)] ?? '';
  }

  *#intervals(
    table: IntervalTable,
    { pid, tid }: Place,
    during: ExportRange,
    describe: (row: number) => string,
  ): Generator<string> {
    const cut = { range: this.#range, baseNs: this.#baseNs };
    for (const row of rowsIn(table, this.#range, during)) {
      const { startNs, endNs } = timesOf(table, row, cut);
      const times = `"ts":${microText(startNs)},"dur":${microText(endNs - startNs)}`;
      this.#event(`"ph":"X","pid":${pid},"tid":${tid},${times},${describe(row)}`);
      if (this.#out.isFull) yield this.#out.take();
    }
  }

  *#queue({ id, name, series }: Queue, place: Place): Generator<string> {
    const { fromNs, toNs } = this.#range;
    const text = JSON.stringify(name);
    for (let i = 0; i < series.length; i++) {
      const nextNs = i + 1 < series.length ? series.atNs.at(i + 1) : Infinity;
      const atNs = series.atNs.at(i);
      // The depth before the range holds at its start.
      if (nextNs <= fromNs || atNs >= toNs) continue;
      const [low, high] = [series.low.at(i), series.high.at(i)];
      // Only Sluice reads what is beside the arguments; there it would be drawn.
      const merged = low <= high && atNs >= fromNs ? `,"sluice":[${low},${high}]` : '';
      const ts = microText(this.#toTime(Math.max(atNs, fromNs)));
      const args = `"args":{"depth":${series.depth.at(i)}}${merged}`;
      this.#counter(place, `"cat":"queue","name":${text},"id":${id},"ts":${ts},${args}`);
      if (this.#out.isFull) yield this.#out.take();
    }
  }

  *#gauge(
    name: string,
    { atNs, value }: GaugeSeries,
    place: Place,
    during: ExportRange,
  ): Generator<string> {
    const text = JSON.stringify(name);
    const fromNs = Math.max(this.#range.fromNs, during.fromNs);
    const toNs = Math.min(this.#range.toNs, during.toNs);
    for (let i = 0; i < atNs.length; i++) {
      const at = atNs.at(i);
      if (at < fromNs || at >= toNs) continue;
      const ts = microText(this.#toTime(at));
      const args = `"args":{"value":${value.at(i)}}`;
      this.#counter(place, `"cat":"gauge","name":${text},"ts":${ts},${args}`);
      if (this.#out.isFull) yield this.#out.take();
    }
  }

  #counter({ pid, tid }: Place, rest: string): void {
    this.#event(`"ph":"C","pid":${pid},"tid":${tid},${rest}`);
  }

  #knobChanges({ provider }: Process, { pid, tid }: Place): void {
    for (const { atNs, name, from, to, provider: whose } of this.#store.knobChanges) {
      if (whose !== provider || atNs < this.#range.fromNs || atNs >= this.#range.toNs) continue;
      const text = JSON.stringify(`${name}: ${from ?? 'unlimited'} → ${to ?? 'unlimited'}`);
      const ts = microText(this.#toTime(atNs));
      const rest = `"cat":"knob","name":${text},"ts":${ts}`;
      this.#event(`"ph":"i","s":"g","pid":${pid},"tid":${tid},${rest}`);
    }
  }

  /** Samples of threads that have no row of their own. */
  *#lostProfiles(process: Process, place: Place): Generator<string> {
    const own = new Set(
      [...process.threads.values()].flatMap(({ declared, tenants }) =>
        declared?.stage === null ? tenants.names : [],
      ),
    );
    let { tid } = place;
    for (const { process: whose, thread } of this.#store.cpu.threads) {
      if (whose !== process || own.has(thread)) continue;
      const at = { pid: place.pid, tid: tid++ };
      const lane = { stage: null, pipeline: null, thread, slot: 0 };
      // Above all numbers that lanes have.
      const koid = Number.MAX_SAFE_INTEGER - at.tid;
      const declared = { kind: 'lane', lane: koid, ...lane };
      this.#meta(at, 'thread_name', { name: thread });
      this.#meta(at, OwnEvent.lane, { koid, name: null, declared });
      yield* this.#profile(process, thread, at);
    }
  }

  *#profile(process: Process, thread: string, { pid, tid }: Place): Generator<string> {
    const samples = this.#store.cpu.threads.find(
      (t) => t.process === process && t.thread === thread,
    );
    if (samples === undefined) return;
    for (const run of runsOf(samples, this.#range)) {
      const { nodes, idOf } = nodesOf(this.#store, samples, run);
      const start = this.#toTime(run.startNs);
      const who = `"ph":"P","pid":${pid},"tid":${tid},"id":"0x${(++this.#profiles).toString(16)}"`;
      const when = `"cat":"disabled-by-default-v8.cpu_profiler","ts":${microText(start)}`;
      const begin = `"args":{"data":{"startTime":${microText(start)}}}`;
      this.#event(`${who},${when},"name":"Profile",${begin}`);
      const stacks = nodes.map(({ id, parent, frame }) => {
        const callFrame = { codeType: 'JS', scriptId: 0, ...frame };
        return parent === null ? { id, callFrame } : { id, parent, callFrame };
      });
      const ids: number[] = [];
      const deltas: string[] = [];
      let lastNs = start;
      for (let i = run.from; i < run.to; i++) {
        const atNs = this.#toTime(sampleNs(samples, run, i));
        ids.push(idOf.get(samples.node.at(i)) ?? 1);
        deltas.push(microText(atNs - lastNs));
        lastNs = atNs;
      }
      const cpuProfile = JSON.stringify({ nodes: stacks, samples: ids });
      const endTime = microText(this.#toTime(run.endNs));
      const data = `"cpuProfile":${cpuProfile},"timeDeltas":[${deltas.join(',')}],"endTime":${endTime}`;
      this.#event(`${who},${when},"name":"ProfileChunk","args":{"data":{${data}}}`);
      yield this.#out.take();
    }
  }

  /** The members of an event. */
  #event(members: string): void {
    this.#out.add(`${this.#isFirst ? '' : ','}\n{${members}}`);
    this.#isFirst = false;
  }

  #declare({ pid }: Place, lines: readonly Declaration[]): void {
    for (const line of lines) this.#meta({ pid, tid: 0 }, OwnEvent.declaration, line);
  }

  #meta({ pid, tid }: Place, name: string, args: object): void {
    const rest = `"name":"${name}","args":${JSON.stringify(args)}`;
    this.#event(`"ph":"M","pid":${pid},"tid":${tid},${rest}`);
  }
}

/** What viewers call the lane: stage, thread and slot. */
function threadTitle({ lanes, declared, id }: Thread): string {
  const [lane] = lanes.values();
  const name = lane === undefined ? (declared?.thread ?? `thread ${id}`) : laneLabel(lane);
  const stage = declared?.stage ?? null;
  return stage === null ? name : `${stage} ${name}`;
}

function spanCategory(word: number): string {
  if ((word & SPAN_GPU) !== 0) return Category.gpu;
  return (word & SPAN_ANNOTATION) !== 0 ? Category.annotation : Category.span;
}

function nameText(category: string, name: string): string {
  return `"cat":"${category}","name":${JSON.stringify(name)}`;
}

function executionText({ name, executions }: Lane, row: number): string {
  const word = executions.second.at(row);
  const items = itemsOf(word);
  const waited = executions.waited.at(row);
  const args = [
    ...((word & ExecutionFlag.hasItem) === 0 ? [] : [`"item":${executions.first.at(row)}`]),
    ...(items === 1 ? [] : [`"items":${items}`]),
    ...(waited === 0 ? [] : [`"waitUs":${waited - 1}`]),
    ...((word & ExecutionFlag.failed) === 0 ? [] : ['"outcome":"error"']),
  ];
  return `${nameText(Category.stage, name)},"args":{${args.join(',')}}`;
}
