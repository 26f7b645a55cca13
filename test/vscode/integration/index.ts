/** VS Code calls `run` in the extension host. The same module goes to a desktop VS Code, where one can be had. */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

/** The launcher prints lines with this mark; the workbench writes into the same stream. */
const say = (text: string): void => {
  for (const line of text.split('\n')) console.log(`[sluice-test] ${line}`);
};

/** Runs every test file beside this one. Rejects when a test failed or none was found. */
export async function run(): Promise<void> {
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.test.cjs'));
  if (files.length === 0) throw new Error(`no test files in ${__dirname}`);
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000 });
  mocha.reporter(SaidReporter);
  for (const file of files) mocha.addFile(path.join(__dirname, file));
  const failed = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failed > 0) throw new Error(`${failed} integration test(s) failed`);
}

/** One line a test, and the counts into the file that the launcher named. */
class SaidReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner) {
    super(runner);
    let passed = 0;
    let failed = 0;
    runner.on('pass', (test) => {
      passed += 1;
      say(`✔ ${test.fullTitle()}`);
    });
    runner.on('fail', (test, error: Error) => {
      failed += 1;
      say(`✖ ${test.fullTitle()}\n${error.stack ?? error.message}`);
    });
    runner.on('end', () => {
      const file = process.env['SLUICE_TEST_RESULTS'];
      if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, failed }));
      say(`integration: ${passed} passed, ${failed} failed`);
    });
  }
}
