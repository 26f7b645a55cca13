/**
 * Names of what a Chrome trace shows, once all of its metadata are known, and Kineto's idea of a process undone: there each
 * GPU counts as a process, and what the profiler says of itself stands in further ones. Here they belong to the program.
 */
import type { ChromeProcess, ChromeThread, ChromeTracks } from './chromeTracks.js';
import type { ForeignTrace } from './foreignTrace.js';

/** Categories of what the host does in traces of PyTorch's profiler. */
const HOST_CATEGORIES: ReadonlySet<string> = new Set([
  'cpu_op',
  'cuda_runtime',
  'cuda_driver',
  'user_annotation',
  'python_function',
]);

/** A thread, the process that it is shown in, and what it is called. */
interface Named {
  readonly thread: ChromeThread;
  readonly owner: ChromeProcess;
  readonly name: string;
  /** The GPU that it is a stream of; null: it is a thread. */
  readonly device: string | null;
}

/** Gives processes and tracks their names. `isKineto`: PyTorch's profiler wrote the file. */
export function nameTracks(trace: ForeignTrace, tracks: ChromeTracks, isKineto: boolean): void {
  const processes = [...new Set(tracks.processes.values())];
  const hosts = processes.filter((process) => isHost(trace, process));
  const host = isKineto && hosts.length === 1 ? hosts[0] : undefined;
  for (const process of processes) {
    process.foreign.title = titleOf(process);
    if (isKineto) process.foreign.runtime = 'PyTorch profiler';
    if (host !== undefined && host !== process) {
      host.foreign.threads.push(...process.foreign.threads.splice(0));
    }
  }
  const named = processes.flatMap((process) =>
    [...process.threads.values()].map((thread) => namedThread(trace, thread, host ?? process)),
  );
  const label = labeller(named);
  for (const one of named) applyName(one, label(one));
}

function isHost(trace: ForeignTrace, { threads }: ChromeProcess): boolean {
  return [...threads.values()].some(
    ({ firstCategory, tracks }) =>
      tracks.host !== undefined && HOST_CATEGORIES.has(trace.texts.text(firstCategory)),
  );
}

function titleOf({ id, name, labels }: ChromeProcess): string {
  if (name !== '') return name;
  if (labels !== '') return labels;
  return typeof id === 'string' && id !== '' ? id : `process ${id}`;
}

function namedThread(trace: ForeignTrace, thread: ChromeThread, owner: ChromeProcess): Named {
  const { id, name, process, firstCategory, tracks } = thread;
  const isStream = tracks.gpu !== undefined || tracks.annotation !== undefined;
  const device = isStream ? deviceOf(process) : null;
  if (name !== '') return { thread, owner, name, device };
  if (typeof id === 'string' && id !== '') return { thread, owner, name: id, device };
  const category = trace.texts.text(firstCategory);
  // A process without a name, such as -1, is a place that the profiler made up: the category says more.
  const isMadeUp = owner !== process && process.name === '' && category !== '' && device === null;
  return { thread, owner, name: isMadeUp ? category : `thread ${id}`, device };
}

function deviceOf({ id, labels, name }: ChromeProcess): string {
  if (/gpu|device|xpu|cuda|hip/i.test(labels)) return labels;
  return /gpu/i.test(name) ? name : `GPU ${id}`;
}

/** Makes names different within a process: with the GPU where there are several, with the thread's id where there are still two. */
function labeller(named: readonly Named[]): (one: Named) => string {
  const devices = new Set(named.flatMap(({ device }) => device ?? []));
  const full = ({ device, name }: Named): string =>
    device !== null && devices.size > 1 ? `${device} ${name}` : name;
  const counts = new Map<ChromeProcess, Map<string, number>>();
  for (const one of named) {
    const ofOwner = counts.get(one.owner) ?? new Map<string, number>();
    counts.set(one.owner, ofOwner);
    ofOwner.set(full(one), (ofOwner.get(full(one)) ?? 0) + 1);
  }
  return (one) => {
    const name = full(one);
    const isAlone = counts.get(one.owner)?.get(name) === 1;
    return isAlone ? name : `${name} (${one.thread.id})`;
  };
}

function applyName({ thread, owner, name, device }: Named, label: string): void {
  const { host, gpu, annotation } = thread.tracks;
  if (host !== undefined) {
    host.stage = device === null ? name : `${device} other`;
    host.thread = device === null ? label : `${label} other`;
  }
  if (gpu !== undefined) {
    gpu.stage = device ?? name;
    gpu.thread = label;
  }
  if (annotation !== undefined) {
    annotation.stage = `${device ?? name} annotations`;
    annotation.thread = `${label} annotations`;
  }
  if (thread.samples !== null) {
    owner.foreign.samples.push({ thread: label, samples: thread.samples });
  }
}
