/** Who else gets a value from the text that would be edited. */
import type { CallExpr } from '../syntax/expression.js';
import { ancestors, contains, type SyntaxNode } from '../syntax/node.js';
import type { Step, Trail } from './reduced.js';
import { isExporting, isExported, isWritten, propertyUsed, referencesOf } from './references.js';
import { sitesIn } from './sites.js';
import { excerptOf, lineOf, type SourceModule } from './workspace.js';
import type { SourceExcerpt } from '../place.js';

/** Other uses of a constant. */
export interface Sharing {
  /** Sentences for the user. */
  readonly notes: readonly string[];
  /** Other constructions that would change with it. */
  readonly conflicts: readonly { readonly knob: string; readonly excerpt: SourceExcerpt }[];
}

/** Looks at all that was followed on the way from `construction` to the text. */
export function sharingOf(trail: Trail, construction: CallExpr): Sharing {
  const notes: string[] = [];
  const conflicts: { knob: string; excerpt: SourceExcerpt }[] = [];
  for (const step of trail) {
    const lines: number[] = [];
    for (const use of otherUses(step)) {
      const other = knobOf(step.module, use, construction);
      if (other !== undefined) {
        conflicts.push({ knob: other, excerpt: excerptOf(step.module, use) });
      } else {
        lines.push(lineOf(step.module.text, use.start));
      }
    }
    if (lines.length > 0) notes.push(`\`${step.name}\` is also used on ${linesText(lines)}.`);
    if (isShared(step)) {
      notes.push(`\`${step.name}\` is exported: other files may use it, too.`);
    }
  }
  return { notes: [...new Set(notes)], conflicts };
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

/** The knob of another construction that the use gives its value to; undefined: none that is known. */
function knobOf(module: SourceModule, use: SyntaxNode, construction: CallExpr): string | undefined {
  for (const site of sitesIn(module)) {
    const { call, row, fullName } = site;
    if (fullName === undefined || call.node === construction.node) continue;
    if (call.list === undefined || !contains(call.list, use)) continue;
    if (isWithinFunction(module, use, call.node)) continue;
    if (isGivenTo(module, use, call)) return row.knob;
  }
  return undefined;
}

function isWithinFunction(module: SourceModule, use: SyntaxNode, call: SyntaxNode): boolean {
  for (const ancestor of ancestors(use)) {
    if (ancestor === call) return false;
    if (module.read(ancestor).kind === 'function') return true;
  }
  return false;
}

/** As an argument or an option, not as an argument of something within those. */
function isGivenTo(module: SourceModule, use: SyntaxNode, call: CallExpr): boolean {
  for (const ancestor of ancestors(use)) {
    if (ancestor === call.node) return true;
    if (module.read(ancestor).kind === 'call' && module.read(ancestor).node === ancestor)
      return false;
  }
  return false;
}
