/**
 * speedscope's file format (https://www.speedscope.app/file-format-schema.json): frames that all profiles share, and for each
 * thread a profile, either `evented` (frames open and close) or `sampled` (stacks, each with a weight).
 */
import type { CallFrame } from '../model/cpuProfile.js';
import { counted } from '../counted.js';
import { ForeignTrace, type ForeignProcess } from './foreignTrace.js';
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
import { addRunning } from './sampledTrack.js';
import { ROOT_NODE, type SampleTable } from './sampleTable.js';
import { SliceTable } from './sliceTable.js';

const MAX_FRAMES = 1_000_000;
const MAX_PROFILES = 1000;
const MAX_OPEN = 10_000;
const MAX_TEXT = 4000;

/** Nanoseconds of a unit; other units (`none`, `bytes`) are no time. */
const unitNs: Readonly<Record<string, number | undefined>> = {
  nanoseconds: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
};
/** What one of any other unit is drawn as. */
const OTHER_UNIT_NS = 1000;

const places: Places = {
  '': ['object', 'enter'],
  name: ['string', 'value'],
  shared: ['object', 'enter'],
  'shared/frames': ['array', 'elements'],
  profiles: ['array', 'enter'],
  'profiles/*': ['object', 'enter'],
  'profiles/*/name': ['string', 'value'],
  'profiles/*/unit': ['string', 'value'],
  'profiles/*/startValue': ['scalar', 'value'],
  'profiles/*/endValue': ['scalar', 'value'],
  'profiles/*/events': ['array', 'elements'],
  'profiles/*/samples': ['array', 'elements'],
  'profiles/*/weights': ['array', 'elements'],
};

const unknownFrame: CallFrame = {
  functionName: '(unknown)',
  url: '',
  lineNumber: -1,
  columnNumber: -1,
};

/** A profile as it stands in the file: values in its own unit, frames by number. */
interface RawProfile {
  name: string;
  unit: string;
  startValue: number;
  endValue: number;
  /** Evented: slices, named by frame. */
  readonly slices: SliceTable;
  readonly open: { readonly frame: number; readonly at: number }[];
  /** Sampled: stacks as a tree, node i being `frames[i]` called by `parents[i]`. */
  readonly parents: number[];
  readonly frames: number[];
  readonly children: Map<string, number>;
  readonly samples: number[];
  readonly weights: number[];
}

function rawProfile(): RawProfile {
  return {
    name: '',
    unit: '',
    startValue: NaN,
    endValue: NaN,
    slices: new SliceTable(),
    open: [],
    parents: [-1],
    frames: [-1],
    children: new Map(),
    samples: [],
    weights: [],
  };
}

/** Reads one speedscope file. */
export class SpeedscopeReader implements FormatReader {
  readonly format = 'speedscope';
  readonly hasManyDocuments = false;
  isSure = false;
  emptyReason: string | null = null;
  #title: string;
  readonly #trace = new ForeignTrace();
  readonly #bad = new BadElements('part of the file', 'parts of the file');
  readonly #frames: CallFrame[] = [];
  readonly #profiles: RawProfile[] = [];
  #unclosed = 0;

  constructor(title: string) {
    this.#title = title;
  }

  treat(path: JsonPath, kind: JsonKind): Treatment {
    if (path.length === 1 && path[0] === '$schema') this.isSure = true;
    const treatment = treatAt(places, path, kind);
    if (treatment !== 'enter' || path.join('/') !== 'profiles/*') return treatment;
    if (this.#profiles.length >= MAX_PROFILES) return 'skip';
    this.#profiles.push(rawProfile());
    return 'enter';
  }

  value(path: JsonPath, bytes: Uint8Array): void {
    const parsed = tryParse(bytes);
    const value = parsed.ok ? parsed.value : undefined;
    const profile = this.#profiles.at(-1);
    if (path.length === 1) {
      this.#title = textOf(value) === '' ? this.#title : textOf(value);
      return;
    }
    if (profile === undefined) return;
    const key = path[2];
    if (key === 'name') profile.name = textOf(value);
    else if (key === 'unit') profile.unit = textOf(value);
    else if (key === 'startValue') profile.startValue = numberOf(value);
    else if (key === 'endValue') profile.endValue = numberOf(value);
  }

  elements(path: JsonPath, run: Uint8Array, atByte: number): void {
    const values = parseElements(run, atByte, this.#bad);
    if (path[0] === 'shared') {
      for (const frame of values) this.#addFrame(frame);
      return;
    }
    const profile = this.#profiles.at(-1);
    if (profile === undefined) return;
    const key = path[2];
    if (key === 'events') for (const event of values) this.#addEvent(profile, event);
    else if (key === 'samples') for (const stack of values) this.#addStack(profile, stack);
    else for (const weight of values) profile.weights.push(numberOf(weight));
  }

  leave(): void {
    // What a profile is, is known when all of it is there.
  }

  tooLong(_path: JsonPath, atByte: number): void {
    this.#bad.add(atByte, 'it is too long');
  }

  ready(): Iterable<Uint8Array> {
    return [];
  }

  finish(): ForeignTrace | null {
    const process = this.#trace.addProcess(null, this.#title, 'speedscope');
    const starts = this.#profiles.map(startOf).filter((value) => !Number.isNaN(value));
    const base = Math.min(...starts);
    const names = new Set<string>();
    for (const profile of this.#profiles) {
      let name = profile.name === '' ? 'profile' : profile.name;
      for (let n = 2; names.has(name); n++) name = `${profile.name} (${n})`;
      names.add(name);
      this.#place(process, { profile, name, base });
    }
    if (this.#profiles.length === 0) this.emptyReason = 'it holds no profiles';
    else if (process.isEmpty) this.emptyReason = 'its profiles are empty';
    if (this.emptyReason !== null) return null;
    this.#note();
    return this.#trace;
  }

  #addFrame(frame: unknown): void {
    if (this.#frames.length >= MAX_FRAMES) return;
    const position = (key: string): number => {
      const n = numberOf(member(frame, key));
      return Number.isInteger(n) && n >= 1 && n <= 0x7fff_ffff ? n - 1 : -1;
    };
    this.#frames.push({
      functionName: textOf(member(frame, 'name')).slice(0, MAX_TEXT),
      url: textOf(member(frame, 'file')).slice(0, MAX_TEXT),
      lineNumber: position('line'),
      columnNumber: position('col'),
    });
  }

  #addEvent(profile: RawProfile, event: unknown): void {
    const at = numberOf(member(event, 'at'));
    const frame = numberOf(member(event, 'frame'));
    const { open } = profile;
    if (Number.isNaN(at) || Number.isNaN(frame)) return;
    this.isSure = true;
    profile.endValue = Number.isNaN(profile.endValue) ? at : Math.max(profile.endValue, at);
    if (member(event, 'type') === 'O') {
      if (open.length < MAX_OPEN) open.push({ frame, at });
      return;
    }
    const from = open.findLastIndex((opened) => opened.frame === frame);
    // What was opened inside and never closed ends with what is around it.
    if (from >= 0)
      for (const opened of open.splice(from).reverse()) this.#close(profile, opened, at);
  }

  #close(profile: RawProfile, opened: RawProfile['open'][number], at: number): void {
    if (!this.#trace.admit() || at < opened.at) return;
    const { slices } = profile;
    slices.add({ startNs: opened.at, durationNs: at - opened.at, name: opened.frame, extra: 0 });
  }

  #addStack(profile: RawProfile, stack: unknown): void {
    if (!this.#trace.admit()) return;
    this.isSure = true;
    let node = ROOT_NODE;
    for (const value of listOf(stack)) {
      const frame = numberOf(value);
      const key = `${node}/${frame}`;
      let child = profile.children.get(key);
      if (child === undefined) {
        child = profile.parents.length;
        profile.parents.push(node);
        profile.frames.push(frame);
        profile.children.set(key, child);
      }
      node = child;
    }
    profile.samples.push(node);
  }

  #place(
    process: ForeignProcess,
    of: { readonly profile: RawProfile; readonly name: string; readonly base: number },
  ): void {
    const { profile, name, base } = of;
    const scale = unitNs[profile.unit] ?? OTHER_UNIT_NS;
    const toNs = (value: number): number => Math.round((value - base) * scale);
    for (const opened of profile.open.splice(0).reverse()) {
      this.#unclosed++;
      this.#close(profile, opened, profile.endValue);
    }
    if (profile.slices.length > 0) this.#placeSlices(process, { profile, name, toNs });
    if (profile.samples.length > 0) this.#placeSamples(process, { profile, name, toNs });
    if (unitNs[profile.unit] === undefined) {
      const unit = profile.unit === '' || profile.unit === 'none' ? 'no unit' : profile.unit;
      this.#trace.note(`"${name}" counts ${unit}, not time: one is drawn as a microsecond.`);
    }
  }

  #placeSlices(process: ForeignProcess, { profile, name, toNs }: Placing): void {
    const shape = { stageKind: 'cpu', isGpu: false, hasSpans: true } as const;
    const track = this.#trace.addThread(process, { stage: name, thread: name, ...shape });
    const { slices } = profile;
    const texts = new Map<number, number>();
    for (let row = 0; row < slices.length; row++) {
      const frame = slices.name(row);
      let text = texts.get(frame);
      if (text === undefined) {
        text = this.#trace.texts.idOf(this.#frames[frame]?.functionName ?? `frame ${frame}`);
        texts.set(frame, text);
      }
      const startNs = toNs(slices.startNs(row));
      const endNs = toNs(slices.startNs(row) + slices.durationNs(row));
      track.slices.add({ startNs, durationNs: endNs - startNs, name: text, extra: 0 });
    }
  }

  #placeSamples(process: ForeignProcess, { profile, name, toNs }: Placing): void {
    const samples = this.#trace.samplesOf(process, name);
    const placed = this.#placeStacks(profile, samples);
    // A stack with nothing in it: nothing ran.
    const idleFrame = { ...unknownFrame, functionName: '(idle)' };
    placed[ROOT_NODE] = samples.addNode(ROOT_NODE, idleFrame);
    let at = Number.isNaN(profile.startValue) ? 0 : profile.startValue;
    for (const [i, stack] of profile.samples.entries()) {
      const node = placed[stack];
      if (node !== undefined) samples.add(node, toNs(at));
      const weight = profile.weights[i] ?? 0;
      if (weight > 0) at += weight;
    }
    samples.endNs = Math.max(samples.endNs, toNs(at));
    addRunning(this.#trace, process, { stage: name, thread: name, samples });
  }

  #placeStacks({ parents, frames }: RawProfile, samples: SampleTable): (number | undefined)[] {
    const placed: (number | undefined)[] = [ROOT_NODE];
    for (let node = 1; node < parents.length; node++) {
      const frame = this.#frames[frames[node] ?? -1] ?? unknownFrame;
      const parent = placed[parents[node] ?? 0];
      placed.push(parent === undefined ? undefined : samples.addNode(parent, frame));
    }
    return placed;
  }

  #note(): void {
    if (this.#bad.note !== null) this.#trace.note(this.#bad.note);
    if (this.#unclosed > 0) {
      const frames = counted(this.#unclosed, 'frame');
      this.#trace.note(`Shown to the end, because nothing closes them: ${frames}.`);
    }
    this.#trace.noteLimits();
  }
}

interface Placing {
  readonly profile: RawProfile;
  readonly name: string;
  readonly toNs: (value: number) => number;
}

function startOf({ startValue, slices, samples }: RawProfile): number {
  if (!Number.isNaN(startValue)) return startValue;
  if (samples.length > 0) return 0;
  return slices.length > 0 ? slices.startNs(0) : NaN;
}
