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
import { isLive, type SessionList } from '../sessions/sessionList.js';
import { Throttle, type Clock } from '../throttle.js';
import { knobFacts, stageFacts, type KnobFact, type StageFact } from './facts.js';
import { LineMap } from './lineMap.js';
import type { RunTexts } from './runTexts.js';

/** What it needs from around it. */
export interface SourceSurroundings {
  readonly sessions: SessionList;
  /** The session whose panel is in front; undefined: none is. */
  readonly inFront: () => SessionId | undefined;
  readonly locator: () => Promise<Locator>;
  readonly files: (asRun: (file: string) => Promise<string | null>) => SourceFiles;
  /** The file of this machine that a position means. */
  readonly fileHere: (file: string) => Promise<string | null>;
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
    if (before === null || before === text) return line;
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
    return locator.locate(await this.#target(fact), this.filesOf(session));
  }

  /** The knobs whose places are in this text of a file; looked for again where it has changed since the view was made. */
  async knobsIn(file: string, text: string): Promise<readonly PlacedKnob[]> {
    const view = this.#view;
    if (view === null) return [];
    const placed: PlacedKnob[] = [];
    for (const { fact, place: known } of view.knobs) {
      if (known.kind !== 'found' || known.place.file !== file) continue;
      const isFresh = known.recipe.source === text;
      const place = isFresh ? known : await this.locate(view.info.session, fact);
      if (place.kind === 'found' && place.place.file === file && place.recipe.source === text) {
        placed.push({ fact, place });
      }
    }
    return placed;
  }

  dispose(): void {
    this.#store.dispose();
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
    if (isLive(info)) await this.#around.runTexts.note(info.session, report);
    const stages = await this.#stages(report);
    const knobs = await this.#knobs(info.session, report);
    this.#view = { info, report, stages, knobs };
    this.#changes.emit(undefined);
  }

  /** That of the panel in front, else the one that was shown last, else the first in the list: live ones come first. */
  #chosen(): SessionInfo | undefined {
    const { sessions, inFront } = this.#around;
    const front = inFront();
    const all = sessions.all();
    return (
      all.find(({ session }) => session === front) ??
      all.find((info) => isLive(info)) ??
      all.find(({ session }) => session === this.#last) ??
      all[0]
    );
  }

  async #stages(report: Report): Promise<readonly StageMark[]> {
    const marks: StageMark[] = [];
    const here = new Map<string, string | null>();
    for (const fact of stageFacts(report)) {
      const { file } = fact.source;
      if (!here.has(file)) here.set(file, await this.#around.fileHere(file));
      const found = here.get(file) ?? null;
      if (found !== null) marks.push({ fact, file: found });
    }
    return marks;
  }

  async #knobs(session: SessionId, report: Report): Promise<readonly KnobMark[]> {
    const facts = knobFacts(report).slice(0, MAX_KNOBS);
    if (facts.length === 0) return [];
    const locator = await this.#around.locator();
    const files = this.filesOf(session);
    const located = new Map<string, Located>();
    const marks: KnobMark[] = [];
    for (const fact of facts) {
      const target = await this.#target(fact);
      const found = await this.#place(fact.key, target, (t) => locator.locate(t, files));
      located.set(fact.key, found);
      marks.push({ fact, place: found.place });
    }
    this.#located = located;
    return marks;
  }

  async #place(
    key: string,
    target: KnobTarget,
    locate: (target: KnobTarget) => Promise<KnobPlace>,
  ): Promise<Located> {
    const known = this.#located.get(key);
    const identity = JSON.stringify(target);
    // One without a position is searched for in the whole workspace, which is too much for each key that is pressed.
    const isFresh = known?.generation === this.#generation || target.source === null;
    if (known?.target === identity && isFresh) return known;
    const generation = this.#generation;
    return { target: identity, generation, place: await locate(target) };
  }

  async #target({ knob }: KnobFact): Promise<KnobTarget> {
    const { name, kind, via, value, source } = knob;
    const file = source === null ? null : await this.#around.fileHere(source.file);
    return {
      name,
      kind,
      via,
      value,
      source: source === null || file === null ? null : { ...source, file },
    };
  }
}
