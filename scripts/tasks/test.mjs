// The whole of `npm test`: static checks, unit, property and end-to-end tests, then the real workbench. Everything runs even
// when an earlier part failed, and the last line is the sum.
import { build } from './build.mjs';
import { nodeScript } from './process.mjs';

function counter() {
  const counts = { passed: 0, failed: 0 };
  let pending = '';
  const take = (text) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop();
    for (const line of lines) {
      const runner = /^ℹ (pass|fail|cancelled) (\d+)$/.exec(line);
      if (runner?.[1] === 'pass') counts.passed += Number(runner[2]);
      else if (runner) counts.failed += Number(runner[2]);
      const plain = /^(\d+) passed, (\d+) failed$/.exec(line);
      if (plain) {
        counts.passed += Number(plain[1]);
        counts.failed += Number(plain[2]);
      }
    }
  };
  return { counts, take };
}

/** Runs the workbench suite alone. */
export function runWorkbenchTests(args = [], onOutput = undefined) {
  return nodeScript('test/vscode/run.mjs', args, { onOutput });
}

/** Runs everything; throws when anything failed. */
export async function testAll(args, { check }) {
  const { counts, take } = counter();
  const problems = [];
  const part = async (name, job) => {
    console.log(`\n== ${name}`);
    try {
      await job();
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
      console.error(error.message);
    }
  };
  await part('types, lint, format', check);
  await part('build', build);
  await part('unit, property and end-to-end tests', () =>
    nodeScript('test/run.mjs', args, { onOutput: take, env: { FORCE_COLOR: '0' } }),
  );
  await part('workbench tests', () => runWorkbenchTests([], take));
  for (const problem of problems) console.error(`\n${problem}`);
  const failed = Math.max(counts.failed, problems.length);
  console.log(`\n${counts.passed} passed, ${failed} failed`);
  if (failed > 0) throw new Error('npm test failed');
}
