/**
 * The truth about an edit is what the program does after it. Programs are put together at random from the ways in which
 * values get about, and run with a stand-in for p-queue: after an edit of one queue's knob this queue must have the new value,
 * and every other one what it had. Refusals are always right here; how often there are any is another test's matter.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLocator, type TextEdit } from '../../../extension/source/index.js';
import { filesOf } from './cases.js';
import { loadGrammar } from './grammars.js';

const FILE = '/work/main.mjs';
const HEAD = "import PQueue from 'p-queue';\n";
const NEW = 997;
const MARK = /‸(\d+)‸/;

/** What every queue was given, by number. */
type Made = ReadonlyMap<number, readonly unknown[]>;

function ran(body: string): Made {
  const made = new Map<number, unknown[]>();
  function PQueue(options: { concurrency?: unknown } | undefined, id: number): void {
    made.set(id, [...(made.get(id) ?? []), options?.concurrency]);
  }
  // The program is this test's own.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const program = new Function('PQueue', 'process', body) as (...args: unknown[]) => void;
  program(PQueue, { env: { SET: '5' } });
  return made;
}

/** Turns numbers into a program: each choice takes the next one. */
class Writer {
  readonly #choices: Iterator<number>;
  readonly #names: string[] = [];
  readonly #objects: string[] = [];
  #statements: string[] = [];
  #count = 0;
  queues = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices[Symbol.iterator]();
  }

  program(): string {
    const parts = 2 + this.#pick(4);
    for (let i = 0; i < parts; i++) this.#statement();
    return this.#statements.join('\n');
  }

  #pick(below: number): number {
    const next = this.#choices.next();
    return next.done === true ? 0 : next.value % below;
  }

  #one<T>(...ways: readonly (() => T)[]): T {
    const way = ways[this.#pick(ways.length)];
    assert.ok(way !== undefined);
    return way();
  }

  #fresh(): string {
    // Few names, so that some shadow others.
    return `v${this.#count++}`;
  }

  #say(text: string): void {
    this.#statements.push(text);
  }

  #number(): string {
    return String(1 + this.#pick(9));
  }

  #known(names: readonly string[]): string | undefined {
    return names.length === 0 ? undefined : names[this.#pick(names.length)];
  }

  #value(depth = 0): string {
    if (depth > 3) return this.#number();
    const inner = (): string => this.#value(depth + 1);
    return this.#one(
      () => this.#number(),
      () => this.#known(this.#names) ?? this.#number(),
      () => this.#constant(inner()),
      () => this.#variable(inner()),
      () => `${this.#object(inner())}.size`,
      () => this.#taken(inner()),
      () => this.#returned(inner()),
      () => `Number(process.env.${this.#pick(4) === 0 ? 'SET' : 'UNSET'} ?? ${inner()})`,
      () => `(process.env.UNSET ? Number(process.env.UNSET) : ${inner()})`,
      () => `(${inner()} > 4 ? ${inner()} : ${inner()})`,
      () => `${inner()} + 1`,
      () => this.#field(inner()),
    );
  }

  #constant(value: string): string {
    const name = this.#fresh();
    this.#say(`const ${name} = ${value};`);
    this.#names.push(name);
    return name;
  }

  #variable(value: string): string {
    const name = this.#fresh();
    this.#say(`let ${name} = ${value};`);
    this.#one(
      () => undefined,
      () => {
        this.#say(`${name} = ${this.#number()};`);
      },
      () => {
        this.#say(`if (process.env.UNSET) ${name} = 3;`);
      },
      () => {
        this.#say(`${name} += 1;`);
      },
      () => {
        this.#say(`[${name}] = [2];`);
      },
      () => {
        this.#say(`for (const x of [1, 2]) ${name} = x;`);
      },
    );
    this.#names.push(name);
    return name;
  }

  #object(value: string): string {
    const name = this.#fresh();
    const more = this.#one(
      () => '',
      () => ', size: 8',
      () => ', other: 9',
      () => ", ['si' + 'ze']: 6",
    );
    const spread = this.#known(this.#objects);
    const base = spread !== undefined && this.#pick(3) === 0 ? `, ...${spread}` : '';
    this.#say(`const ${name} = { size: ${value}${more}${base} };`);
    this.#one(
      () => undefined,
      () => undefined,
      () => {
        this.#say(`${name}.size = 7;`);
      },
      () => {
        this.#say(`Object.assign(${name}, { size: 7 });`);
      },
      () => {
        const alias = this.#fresh();
        this.#say(`const ${alias} = ${name}; ${alias}.size = 6;`);
      },
      () => {
        this.#say(`${name}.other = 1;`);
      },
      () => {
        this.#say(`${name}['size']++;`);
      },
    );
    this.#objects.push(name);
    return name;
  }

  #taken(value: string): string {
    const name = this.#fresh();
    const from = this.#pick(2) === 0 ? `{ size: ${value} }` : this.#object(value);
    const fallback = this.#pick(2) === 0 ? '' : ' = 3';
    const key = this.#pick(3) === 0 ? 'missing' : 'size';
    this.#say(
      `const { ${key}: ${name}${fallback === '' && key === 'missing' ? ' = 4' : fallback} } = ${from};`,
    );
    this.#names.push(name);
    return name;
  }

  #returned(value: string): string {
    const name = this.#fresh();
    const body = this.#one(
      () => 'n',
      () => value,
      () => '(n ?? 5)',
      () => 'Number(process.env.UNSET ?? n)',
      () => 'n * 2',
    );
    this.#say(`const ${name} = (n = 2) => ${body};`);
    if (this.#pick(3) === 0) this.#say(`${name}(1);`);
    return this.#pick(3) === 0 ? `${name}()` : `${name}(${value})`;
  }

  #field(value: string): string {
    const name = this.#fresh();
    const set = this.#pick(3) === 0 ? ' static { this.size = 3; }' : '';
    this.#say(`class ${name} { static size = ${value};${set} }`);
    return `${name}.size`;
  }

  #statement(): void {
    this.#one(
      () => {
        this.#queue();
      },
      () => {
        this.#queue();
      },
      () => {
        this.#inFunction();
      },
      () => {
        this.#shadowed();
      },
      () => {
        this.#value();
      },
    );
  }

  #options(): string {
    const value = this.#value();
    const object = this.#known(this.#objects);
    return this.#one(
      () => `{ concurrency: ${value} }`,
      () => `{ concurrency: ${value}, timeout: 1 }`,
      () => `{ timeout: 1, concurrency: (${value}) }`,
      () => {
        const name = this.#fresh();
        this.#say(`const ${name} = { concurrency: ${value} };`);
        return name;
      },
      () => {
        const name = this.#fresh();
        this.#say(`const ${name} = { concurrency: ${value} };`);
        return `{ ...${name} }`;
      },
      () => `{ concurrency: 2, ...{ concurrency: ${value} } }`,
      () => (object === undefined ? '{}' : `{ concurrency: ${object}.size, ...${object} }`),
      () => {
        this.#say(`const concurrency${this.#count} = ${value};`);
        return `{ concurrency: concurrency${this.#count++} }`;
      },
      () => '{ timeout: 2 }',
    );
  }

  #queue(): void {
    const options = this.#options();
    this.#say(`‸${this.queues}‸new PQueue(${options}, ${this.queues});`);
    this.queues++;
  }

  /** The queue is made in a function that is called, maybe twice. */
  #inFunction(): void {
    const name = this.#fresh();
    const id = this.queues++;
    const shape = this.#one(
      () => 'concurrency',
      () => '{ concurrency }',
      () => '{ concurrency = 3 } = {}',
      () => 'concurrency = 3',
    );
    const isObject = shape.startsWith('{');
    this.#say(`function ${name}(${shape}) { ‸${id}‸new PQueue({ concurrency }, ${id}); }`);
    const calls = 1 + (this.#pick(4) === 0 ? 1 : 0);
    for (let i = 0; i < calls; i++) {
      const value = this.#value();
      this.#say(`${name}(${isObject ? `{ concurrency: ${value} }` : value});`);
    }
  }

  /** A name means something else within a block. */
  #shadowed(): void {
    const name = this.#known(this.#names);
    if (name === undefined) return;
    const id = this.queues++;
    this.#say(
      `{ const ${name} = ${this.#number()}; ‸${id}‸new PQueue({ concurrency: ${name} }, ${id}); }`,
    );
  }
}

interface Program {
  readonly body: string;
  readonly queues: number;
}

const programs = fc.array(fc.nat(1000), { minLength: 5, maxLength: 60 }).map((choices): Program => {
  const writer = new Writer(choices);
  return { body: writer.program(), queues: writer.queues };
});

/** The text without its marks, and the offset of one of them. */
function unmarked(body: string, id: number): { readonly text: string; readonly offset: number } {
  const at = body.indexOf(`‸${id}‸`);
  const all = new RegExp(MARK, 'g');
  return { text: body.replace(all, ''), offset: body.slice(0, at).replace(all, '').length };
}

function edited(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .reverse()
    .reduce((all, { start, end, newText }) => all.slice(0, start) + newText + all.slice(end), text);
}

const locator = await createLocator(loadGrammar);

describe('an edit of a program', () => {
  it('changes the value of the knob that is meant, and of no other', async () => {
    let edits = 0;
    await fc.assert(
      fc.asyncProperty(programs, fc.nat(20), async ({ body, queues }, choice) => {
        fc.pre(queues > 0);
        const id = choice % queues;
        const { text, offset } = unmarked(body, id);
        const before = ran(text);
        const value = before.get(id)?.at(-1);
        const source = HEAD + text;
        const lines = (HEAD + text.slice(0, offset)).split('\n');
        const position = {
          file: FILE,
          line: lines.length,
          column: (lines.at(-1) ?? '').length + 1,
        };
        const texts = new Map([[FILE, source]]);
        const files = filesOf(texts, texts);
        const place = await locator.locate(
          {
            name: 'concurrency',
            kind: 'parallelism',
            via: 'p-queue',
            value: typeof value === 'number' ? value : null,
            source: position,
          },
          files,
        );
        // A variable that is set wins over the text; the note says so.
        if (place.kind === 'unsure' || place.notes.some((n) => n.includes('variable SET'))) return;
        const made = await locator.edits(place, { value: NEW, expression: null }, files);
        const changed = edited(source, made).slice(HEAD.length);
        const after = ran(changed);
        const said = `${text}\n--- ${place.how} ---\n${changed}`;
        for (let other = 0; other < queues; other++) {
          const values = before.get(other) ?? [];
          const expected = other === id ? values.map(() => NEW) : values;
          assert.deepEqual(after.get(other) ?? [], expected, `queue ${other} of:\n${said}`);
        }
        edits++;
      }),
      { numRuns: 1500 },
    );
    assert.ok(edits > 300, `${edits} edits`);
  });
});
