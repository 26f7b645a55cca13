/**
 * V8's .cpuprofile, as `node --cpu-prof`, the inspector and DevTools write it: a tree of stacks, a stack for each sample and
 * the microseconds between samples. Shown as one lane that runs wherever the thread was not idle, with its functions below.
 */
import { counted } from '../counted.js';
import { callFrameOf } from './chromeProfiles.js';
import { ForeignTrace } from './foreignTrace.js';
import { treatAt, type FormatReader, type Places } from './importFormat.js';
import type { JsonKind, JsonPath, Treatment } from './jsonSplitter.js';
import { BadElements, listOf, member, numberOf, parseElements, tryParse } from './jsonValues.js';
import { ROOT_NODE, type SampleTable } from './sampleTable.js';
import { addRunning } from './sampledTrack.js';

const MAX_NODES = 2_000_000;
const MAX_SAMPLES = 20_000_000;

const places: Places = {
  '': ['object', 'enter'],
  nodes: ['array', 'elements'],
  samples: ['array', 'elements'],
  timeDeltas: ['array', 'elements'],
  startTime: ['scalar', 'value'],
  endTime: ['scalar', 'value'],
};

/** Node names its profiles CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile. */
function pidIn(title: string): number | null {
  const [, pid] = /^CPU\.\d+\.\d+\.(\d+)\.\d+\.\d+\.cpuprofile$/.exec(title) ?? [];
  return pid === undefined ? null : Number(pid);
}

interface ListedNode {
  readonly callFrame: unknown;
  readonly children: readonly unknown[];
}

/** Reads one .cpuprofile. */
export class CpuProfileReader implements FormatReader {
  readonly format = 'cpuprofile';
  readonly hasManyDocuments = false;
  isSure = false;
  emptyReason: string | null = null;
  readonly #title: string;
  readonly #trace = new ForeignTrace();
  readonly #bad = new BadElements('part of the profile', 'parts of the profile');
  readonly #nodes = new Map<number, ListedNode>();
  /** The stack that is nobody's child: the first of the list. */
  #rootId = NaN;
  readonly #samples: number[] = [];
  readonly #deltasUs: number[] = [];
  #startUs = NaN;
  #endUs = NaN;

  constructor(title: string) {
    this.#title = title;
  }

  treat(path: JsonPath, kind: JsonKind): Treatment {
    return treatAt(places, path, kind);
  }

  value(path: JsonPath, bytes: Uint8Array): void {
    const parsed = tryParse(bytes);
    const us = parsed.ok ? numberOf(parsed.value) : NaN;
    if (path[0] === 'startTime') this.#startUs = us;
    else this.#endUs = us;
  }

  elements(path: JsonPath, run: Uint8Array, atByte: number): void {
    const values = parseElements(run, atByte, this.#bad);
    if (path[0] === 'nodes') for (const node of values) this.#addNode(node);
    else if (path[0] === 'samples') {
      for (const id of values) if (this.#trace.admit()) this.#samples.push(numberOf(id));
    } else {
      for (const delta of values) {
        if (this.#deltasUs.length < MAX_SAMPLES) this.#deltasUs.push(numberOf(delta));
      }
    }
  }

  leave(): void {
    // Every list is of use by itself.
  }

  tooLong(_path: JsonPath, atByte: number): void {
    this.#bad.add(atByte, 'it is too long');
  }

  ready(): Iterable<Uint8Array> {
    return [];
  }

  finish(): ForeignTrace | null {
    const process = this.#trace.addProcess(pidIn(this.#title), this.#title, 'CPU profile');
    const samples = this.#trace.samplesOf(process, 'main');
    this.#place(samples);
    this.emptyReason = this.#whyEmpty(samples);
    if (this.emptyReason !== null) return null;
    addRunning(this.#trace, process, { stage: 'JavaScript', thread: 'main', samples });
    if (this.#bad.note !== null) this.#trace.note(this.#bad.note);
    this.#trace.noteLimits();
    return this.#trace;
  }

  #addNode(node: unknown): void {
    const id = numberOf(member(node, 'id'));
    const callFrame = member(node, 'callFrame');
    if (Number.isNaN(id) || typeof callFrame !== 'object') return;
    if (this.#nodes.size >= MAX_NODES) return;
    this.isSure = true;
    if (this.#nodes.size === 0) this.#rootId = id;
    this.#nodes.set(id, { callFrame, children: listOf(member(node, 'children')) });
  }

  #whyEmpty(samples: SampleTable): string | null {
    if (this.#nodes.size === 0) return 'it lists no stacks';
    if (this.#samples.length === 0) return 'it holds no samples';
    if (this.#deltasUs.length === 0) return 'its samples have no times ("timeDeltas")';
    return samples.length === 0 ? 'none of its samples is of a stack that it lists' : null;
  }

  /** Samples with their stacks, times from the start of the profile. */
  #place(samples: SampleTable): void {
    const placed = this.#placeStacks(samples);
    const count = Math.min(this.#samples.length, this.#deltasUs.length);
    if (this.#samples.length !== this.#deltasUs.length && count > 0) {
      this.#trace.note(
        `The profile has ${counted(this.#samples.length, 'sample')} and ${counted(this.#deltasUs.length, 'time')}: those without a partner are left out.`,
      );
    }
    let atUs = 0;
    for (let i = 0; i < count; i++) {
      const delta = this.#deltasUs[i] ?? NaN;
      if (!Number.isNaN(delta)) atUs += delta;
      const node = placed.get(this.#samples[i] ?? NaN);
      if (node !== undefined) samples.add(node, Math.round(atUs * 1000));
    }
    const lengthNs = Math.round((this.#endUs - this.#startUs) * 1000);
    if (lengthNs > samples.endNs && count === this.#samples.length) samples.endNs = lengthNs;
  }

  /** The stacks below the root, parents first; a stack that is reached twice stays where it was first. */
  #placeStacks(samples: SampleTable): ReadonlyMap<number, number> {
    const placed = new Map<number, number>([[this.#rootId, ROOT_NODE]]);
    // A map goes on through what is added to it meanwhile.
    for (const [id, node] of placed) {
      for (const child of this.#nodes.get(id)?.children ?? []) {
        const childId = numberOf(child);
        const listed = this.#nodes.get(childId);
        if (listed === undefined || placed.has(childId)) continue;
        const made = samples.addNode(node, callFrameOf(listed.callFrame));
        if (made !== undefined) placed.set(childId, made);
      }
    }
    return placed;
  }
}
