/** From a construction to the place of its knob's value: found, or refused. */
import { valueInJson } from '../data/json.js';
import { valueInYaml } from '../data/yaml.js';
import {
  intoObject,
  keywordArgument,
  optionsArgument,
  positionalArgument,
  type Insertion,
} from '../edit/insertion.js';
import type { EditRecipe, FoundPlace, KnobPlace, KnobTarget, SourceExcerpt } from '../place.js';
import { ancestors, isBroken } from '../syntax/node.js';
import { extensionOf } from '../syntax/parser.js';
import { rowsNamed } from '../libraries/all.js';
import { FullNames } from './fullName.js';
import { unsure, type Trail, type Unsure } from './reduced.js';
import { Reducer, type ReducerOptions } from './reducer.js';
import { sharingOf } from './sharing.js';
import type { Site } from './sites.js';
import { Slots, type Given } from './slots.js';
import { Values, type Outcome, type Stated } from './value.js';
import { excerpt, excerptOf, type Workspace } from './workspace.js';

type GivenValue = Extract<Given, { kind: 'given' }>;

/** The value of a knob of another construction: `value: queue.concurrency`. */
const knobOf: NonNullable<ReducerOptions['knobOf']> = async (
  reducer,
  { module, call, trail },
  knob,
) => {
  const fullName = new FullNames(module).of(call.callee);
  const row = rowsNamed(fullName ?? '').find((r) => r.knob === knob && r.isNamed !== true);
  if (row === undefined) return undefined;
  const given = await new Slots(reducer, module, call).find(row);
  if (given.kind === 'given')
    return reducer.reduce(given.module, given.value, [...trail, ...given.trail]);
  if (given.kind === 'reduced') return given.reduced;
  return given.kind === 'unsure' ? given : undefined;
};

export class PlaceFinder {
  readonly #workspace: Workspace;
  readonly #target: KnobTarget;
  readonly #site: Site;
  readonly #reducer: Reducer;

  constructor(workspace: Workspace, target: KnobTarget, site: Site) {
    this.#workspace = workspace;
    this.#target = target;
    this.#site = site;
    const { module, call } = site;
    const ownWrites = { file: module.file, range: call.node };
    this.#reducer = new Reducer({
      workspace,
      knobOf,
      ...(target.via === 'api' ? { ownWrites } : {}),
    });
  }

  async find(): Promise<KnobPlace> {
    const { module, call, row } = this.#site;
    if (isBroken(call.node)) {
      return this.#refused(unsure('The text around it has an error.', module, call.node));
    }
    const given = await new Slots(this.#reducer, module, call).find(row);
    switch (given.kind) {
      case 'unsure':
        return this.#refused(given);
      case 'other':
        return this.#refused(unsure('The call has a shape that is not known.', module, call.node));
      case 'absent':
        return this.#inserted(given);
      case 'given':
        return this.#stated(given, await this.#valueOf(given));
      case 'reduced': {
        const values = new Values(this.#reducer);
        return this.#stated(undefined, await values.ofReduced(given.reduced));
      }
    }
  }

  #valueOf({ module, value, trail, how }: GivenValue): Promise<Outcome> {
    return new Values(this.#reducer).of({ module, node: value, trail, how });
  }

  #refused({ reason, candidates }: Unsure): KnobPlace {
    const { module, call } = this.#site;
    const own = excerptOf(module, call.node);
    const all = [...candidates, own];
    const distinct = all.filter(
      (c, i) =>
        all.findIndex(
          (d) =>
            d.file === c.file && d.range.start === c.range.start && d.range.end === c.range.end,
        ) === i,
    );
    return { kind: 'unsure', target: this.#target, reason, candidates: distinct };
  }

  async #stated(given: GivenValue | undefined, outcome: Outcome): Promise<KnobPlace> {
    const { module, call } = this.#site;
    switch (outcome.kind) {
      case 'unsure':
        return this.#refused(
          given === undefined
            ? outcome
            : {
                ...outcome,
                candidates: [...outcome.candidates, excerptOf(given.module, given.value)],
              },
        );
      case 'missing':
        return this.#refused(
          unsure('Its value is not given where it should come from.', module, call.node),
        );
      case 'data':
        return this.#inData(outcome);
      case 'stated':
        return this.#inSource(given, outcome);
    }
  }

  #inSource(given: GivenValue | undefined, stated: Stated): KnobPlace {
    const { module, node, how, value, quote } = stated;
    if (isBroken(node))
      return this.#refused(unsure('The text around it has an error.', module, node));
    const isShorthand = given?.isShorthand === true && given.value === node;
    const recipe: EditRecipe = {
      source: module.text,
      language: module.language,
      before: isShorthand ? `${node.text}: ` : '',
      after: '',
      asText: quote === null ? null : { quote },
      takesExpressions: ![...ancestors(node)].some((a) => a.type === 'enum_declaration'),
    };
    return this.#found({
      trail: stated.trail,
      note: given?.note,
      how,
      value: value !== null && Number.isFinite(value) ? value : null,
      place: excerptOf(module, node),
      recipe,
    });
  }

  async #inData({ file, path, trail }: Extract<Outcome, { kind: 'data' }>): Promise<KnobPlace> {
    const { module, call } = this.#site;
    const text = (await this.#workspace.text(file)) ?? '';
    const isJson = extensionOf(file).startsWith('json');
    const range = isJson ? valueInJson(text, path) : valueInYaml(text, path);
    const stated = range === undefined ? '' : text.slice(range.start, range.end);
    const [, quote = '', digits = ''] = /^(["']?)(-?\d+(?:\.\d+)?)\1$/.exec(stated) ?? [];
    if (range === undefined || digits === '') {
      return this.#refused(
        unsure(`\`${path.join('.')}\` in ${file} is not found as a number.`, module, call.node),
      );
    }
    return this.#found({
      trail,
      note: undefined,
      how: 'config',
      value: Number(digits),
      place: excerpt(file, text, range),
      recipe: {
        source: text,
        language: 'data',
        before: '',
        after: '',
        asText: quote === '' ? null : { quote },
        takesExpressions: false,
      },
    });
  }

  #inserted(given: Extract<Given, { kind: 'absent' }>): KnobPlace {
    const { module, into, trail } = given;
    const insertion = this.#insertionFor(given);
    if (insertion === undefined || isBroken(into)) {
      return this.#refused(
        unsure('The option is not given, and cannot be inserted here.', module, into),
      );
    }
    const { offset, before, after } = insertion;
    return this.#found({
      trail,
      note: undefined,
      how: 'inserted',
      value: null,
      place: excerpt(module.file, module.text, { start: offset, end: offset }),
      recipe: {
        source: module.text,
        language: module.language,
        before,
        after,
        asText: null,
        takesExpressions: true,
      },
    });
  }

  #insertionFor({ slot, module, into }: Extract<Given, { kind: 'absent' }>): Insertion | undefined {
    const { call } = this.#site;
    const container = module.read(into);
    if (container.kind === 'object' && slot.at !== 'argument') {
      return intoObject(module, container, slot.name);
    }
    // Knobs that are declared have a value; what is not declared with one is something else.
    if (call.node !== into || this.#site.row.isNamed === true) return undefined;
    switch (slot.at) {
      case 'option':
        return optionsArgument(module, call, slot.name);
      case 'keyword':
        return keywordArgument(module, call, slot.name);
      case 'argument':
        return positionalArgument(module, call, slot.index < 0 ? -slot.index - 1 : 0);
    }
  }

  #found(found: {
    readonly trail: Trail;
    readonly note: string | undefined;
    readonly how: FoundPlace['how'];
    readonly value: number | null;
    readonly place: SourceExcerpt;
    readonly recipe: EditRecipe;
  }): KnobPlace {
    const { trail, note, ...rest } = found;
    const { module, call } = this.#site;
    const { file, range } = rest.place;
    const { notes, conflicts } = sharingOf({ site: this.#site, file, range, trail });
    const [conflict] = conflicts;
    if (conflict !== undefined) {
      const reason = `The same text also sets \`${conflict.knob}\` on line ${conflict.excerpt.line}.`;
      return this.#refused({
        kind: 'unsure',
        reason,
        candidates: [rest.place, ...conflicts.map((c) => c.excerpt)],
      });
    }
    const own = note === undefined ? [] : [note];
    return {
      kind: 'found',
      target: this.#target,
      construction: excerptOf(module, call.node),
      notes: [...own, ...this.#reducer.notes, ...notes],
      ...rest,
    };
  }
}
