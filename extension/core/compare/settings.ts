/** Declared numbers that differ between BASE and HEAD: pools, capacities, knobs. */
import type { KnobReport } from '../report/report.js';
import type { Aligned, AlignedPipeline } from './align.js';
import type { SettingChange } from './comparison.js';

/** All of them, stages first. A number that differs within a side is no setting of that side and is left out. */
export function settingChanges(pipelines: readonly AlignedPipeline[]): readonly SettingChange[] {
  return pipelines.flatMap((pipeline) => {
    const own = [
      ...pipeline.stages.flatMap((stage) =>
        changed(stage, (s) => s.parallelism).map(told(pipeline.name, stage.name, 'parallelism')),
      ),
      ...pipeline.queues.flatMap((queue) =>
        changed(queue, (q) => q.capacity).map(told(pipeline.name, queue.name, 'capacity')),
      ),
    ];
    const isTold = ({ base, head }: Pair): boolean =>
      own.some((change) => change.base === base && change.head === head);
    const knobs = knobsOf(pipeline).flatMap((knob) =>
      changed(knob, (k) => k.value)
        .filter((pair) => !isTold(pair))
        .map(told(pipeline.name, knob.name, 'value')),
    );
    return [...own, ...knobs];
  });
}

interface Pair {
  readonly base: number | null;
  readonly head: number | null;
}

function told(
  pipeline: string,
  name: string,
  setting: SettingChange['setting'],
): (pair: Pair) => SettingChange {
  const scope = setting === 'parallelism' ? 'stage' : setting === 'capacity' ? 'queue' : 'knob';
  return ({ base, head }) => ({ pipeline, scope, name, setting, base, head });
}

/** The two values when all runs of a side have one, and the sides another; else nothing. */
function changed<T>(
  { base, head }: Aligned<T>,
  of: (subject: T) => number | null,
): readonly Pair[] {
  const [from, to] = [base, head].map(
    (side) => new Set(side.flatMap((subject) => (subject === null ? [] : [of(subject)]))),
  );
  if (from?.size !== 1 || to?.size !== 1) return [];
  const pair = { base: [...from][0] ?? null, head: [...to][0] ?? null };
  return pair.base === pair.head ? [] : [pair];
}

/** Knobs by name; ids have pids in them and are others in each run. */
function knobsOf({ base, head }: AlignedPipeline): readonly Aligned<KnobReport>[] {
  const names = new Set([...base, ...head].flatMap((p) => p?.knobs.map((k) => k.name) ?? []));
  return [...names].map((name) => {
    const find = (side: AlignedPipeline['base']): readonly (KnobReport | null)[] =>
      side.map((p) => p?.knobs.find((k) => k.name === name) ?? null);
    return { name, base: find(base), head: find(head) };
  });
}
