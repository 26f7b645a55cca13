/** The programs of other tests and the examples, with and without the agent. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Sameness, type Program } from './sameness.js';
import { SAME_FOLDER, programAt, scriptsIn } from './samePrograms.js';

const FIXTURES = 'test/fixtures/adapters';
const PROGRAMS = 'test/e2e/programs';
/** Those that end by themselves and print what they did. */
const programs = ['api.mjs', 'libraries.mjs', 'parent.mjs', 'stages.mjs'];
const EXAMPLE = 'examples/code-index';

/** Files that do not end by themselves or are no programs, with the reason; besides `*Live`, which wait for a knob. */
const apart: Readonly<Record<string, string>> = {
  'double.mjs': 'tasks of a pool',
  'bullmqProcessor.mjs': 'jobs of a worker',
  'bullmqBasics.mjs': 'needs a server',
  'kafkajsBasics.mjs': 'needs a server',
  'piscinaAtOnce.mjs': 'ends when a knob is turned',
  'bottleneckBasics.mjs':
    'which of two jobs is dropped changes from run to run, without the agent too',
};

/** What a program wants to be told. */
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  'piscinaChurn.mjs': ['piscina', '50'],
};

const fixtures = scriptsIn(FIXTURES).filter((f) => !(f in apart) && !/Live\.\w+$/.test(f));

describe('with and without the agent', { concurrency: 2 }, () => {
  let sameness: Sameness;
  before(async () => {
    sameness = await Sameness.create([PROGRAMS, EXAMPLE]);
  });
  after(async () => {
    await sameness.dispose();
  });

  it('finds the programs to compare', () => {
    assert.ok(fixtures.length >= 20);
  });

  for (const file of fixtures) {
    it(`${file} does the same`, async () => {
      const program = programAt(`${FIXTURES}/${file}`);
      await sameness.check({ ...program, args: argumentsOf[file] ?? [] });
    });
  }

  for (const file of programs) {
    it(`${file} does the same`, async () => {
      await sameness.check({ program: sameness.at(`${PROGRAMS}/${file}`) });
    });
  }

  it('the example does the same', async () => {
    const out = sameness.at('code-index');
    const index: Program = {
      program: sameness.at(`${EXAMPLE}/index.mjs`),
      args: [programAt(SAME_FOLDER).program, '--out', out],
      except: /^seconds .*$/m,
    };
    const { stdout, code } = await sameness.check(index);
    assert.equal(code, 0);
    assert.match(stdout, /written +[1-9]/);
    await sameness.check({
      program: sameness.at(`${EXAMPLE}/search.mjs`),
      args: ['PQueue', '--out', out],
    });
  });
});
