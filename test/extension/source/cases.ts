/**
 * Programs in which a knob is looked for, and what must come out. Text files, several cases each:
 *
 *     ## what the case is about
 *     p-queue concurrency 4 -> 12 property
 *     @ main.mjs
 *     const queue = ‸new PQueue({ concurrency: [-4-]{+12+} });
 *
 * The second line is library, knob, the value in force (`unlimited`), and what it should become: a number, an expression in
 * backticks, or `refuse` and a part of the reason. The word at its end is how the source states the value. Lines below it say
 * more: `note: ` a part of a note, `crlf`, `same` (the text is known to be the one that ran). `‸` is the knob's position;
 * `[-old-]{+new+}` is the expected edit. A file `@ main.mjs as run` is the text at the start of the program; the position is
 * in it then.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KnobTarget, NewValue, SourceFiles } from '../../../extension/source/place.js';

/** Where the files of a case seem to be. */
export const ROOT = '/work';
const MARK = '‸';

export interface Case {
  readonly title: string;
  readonly target: KnobTarget;
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
  readonly asRun: ReadonlyMap<string, string>;
  readonly expected:
    | { readonly kind: 'edit'; readonly to: NewValue; readonly how: string | undefined }
    | { readonly kind: 'refusal'; readonly reason: string };
  readonly notes: readonly string[];
}

export function filesOf(
  texts: ReadonlyMap<string, string>,
  asRun: ReadonlyMap<string, string> = new Map(),
): SourceFiles {
  return {
    read: (file) => Promise.resolve(texts.get(file) ?? null),
    asRun: (file) => Promise.resolve(asRun.get(file) ?? null),
    find: async function* () {
      await Promise.resolve();
      yield* texts.keys();
    },
  };
}

interface Parsed {
  readonly before: string;
  readonly after: string;
  /** Line and column of the mark. */
  readonly mark: { readonly line: number; readonly column: number } | undefined;
}

function parseText(marked: string): Parsed {
  const plain = marked.replaceAll(/\[-([\s\S]*?)-\](?:\{\+[\s\S]*?\+\})?|\{\+[\s\S]*?\+\}/g, '$1');
  const offset = plain.indexOf(MARK);
  const lines = plain.slice(0, offset).split('\n');
  const after = marked.replaceAll(/\[-[\s\S]*?-\]/g, '').replaceAll(/\{\+([\s\S]*?)\+\}/g, '$1');
  return {
    before: plain.replace(MARK, ''),
    after: after.replace(MARK, ''),
    mark: offset < 0 ? undefined : { line: lines.length, column: (lines.at(-1) ?? '').length + 1 },
  };
}

const kinds: Readonly<Record<string, KnobTarget['kind']>> = {
  payload: 'batchSize',
  batch_size: 'batchSize',
  chunksize: 'batchSize',
  bufferSize: 'batchSize',
};

function kindOf(name: string): KnobTarget['kind'] {
  const isDepth = /mark|queue|water|maxsize|prefetch|buffer_size|capacity|backpressure/i.test(name);
  return kinds[name] ?? (isDepth ? 'queueDepth' : 'parallelism');
}

function newValue(text: string): NewValue {
  const expression = /^`(.*)`$/.exec(text)?.[1] ?? null;
  return { expression, value: expression === null ? Number(text) : 8 };
}

const headingPattern =
  /^(?<via>\S+) (?<name>\S+) (?<value>\S+) -> (?:refuse (?<reason>.*)|(?<to>`.*?`|[\d.]+)(?: (?<how>\w+))?)$/;

interface Texts {
  readonly before: Map<string, string>;
  readonly after: Map<string, string>;
  readonly asRun: Map<string, string>;
  source: KnobTarget['source'];
}

function textsOf(files: readonly string[], directives: readonly string[]): Texts {
  const texts: Texts = { before: new Map(), after: new Map(), asRun: new Map(), source: null };
  for (const file of files) {
    const [, name = '', isRun, body = ''] = /^(\S+)( as run)?\n([\s\S]*)$/.exec(file) ?? [];
    const full = path.posix.join(ROOT, name);
    const parsed = parseText(directives.includes('crlf') ? body.replaceAll('\n', '\r\n') : body);
    if (parsed.mark !== undefined) texts.source = { file: full, ...parsed.mark };
    if (isRun !== undefined || directives.includes('same')) texts.asRun.set(full, parsed.before);
    if (isRun !== undefined) continue;
    texts.before.set(full, parsed.before);
    texts.after.set(full, parsed.after);
  }
  return texts;
}

function parseCase(text: string, corpus: string): Case {
  const [head = '', ...files] = text.split(/^@ /m);
  const [title = '', heading = '', ...directives] = head.trim().split('\n');
  const groups = headingPattern.exec(heading)?.groups;
  if (groups === undefined) throw new Error(`${corpus}: "${heading}" is no heading`);
  const { via = '', name = '', value = '', reason, to = '', how } = groups;
  const { source, ...texts } = textsOf(files, directives);
  const number = value === 'unlimited' ? null : Number(value);
  return {
    ...texts,
    title: `${corpus}: ${title}`,
    target: { name, kind: kindOf(name), via, value: number, source },
    expected:
      reason === undefined ? { kind: 'edit', to: newValue(to), how } : { kind: 'refusal', reason },
    notes: directives.filter((d) => d.startsWith('note: ')).map((d) => d.slice('note: '.length)),
  };
}

/** All cases of a folder, file by file. */
export function casesIn(name: 'corpus' | 'refusals'): readonly Case[] {
  const folder = fileURLToPath(new URL(`${name}/`, import.meta.url));
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      const [, ...cases] = text.split(/^## /m);
      return cases.map((each) => parseCase(each, file.replace('.txt', '')));
    });
}
