/** Who else gets a value from the text that would be edited. */
import type { SourceExcerpt, SourceRange } from '../place.js';
import type { SyntaxNode } from '../syntax/node.js';
import { Dependence, type Input } from './dependence.js';
import type { Step, Trail } from './reduced.js';
import { isExported, isExporting, isWritten, propertyUsed, referencesOf } from './references.js';
import { sitesIn, type Site } from './sites.js';
import { excerptOf, lineOf } from './workspace.js';

/** Other uses of a constant. */
export interface Sharing {
  /** Sentences for the user. */
  readonly notes: readonly string[];
  /** Other constructions that would change with it. */
  readonly conflicts: readonly { readonly knob: string; readonly excerpt: SourceExcerpt }[];
}

/** The text that would be edited, and what it is edited for. */
export interface Edited {
  readonly site: Site;
  readonly file: string;
  readonly range: SourceRange;
  readonly trail: Trail;
}

/** Looks at all that was followed on the way from the construction to the text. */
export function sharingOf(edited: Edited): Sharing {
  const conflicts = edited.trail.length === 0 ? [] : conflictsOf(edited);
  const notes: string[] = [];
  for (const step of edited.trail) {
    const uses = otherUses(step).map((use) => lineOf(step.module.text, use.start));
    if (uses.length > 0) notes.push(`\`${step.name}\` is also used on ${linesText(uses)}.`);
    if (isShared(step)) {
      notes.push(`\`${step.name}\` is exported: other files may use it, too.`);
    }
  }
  return { notes: [...new Set(notes)], conflicts };
}

/** Other constructions of the files on the way whose values depend on the text. */
function conflictsOf(edited: Edited): Sharing['conflicts'] {
  const { site, trail } = edited;
  const modules = new Set([site.module, ...trail.map(({ module }) => module)]);
  return [...modules].flatMap((module) => {
    const range = module.file === edited.file ? edited.range : undefined;
    return sitesIn(module)
      .filter((other) => isRival(other, edited))
      .filter((other) =>
        inputsOf(other).some((input) => new Dependence(module, { range, trail }).of(input)),
      )
      .map(({ row, call }) => ({ knob: row.knob, excerpt: excerptOf(module, call.node) }));
  });
}

/** A knob of the API that shares its value with a pool is the pool's knob, and says so. */
function isRival({ module, call, row, fullName }: Site, { site, file, range }: Edited): boolean {
  const isSame = call.node === site.call.node;
  const isHome =
    module.file === file && call.node.start <= range.start && range.end <= call.node.end;
  if (fullName === undefined || isSame || isHome) return false;
  const isApi = row.library === 'api';
  if (isApi !== (site.row.library === 'api')) return false;
  return !isApi || (row.isNamed === true && site.row.isNamed === true);
}

/** What the knob of a call is made of. */
function inputsOf({ call, row }: Site): readonly Input[] {
  return row.slots.flatMap((slot): readonly Input[] => {
    if (slot.at === 'argument') {
      const value = call.args.at(slot.index)?.value;
      return value === undefined ? [] : [{ node: value, path: [] }];
    }
    if (slot.at === 'option') {
      const options = call.args.at(slot.index)?.value;
      return options === undefined ? [] : [{ node: options, path: [slot.name] }];
    }
    return call.args
      .filter((a) => a.name === slot.name || a.spread === 'map')
      .map((a) => ({ node: a.value, path: a.spread === 'map' ? [slot.name] : [] }));
  });
}

function isShared({ module, binding, isImported }: Step): boolean {
  return binding !== undefined && (isImported || isExported(module, binding));
}

function linesText(lines: readonly number[]): string {
  const [first, ...others] = [...new Set(lines)];
  const last = others.pop();
  if (last === undefined) return `line ${first ?? 0}`;
  return `lines ${[first, ...others].join(', ')} and ${last}`;
}

/** Uses that see the same value: those of another property do not. */
function otherUses({ module, binding, use, property }: Step): readonly SyntaxNode[] {
  if (binding === undefined) return [];
  return referencesOf(module, binding).filter((other) => {
    if (other === use || isExporting(other) || isWritten(other)) return false;
    const read = propertyUsed(module, other);
    return property === undefined || read === undefined || read === property;
  });
}
