/**
 * Asynchronous events of a Chrome trace: `b` and `e` of one category and id belong together and may nest; `S` and `F` are the
 * older form. What is outermost is an execution of a stage of that name, on whatever slot is free.
 */
import type { ChromeEvent } from './chromeEvent.js';
import type { ChromeProcess, ChromeTracks } from './chromeTracks.js';
import type { ForeignTrace, SlotTrack } from './foreignTrace.js';

const MAX_OPEN = 200_000;
/** Names of asynchronous work in one process that are stages of their own; the rest stands by category. */
const MAX_NAMES = 100;

interface Open {
  readonly name: number;
  readonly startNs: number;
}

/** Events of one category and id that wait for their end, the outermost first. */
interface Chain {
  readonly track: SlotTrack | undefined;
  readonly group: number;
  readonly open: Open[];
}

/** Keeps the asynchronous slices of all processes. */
export class ChromeAsync {
  unclosed = 0;
  unopened = 0;
  readonly #trace: ForeignTrace;
  readonly #tracks: ChromeTracks;
  readonly #chains = new Map<string, Chain>();
  readonly #stages = new Map<ChromeProcess, Map<string, SlotTrack | undefined>>();
  #groups = 0;

  constructor(trace: ForeignTrace, tracks: ChromeTracks) {
    this.#trace = trace;
    this.#tracks = tracks;
  }

  begin(event: ChromeEvent, startNs: number): void {
    const key = keyOf(event);
    let chain = this.#chains.get(key);
    if (chain === undefined) {
      if (this.#chains.size >= MAX_OPEN) {
        this.unclosed++;
        return;
      }
      const track = this.#track(this.#tracks.process(event.pid), event);
      chain = { track, group: this.#groups++, open: [] };
      this.#chains.set(key, chain);
    }
    if (chain.open.length < MAX_OPEN) chain.open.push({ name: event.name, startNs });
  }

  end(event: ChromeEvent, endNs: number): void {
    const key = keyOf(event);
    const chain = this.#chains.get(key);
    if (chain === undefined) this.unopened++;
    else this.#close(key, chain, endNs);
  }

  /** What never ends is shown to the end of the trace. */
  finish(newestNs: number): void {
    for (const [key, chain] of [...this.#chains]) {
      while (chain.open.length > 0) {
        this.unclosed++;
        this.#close(key, chain, newestNs);
      }
    }
  }

  #close(key: string, { track, group, open }: Chain, endNs: number): void {
    const opened = open.pop();
    if (open.length === 0) this.#chains.delete(key);
    if (opened === undefined || track === undefined || endNs < opened.startNs) return;
    if (!this.#trace.admit()) return;
    const table = open.length === 0 ? track.executions : track.inner;
    table.add({ ...opened, durationNs: endNs - opened.startNs, extra: group });
  }

  #track(process: ChromeProcess, { category, name }: ChromeEvent): SlotTrack | undefined {
    let stages = this.#stages.get(process);
    if (stages === undefined) {
      stages = new Map();
      this.#stages.set(process, stages);
    }
    const key = `${category}/${name}`;
    if (stages.has(key)) return stages.get(key);
    const isOne = stages.size >= MAX_NAMES;
    const text = this.#trace.texts.text(isOne || name === 0 ? category : name);
    const stage = text === '' ? '(other)' : isOne ? `${text} (other)` : text;
    const present = process.foreign.slots.find((track) => track.stage === stage);
    const made =
      present ??
      this.#trace.addSlots(process.foreign, { stage, stageKind: 'io', meaning: 'group' });
    if (!isOne) stages.set(key, made);
    return made;
  }
}

/** What ties begin and end together. Ids are global, but for those that say that they are the process's own. */
function keyOf({ phase, category, name, id, id2, scope, pid }: ChromeEvent): string {
  const isLocal = id2.includes('local');
  const isOld = phase === 0x53 || phase === 0x46;
  return `${category}|${isOld ? name : ''}|${scope}|${id}${id2}|${isLocal ? pid : ''}`;
}
