/** Which stage's items become whose, as indexes of an operating point's stages. */
import type { MeasuredStage, OperatingPoint } from '../measure/operatingPoint.js';
import type { Flow } from '../simulation/workload.js';

/** Ratios so near to 1 are 1: an item is an item, and the rest is what was under way at the ends of the window. */
const NEARLY_ONE = 0.05;

/** A stage's place in the flow. */
export interface Place {
  readonly next: readonly Flow[];
  readonly heldUntil: number | null;
}

/** The flows between the stages of a point. A stage that nothing is known to feed is fed by the one before it. */
export function placesOf(point: OperatingPoint): readonly Place[] {
  const { stages } = point;
  const indexOf = (name: string): number => stages.findIndex((stage) => stage.name === name);
  const targets = stages.map(() => new Set<number>());
  for (const { from, to } of point.links) {
    const [a, b] = [indexOf(from), indexOf(to)];
    if (a >= 0 && b > a) targets[a]?.add(b);
  }
  dropShortcuts(targets);
  const heldUntil = stages.map((stage, i) => insideOf(stages, stage, i, targets));
  joinLoose(targets);
  return stages.map((stage, i) => ({
    heldUntil: heldUntil[i] ?? null,
    next: [...(targets[i] ?? [])].map((to) => ({
      to,
      itemsPerItem: ratio(point, stage, { to, feeders: feedersOf(targets, to) }),
    })),
  }));
}

/** What reaches a stage through others does not also come to it directly: following items sees both. */
function dropShortcuts(targets: readonly Set<number>[]): void {
  const reach: Set<number>[] = targets.map(() => new Set());
  for (const [from, own] of [...targets.entries()].reverse()) {
    const far = new Set([...own].flatMap((to) => [...(reach[to] ?? [])]));
    for (const to of far) own.delete(to);
    reach[from] = new Set([...own, ...far]);
  }
}

/** A stage with others inside of it passes its items to those, and they pass them on. Returns the last of them. */
function insideOf(
  stages: readonly MeasuredStage[],
  parent: MeasuredStage,
  index: number,
  targets: readonly Set<number>[],
): number | null {
  const children = [...stages.keys()].filter((i) => i > index && stages[i]?.inside === parent.name);
  const last = children.at(-1);
  if (last === undefined) return null;
  const own = targets[index];
  const onward = [...(own ?? [])].filter((to) => !children.includes(to));
  let from = index;
  own?.clear();
  for (const child of children) {
    targets[from]?.add(child);
    from = child;
  }
  for (const to of onward) if (to > last) targets[last]?.add(to);
  return last;
}

function joinLoose(targets: readonly Set<number>[]): void {
  for (let to = 1; to < targets.length; to++) {
    if (feedersOf(targets, to).length === 0) targets[to - 1]?.add(to);
  }
}

function feedersOf(targets: readonly Set<number>[], to: number): readonly number[] {
  return [...targets.keys()].filter((from) => targets[from]?.has(to));
}

/** Items of the target for each item of those that feed it; what has only piled up between them has not been lost. */
function ratio(
  { stages, queues }: OperatingPoint,
  from: MeasuredStage,
  { to, feeders }: { readonly to: number; readonly feeders: readonly number[] },
): number {
  const target = stages[to];
  if (target === undefined) return 1;
  const fed = feeders.reduce((sum, i) => sum + (stages[i]?.items ?? 0), 0);
  const piled = queues
    .filter((queue) => queue.to === target.name && queue.from !== target.name)
    .reduce((sum, { growth }) => sum + growth, 0);
  const given = Math.max(fed - piled, 0);
  if (given < 1 || target.items === 0 || from.items === 0) return 1;
  const found = target.items / given;
  return Math.abs(found - 1) <= NEARLY_ONE ? 1 : found;
}
