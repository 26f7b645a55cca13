/** Which pipeline, stage and queue of HEAD is which of BASE: by name, and by place where only the name is another. */
import type { PipelineReport, QueueReport, Report, StageReport } from '../report/report.js';
import type { Scope, StructureChange } from './comparison.js';

/** The same thing in all runs; null where a run has not got it. */
export interface Aligned<T> {
  readonly name: string;
  readonly base: readonly (T | null)[];
  readonly head: readonly (T | null)[];
}

export interface AlignedPipeline extends Aligned<PipelineReport> {
  readonly stages: readonly Aligned<StageReport>[];
  readonly queues: readonly Aligned<QueueReport>[];
}

export interface Alignment {
  readonly pipelines: readonly AlignedPipeline[];
  readonly structure: readonly StructureChange[];
}

/** Pipelines, stages and queues looked at of each kind; a program with more has more than anybody reads. */
const MAX_SUBJECTS = 500;

/** Aligns two sets of runs. */
export function align(base: readonly Report[], head: readonly Report[]): Alignment {
  const structure: StructureChange[] = [];
  const listOf = (runs: readonly Report[]): (readonly PipelineReport[])[] =>
    runs.map((run) => run.pipelines);
  const paired = pair(listOf(base), listOf(head), alikePipelines);
  structure.push(...told(paired, 'pipeline', null));
  const pipelines = paired.both.map((pipeline) => {
    const partsOf = <T>(
      of: (p: PipelineReport) => readonly T[],
    ): [(readonly T[])[], (readonly T[])[]] => {
      const list = (p: PipelineReport | null): readonly T[] => (p === null ? [] : of(p));
      return [pipeline.base.map(list), pipeline.head.map(list)];
    };
    const stages = pair(...partsOf((p) => p.stages), (a, b) => a.kind === b.kind);
    const names = new Map(stages.renamed.map(({ baseName, name }) => [baseName, name]));
    const isSame = (a: string | null, b: string | null): boolean =>
      (a === null ? null : (names.get(a) ?? a)) === b;
    const queues = pair(
      ...partsOf((p) => p.queues),
      (a, b) => isSame(a.from, b.from) && isSame(a.to, b.to),
    );
    structure.push(
      ...told(stages, 'stage', pipeline.name),
      ...told(queues, 'queue', pipeline.name),
    );
    return { ...pipeline, stages: stages.both, queues: queues.both };
  });
  return { pipelines, structure };
}

function alikePipelines(a: PipelineReport, b: PipelineReport): boolean {
  const names = new Set(a.stages.map((stage) => stage.name));
  return (
    a.isShared === b.isShared &&
    (a.stages.length === b.stages.length || b.stages.some((stage) => names.has(stage.name)))
  );
}

interface Paired<T> {
  readonly both: readonly Aligned<T>[];
  readonly renamed: readonly { readonly baseName: string; readonly name: string }[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Pairs what has the same name; what is left over is paired in order when there is as much of it and all of it is alike. */
function pair<T extends { readonly name: string }>(
  base: readonly (readonly T[])[],
  head: readonly (readonly T[])[],
  isAlike: (a: T, b: T) => boolean,
): Paired<T> {
  const from = gather(base);
  const to = gather(head);
  const removed = [...from.keys()].filter((name) => !to.has(name));
  const added = [...to.keys()].filter((name) => !from.has(name));
  const isRenamed =
    removed.length === added.length &&
    removed.every((name, i) => {
      const a = from.get(name)?.find((thing) => thing !== null);
      const b = to.get(added[i] ?? '')?.find((thing) => thing !== null);
      return a !== undefined && b !== undefined && isAlike(a, b);
    });
  const baseNames = new Map(isRenamed ? added.map((name, i) => [name, removed[i] ?? '']) : []);
  const both: Aligned<T>[] = [];
  for (const [name, runs] of to) {
    const baseRuns = from.get(baseNames.get(name) ?? name);
    if (baseRuns !== undefined) both.push({ name, base: baseRuns, head: runs });
  }
  return {
    both,
    renamed: [...baseNames].map(([name, baseName]) => ({ baseName, name })),
    added: isRenamed ? [] : added,
    removed: isRenamed ? [] : removed,
  };
}

/** What has a name, over the runs, in order of first appearance. The second of a name in a run is another: `name (2)`. */
function gather<T extends { readonly name: string }>(
  runs: readonly (readonly T[])[],
): Map<string, readonly (T | null)[]> {
  const found = new Map<string, (T | null)[]>();
  runs.forEach((things, run) => {
    const seen = new Map<string, number>();
    for (const thing of things) {
      const count = (seen.get(thing.name) ?? 0) + 1;
      seen.set(thing.name, count);
      const key = count === 1 ? thing.name : `${thing.name} (${count})`;
      let row = found.get(key);
      if (row === undefined) {
        if (found.size >= MAX_SUBJECTS) continue;
        row = new Array<T | null>(runs.length).fill(null);
        found.set(key, row);
      }
      row[run] = thing;
    }
  });
  return found;
}

function told(
  { added, removed, renamed }: Paired<unknown>,
  scope: Scope,
  pipeline: string | null,
): readonly StructureChange[] {
  const change = (
    kind: StructureChange['kind'],
    name: string,
    baseName: string | null,
  ): StructureChange => ({ kind, scope, pipeline: pipeline ?? name, name, baseName });
  return [
    ...renamed.map(({ name, baseName }) => change('renamed', name, baseName)),
    ...removed.map((name) => change('removed', name, null)),
    ...added.map((name) => change('added', name, null)),
  ];
}
