/** Where the processor's time in a stage went, by function. */
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { CpuFunction, FunctionKind } from '../model/cpuSamples.js';
import type { StageSamples } from './cpuAttribution.js';

/** Time of one function within the executions of a stage, by sampling. */
export interface FunctionTime {
  readonly name: string;
  readonly kind: FunctionKind;
  readonly source: SourcePosition | null;
  /** In the function itself, in nanoseconds. */
  readonly selfNs: number;
  /** In it and in what it called; recursion counts once. */
  readonly totalNs: number;
}

/** What the samples of a stage say together. */
export interface StageCpu {
  /** Time that was sampled while the stage's executions were open and is counted to the stage, idle time included. */
  readonly sampledNs: number;
  /** Of it, what the thread did anything in. */
  readonly onCpuNs: number;
  /** By self time, most first; `(idle)` is not among them. */
  readonly functions: readonly FunctionTime[];
}

/** Sums the rows of a stage (`CpuAttribution.rowsOf`). null: nothing was sampled. O(stacks x depth). */
export function stageCpu(
  rows: readonly StageSamples[],
  functions: readonly CpuFunction[],
): StageCpu | null {
  if (rows.length === 0) return null;
  const self = new Map<number, number>();
  const total = new Map<number, number>();
  let sampledNs = 0;
  let idleNs = 0;
  for (const { nodeNs, samples } of rows) {
    for (let node = 0; node < nodeNs.length; node++) {
      const ns = nodeNs.at(node);
      // Subtracting what was added before may leave a rest below a nanosecond.
      if (ns < 1) continue;
      sampledNs += ns;
      const id = samples.function.at(node);
      if (node === 0) continue;
      if (functions[id]?.kind === 'idle') {
        idleNs += ns;
        continue;
      }
      self.set(id, (self.get(id) ?? 0) + ns);
      const seen = new Set<number>();
      for (let at = node; at !== 0; at = samples.parent.at(at)) seen.add(samples.function.at(at));
      for (const f of seen) total.set(f, (total.get(f) ?? 0) + ns);
    }
  }
  const list = [...total].flatMap(([id, totalNs]): FunctionTime[] => {
    const f = functions[id];
    return f === undefined ? [] : [{ ...f, selfNs: self.get(id) ?? 0, totalNs }];
  });
  list.sort((a, b) => b.selfNs - a.selfNs || b.totalNs - a.totalNs);
  return { sampledNs, onCpuNs: sampledNs - idleNs, functions: list };
}
