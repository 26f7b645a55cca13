/**
 * Which construction in the present text a knob is about. A position is believed only where it points into a call that
 * constructs such a knob; where the text has changed since the run, the same construction is looked for by what it is and
 * what it stands in. Never by a line's number alone.
 */
import { rowsFor, rowsNamed } from '../libraries/all.js';
import type { KnobRow } from '../libraries/row.js';
import type { KnobTarget, SourceExcerpt } from '../place.js';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { CallExpr } from '../syntax/expression.js';
import { unsure, type Unsure } from './reduced.js';
import { Reducer } from './reducer.js';
import { callsIn, headOf, identityOf, pointOf, sitesIn, type Site } from './sites.js';
import { excerptOf, lineOf, refusalOf, type SourceModule, type Workspace } from './workspace.js';

/** `isExact`: the position points at the call itself, not only at its line. */
export interface Match {
  readonly kind: 'match';
  readonly site: Site;
  readonly isExact: boolean;
  /** false: nobody knows whether the text is the one that ran. */
  readonly isSameText: boolean;
  /** Other sites of the kind in the file. */
  readonly others: readonly Site[];
}

export type Matched =
  | Match
  /** The position leads nowhere; these are the sites of the kind. */
  | { readonly kind: 'lost'; readonly sites: readonly Site[] }
  | Unsure;

/** The offset of a line and column, both from 1; undefined: the text is shorter. */
export function offsetOf(text: string, { line, column }: SourcePosition): number | undefined {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const offset = start + column - 1;
  return offset <= text.length ? offset : undefined;
}

export class Matcher {
  readonly #workspace: Workspace;
  readonly #target: KnobTarget;
  readonly #rows: readonly KnobRow[];

  constructor(workspace: Workspace, target: KnobTarget) {
    this.#workspace = workspace;
    this.#target = target;
    this.#rows = rowsFor(target.via, target.name);
  }

  /** The sites of a file that may have the knob. */
  sitesOf(module: SourceModule): readonly Site[] {
    return sitesIn(module).flatMap((site) => {
      if (!this.#isMeant(site)) return [];
      const [first] = site.call.args;
      const isNamed = first !== undefined && module.read(first.value).kind === 'text';
      // Only a position tells whose knob it is that has a computed name.
      return site.row.isNamed === true && !isNamed ? [{ ...site, fullName: undefined }] : [site];
    });
  }

  /** Finds the construction in the present text. */
  async match(source: SourcePosition): Promise<Matched> {
    const { file } = source;
    const now = await this.#workspace.module(file);
    if (now === undefined) return unsure(refusalOf(file, await this.#workspace.text(file)));
    const asRun = await this.#workspace.textAsRun(file);
    if (asRun === null || asRun === now.text) {
      return this.#at(now, source, asRun !== null);
    }
    const run = await this.#workspace.parse(file, asRun);
    if (run === undefined) return this.#at(now, source, false);
    const then = await this.#at(run, source, true);
    if (then.kind !== 'match') {
      return then.kind === 'lost' ? { kind: 'lost', sites: this.#traced(now) } : then;
    }
    return this.#again(now, run, then.site);
  }

  #traced(module: SourceModule): readonly Site[] {
    return this.sitesOf(module).filter(({ fullName }) => fullName !== undefined);
  }

  #isMeant({ row, call, module }: Site): boolean {
    if (!this.#rows.includes(row)) return false;
    if (row.isNamed !== true) return true;
    const [first] = call.args;
    const name = first === undefined ? undefined : module.read(first.value);
    return name?.kind !== 'text' || name.value === this.#target.name;
  }

  async #at(module: SourceModule, source: SourcePosition, isSameText: boolean): Promise<Matched> {
    const sites = this.sitesOf(module);
    const traced = sites.filter(({ fullName }) => fullName !== undefined);
    const offset = offsetOf(module.text, source);
    const exact =
      offset === undefined
        ? undefined
        : (pointedAt(sites, offset) ?? (await this.#elsewhereNamed(module, offset)));
    if (exact !== undefined) {
      const others = traced.filter(({ call }) => call.node !== exact.call.node);
      return { kind: 'match', site: exact, isExact: true, isSameText, others };
    }
    const onLine = traced.filter((site) => isOnLine(site, source.line));
    const [only] = onLine;
    if (only !== undefined && onLine.length === 1) {
      const others = traced.filter((site) => site !== only);
      return { kind: 'match', site: only, isExact: false, isSameText, others };
    }
    return { kind: 'lost', sites: onLine.length > 1 ? onLine : traced };
  }

  /** What is called at the offset comes from a file of the workspace that hands a library on. */
  async #elsewhereNamed(module: SourceModule, offset: number): Promise<Site | undefined> {
    for (const call of callsIn(module)) {
      if (pointOf(module, call) !== offset && call.node.start !== offset) continue;
      const site = await this.#handedOn(module, call);
      if (site !== undefined) return site;
    }
    return undefined;
  }

  async #handedOn(module: SourceModule, call: CallExpr): Promise<Site | undefined> {
    const reducer = new Reducer({ workspace: this.#workspace });
    const callee = await reducer.reduce(module, call.callee);
    if (callee.kind !== 'external') return undefined;
    const fullName = callee.name.replace(/\.default\b/g, '');
    const row = rowsNamed(fullName).find((r) => this.#rows.includes(r));
    return row === undefined ? undefined : { module, call, row, fullName };
  }

  /** The sites of a file, and calls like `site` where its library is handed on by another file. */
  async #sitesLike(module: SourceModule, { call, module: home }: Site): Promise<readonly Site[]> {
    const sites = this.sitesOf(module);
    if (this.sitesOf(home).some((s) => s.call.node === call.node)) return sites;
    const like: Site[] = [];
    for (const other of callsIn(module)) {
      if (other.callee.text !== call.callee.text) continue;
      const site = await this.#handedOn(module, other);
      if (site !== undefined) like.push(site);
    }
    return [...sites, ...like];
  }

  /** The site of the text that ran, in the present one. */
  async #again(now: SourceModule, run: SourceModule, site: Site): Promise<Matched> {
    const sites = await this.#sitesLike(now, site);
    const before = await this.#sitesLike(run, site);
    const identity = identityOf(site);
    const equalThen = before.filter((s) => identityOf(s) === identity);
    const equalNow = sites.filter((s) => identityOf(s) === identity);
    const ordinal = equalThen.findIndex(({ call }) => call.node === site.call.node);
    const same = equalNow[ordinal];
    if (same !== undefined && isSameOrder(equalThen, equalNow, ordinal)) {
      return { kind: 'match', site: same, isExact: true, isSameText: true, others: [] };
    }
    const { text } = site.call.node;
    const isShuffled = same !== undefined && equalNow.length === equalThen.length;
    const textThen = before.filter(({ call }) => call.node.text === text);
    const textNow = sites.filter(({ call }) => call.node.text === text);
    const [unique] = textNow;
    if (!isShuffled && unique !== undefined && textNow.length === 1 && textThen.length === 1) {
      return { kind: 'match', site: unique, isExact: true, isSameText: true, others: [] };
    }
    return unsure(
      'The file has changed since the program ran, and the place is not found again.',
      now,
      ...this.#traced(now).map(({ call }) => call.node),
    );
  }
}

/** As many as then, and none of them seems to have changed places with another. */
function isSameOrder(then: readonly Site[], now: readonly Site[], ordinal: number): boolean {
  if (then.length !== now.length) return false;
  const text = then[ordinal]?.call.node.text;
  const isKept = (i: number): boolean => now[i]?.call.node.text === then[i]?.call.node.text;
  if (isKept(ordinal) || then.every((_, i) => i === ordinal || isKept(i))) return true;
  return !now.some(({ call }) => call.node.text === text);
}

/** The site whose call a position points at; of calls in a chain the one that is meant. */
function pointedAt(sites: readonly Site[], offset: number): Site | undefined {
  const exact = sites.filter((site) => pointOf(site.module, site.call) === offset);
  if (exact.length > 0) return exact[0];
  return sites
    .filter(({ call, fullName }) => {
      const head = headOf(call);
      return fullName !== undefined && head.start <= offset && offset < head.end;
    })
    .sort((a, b) => size(a) - size(b))[0];
}

function size({ call }: Site): number {
  const head = headOf(call);
  return head.end - head.start;
}

/** Does the line have the name of what is called? */
function isOnLine({ module, call }: Site, line: number): boolean {
  const from = lineOf(module.text, call.node.start + 1);
  const to = lineOf(module.text, headOf(call).end);
  return from <= line && line <= to;
}

/** Sites as places worth a look. */
export function candidatesOf(sites: readonly Site[]): readonly SourceExcerpt[] {
  return sites.map(({ module, call }) => excerptOf(module, call.node));
}
