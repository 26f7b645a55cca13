/**
 * What the editor shows of a session in the source, kept up to date: which session counts, where its stages and knobs stand
 * now. Lenses, hints, diagnostics and actions read `view` and hear of a new one; none of them looks for anything itself.
 * Knows nothing of VS Code.
 */
import type { Report } from '../../core/report/report.js';
import type { SessionId, SessionInfo } from '../../engine/protocol.js';
import type { FoundPlace, KnobPlace, KnobTarget, SourceFiles } from '../../source/place.js';
import type { Locator } from '../../source/locator.js';
import { DisposableStore, Listeners, type Disposable } from '../disposables.js';
import type { SessionList } from '../sessions/sessionList.js';
import { Throttle, type Clock } from '../throttle.js';
import { knobFacts, stageFacts, type KnobFact, type StageFact } from './facts.js';
import { LineMap } from './lineMap.js';
import type { RunTexts } from './runTexts.js';

/** What it needs from around it. */
export interface SourceSurroundings {
  readonly sessions: SessionList;
  /** Which session the user means. */
  readonly front: { readonly session: SessionId | undefined };
  readonly locator: () => Promise<Locator>;
  readonly files: (asRun: (file: string) => Promise<string | null>) => SourceFiles;
  /** The file of this machine that a position means; `isOwn`: this window has recorded the program. */
  readonly fileHere: (file: string, isOwn: boolean) => Promise<string | null>;
  readonly runTexts: RunTexts;
  readonly report: (problem: string) => void;
  readonly clock?: Clock;
}

/** A stage and the file of this machine that defines it. */
export interface StageMark {
  readonly fact: StageFact;
  readonly file: string;
}

/** A knob and where its value stands. */
export interface KnobMark {
  readonly fact: KnobFact;
  readonly place: KnobPlace;
}

/** A knob whose place is certain. */
export interface PlacedKnob {
  readonly fact: KnobFact;
  readonly place: FoundPlace;
}

/** One session in the source. */
export interface SourceView {
  readonly info: SessionInfo;
  readonly report: Report;
  readonly stages: readonly StageMark[];
  readonly knobs: readonly KnobMark[];
}

const UPDATE_MS = 700;
/** Knobs that are looked for in the source. */
const MAX_KNOBS = 100;

interface Located {
  readonly target: string;
  readonly generation: number;
  readonly place: KnobPlace;
}

/** Owns the view. */
export class SourceModel implements Disposable {
  readonly #around: SourceSurroundings;
  readonly #store = new DisposableStore();
  readonly #changes = new Listeners<undefined>();
  readonly #updates: Throttle;
  readonly #lines = new Map<string, { readonly now: string; readonly map: LineMap }>();
  #located = new Map<string, Located>();
  readonly #placedSince = new Map<string, KnobPlace>();
  #view: SourceView | null = null;
  #last: SessionId | null = null;
  /** Grows when a text changes: places are looked for again. */
  #generation = 0;

  constructor(around: SourceSurroundings) {
    this.#around = around;
    this.#updates = this.#store.add(
      new Throttle(() => this.#update().catch(this.#failed), UPDATE_MS, around.clock),
    );
    const { sessions } = around;
    const request = (): void => {
      this.#updates.request();
    };
    this.#store.add(sessions.onChange(request));
    this.#store.add(sessions.onMembership(request));
  }

  /** There is a new view. */
  readonly onChange = this.#changes.on;

  /** null: no session has anything to show. */
  get view(): SourceView | null {
    return this.#view;
  }

  /** A text changed, or another panel came to the front. */
  changed(what: 'text' | 'panel'): void {
    if (what === 'text') this.#generation += 1;
    if (this.#view !== null || what === 'panel') this.#updates.request();
  }

  /** The line where a stage of a file is defined in this text of it; null: it cannot be told. */
  async lineOf(
    session: SessionId,
    { fact, file }: StageMark,
    text: string,
  ): Promise<number | null> {
    const { line } = fact.source;
    const before = await this.#around.runTexts.textOf(session, file);
    if (before === null) return namesNear(text, line, fact.name) ? line : null;
    if (before === text) return line;
    const key = JSON.stringify([session, file]);
    const known = this.#lines.get(key);
    const map = known?.now === text ? known.map : new LineMap(before, text);
    this.#lines.set(key, { now: text, map });
    return map.lineNow(line);
  }

  /** Texts as the locator wants them, for the program of a session. */
  filesOf(session: SessionId): SourceFiles {
    return this.#around.files((file) => this.#around.runTexts.textOf(session, file));
  }

  /** Looks for a knob again, whatever is known. Rejects when the locator cannot be had. */
  async locate(session: SessionId, fact: KnobFact): Promise<KnobPlace> {
    const locator = await this.#around.locator();
    return locator.locate(await this.#target(session, fact), this.filesOf(session));
  }

  /** The knobs whose places are in this text of a file; looked for again where it has changed since the view was made. */
  async knobsIn(file: string, text: string): Promise<readonly PlacedKnob[]> {
    const view = this.#view;
    if (view === null) return [];
    const placed: PlacedKnob[] = [];
    for (const { fact, place: known } of view.knobs) {
      if (known.kind !== 'found' || known.place.file !== file) continue;
      const place = await this.#placeIn(view.info.session, { fact, place: known }, text);
      if (place.kind === 'found' && place.place.file === file && place.recipe.source === text) {
        placed.push({ fact, place });
      }
    }
    return placed;
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** The place of a knob in a text that may be newer than the view. */
  async #placeIn(
    session: SessionId,
    { fact, place }: { readonly fact: KnobFact; readonly place: FoundPlace },
    text: string,
  ): Promise<KnobPlace> {
    if (place.recipe.source === text) return place;
    const known = this.#placedSince.get(fact.key);
    if (known?.kind === 'found' && known.recipe.source === text) return known;
    const target = await this.#target(session, fact);
    const found = await this.#again(session, target, place.place.file);
    this.#placedSince.set(fact.key, found);
    return found;
  }

  /** Looks again in the file where a knob was: nobody searches the whole workspace for each key that is pressed. */
  async #again(session: SessionId, target: KnobTarget, file: string): Promise<KnobPlace> {
    const locator = await this.#around.locator();
    const files = this.filesOf(session);
    return locator.locate(
      target,
      target.source === null ? { ...files, find: () => only(file) } : files,
    );
  }

  readonly #failed = (error: unknown): void => {
    this.#around.report(`source: ${error instanceof Error ? error.message : String(error)}`);
  };

  async #update(): Promise<void> {
    const info = this.#chosen();
    const state = info === undefined ? null : await this.#around.sessions.report(info.session);
    if (info === undefined || state?.kind !== 'known') {
      if (this.#view === null) return;
      this.#view = null;
      this.#lines.clear();
      this.#changes.emit(undefined);
      return;
    }
    const { report } = state;
    if (info.session !== this.#last) {
      this.#located.clear();
      this.#lines.clear();
      this.#last = info.session;
    }
    if (isOfThisWindow(info)) await this.#around.runTexts.note(info.session, report);
    const stages = await this.#stages(info, report);
    const knobs = await this.#knobs(info.session, report);
    this.#view = { info, report, stages, knobs };
    this.#placedSince.clear();
    this.#changes.emit(undefined);
  }

  /** The one that the user means, else the one that was shown last, else the first in the list: live ones come first. */
  #chosen(): SessionInfo | undefined {
    const { sessions, front } = this.#around;
    const all = sessions.all();
    return (
      all.find(({ session }) => session === front.session) ??
      all.find(({ session }) => session === this.#last) ??
      all[0]
    );
  }

  async #stages(info: SessionInfo, report: Report): Promise<readonly StageMark[]> {
    const marks: StageMark[] = [];
    const here = new Map<string, string | null>();
    for (const fact of stageFacts(report)) {
      const { file } = fact.source;
      if (!here.has(file)) here.set(file, await this.#around.fileHere(file, isOfThisWindow(info)));
      const found = here.get(file) ?? null;
      if (found !== null) marks.push({ fact, file: found });
    }
    return marks;
  }

  async #knobs(session: SessionId, report: Report): Promise<readonly KnobMark[]> {
    const facts = knobFacts(report).slice(0, MAX_KNOBS);
    if (facts.length === 0) return [];
    const located = new Map<string, Located>();
    const marks: KnobMark[] = [];
    for (const fact of facts) {
      const target = await this.#target(session, fact);
      const found = await this.#place(session, fact.key, target);
      located.set(fact.key, found);
      marks.push({ fact, place: found.place });
    }
    this.#located = located;
    return marks;
  }

  async #place(session: SessionId, key: string, target: KnobTarget): Promise<Located> {
    const known = this.#located.get(key);
    const identity = JSON.stringify(target);
    const generation = this.#generation;
    if (known?.target === identity) {
      if (known.generation === generation) return known;
      // One that was searched for in vain has no position: to search again is left to whoever asks for it.
      if (known.place.kind === 'unsure' && target.source === null) return { ...known, generation };
      if (known.place.kind === 'found') {
        const place = await this.#again(session, target, known.place.place.file);
        return { target: identity, generation, place };
      }
    }
    const locator = await this.#around.locator();
    const place = await locator.locate(target, this.filesOf(session));
    return { target: identity, generation, place };
  }

  async #target(session: SessionId, { knob }: KnobFact): Promise<KnobTarget> {
    const { name, kind, via, value, source } = knob;
    const info = this.#around.sessions.find(session);
    const isOwn = info !== undefined && isOfThisWindow(info);
    const file = source === null ? null : await this.#around.fileHere(source.file, isOwn);
    return {
      name,
      kind,
      via,
      value,
      source: source === null || file === null ? null : { ...source, file },
    };
  }
}

/** Was it recorded in this window, and not read from a file? */
export function isOfThisWindow({ state }: Pick<SessionInfo, 'state'>): boolean {
  return state === 'live' || state === 'waiting' || state === 'ended';
}

/** Lines below the position of a call in which its stage may be named. */
const NAME_WITHIN = 3;

/** Nobody knows the text that ran: does the line still speak of the stage? A lens on any line would be worse than none. */
function namesNear(text: string, line: number, name: string): boolean {
  const lines = text.split(/\r\n|\r|\n/).slice(line - 1, line - 1 + NAME_WITHIN);
  return lines.some((found) => found.includes(name));
}

async function* only(file: string): AsyncIterable<string> {
  yield await Promise.resolve(file);
}
