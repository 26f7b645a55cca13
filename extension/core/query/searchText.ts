/**
 * What a person types to search a session. Terms stand side by side, in any order, and all of them must hold:
 *
 *     tokenise >20ms failed
 *
 *     >20ms  >=20ms  <1us  <=1us       took longer, at least, less, at most; units ns us ms s min h
 *     20ms..50ms  20..50ms  20ms..     from ... to, both included; either may be missing
 *     #123  123                        worked on the item of that number
 *     failed  error                    failed
 *     tokenise                         is called so, or has that in its name, in capitals or not
 *     "20ms"  "two words"              the same for names that look like something else
 *
 * Every text is taken for something, or the answer says in a sentence what is wrong with it.
 */
import { formatCount, formatDurationNs } from '../format.js';

/** An end of the durations that are wanted, in nanoseconds. */
export interface Bound {
  readonly ns: number;
  /** That duration itself counts. */
  readonly isIncluded: boolean;
}

/** What must hold. */
export interface Terms {
  /** In lower case. */
  readonly names: readonly string[];
  readonly items: readonly number[];
  readonly isFailed: boolean;
  readonly atLeast: Bound;
  readonly atMost: Bound;
}

/** A text that was understood, or not; `meaning` says what it was taken for, or what is wrong. */
export type Parsed =
  | { readonly kind: 'terms'; readonly terms: Terms; readonly meaning: string }
  | { readonly kind: 'wrong'; readonly meaning: string };

const EXAMPLES = 'Try a name, >20ms, 5ms..20ms, #123 or failed.';
const MAX_ITEM = 0xffff_ffff;

const unitNs: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['sec', 1e9],
  ['m', 60e9],
  ['min', 60e9],
  ['h', 3600e9],
]);
const failedWords: ReadonlySet<string> = new Set(['failed', 'failure', 'error', 'errors']);

const comparison =
  /^(?<all>(?<sign>>=|≥|<=|≤|>|<)\s*(?<number>[\d.]*)(?<space>\s*))(?<word>[a-zµμ]*)/i;
const range =
  /^(?=\S*\d)(?<all>(?<low>\d+(?:\.\d+)?)?(?<lowUnit>[a-zµμ]*)\.\.(?<high>\d+(?:\.\d+)?)?(?<highUnit>[a-zµμ]*))(?=\s|$)/i;

const noMinimum: Bound = { ns: 0, isIncluded: true };
const noMaximum: Bound = { ns: Infinity, isIncluded: true };

/** Whether the terms say anything but names. */
export function hasConditions({ items, isFailed, atLeast, atMost }: Terms): boolean {
  return items.length > 0 || isFailed || hasDurations({ atLeast, atMost });
}

function hasDurations({ atLeast, atMost }: Pick<Terms, 'atLeast' | 'atMost'>): boolean {
  return atLeast !== noMinimum || atMost !== noMaximum;
}

/** Whether a duration is one of those that are wanted. */
export function isWanted(durationNs: number, { atLeast, atMost }: Terms): boolean {
  return isAbove(durationNs, atLeast) && isBelow(durationNs, atMost);
}

/** Whether a duration is not too short. */
export function isAbove(ns: number, bound: Bound): boolean {
  return ns > bound.ns || (bound.isIncluded && ns === bound.ns);
}

/** Whether a duration is not too long. */
export function isBelow(ns: number, bound: Bound): boolean {
  return ns < bound.ns || (bound.isIncluded && ns === bound.ns);
}

/** Whether a name holds all the names that are wanted. */
export function isNamedSo(name: string, { names }: Pick<Terms, 'names'>): boolean {
  const lower = name.toLowerCase();
  return names.every((part) => lower.includes(part));
}

class Reader {
  readonly names: string[] = [];
  readonly items: number[] = [];
  isFailed = false;
  atLeast = noMinimum;
  atMost = noMaximum;
  /** What is wrong; the first thing that is. */
  fault: string | null = null;

  /** Takes the next term off the text, and returns the rest. */
  next(text: string): string {
    return (
      this.quoted(text) ??
      this.compared(text) ??
      this.between(text) ??
      this.item(text) ??
      this.word(text)
    );
  }

  private quoted(text: string): string | null {
    const found = /^"([^"]*)"?/.exec(text);
    if (found === null) return null;
    const [all, name = ''] = found;
    if (name === '') this.wrong('There is nothing between the quotes.');
    else this.names.push(name.toLowerCase());
    return text.slice(all.length);
  }

  private compared(text: string): string | null {
    const found = comparison.exec(text)?.groups;
    if (found === undefined) return null;
    const { all = '', sign = '', number = '', space = '', word = '' } = found;
    // What stands apart and is no unit is the next term.
    const isApart = space !== '' && !unitNs.has(word.toLowerCase());
    const unit = isApart ? '' : word;
    const ns = this.duration(number, unit, `${sign}${number}${unit}`);
    if (ns !== null) this.bound(sign, ns);
    return text.slice(isApart ? all.length : all.length + word.length);
  }

  private bound(sign: string, ns: number): void {
    const bound = { ns, isIncluded: sign !== '>' && sign !== '<' };
    if (sign.startsWith('>') || sign === '≥') this.raise(bound);
    else this.lower(bound);
  }

  private between(text: string): string | null {
    const found = range.exec(text)?.groups;
    if (found === undefined) return null;
    const { all = '', low = '', lowUnit = '', high = '', highUnit = '' } = found;
    // `20..50ms`: what is meant is clear.
    if (low !== '') this.end('>=', low, lowUnit === '' ? highUnit : lowUnit, all);
    if (high !== '') this.end('<=', high, highUnit, all);
    return text.slice(all.length);
  }

  private end(sign: string, number: string, unit: string, written: string): void {
    const ns = this.duration(number, unit, written);
    if (ns !== null) this.bound(sign, ns);
  }

  private item(text: string): string | null {
    const found = /^#(\S*)/.exec(text) ?? /^(\d+)(?=\s|$)/.exec(text);
    if (found === null) return null;
    const [all, digits = ''] = found;
    const rest = text.slice(all.length);
    // `20 ms`
    const unit = /^\s+([a-zµμ]+)(?=\s|$)/.exec(rest)?.[1] ?? '';
    if (all === digits && unitNs.has(unit)) return this.bare(`${digits}${unit}`, rest, unit);
    const item = /^\d+$/.test(digits) ? Number(digits) : NaN;
    if (item <= MAX_ITEM) this.items.push(item);
    else if (Number.isNaN(item)) this.wrong(`After # comes the number of an item, as in #123.`);
    else this.wrong(`Items have numbers up to ${formatCount(MAX_ITEM)}.`);
    return rest;
  }

  private word(text: string): string {
    const [word = text] = /^[^\s"<>≤≥]+/.exec(text) ?? [];
    const rest = text.slice(word.length);
    const lower = word.toLowerCase();
    const [, , unit] = /^(\d+(?:\.\d+)?)([a-zµμ]+)$/.exec(lower) ?? [];
    if (unit !== undefined && unitNs.has(unit)) return this.bare(word, rest);
    if (failedWords.has(lower)) this.isFailed = true;
    else this.names.push(lower);
    return rest;
  }

  /** A duration alone: of what it is the most or the least, nobody said. */
  private bare(duration: string, rest: string, unit = ''): string {
    this.wrong(
      `Say >${duration} for what took longer or <${duration} for what took less, or "${duration}" for a name.`,
    );
    return unit === '' ? rest : rest.slice(rest.indexOf(unit) + unit.length);
  }

  private duration(number: string, unit: string, written: string): number | null {
    const value = /^\d+(\.\d*)?$|^\.\d+$/.test(number) ? Number(number) : NaN;
    const factor = unitNs.get(unit.toLowerCase());
    if (Number.isNaN(value)) {
      this.wrong(`“${written}” has no duration: write it as >20ms.`);
      return null;
    }
    if (factor !== undefined) return value * factor;
    this.wrong(
      unit === ''
        ? `“${written}” needs a unit, as in >${number}ms.`
        : `“${unit}” is no unit of time: use ns, us, ms, s, min or h.`,
    );
    return null;
  }

  private raise(bound: Bound): void {
    const { atLeast } = this;
    if (atLeast === noMinimum || !isAbove(atLeast.ns, bound)) this.atLeast = bound;
  }

  private lower(bound: Bound): void {
    const { atMost } = this;
    if (atMost === noMaximum || !isBelow(atMost.ns, bound)) this.atMost = bound;
  }

  private wrong(fault: string): void {
    this.fault ??= fault;
  }
}

/** Reads a search. */
export function parseSearch(text: string): Parsed {
  const reader = new Reader();
  for (let rest = text.trim(); rest !== ''; rest = rest.trimStart()) rest = reader.next(rest);
  const { names, items, isFailed, atLeast, atMost } = reader;
  const terms: Terms = { names, items, isFailed, atLeast, atMost };
  const fault = reader.fault ?? faultOf(terms);
  if (fault !== null) return { kind: 'wrong', meaning: fault };
  return { kind: 'terms', terms, meaning: meaningOf(terms) };
}

function faultOf(terms: Terms): string | null {
  const { names, atLeast, atMost } = terms;
  if (names.length === 0 && !hasConditions(terms)) return `Nothing to search for. ${EXAMPLES}`;
  if (atLeast.ns < atMost.ns || (isBelow(atLeast.ns, atMost) && isAbove(atMost.ns, atLeast))) {
    return null;
  }
  return `No duration is both ${boundText(atLeast, 'low')} and ${boundText(atMost, 'high')}.`;
}

function boundText({ ns, isIncluded }: Bound, side: 'low' | 'high'): string {
  if (side === 'low') return `${isIncluded ? 'at least' : 'longer than'} ${formatDurationNs(ns)}`;
  return `${isIncluded ? 'at most' : 'shorter than'} ${formatDurationNs(ns)}`;
}

/** In words, as the panel shows it. */
function meaningOf(terms: Terms): string {
  const { names, items, isFailed, atLeast, atMost } = terms;
  const quoted = names.map((name) => `“${name}”`).join(' and ');
  if (!hasConditions(terms)) return `Names with ${quoted}`;
  const what = [
    ...(names.length === 0 ? [] : [`at ${quoted}`]),
    ...(items.length === 0 ? [] : [`of item ${items.map((item) => `#${item}`).join(' and ')}`]),
    ...(isFailed ? ['that failed'] : []),
    ...(atLeast === noMinimum ? [] : [boundText(atLeast, 'low')]),
    ...(atMost === noMaximum ? [] : [boundText(atMost, 'high')]),
  ];
  return `Executions ${what.join(', ')}`;
}
