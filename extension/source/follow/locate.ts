/** Finds the place of a knob, with or without a position. */
import { rowsFor } from '../libraries/all.js';
import type { FoundPlace, KnobPlace, KnobTarget, SourceExcerpt, UnsurePlace } from '../place.js';
import { assignmentsOf, setsEnvironment } from '../data/settings.js';
import { languageOf } from '../syntax/parser.js';
import { candidatesOf, Matcher, type Match } from './match.js';
import { PlaceFinder } from './place.js';
import { settingsIn } from './settings.js';
import type { Site } from './sites.js';
import { excerpt, type Workspace } from './workspace.js';

/** More constructions than this are not tried out. */
const MAX_SITES = 40;

function refused(
  target: KnobTarget,
  reason: string,
  candidates: readonly SourceExcerpt[] = [],
): UnsurePlace {
  return { kind: 'unsure', target, reason, candidates };
}

export class Search {
  readonly #workspace: Workspace;
  readonly #target: KnobTarget;
  readonly #matcher: Matcher;

  constructor(workspace: Workspace, target: KnobTarget) {
    this.#workspace = workspace;
    this.#target = target;
    this.#matcher = new Matcher(workspace, target);
  }

  async find(): Promise<KnobPlace> {
    const { source, name, via } = this.#target;
    if (source === null) return this.#withoutPosition();
    if (rowsFor(via, name).length === 0) {
      return refused(this.#target, `How ${via} takes \`${name}\` is not known.`);
    }
    const matched = await this.#matcher.match(source);
    switch (matched.kind) {
      case 'unsure':
        return refused(this.#target, matched.reason, matched.candidates);
      case 'lost':
        return this.#byValue(
          matched.sites,
          'Nothing at its position constructs it; the file may have changed since the program ran.',
        );
      case 'match':
        return this.#trusted(matched);
    }
  }

  #placeOf(site: Site): Promise<KnobPlace> {
    return new PlaceFinder(this.#workspace, this.#target, site).find();
  }

  /** Where nobody knows whether the text is the one that ran, the value that it states has to speak for it, too. */
  async #trusted({ site, isExact, isSameText, others }: Match): Promise<KnobPlace> {
    const place = await this.#placeOf(site);
    if (place.kind === 'unsure') return place;
    const { value } = this.#target;
    // What is not given has a default, which is another value mostly.
    const isOther =
      place.value === null
        ? place.how === 'inserted' && value !== null && !isSameText && others.length > 0
        : place.value !== value;
    if (isSameText) return isOther ? this.#noted(place) : place;
    if (isOther) return this.#doubted(place, { site, isExact, others });
    return place;
  }

  /** The place states another value than the program ran with: it may have been changed while it ran, or be another. */
  async #doubted(
    place: FoundPlace,
    { site, isExact, others }: Pick<Match, 'site' | 'isExact' | 'others'>,
  ): Promise<KnobPlace> {
    const reason = 'The text states another value than the program ran with';
    const candidates = candidatesOf([site, ...others]);
    if (!isExact) return refused(this.#target, `${reason}.`, candidates);
    for (const other of others.slice(0, MAX_SITES)) {
      const rival = await this.#placeOf(other);
      if (rival.kind !== 'found' || rival.value !== this.#target.value) continue;
      return refused(this.#target, `${reason}, and another place states that one.`, candidates);
    }
    return this.#noted(place);
  }

  #noted(place: FoundPlace): FoundPlace {
    if (place.value === null) return place;
    const note = `The source says ${place.value}, the program ran with ${this.#target.value ?? 'no limit'}.`;
    return { ...place, notes: [...place.notes, note] };
  }

  /** The only one of several that states the value that the program ran with. */
  async #byValue(sites: readonly Site[], reason: string): Promise<KnobPlace> {
    const { value } = this.#target;
    const found: FoundPlace[] = [];
    for (const site of sites.slice(0, MAX_SITES)) {
      const place = await this.#placeOf(site);
      // One whose value is not known may be the one as well.
      if (place.kind === 'unsure' || place.value === null)
        return refused(this.#target, reason, candidatesOf(sites));
      if (place.value === value) found.push(place);
    }
    const [only] = found;
    const isOne = only !== undefined && found.length === 1 && sites.length <= MAX_SITES;
    return isOne ? only : refused(this.#target, reason, candidatesOf(sites));
  }

  /** Constructions and settings of all files. */
  async #withoutPosition(): Promise<KnobPlace> {
    const places: KnobPlace[] = [];
    for await (const file of this.#workspace.found()) {
      const text = await this.#workspace.text(file);
      if (text === null || !this.#mayHold(text)) continue;
      places.push(...(await this.#placesIn(file, text)));
      if (places.length > MAX_SITES) break;
    }
    const [only, ...others] = places;
    if (only === undefined) {
      return refused(this.#target, `\`${this.#target.name}\` is set nowhere in the workspace.`);
    }
    const { value } = this.#target;
    const isOther = only.kind === 'found' && only.value !== null && only.value !== value;
    if (others.length === 0 && !isOther) return only;
    const candidates = places.flatMap((place) =>
      place.kind === 'found' ? [place.place] : place.candidates,
    );
    const reason =
      others.length === 0
        ? 'The only place that sets it states another value than the program ran with.'
        : `It may be set in ${places.length} places.`;
    return refused(this.#target, reason, candidates);
  }

  /** Files that do not mention it are not parsed. */
  #mayHold(text: string): boolean {
    const { name } = this.#target;
    const words = [name, name.toUpperCase(), ...rowsFor(this.#target.via, name).flatMap(wordsOf)];
    return words.some((word) => text.includes(word));
  }

  async #placesIn(file: string, text: string): Promise<readonly KnobPlace[]> {
    if (languageOf(file) === undefined) return this.#environmentIn(file, text);
    const module = await this.#workspace.module(file);
    if (module === undefined) return [];
    const places: KnobPlace[] = [];
    for (const site of this.#matcher.sitesOf(module)) {
      if (site.fullName === undefined) continue;
      const place = await this.#placeOf(site);
      // A call that could have the option is no place where it is set.
      if (place.kind === 'unsure' || place.how !== 'inserted' || this.#isOnlyConstruction(site)) {
        places.push(place);
      }
    }
    const settings = await settingsIn(this.#workspace, module, this.#target);
    return [...places, ...settings];
  }

  /** `Celery('app')` takes settings, but nobody writes them there. */
  #isOnlyConstruction({ row }: Site): boolean {
    return row.library !== 'celery';
  }

  #environmentIn(file: string, text: string): readonly KnobPlace[] {
    if (this.#target.name !== 'UV_THREADPOOL_SIZE' || !setsEnvironment(file)) return [];
    return assignmentsOf(text, this.#target.name).map((range) => {
      const place = excerpt(file, text, range);
      return {
        kind: 'found',
        target: this.#target,
        how: 'config',
        place,
        value: Number(place.text),
        construction: place,
        notes: ['It counts for programs that are started with this file.'],
        recipe: {
          source: text,
          language: 'data',
          before: '',
          after: '',
          asText: null,
          takesExpressions: false,
        },
      };
    });
  }
}

/** Module names that a file with a construction has to mention. */
function wordsOf({ calls }: { readonly calls: readonly string[] }): readonly string[] {
  return calls.map((call) => /^[\w/-]+/.exec(call)?.[0] ?? call);
}
