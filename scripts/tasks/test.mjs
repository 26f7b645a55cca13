// The whole of `npm test`: static checks, unit, property and end-to-end tests, then the real workbench. Everything runs even
// when an earlier part failed, and the last line is the sum.
import { build } from './build.mjs';
import { nodeScript } from './process.mjs';

/** Reads the sums that node:test prints (`ℹ pass 3`) or, with `plain`, a last line `3 passed, 0 failed`. */
function counter(counts, { plain }) {
  let pending = '';
  return (text) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop();
    for (const line of lines) {
      const runner = plain ? null : /^ℹ (pass|fail|cancelled) (\d+)$/.exec(line);
      if (runner?.[1] === 'pass') counts.passed += Number(runner[2]);
      else if (runner) counts.failed += Number(runner[2]);
      const sum = plain ? /^(\d+) passed, (\d+) failed$/.exec(line) : null;
      if (sum) {
        counts.passed += Number(sum[1]);
        counts.failed += Number(sum[2]);
      }
    }
  };
}

/** Runs the workbench suite alone. */
export function runWorkbenchTests(args = [], onOutput = undefined) {
  return nodeScript('test/vscode/run.mjs', args, { onOutput });
}

/** Runs everything; throws when anything failed. */
export async function testAll(args, { check }) {
  const counts = { passed: 0, failed: 0 };
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
    nodeScript('test/run.mjs', args, {
      onOutput: counter(counts, { plain: false }),
      env: { FORCE_COLOR: '0' },
    }),
  );
  await part('workbench tests', () => runWorkbenchTests([], counter(counts, { plain: true })));
  for (const problem of problems) console.error(`\n${problem}`);
  const failed = Math.max(counts.failed, problems.length);
  console.log(`\n${counts.passed} passed, ${failed} failed`);
  if (failed > 0) throw new Error('npm test failed');
}
