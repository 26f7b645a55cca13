/** Runs the cases of the matrix on one Node. Each Node has a test file of its own, so that test/run.mjs runs two at once. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, type Listening } from '../agent/adapters/agentSession.js';
import { majorOfNode, nodeBinary } from '../support/nodes.js';
import { cases } from './cases.js';
import { compile, markersOf, provide } from './compile.js';
import type { LibraryVersion, MatrixCase, ModuleFormat } from './matrix.js';

/** Below the repository, so that what a library depends on is found in the repository's node_modules. */
const works = fileURLToPath(new URL('../../build/matrix', import.meta.url));

/** One library in one version and format, on one Node. */
interface Combination {
  readonly matrixCase: MatrixCase;
  readonly version: LibraryVersion | undefined;
  readonly format: ModuleFormat;
}

/** Which part of the matrix a file runs. */
export interface Part {
  readonly node: string;
  /** One version and format of each library is enough to see that the hooks work. */
  readonly isSample?: boolean;
}

function combinationsOf(matrixCase: MatrixCase, { node, isSample }: Part): Combination[] {
  const versions: readonly (LibraryVersion | undefined)[] =
    matrixCase.versions.length === 0 ? [undefined] : matrixCase.versions;
  const all = versions
    .filter((version) => (version?.minNodeMajor ?? 0) <= majorOfNode(node))
    .flatMap((version) => matrixCase.formats.map((format) => ({ matrixCase, version, format })));
  return isSample === true ? all.slice(0, 1) : all;
}

/** p-queue 9.3.5, ESM, Node 22.23.3 */
function titleOf({ matrixCase, version, format }: Combination, node: string): string {
  const library = [matrixCase.library, version?.version].filter((part) => part !== undefined);
  return `${library.join(' ')}, ${format === 'esm' ? 'ESM' : 'CommonJS'}, Node ${node}`;
}

/** Between the halves: turns the knob, then lets the program go on. */
function betweenHalves({ live }: MatrixCase): (listening: Listening) => Promise<void> {
  return async ({ capture, setKnob, until, printed, tell }) => {
    await until('the line "ready"', () => /^ready$/m.test(printed()));
    if (live !== undefined) {
      await until(`the knob ${live.knob}`, () =>
        capture.of('knob').some(({ name }) => name === live.knob),
      );
      await setKnob(live.knob, live.value);
    }
    tell('go');
  };
}

function resultOf(stdout: string): unknown {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  assert.match(line, /^\{.*\}$/, `the last line is no JSON object: ${stdout}`);
  return JSON.parse(line);
}

/** The folders and the agent that the runs of a file share. */
class Workshop {
  readonly agent: BuiltAgent;
  readonly #folder: string;
  readonly #provided = new Map<string, Promise<void>>();

  private constructor(agent: BuiltAgent, folder: string) {
    this.agent = agent;
    this.#folder = folder;
  }

  static async open(): Promise<Workshop> {
    await mkdir(works, { recursive: true });
    return new Workshop(await BuiltAgent.create(), await mkdtemp(path.join(works, 'run-')));
  }

  async close(): Promise<void> {
    await Promise.all([this.agent.dispose(), rm(this.#folder, { recursive: true })]);
  }

  /** Compiles the program, with its library beside it; returns the file to run. */
  async prepare({ matrixCase, version, format }: Combination): Promise<string> {
    const folder = path.join(
      this.#folder,
      [path.basename(matrixCase.program, '.ts'), version?.version].join('-'),
    );
    if (version !== undefined) {
      const provided = this.#provided.get(folder) ?? provide(matrixCase, version, folder);
      this.#provided.set(folder, provided);
      await provided;
    }
    return compile(matrixCase.program, format, folder);
  }
}

async function run(combination: Combination, workshop: Workshop, node: string): Promise<void> {
  const { matrixCase, version, format } = combination;
  const program = await workshop.prepare(combination);
  const server = await matrixCase.setUp?.();
  try {
    const { capture, stdout, stderr, code, signal } = await workshop.agent.run({
      program,
      node: nodeBinary(node),
      // `require` of ES modules is still called experimental on Node 20.
      nodeArgs: ['--disable-warning=ExperimentalWarning'],
      cwd: path.dirname(program),
      injection: 'NODE_OPTIONS',
      env: { ...matrixCase.env, ...server?.env },
      meanwhile: betweenHalves(matrixCase),
    });
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    const unseen = capture.of('note').filter((n) => /^(library|builtin)-/.test(n.code));
    assert.deepEqual(unseen, [], 'the agent knows the library');
    matrixCase.check(capture, {
      version,
      nodeMajor: majorOfNode(node),
      format,
      result: resultOf(stdout),
      markedAt: await markersOf(matrixCase.program),
    });
  } finally {
    await server?.tearDown();
  }
}

/** Declares the tests of one Node. `MATRIX_ONLY=p-queue` in the environment runs one library's alone. */
export function describeMatrix(part: Part): void {
  const only = process.env['MATRIX_ONLY'];
  describe(`library matrix on Node ${part.node}`, () => {
    let workshop: Workshop;
    before(async () => {
      workshop = await Workshop.open();
    });
    after(async () => {
      await workshop.close();
    });
    it('has cases', () => {
      assert.ok(cases.length >= 2);
    });
    for (const matrixCase of cases) {
      if (only !== undefined && matrixCase.library !== only) continue;
      for (const combination of combinationsOf(matrixCase, part)) {
        it(titleOf(combination, part.node), async () => {
          await run(combination, workshop, part.node);
        });
      }
    }
  });
}
