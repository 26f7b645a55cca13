/**
 * A session in speedscope's file format: an evented profile for each lane, with its executions and what lies in them, and a
 * sampled one for each thread with CPU samples. The frames stand behind the profiles, when all of them are known.
 */
import { laneLabel, pidOf, titleOf, usedLanes, type Lane, type Stage } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { ThreadSamples } from '../model/cpuSamples.js';
import type { TraceStore } from '../model/store.js';
import { runsOf, sampleNs } from './exportProfiles.js';
import { rowsIn, TextPieces, timesOf, type ExportRange } from './exportText.js';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';
const waitFrames = ['waits for input', 'waits for room in the output', 'waits for its rate limit'];

/** The text of the file, piece by piece. `title` names it. */
export function* speedscopeOf(
  store: TraceStore,
  range: ExportRange,
  title: string,
): Generator<string> {
  yield* new SpeedscopeExport(store, range).pieces(title);
}

/** A slice of a lane while it is open. */
interface Open {
  readonly frame: number;
  readonly endNs: number;
}

/** A slice of a lane, in whole nanoseconds of the export. */
interface Slice extends Open {
  readonly startNs: number;
}

class SpeedscopeExport {
  readonly #store: TraceStore;
  readonly #range: ExportRange;
  readonly #baseNs: number;
  readonly #out = new TextPieces();
  readonly #frames: object[] = [];
  readonly #frameIds = new Map<string, number>();
  #isFirst = true;

  constructor(store: TraceStore, range: ExportRange) {
    this.#store = store;
    this.#range = range;
    const { oldestNs } = store;
    this.#baseNs = Number.isFinite(oldestNs) ? Math.max(oldestNs, range.fromNs) : 0;
  }

  *pieces(title: string): Generator<string> {
    this.#out.add(`{"$schema":"${SCHEMA}","exporter":"Sluice","name":${JSON.stringify(title)}`);
    this.#out.add(',"activeProfileIndex":0,"profiles":[');
    for (const stage of this.#store.stages) {
      for (const lane of usedLanes(stage)) yield* this.#lane(stage, lane);
    }
    for (const samples of this.#store.cpu.threads) yield* this.#samples(samples);
    this.#out.add('\n],"shared":{"frames":[');
    for (const [i, frame] of this.#frames.entries()) {
      this.#out.add(`${i === 0 ? '' : ','}\n${JSON.stringify(frame)}`);
      if (this.#out.isFull) yield this.#out.take();
    }
    this.#out.add('\n]}}\n');
    yield this.#out.take();
  }

  *#lane(stage: Stage, lane: Lane): Generator<string> {
    const name = `${titleOf(stage.process)} (pid ${pidOf(stage.process)}): ${stage.name}, ${laneLabel(lane)}`;
    const open: Open[] = [];
    let endNs = 0;
    let isFirst = true;
    const event = (type: 'O' | 'C', frame: number, at: number): void => {
      this.#out.add(`${isFirst ? '' : ','}{"type":"${type}","frame":${frame},"at":${at}}`);
      isFirst = false;
      endNs = Math.max(endNs, at);
    };
    const close = (untilNs: number): void => {
      for (let last = open.at(-1); last !== undefined && last.endNs <= untilNs;) {
        event('C', last.frame, last.endNs);
        open.pop();
        last = open.at(-1);
      }
    };
    this.#begin(name, 'evented', '"events":[');
    for (const slice of this.#slices(stage, lane)) {
      close(slice.startNs);
      // What stands out of what is around it is cut: the format knows nesting only.
      const until = Math.min(slice.endNs, open.at(-1)?.endNs ?? Infinity);
      event('O', slice.frame, slice.startNs);
      open.push({ frame: slice.frame, endNs: until });
      if (this.#out.isFull) yield this.#out.take();
    }
    close(Infinity);
    this.#out.add(`],"startValue":0,"endValue":${endNs}}`);
  }

  /** Everything on the lane by start, what is around others before them. */
  *#slices(stage: Stage, lane: Lane): Generator<Slice> {
    const { executions, waits, spans } = lane;
    const cursors = [
      this.#cursor(executions, () => this.#frame(stage.name, stage.declared?.source ?? null)),
      this.#cursor(waits, (row) => this.#frame(waitFrames[waits.first.at(row)] ?? '', null)),
      this.#cursor(spans, (row) =>
        this.#frame(this.#store.spanNames[spans.first.at(row)] ?? '', null),
      ),
    ];
    const heads = cursors.map((cursor) => cursor.next());
    for (;;) {
      let best = -1;
      for (const [i, head] of heads.entries()) {
        const other = heads[best];
        if (head.done !== true && (other?.done !== false || comesBefore(head.value, other.value))) {
          best = i;
        }
      }
      const head = heads[best];
      const cursor = cursors[best];
      if (head === undefined || head.done === true || cursor === undefined) return;
      yield head.value;
      heads[best] = cursor.next();
    }
  }

  *#cursor(table: IntervalTable, frameOf: (row: number) => number): Generator<Slice, undefined> {
    const cut = { range: this.#range, baseNs: this.#baseNs };
    for (const row of rowsIn(table, this.#range)) {
      yield { frame: frameOf(row), ...timesOf(table, row, cut) };
    }
    return undefined;
  }

  *#samples(samples: ThreadSamples): Generator<string> {
    const weights: number[] = [];
    let startNs = NaN;
    let lastNs = NaN;
    let isFirst = true;
    const add = (stack: readonly number[], ns: number): void => {
      this.#out.add(`${isFirst ? '' : ','}[${stack.join(',')}]`);
      isFirst = false;
      weights.push(ns);
    };
    for (const run of runsOf(samples, this.#range)) {
      if (Number.isNaN(startNs)) {
        startNs = lastNs = this.#toTime(run.startNs);
        const who = `${titleOf(samples.process)} (pid ${pidOf(samples.process)})`;
        this.#begin(`${who}: CPU samples of ${samples.thread}`, 'sampled', '"samples":[');
      }
      // Between two profiles nothing is known: an empty stack.
      const gapNs = this.#toTime(run.startNs) - lastNs;
      if (gapNs > 0) add([], gapNs);
      for (let i = run.from; i < run.to; i++) {
        const fromNs = this.#toTime(sampleNs(samples, run, i));
        const untilNs = i + 1 < run.to ? samples.atNs.at(i + 1) : run.endNs;
        add(this.#stack(samples, samples.node.at(i)), this.#toTime(untilNs) - fromNs);
        if (this.#out.isFull) yield this.#out.take();
      }
      lastNs = this.#toTime(run.endNs);
    }
    if (Number.isNaN(startNs)) return;
    this.#out.add('],"weights":[');
    for (const [i, weight] of weights.entries()) {
      this.#out.add(i === 0 ? String(weight) : `,${weight}`);
      if (this.#out.isFull) yield this.#out.take();
    }
    this.#out.add(`],"startValue":${startNs},"endValue":${lastNs}}`);
  }

  /** Frames from the outermost in; none while the thread was idle. */
  #stack(samples: ThreadSamples, node: number): readonly number[] {
    const stack: number[] = [];
    for (let at = node; at !== 0; at = samples.parent.at(at)) {
      const f = this.#store.cpu.table.functions[samples.function.at(at)];
      if (f === undefined || f.kind === 'idle') return [];
      stack.push(this.#frame(f.name, f.source));
    }
    return stack.reverse();
  }

  #begin(name: string, type: 'evented' | 'sampled', list: string): void {
    const head = `"type":"${type}","name":${JSON.stringify(name)},"unit":"nanoseconds"`;
    this.#out.add(`${this.#isFirst ? '' : ','}\n{${head},${list}`);
    this.#isFirst = false;
  }

  #frame(
    name: string,
    source: { readonly file: string; line: number; column: number } | null,
  ): number {
    const key =
      source === null ? name : `${name}\0${source.file}\0${source.line}\0${source.column}`;
    let id = this.#frameIds.get(key);
    if (id === undefined) {
      id = this.#frames.length;
      const { file, line, column: col } = source ?? {};
      this.#frames.push(source === null ? { name } : { name, file, line, col });
      this.#frameIds.set(key, id);
    }
    return id;
  }

  #toTime(ns: number): number {
    return Math.max(Math.round(ns - this.#baseNs), 0);
  }
}

function comesBefore(a: Slice, b: Slice): boolean {
  return a.startNs < b.startNs || (a.startNs === b.startNs && a.endNs > b.endNs);
}
