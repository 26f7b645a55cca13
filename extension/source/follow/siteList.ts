/** Constructions and knobs of a file for lenses and hints: what can be told from the call alone, without following names. */
import type { KnobSite } from '../place.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { Slot } from '../libraries/row.js';
import { headOf, sitesIn, type Site } from './sites.js';
import type { SourceModule } from './workspace.js';

function valueIn({ module, call }: Site, slot: Slot): SyntaxNode | undefined {
  const { args } = call;
  switch (slot.at) {
    case 'keyword':
      return args.find((a) => a.name === slot.name)?.value;
    case 'option': {
      const argument = args.at(slot.index);
      const options = argument === undefined ? undefined : module.read(argument.value);
      if (options?.kind !== 'object') return undefined;
      return options.entries.find((e) => e.key === slot.name && e.kind !== 'other')?.value;
    }
    case 'argument': {
      const positional = args.filter((a) => a.name === null);
      if (positional.length < (slot.atLeast ?? 0)) return undefined;
      const value = positional.at(slot.index)?.value;
      const kind = value === undefined ? 'other' : module.read(value).kind;
      return /^(number|name|member|binary|unary|call|conditional)$/.test(kind) ? value : undefined;
    }
  }
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
