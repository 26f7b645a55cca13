// One door for every npm script, so that each of them works on a fresh clone: dependencies are installed when they are
// missing or out of date, then the task runs. Needs nothing but Node and npm.
//   node scripts/task.mjs build | watch | check | test | test:vscode | bench | bench:advisor | demo | package | format
import { build } from './tasks/build.mjs';
import { demo } from './tasks/demo.mjs';
import { ensureDependencies } from './tasks/dependencies.mjs';
import { makePackages } from './tasks/package.mjs';
import { nodeScript, run, runBin } from './tasks/process.mjs';
import { runWorkbenchTests, testAll } from './tasks/test.mjs';

const steps = {
  build: () => build(),
  watch: () => nodeScript('esbuild.mjs', ['--watch']),
  check: () => check(),
  test: (args) => testAll(args, { check }),
  'test:vscode': async (args) => {
    await build();
    await runWorkbenchTests(args);
  },
  bench: async (args) => {
    await build();
    await run(process.execPath, ['--import', 'tsx', 'test/bench/run.ts', ...args]);
  },
  'bench:advisor': async (args) => {
    await build();
    await run(process.execPath, ['--import', 'tsx', 'test/bench/advisor/run.ts', ...args]);
  },
  demo: async (args) => {
    await build();
    await demo(args);
  },
  package: async () => {
    await build();
    await makePackages();
  },
  format: () => runBin('prettier', ['--write', '.', '--log-level', 'warn']),
};

async function check() {
  await runBin('tsc', ['-b']);
  await runBin('eslint', ['.']);
  await runBin('prettier', ['--check', '.', '--log-level', 'warn'], 'npm run format');
}

const [name = '', ...args] = process.argv.slice(2);
const step = steps[name];
if (step === undefined) {
  console.error(`unknown task "${name}"; known: ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
try {
  await ensureDependencies();
  await step(args);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = error?.exitCode ?? 1;
}
