/**
 * CPU samples as a flame chart: the stacks of samples that follow on each other, joined as far as they begin with the same
 * calls. Level 0 is the outermost call that is the program's own; what Node does before it is left out.
 *
 * The cost follows the pixels: where there is more than one sample in a pixel, the middle one stands for the others. That is
 * sampling once more, so what is drawn is still a fair picture, and a zoom shows the rest.
 */
import { SampleFlag, type StageSamples } from '../analysis/cpuAttribution.js';
import type { CpuFunction, ThreadSamples } from '../model/cpuSamples.js';
import { BoxFlag, BoxKind } from '../panel/view.js';
import type { BoxList } from './boxes.js';

/** Deeper calls are not drawn. */
export const MAX_CPU_LEVELS = 32;
/** Steps to find how far a box reaches. */
const MAX_REACH = 100_000;

/** What to draw. */
export interface CpuPicture {
  readonly fromNs: number;
  readonly toNs: number;
  readonly pxNs: number;
  readonly functions: readonly CpuFunction[];
  /** Index of a function's name in the reply. */
  readonly nameOf: (name: string) => number;
}

/** The stacks of a sample that are drawn, outermost first: nodes of the thread. One where all calls are Node's own. */
export function drawnStack(samples: ThreadSamples, node: number): readonly number[] {
  const stack: number[] = [];
  for (let at = node; at !== 0 && samples.level.at(at) > 0; at = samples.parent.at(at)) {
    if (samples.level.at(at) <= MAX_CPU_LEVELS) stack.push(at);
  }
  return stack.length > 0 ? stack.reverse() : [node];
}

interface OpenBox {
  readonly node: number;
  readonly fromNs: number;
  readonly flags: number;
}

/** Adds the boxes of a row. */
export function paintCpu(row: StageSamples, picture: CpuPicture, boxes: BoxList): void {
  const { samples } = row;
  const { fromNs, toNs } = picture;
  const open: OpenBox[] = [];
  let untilNs = -Infinity;
  const close = (depth: number): void => {
    while (open.length > depth) {
      const box = open.pop();
      if (box !== undefined) addBox(box, open.length, untilNs);
    }
  };
  const addBox = (box: OpenBox, level: number, endNs: number): void => {
    const f = picture.functions[samples.function.at(box.node)];
    const name = picture.nameOf(f?.name ?? '');
    const kind = f?.kind === 'idle' ? BoxKind.cpuIdle : BoxKind.cpu;
    boxes.add({ ...box, toNs: endNs, kind, level, share: 1, name });
  };
  for (const { index, startNs, endNs } of shown(row, picture)) {
    if (startNs > untilNs) close(0);
    const stack = drawnStack(samples, samples.node.at(row.index.at(index)));
    const flags = (row.flags.at(index) & SampleFlag.shared) === 0 ? 0 : BoxFlag.shared;
    let same = 0;
    while (same < open.length && open[same]?.node === stack[same] && open[same]?.flags === flags) {
      same++;
    }
    close(same);
    untilNs = Math.min(endNs, toNs);
    for (let level = same; level < stack.length; level++) {
      open.push({ node: stack[level] ?? 0, fromNs: Math.max(startNs, fromNs), flags });
    }
  }
  close(0);
}

interface Shown {
  readonly index: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** The samples to draw: all, or one for each pixel where there are more. */
function* shown(row: StageSamples, { fromNs, toNs, pxNs }: CpuPicture): Generator<Shown> {
  const first = Math.max(row.lowerBound(fromNs) - 1, 0);
  const last = row.lowerBound(toNs);
  const columns = Math.ceil((toNs - fromNs) / pxNs);
  const { samples } = row;
  if (last - first <= 2 * columns) {
    for (let index = first; index < last; index++) {
      const endNs = samples.untilNs.at(row.index.at(index));
      if (endNs > fromNs) yield { index, startNs: row.atNs(index), endNs };
    }
    return;
  }
  let from = first;
  for (let column = 0; column < columns && from < last; column++) {
    const endNs = fromNs + (column + 1) * pxNs;
    const to = Math.min(row.lowerBound(endNs), last);
    if (to > from) {
      const index = (from + to) >> 1;
      yield { index: Math.min(index, to - 1), startNs: endNs - pxNs, endNs };
    }
    from = to;
  }
}

/** A box of the flame chart: a stretch of samples with the same calls. */
export interface CpuHit {
  readonly functionId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly isShared: boolean;
}

/** The box at a moment on a level; null where there is none. */
export function cpuHit(row: StageSamples, atNs: number, level: number): CpuHit | null {
  const { samples } = row;
  const at = row.lowerBound(atNs + 1e-6) - 1;
  if (at < 0 || samples.untilNs.at(row.index.at(at)) <= atNs) return null;
  const nodeAt = (i: number): number | undefined =>
    drawnStack(samples, samples.node.at(row.index.at(i)))[level];
  const node = nodeAt(at);
  if (node === undefined) return null;
  const flags = row.flags.at(at);
  const isSame = (i: number): boolean => row.flags.at(i) === flags && nodeAt(i) === node;
  const follows = (i: number): boolean => row.atNs(i) <= samples.untilNs.at(row.index.at(i - 1));
  let first = at;
  while (first > Math.max(at - MAX_REACH, 0) && follows(first) && isSame(first - 1)) first--;
  let last = at;
  const end = Math.min(at + MAX_REACH, row.length - 1);
  while (last < end && follows(last + 1) && isSame(last + 1)) last++;
  return {
    functionId: samples.function.at(node),
    startNs: row.atNs(first),
    endNs: samples.untilNs.at(row.index.at(last)),
    isShared: (flags & SampleFlag.shared) !== 0,
  };
}

/** Samples looked at for `timeIn`; of more, every n-th. */
const MAX_COUNTED = 100_000;

/** Time of a function within [fromNs, toNs) of a row, in nanoseconds; an estimate where there are very many samples. */
export function timeIn(
  row: StageSamples,
  functionId: number,
  range: { readonly fromNs: number; readonly toNs: number },
): { readonly selfNs: number; readonly totalNs: number } {
  const { samples } = row;
  const first = Math.max(row.lowerBound(range.fromNs) - 1, 0);
  const last = row.lowerBound(range.toNs);
  const step = Math.max(Math.ceil((last - first) / MAX_COUNTED), 1);
  let selfNs = 0;
  let totalNs = 0;
  for (let i = first; i < last; i += step) {
    const index = row.index.at(i);
    const startNs = Math.max(samples.atNs.at(index), range.fromNs);
    const ns = (Math.min(samples.untilNs.at(index), range.toNs) - startNs) * step;
    if (ns <= 0) continue;
    const node = samples.node.at(index);
    if (samples.function.at(node) === functionId && node !== 0) selfNs += ns;
    for (let at = node; at !== 0; at = samples.parent.at(at)) {
      if (samples.function.at(at) !== functionId) continue;
      totalNs += ns;
      break;
    }
  }
  return { selfNs, totalNs };
}
