/** CPU samples in a Chrome trace: `Profile` says which thread is sampled, `ProfileChunk` brings stacks and samples. */
import type { CallFrame } from '../model/cpuProfile.js';
import type { ChromeEvent } from './chromeEvent.js';
import type { ChromeTracks } from './chromeTracks.js';
import type { ForeignTrace } from './foreignTrace.js';
import { listOf, member, numberOf, textOf, tryParse } from './jsonValues.js';
import { ROOT_NODE, SampleTable } from './sampleTable.js';

const MAX_PROFILES = 1000;

interface Profile {
  readonly samples: SampleTable;
  /** From the file's node ids. */
  readonly nodes: Map<number, number>;
  lastUs: number;
}

/** A function as V8 names it, from unchecked members; positions count from 0. */
export function callFrameOf(value: unknown): CallFrame {
  const position = (key: string): number => {
    const n = numberOf(member(value, key));
    return Number.isInteger(n) && n >= 0 && n < 0x7fff_ffff ? n : -1;
  };
  return {
    functionName: textOf(member(value, 'functionName')),
    url: textOf(member(value, 'url')),
    lineNumber: position('lineNumber'),
    columnNumber: position('columnNumber'),
  };
}

/** Keeps the profiles of all threads. */
export class ChromeProfiles {
  readonly #trace: ForeignTrace;
  readonly #tracks: ChromeTracks;
  readonly #profiles = new Map<string, Profile>();

  constructor(trace: ForeignTrace, tracks: ChromeTracks) {
    this.#trace = trace;
    this.#tracks = tracks;
  }

  /** `Profile`: the thread of the event is sampled from now on. */
  begin(event: ChromeEvent): void {
    const data = dataOf(event);
    const startUs = numberOf(member(data, 'startTime'));
    if (this.#profiles.size >= MAX_PROFILES || Number.isNaN(startUs)) return;
    const thread = this.#tracks.thread(event.pid, event.tid);
    thread.samples ??= new SampleTable();
    const profile = { samples: thread.samples, nodes: new Map(), lastUs: startUs };
    this.#profiles.set(keyOf(event), profile);
  }

  /** `ProfileChunk`; `baseUs` is time 0 of the import. */
  chunk(event: ChromeEvent, baseUs: number): void {
    const profile = this.#profiles.get(keyOf(event));
    if (profile === undefined) return;
    const data = dataOf(event);
    const cpuProfile = member(data, 'cpuProfile');
    for (const node of listOf(member(cpuProfile, 'nodes'))) addNode(profile, node);
    const deltas = listOf(member(data, 'timeDeltas'));
    for (const [i, sample] of listOf(member(cpuProfile, 'samples')).entries()) {
      const delta = numberOf(deltas[i]);
      if (Number.isNaN(delta)) continue;
      profile.lastUs += delta;
      const node = profile.nodes.get(numberOf(sample));
      if (node === undefined || !this.#trace.admit()) continue;
      profile.samples.add(node, nsSince(baseUs, profile.lastUs));
    }
    const endUs = numberOf(member(data, 'endTime'));
    if (!Number.isNaN(endUs)) {
      profile.samples.endNs = Math.max(profile.samples.endNs, nsSince(baseUs, endUs));
    }
  }
}

function nsSince(baseUs: number, us: number): number {
  return Math.round((us - baseUs) * 1000);
}

function addNode({ samples, nodes }: Profile, node: unknown): void {
  const id = numberOf(member(node, 'id'));
  const parent = nodes.get(numberOf(member(node, 'parent')));
  if (Number.isNaN(id) || nodes.has(id)) return;
  // The first node without a parent is the root of all.
  const isRoot = parent === undefined && nodes.size === 0;
  const placed = isRoot
    ? ROOT_NODE
    : samples.addNode(parent ?? ROOT_NODE, callFrameOf(member(node, 'callFrame')));
  if (placed !== undefined) nodes.set(id, placed);
}

function dataOf({ bytes, argsFrom, argsTo }: ChromeEvent): unknown {
  const parsed = tryParse(bytes.subarray(argsFrom, argsTo));
  return parsed.ok ? member(parsed.value, 'data') : undefined;
}

function keyOf({ pid, id }: ChromeEvent): string {
  return `${pid}|${id}`;
}
