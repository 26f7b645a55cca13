/** CPU samples of one thread while a file is read, and as the .cpuprofile pieces that a trace carries them in. */
import { encodeUtf8 } from '../../../agent/wire/utf8.js';
import type { CallFrame } from '../model/cpuProfile.js';
import { cutName } from './texts.js';
import type { TimeWindow } from './timeWindow.js';

/** Samples in one piece: what is read at once stays small. */
const PIECE_SAMPLES = 20_000;
const MAX_NODES = 2_000_000;
const MAX_URL = 4000;

/** The root of every tree of stacks. */
export const ROOT_NODE = 0;

const rootFrame: CallFrame = {
  functionName: '(root)',
  url: '',
  lineNumber: -1,
  columnNumber: -1,
};

/** Grows by itself; times are nanoseconds of the import. */
export class SampleTable {
  readonly #parents: number[] = [-1];
  readonly #frames: CallFrame[] = [rootFrame];
  readonly #nodes: number[] = [];
  readonly #atNs: number[] = [];
  /** End of the last sample; it holds until then. */
  endNs = -Infinity;

  get length(): number {
    return this.#nodes.length;
  }

  /** Start of the first sample; Infinity without any. */
  get startNs(): number {
    return this.#atNs[0] ?? Infinity;
  }

  /** A stack: `frame` called by the stack `parent`. undefined when there are too many. */
  addNode(parent: number, frame: CallFrame): number | undefined {
    if (this.#parents.length >= MAX_NODES || parent >= this.#parents.length) return undefined;
    this.#parents.push(parent);
    this.#frames.push({
      functionName: cutName(frame.functionName),
      url: frame.url.length > MAX_URL ? '' : frame.url,
      lineNumber: frame.lineNumber,
      columnNumber: frame.columnNumber,
    });
    return this.#parents.length - 1;
  }

  /** A sample; not before the last one. */
  add(node: number, atNs: number): void {
    if (!Number.isFinite(atNs)) return;
    const last = this.#atNs.at(-1) ?? -Infinity;
    this.#nodes.push(node);
    this.#atNs.push(Math.max(atNs, last));
    this.endNs = Math.max(this.endNs, atNs);
  }

  node(sample: number): number {
    return this.#nodes[sample] ?? ROOT_NODE;
  }

  atNs(sample: number): number {
    return this.#atNs[sample] ?? NaN;
  }

  /** When the sample ends: with the next one. */
  untilNs(sample: number): number {
    return this.#atNs[sample + 1] ?? Math.max(this.endNs, this.#atNs[sample] ?? 0);
  }

  frame(node: number): CallFrame {
    return this.#frames[node] ?? rootFrame;
  }

  /** Pieces of .cpuprofile of the samples within the window, with times `shiftNs` later. */
  *pieces(shiftNs: number, window: TimeWindow): Generator<Uint8Array> {
    let first = 0;
    while (first < this.length && this.atNs(first) < window.fromNs) first++;
    let behind = this.length;
    while (behind > first && this.untilNs(behind - 1) > window.toNs) behind--;
    for (let from = first; from < behind; from += PIECE_SAMPLES) {
      const to = Math.min(from + PIECE_SAMPLES, behind);
      yield encodeUtf8(JSON.stringify(this.#piece(from, to, shiftNs)));
    }
  }

  #piece(from: number, to: number, shiftNs: number): object {
    const us = (ns: number): number => (ns + shiftNs) / 1000;
    const nodes = new Map<number, { id: number; callFrame: CallFrame; children: number[] }>();
    const place = (node: number): void => {
      const path: number[] = [];
      for (let at = node; at >= 0 && !nodes.has(at); at = this.#parents[at] ?? -1) path.push(at);
      for (const at of path.reverse()) {
        nodes.set(at, { id: at, callFrame: this.frame(at), children: [] });
        nodes.get(this.#parents[at] ?? -1)?.children.push(at);
      }
    };
    place(ROOT_NODE);
    const samples: number[] = [];
    const timeDeltas: number[] = [];
    const startTime = us(this.atNs(from));
    let lastUs = startTime;
    for (let i = from; i < to; i++) {
      const node = this.node(i);
      if (!nodes.has(node)) place(node);
      samples.push(node);
      const atUs = us(this.atNs(i));
      timeDeltas.push(atUs - lastUs);
      lastUs = atUs;
    }
    const endTime = us(this.untilNs(to - 1));
    return { nodes: [...nodes.values()], startTime, endTime, samples, timeDeltas };
  }
}
