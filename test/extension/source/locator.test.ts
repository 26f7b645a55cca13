import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createLocator,
  siteAt,
  type KnobTarget,
  type SourceFiles,
} from '../../../extension/source/index.js';
import { filesOf } from './cases.js';
import { loadGrammar } from './grammars.js';

const locator = await createLocator(loadGrammar);
const file = '/work/main.mjs';
const text = "import PQueue from 'p-queue';\nconst q = new PQueue({ concurrency: 4 });\n";
const target: KnobTarget = {
  name: 'concurrency',
  kind: 'parallelism',
  via: 'p-queue',
  value: 4,
  source: { file, line: 2, column: 11 },
};
const of = (content: string): SourceFiles => filesOf(new Map([[file, content]]));

describe('edits', () => {
  it('are made again when the file has changed since the place was found', async () => {
    const place = await locator.locate(target, of(text));
    const moved = `// one line more\n${text}`;
    const now = {
      ...of(moved),
      asRun: () => Promise.resolve(text),
    };
    const [edit] = await locator.edits(place, { value: 12, expression: null }, now);
    assert.equal(edit?.start, moved.indexOf('4 }'));
    const gone = of('export {};\n');
    await assert.rejects(
      locator.edits(place, { value: 12, expression: null }, gone),
      /Nothing at its position/,
    );
  });

  it('say why there are none', async () => {
    const place = await locator.locate(target, of('const q = 1;\n'));
    assert.equal(place.kind, 'unsure');
    await assert.rejects(locator.edits(place, { value: 1, expression: null }, of(text)), {
      message: place.reason,
    });
    const found = await locator.locate(target, of(text));
    const infinite = locator.edits(found, { value: Infinity, expression: null }, of(text));
    await assert.rejects(infinite, /cannot be written/);
  });

  it('refuse an expression whose names mean something else there, or where only a number can stand', async () => {
    const shadowed = text.replace('const q', "const os = 'linux'; console.log(os);\nconst q");
    const source = { file, line: 3, column: 11 };
    const place = await locator.locate({ ...target, source }, of(shadowed));
    const to = { value: 8, expression: 'os.availableParallelism()' };
    await assert.rejects(locator.edits(place, to, of(shadowed)), /mean something else/);
    const ts = '/work/main.ts';
    const withEnum = filesOf(
      new Map([
        [
          ts,
          "import PQueue from 'p-queue';\nenum N { A = 4 }\nconst q = new PQueue({ concurrency: N.A });\n",
        ],
      ]),
    );
    const inEnum = await locator.locate(
      { ...target, source: { file: ts, line: 3, column: 11 } },
      withEnum,
    );
    await assert.rejects(locator.edits(inEnum, to, withEnum), /Only a number/);
  });
});

describe('the locator', () => {
  it('refuses files that are too large', async () => {
    const place = await locator.locate(target, of(text + '/'.repeat(1_000_000)));
    assert.equal(place.kind === 'unsure' && place.reason, `${file} is too large to look into.`);
  });

  it('loads the grammar of a language when it is needed, and again after a failure', async () => {
    const loaded: string[] = [];
    let isBroken = true;
    const lazy = await createLocator((name) => {
      loaded.push(name);
      if (isBroken && name !== 'tree-sitter.wasm') return Promise.reject(new Error('no such file'));
      return loadGrammar(name);
    });
    assert.deepEqual(loaded, []);
    await assert.rejects(lazy.locate(target, of(text)), /no such file/);
    isBroken = false;
    assert.equal((await lazy.locate(target, of(text))).kind, 'found');
    assert.ok(loaded.every((name) => /^tree-sitter(-javascript)?\.wasm$/.test(name)));
  });

  it('answers for texts of all kinds', async () => {
    const broken = ['', '{', '<<<<<<< HEAD', '\0', 'new PQueue({ concurrency:', '`${', '/*'];
    for (const content of broken) {
      assert.equal((await locator.locate(target, of(content))).kind, 'unsure');
      assert.deepEqual(await locator.sites(file, content), []);
    }
  });

  it('is not led in circles', async () => {
    const circle =
      "import PQueue from 'p-queue';\nconst a = b; const b = a;\nconst q = new PQueue({ concurrency: a });\n";
    const source = { file, line: 3, column: 11 };
    const place = await locator.locate({ ...target, source }, of(circle));
    assert.equal(place.kind, 'unsure');
  });

  it('looks at a bounded number of files when there is no position', async () => {
    let asked = 0;
    const many: SourceFiles = {
      read: () => {
        asked++;
        return Promise.resolve('x');
      },
      asRun: () => Promise.resolve(null),
      find: async function* () {
        for (let i = 0; ; i++) yield await Promise.resolve(`/work/${i}.ts`);
      },
    };
    const place = await locator.locate({ ...target, source: null }, many);
    assert.equal(place.kind, 'unsure');
    assert.ok(asked > 10 && asked < 1000, `${asked} files`);
  });
});

describe('sites', () => {
  it('are the calls of a file whose options are knobs, with the text of their values', async () => {
    const content = `import Piscina from 'piscina';
import pLimit from 'p-limit';
import { pipeline } from 'sluice';
const pool = new Piscina({ minThreads: n, maxThreads: 2 * cores });
const limit = pLimit(4), other = pLimit(), mine = notPLimit(4);
pipeline('a').knob('workers', { kind: 'parallelism', value: 6, min: 1 });
`;
    const sites = await locator.sites('/work/a.ts', content);
    const shown = sites.map(({ library, knob, value, valueRange }) => [
      library,
      knob,
      valueRange === null ? null : content.slice(valueRange.start, valueRange.end),
      value,
    ]);
    assert.deepEqual(shown, [
      ['piscina', 'maxThreads', '2 * cores', null],
      ['piscina', 'minThreads', 'n', null],
      ['piscina', 'concurrentTasksPerWorker', null, null],
      ['piscina', 'maxQueue', null, null],
      ['p-limit', 'concurrency', '4', 4],
      ['p-limit', 'concurrency', null, null],
      ['api', 'workers', '6', 6],
    ]);
    const inside = siteAt(sites, content.indexOf('pLimit()') + 2);
    assert.equal(inside?.call.start, content.indexOf('pLimit()'));
    assert.equal(siteAt(sites, content.indexOf('notPLimit') + 1), undefined);
  });

  it('are told of Python, too, and of no other language', async () => {
    const python = 'from torch.utils.data import DataLoader\nx = DataLoader(ds, num_workers=4)\n';
    const [workers] = await locator.sites('/work/a.py', python);
    assert.equal(workers?.value, 4);
    assert.deepEqual(await locator.sites('/work/a.txt', python), []);
  });
});
