/**
 * The declarations of a session again, from what became of them in the store: with them an exported trace can be imported as
 * what it was. Times are those of the export, nanoseconds after its base.
 */
import type { Declaration, DeclarationOf, StageSummary } from '../../../agent/wire/manifest.js';
import { mergePending } from '../model/declarations.js';
import type { Knob, Process, Queue, Stage } from '../model/entities.js';
import type { StepHistory } from '../model/steps.js';
import type { TraceStore } from '../model/store.js';

/** Session time to time of the export. */
export type ToTime = (ns: number) => number;

/** Everything declared with a time; the base of an export lies before all of them. */
export function firstTimeNs(store: TraceStore): number {
  const at = (monotonicNs: number): number => store.clock.atMonotonic(monotonicNs);
  let firstNs = store.oldestNs;
  for (const { declared, cost, gaps } of store.processes.values()) {
    if (declared !== null) firstNs = Math.min(firstNs, at(declared.anchorMonotonicNs));
    if (cost !== null) firstNs = Math.min(firstNs, at(cost.atNs));
    for (const gap of gaps) firstNs = Math.min(firstNs, gap.fromNs);
  }
  for (const { atNs } of store.knobChanges) firstNs = Math.min(firstNs, atNs);
  for (const { fromNs } of store.losses) firstNs = Math.min(firstNs, fromNs);
  return Number.isFinite(firstNs) ? Math.floor(firstNs) : 0;
}

/** Lines that stand before the events of a process. `isFirst`: also those of the whole session. */
export function openingLines(
  store: TraceStore,
  process: Process,
  { toTime, isFirst }: { readonly toTime: ToTime; readonly isFirst: boolean },
): readonly Declaration[] {
  const lines: Declaration[] = [];
  const { declared, environment, links } = process;
  if (declared !== null) {
    const anchorNs = store.clock.atMonotonic(declared.anchorMonotonicNs);
    lines.push({ ...declared, anchorMonotonicNs: toTime(anchorNs) });
  }
  if (environment !== null) lines.push(environment);
  if (isFirst) {
    for (const name of store.pipelineNames) lines.push({ kind: 'pipeline', name });
    for (const message of store.notes) lines.push({ kind: 'note', code: 'note', message });
  }
  for (const stage of process.stages.values()) lines.push(...stageLines(stage));
  for (const queue of process.queues.values()) lines.push(...queueLines(queue));
  lines.push(...links.values(), ...knobLines(store, process, toTime));
  return lines;
}

/** A declaration says what a value was at first; what it became, the changes of a knob say. */
function firstValue(history: StepHistory, declared: number | null): number | null {
  return history.steps.length > 1 ? (history.steps[0]?.value ?? null) : declared;
}

function stageLines({ declared, parallelism }: Stage): DeclarationOf<'stage'>[] {
  if (declared === null) return [];
  return [{ ...declared, parallelism: firstValue(parallelism, declared.parallelism) }];
}

function queueLines({ declared, capacity }: Queue): DeclarationOf<'queue'>[] {
  if (declared === null) return [];
  return [{ ...declared, capacity: firstValue(capacity, declared.capacity) }];
}

function knobLines(store: TraceStore, process: Process, toTime: ToTime): readonly Declaration[] {
  const changes = store.knobChanges.filter(({ provider }) => provider === process.provider);
  const firsts = new Map(changes.toReversed().map(({ knob, from }) => [knob, from]));
  const knobs = [...process.knobs.values()].map((knob) => {
    const { id, value } = knob.declared;
    return { ...knob.declared, value: firsts.get(id) ?? value };
  });
  const lines = changes.map(({ knob, from, to, atNs }): Declaration => {
    return { kind: 'knobChange', knob, from, to, atNs: toTime(atNs), by: 'program' };
  });
  // What a knob is now, should more have been declared than changed.
  const now = [...process.knobs.values()].filter((knob) => hasMoved(knob, changes));
  return [...knobs, ...lines, ...now.map(({ declared, value }) => ({ ...declared, value }))];
}

function hasMoved(
  { declared, value }: Knob,
  changes: readonly { readonly knob: number; readonly to: number | null }[],
): boolean {
  const last = changes.findLast(({ knob }) => knob === declared.id);
  return last !== undefined && last.to !== value;
}

/** Lines that stand behind the events of a process. */
export function closingLines(
  store: TraceStore,
  process: Process,
  toTime: ToTime,
): readonly Declaration[] {
  const lines: Declaration[] = [];
  const lossTime: ToTime = (ns) => toTime(store.clock.atMonotonic(ns));
  for (const { told } of store.losses) {
    if (told?.provider !== process.provider) continue;
    const { line } = told;
    lines.push({ ...line, fromNs: lossTime(line.fromNs), toNs: lossTime(line.toNs) });
  }
  for (const { fromNs, toNs } of process.gaps) {
    lines.push({ kind: 'gap', fromNs: toTime(fromNs), toNs: toTime(toNs) });
  }
  if (process.cost !== null) {
    const atNs = toTime(store.clock.atMonotonic(process.cost.atNs));
    lines.push({ ...process.cost, atNs });
  }
  if (process.ended) {
    lines.push({ kind: 'end', atNs: toTime(store.newestNs), executions: executionsOf(process) });
  }
  return lines;
}

function executionsOf({ stages, lostExecutions }: Process): number {
  const received = [...stages.values()].reduce((sum, s) => sum + s.received.executions, 0);
  return received + lostExecutions;
}

/** Totals of stages of which records are missing: one line stands for all that the agent sent. */
export function summaryLines(
  store: TraceStore,
  process: Process,
  toTime: ToTime,
): readonly StageSummary[] {
  return [...process.stages.values()].flatMap((stage) => {
    const { summary, lost } = stage;
    if (lost.ring + lost.socket === 0 || summary.executions === 0) return [];
    mergePending(stage, store);
    const { executions, items, errors, busyNs, service } = summary;
    return [
      {
        stage: stage.name,
        pipeline: stage.pipelineName,
        fromNs: toTime(store.oldestNs),
        toNs: toTime(store.newestNs),
        ...{ executions, items, errors, busyNs },
        covered: service.weight === executions ? null : service.weight,
        histogram: service.encoded(),
      },
    ];
  });
}
