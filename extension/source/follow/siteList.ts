/** Constructions and knobs of a file for lenses and hints: what can be told from the call alone, without following names. */
import type { KnobSite } from '../place.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { Slot } from '../libraries/row.js';
import { headOf, sitesIn, type Site } from './sites.js';
import type { SourceModule } from './workspace.js';

const values = /^(number|name|member|binary|unary|call|conditional)$/;

function valueIn(site: Site, slot: Slot): SyntaxNode | undefined {
  switch (slot.at) {
    case 'keyword':
      return site.call.args.find((a) => a.name === slot.name)?.value;
    case 'option':
      return optionIn(site, slot.index, slot.name);
    case 'argument':
      return argumentIn(site, slot.index, slot.atLeast ?? 0);
  }
}

function optionIn({ module, call }: Site, index: number, name: string): SyntaxNode | undefined {
  const argument = call.args.at(index);
  const options = argument === undefined ? undefined : module.read(argument.value);
  if (options?.kind !== 'object') return undefined;
  return options.entries.find((e) => e.key === name && e.kind !== 'other')?.value;
}

function argumentIn({ module, call }: Site, index: number, least: number): SyntaxNode | undefined {
  const positional = call.args.filter((a) => a.name === null);
  const value = positional.length < least ? undefined : positional.at(index)?.value;
  return value !== undefined && values.test(module.read(value).kind) ? value : undefined;
}

function siteOf(site: Site): KnobSite {
  const { module, call, row } = site;
  const [first] = call.args;
  const named = row.isNamed === true && first !== undefined ? module.read(first.value) : undefined;
  const value = row.slots.map((slot) => valueIn(site, slot)).find((node) => node !== undefined);
  const literal = value === undefined ? undefined : module.read(value);
  const { start, end } = call.node;
  return {
    library: row.library,
    knob: named?.kind === 'text' ? named.value : row.knob,
    kind: row.kind,
    call: { start, end },
    head: headOf(call),
    valueRange: value === undefined ? null : { start: value.start, end: value.end },
    value: literal?.kind === 'number' ? literal.value : null,
  };
}

/** All sites of a file whose library is known for certain, in the order of the text. */
export function siteList(module: SourceModule): readonly KnobSite[] {
  return sitesIn(module)
    .filter(({ fullName }) => fullName !== undefined)
    .map(siteOf);
}
