/** Functions of CPU samples by their names: the boxes that the flame chart draws for them. */
import { type StageSamples } from '../analysis/cpuAttribution.js';
import type { CpuFunction, ThreadSamples } from '../model/cpuSamples.js';
import { MAX_CPU_LEVELS } from '../view/cpuBoxes.js';
import type { Findings } from './findings.js';
import { isNamedSo, isWanted, type Terms } from './searchText.js';
import type { QuerySource } from './source.js';

/** Samples, stacks or functions that are looked at between two steps. */
const PER_STEP = 4096;
const NOWHERE = -1;

/** Finds stretches of samples in which a function of that name was called. */
export function* findFunctions(
  { store, prepared }: QuerySource,
  terms: Terms,
  findings: Findings,
): Generator<undefined, void> {
  const { functions } = store.cpu.table;
  const isMatch = yield* matching(functions, terms);
  if (isMatch === null) return;
  const stacks = new Map<ThreadSamples, Int32Array>();
  for (const target of prepared.targets.values()) {
    if (target.kind !== 'cpu') continue;
    const { samples } = target.row;
    const known = stacks.get(samples) ?? (yield* matchingStacks(samples, isMatch));
    stacks.set(samples, known);
    const boxes = new Boxes(target.row, { functions, stacks: known, isMatch, terms }, findings);
    yield* boxes.find();
    if (!findings.isComplete) return;
  }
}

/** Which functions match; null: none. */
function* matching(
  functions: readonly CpuFunction[],
  terms: Terms,
): Generator<undefined, Uint8Array | null> {
  const isMatch = new Uint8Array(functions.length);
  let hasAny = false;
  for (let id = 0; id < isMatch.length; id++) {
    if (isNamedSo(functions[id]?.name ?? '', terms)) {
      isMatch[id] = 1;
      hasAny = true;
    }
    if (id % PER_STEP === PER_STEP - 1) yield;
  }
  return hasAny ? isMatch : null;
}

/** Of each stack the innermost call that matches and is drawn, as a stack; `NOWHERE` without one. */
function* matchingStacks(
  samples: ThreadSamples,
  isMatch: Uint8Array,
): Generator<undefined, Int32Array> {
  const { parent, function: functionOf, level } = samples;
  const found = new Int32Array(parent.length).fill(NOWHERE);
  for (let node = 1; node < found.length; node++) {
    const at = level.at(node);
    const isDrawn = at > 0 && at <= MAX_CPU_LEVELS;
    const matches = isDrawn && isMatch[functionOf.at(node)] === 1;
    found[node] = matches ? node : (found[parent.at(node)] ?? NOWHERE);
    if (node % PER_STEP === 0) yield;
  }
  return found;
}

interface Wanted {
  readonly functions: readonly CpuFunction[];
  readonly stacks: Int32Array;
  readonly isMatch: Uint8Array;
  readonly terms: Terms;
}

interface OpenBox {
  readonly node: number;
  readonly level: number;
  readonly flags: number;
  readonly fromNs: number;
}

/** Joins samples that follow on each other with the same call into boxes. */
class Boxes {
  private readonly row: StageSamples;
  private readonly wanted: Wanted;
  private readonly findings: Findings;
  private open: OpenBox[] = [];
  private untilNs = -Infinity;
  private sample = 0;

  constructor(row: StageSamples, wanted: Wanted, findings: Findings) {
    this.row = row;
    this.wanted = wanted;
    this.findings = findings;
  }

  *find(): Generator<undefined, void> {
    for (; this.sample < this.row.length; this.sample++) {
      if (this.sample % PER_STEP === 0) {
        yield;
        if (!this.findings.mayRead(Math.min(PER_STEP, this.row.length - this.sample))) return;
      }
      this.take();
    }
    this.close([], 0);
  }

  private take(): void {
    const { row, sample } = this;
    const { samples } = row;
    const index = row.index.at(sample);
    const startNs = row.atNs(sample);
    if (startNs > this.untilNs) this.close([], 0);
    const flags = row.flags.at(sample);
    const calls = this.callsOf(samples.node.at(index));
    this.close(calls, flags);
    this.untilNs = samples.untilNs.at(index);
    for (const node of calls) {
      if (this.open.some((box) => box.node === node)) continue;
      // A stack that is all Node's own is drawn as its innermost call.
      const level = Math.max(samples.level.at(node) - 1, 0);
      this.open.push({ node, level, flags, fromNs: startNs });
    }
  }

  /** The calls of a stack that match, as stacks. */
  private callsOf(node: number): readonly number[] {
    const { stacks, isMatch } = this.wanted;
    const { samples } = this.row;
    const { parent, level } = samples;
    if (node !== 0 && level.at(node) === 0) {
      return isMatch[samples.function.at(node)] === 1 ? [node] : [];
    }
    const calls: number[] = [];
    for (let at = stacks[node] ?? NOWHERE; at !== NOWHERE;) {
      calls.push(at);
      at = stacks[parent.at(at)] ?? NOWHERE;
    }
    return calls;
  }

  /** Ends all boxes but those that go on. */
  private close(calls: readonly number[], flags: number): void {
    if (this.open.length === 0) return;
    const goesOn = (box: OpenBox): boolean => box.flags === flags && calls.includes(box.node);
    for (const box of this.open) if (!goesOn(box)) this.found(box);
    this.open = this.open.filter(goesOn);
  }

  private found({ node, level, fromNs: startNs }: OpenBox): void {
    const { row, findings, untilNs } = this;
    const { functions, terms } = this.wanted;
    const durationNs = untilNs - startNs;
    if (!isWanted(durationNs, terms)) return;
    findings.total++;
    if (!findings.admits(startNs)) return;
    const label = functions[row.samples.function.at(node)]?.name ?? '';
    findings.keep({ row: row.rowId, level, startNs, durationNs, label }, node);
  }
}
