/**
 * Traces of other tools beside a capture, compared with it. Both recorded the same program, so what has the same name must
 * take the same time; the difference tells how far either can be believed. Only processes that both recorded are compared, only
 * over the time that both cover (`commonTime.ts`), and never what is known to be incomplete.
 */
import { counted } from '../counted.js';
import {
  kindOf,
  pidOf,
  SPAN_GPU,
  VIA_IMPORT,
  type Process,
  type Stage,
} from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import type { BesideReport, ComparisonReport, TracedReport } from '../report/report.js';
import { CommonTime, type Sum } from './commonTime.js';
import type { Window } from './pipelineAnalysis.js';
import { LoaderRequests } from './loaderRequests.js';
import { LOADER_NAME, TracedNames, type SumsByName } from './tracedNames.js';

const MAX_PROCESSES = 16;
const MAX_NAMES = 20;
/** From here on two totals are of different work. */
const MAX_COUNTS_APART = 0.05;

/** The traces beside the capture; empty when there is no capture, or nothing beside it. */
export function besideReports(store: TraceStore): readonly BesideReport[] {
  const imported: Process[] = [];
  const captured: Process[] = [];
  for (const process of store.processes.values()) {
    const stages = [...process.stages.values()];
    (stages.some(isImported) ? imported : captured).push(process);
  }
  if (captured.length === 0) return [];
  store.countAll();
  return imported
    .filter(({ stages }) => Number.isFinite(extentOf([...stages.values()]).fromNs))
    .slice(0, MAX_PROCESSES)
    .map((process) => {
      const own = captured.find((other) => pidOf(other) === pidOf(process)) ?? null;
      return besideReport(store, process, own);
    });
}

function isImported({ declared }: Stage): boolean {
  return declared?.via === VIA_IMPORT;
}

function besideReport(store: TraceStore, process: Process, own: Process | null): BesideReport {
  const stages = [...process.stages.values()];
  const ownStages = own === null ? [] : [...own.stages.values()];
  const traced = extentOf(stages);
  const window = own === null ? traced : common(traced, recorded(own), store.fullAtNs);
  const uncompared = whyNot(process, own, window);
  const time = new CommonTime(uncompared === null ? window : traced, own?.gaps ?? []);
  const loaders = ownStages.filter(isLoader);
  const nameOf = (id: number): string => store.spanNames[id] ?? '';
  const requests = new LoaderRequests(loaders, nameOf);
  const names = new TracedNames(stages, time, {
    nameOf,
    stages: new Set(ownStages.map(({ name }) => name)),
    isRequest: (fromNs, toNs) => loaders.length === 0 || requests.hasOneIn(fromNs, toNs),
  });
  const devices = devicesOf(stages, time);
  const compared =
    uncompared === null
      ? [
          ...comparedStages(names.stretches, ownStages, time),
          ...comparedInput(names.stretches, loaders, requests.sumIn(time)),
          ...comparedDevices(devices, ownStages, time),
        ]
      : [];
  const stretches = listed(names.stretches);
  const deviceWork = listed(names.deviceWork);
  return {
    pipeline: stages[0]?.pipelineName ?? '',
    process: pidOf(process),
    tool: process.declared?.runtime ?? 'unknown',
    window: time.window,
    stretches: stretches.slice(0, MAX_NAMES),
    deviceWork: deviceWork.slice(0, MAX_NAMES),
    more: {
      stretches: Math.max(stretches.length - MAX_NAMES, 0),
      deviceWork: Math.max(deviceWork.length - MAX_NAMES, 0),
    },
    devices: devices.map(({ name, busyNs }) => ({ name, busyNs })),
    compared,
    uncompared,
  };
}

function whyNot(process: Process, own: Process | null, { fromNs, toNs }: Window): string | null {
  if (own === null) return `The capture has no process ${pidOf(process)}, which the trace is of.`;
  return fromNs < toNs
    ? null
    : 'The trace and what was captured of its process have no time in common.';
}

/** From the first execution to the last end. */
function extentOf(stages: readonly Stage[]): Window {
  return {
    fromNs: Math.min(...stages.map(({ firstStartNs }) => firstStartNs)),
    toNs: Math.max(...stages.map(({ lastEndNs }) => lastEndNs)),
  };
}

/** From the first record of a process to its last. */
function recorded(process: Process): Window {
  let { fromNs, toNs } = extentOf([...process.stages.values()]);
  for (const { lanes, gauges } of process.threads.values()) {
    for (const { waits } of lanes.values()) {
      waits.settle();
      if (waits.length === 0) continue;
      fromNs = Math.min(fromNs, waits.startNs.at(0));
      toNs = Math.max(toNs, waits.lastEndNs);
    }
    for (const { atNs } of gauges.values()) {
      if (atNs.length === 0) continue;
      fromNs = Math.min(fromNs, atNs.at(0));
      toNs = Math.max(toNs, atNs.at(atNs.length - 1));
    }
  }
  return { fromNs, toNs };
}

function common(a: Window, b: Window, endNs: number): Window {
  return { fromNs: Math.max(a.fromNs, b.fromNs), toNs: Math.min(a.toNs, b.toNs, endNs) };
}

function listed(sums: SumsByName): readonly TracedReport[] {
  return [...sums]
    .map(([name, { count, totalNs }]) => ({ name, count, totalNs }))
    .sort((a, b) => b.totalNs - a.totalNs);
}

/** Stretches that have the name of a stage. */
function comparedStages(
  stretches: SumsByName,
  stages: readonly Stage[],
  time: CommonTime,
): readonly ComparisonReport[] {
  const names = [...new Set(stages.map(({ name }) => name))];
  return names.flatMap((name) => {
    const trace = stretches.get(name);
    if (trace === undefined) return [];
    const named = stages.filter((stage) => stage.name === name);
    const capture = executionsOf(named, time);
    return [compared({ kind: 'stage', name, stage: name }, { trace, capture, stages: named })];
  });
}

function executionsOf(stages: readonly Stage[], time: CommonTime): Sum {
  const sum: Sum = { count: 0, totalNs: 0 };
  for (const { lanes } of stages) for (const { executions } of lanes) time.add(sum, executions);
  return sum;
}

/** What a DataLoader of PyTorch feeds. */
function isLoader({ declared, lanes }: Stage): boolean {
  return declared?.via === 'torch' && lanes.some(({ waits }) => waits.length > 0);
}

function comparedInput(
  stretches: SumsByName,
  loaders: readonly Stage[],
  capture: Sum,
): readonly ComparisonReport[] {
  const trace = stretches.get(LOADER_NAME);
  if (trace === undefined || loaders.length === 0) return [];
  const stage = loaders.map(({ name }) => name).join(', ');
  const what = { kind: 'input', name: LOADER_NAME, stage } as const;
  return [compared(what, { trace, capture, stages: loaders })];
}

interface Device {
  readonly name: string;
  readonly busyNs: number;
}

/** GPUs of the trace. Names that a program gave to stretches of them stand on rows of their own. */
function devicesOf(stages: readonly Stage[], time: CommonTime): readonly Device[] {
  const isDevice = (stage: Stage): boolean =>
    kindOf(stage) === 'gpu' &&
    stage.lanes.some(({ spans }) => (spans.second.at(0) & SPAN_GPU) !== 0);
  return stages.filter(isDevice).map(({ name, lanes }) => {
    return { name, busyNs: time.unionNs(lanes.map(({ executions }) => executions)) };
  });
}

/** Each GPU with the stage that is the GPU, else with the only stage that says that it works on one. */
function comparedDevices(
  devices: readonly Device[],
  stages: readonly Stage[],
  time: CommonTime,
): readonly ComparisonReport[] {
  if (time.hasGaps) return [];
  const onDevice = stages.filter((stage) => kindOf(stage) === 'gpu');
  const cuda = onDevice.filter(({ declared }) => declared?.via === 'cuda');
  return devices.flatMap(({ name, busyNs }) => {
    const stage =
      cuda.find((one) => numberIn(one.name, /\(cuda:(\d+)\)$/) === numberIn(name, /(\d+)$/)) ??
      (devices.length === 1 ? (only(cuda) ?? only(onDevice)) : undefined);
    if (stage === undefined) return [];
    const totalNs = time.unionNs(stage.lanes.map(({ executions }) => executions));
    const what = { kind: 'device', name, stage: stage.name } as const;
    const trace = { count: null, totalNs: busyNs };
    return [compared(what, { trace, capture: { count: null, totalNs }, stages: [stage] })];
  });
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

function numberIn(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1];
}

function compared(
  what: Pick<ComparisonReport, 'kind' | 'name' | 'stage'>,
  sums: Pick<ComparisonReport, 'trace' | 'capture'> & { readonly stages: readonly Stage[] },
): ComparisonReport {
  const { trace, capture, stages } = sums;
  const lost = stages.reduce((sum, { lost: { ring, socket } }) => sum + ring + socket, 0);
  const isTold = lost === 0 && capture.totalNs > 0;
  const difference = isTold ? trace.totalNs / capture.totalNs - 1 : null;
  return { ...what, trace, capture, difference, remark: remarkOn(what.kind, sums, lost) };
}

function remarkOn(
  kind: ComparisonReport['kind'],
  { trace, capture }: Pick<ComparisonReport, 'trace' | 'capture'>,
  lost: number,
): string | null {
  if (lost > 0) return `${counted(lost, 'record')} of the stage were lost`;
  if (capture.totalNs === 0) return 'the capture has nothing in that time';
  if (kind === 'device') {
    return 'an execution lasts from the first of its work on the GPU to the last, gaps and all';
  }
  const [a, b] = [trace.count ?? 0, capture.count ?? 0];
  return Math.abs(a - b) > MAX_COUNTS_APART * Math.max(a, b)
    ? 'they do not run equally often: one of the two does not see all of it'
    : null;
}
