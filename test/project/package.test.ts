/**
 * The two artefacts, as a user gets them. Both are made from allow-lists, and what such a list forgets is missed by nobody
 * until a user's program fails to load it; so the npm package is installed and used, and the extension's files are counted.
 * Needs a build (`npm test` makes one before it comes here).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = 'p.stage("double", { kind: "cpu" }, (n) => 2 * n)(21)';

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

describe('the extension', () => {
  it('holds every bundle that its parts load, and no source', () => {
    const vsce = path.join(root, 'node_modules/.bin/vsce');
    const listed = execFileSync(vsce, ['ls', '--no-dependencies'], { cwd: root, encoding: 'utf8' });
    const packed = listed.split('\n').filter((line) => line !== '');
    const loaded = filesBelow('dist').filter(
      (file) => !/\.map$|^dist\/(types\/|(cli|mcp)\.cjs$)/.test(file),
    );
    assert.ok(loaded.includes('dist/agent/iitm/hook.mjs'), 'dist is not built');
    assert.deepEqual(
      loaded.filter((file) => !packed.includes(file)),
      [],
    );
    assert.deepEqual(
      packed.filter((file) =>
        /^(node_modules|test|extension|agent|webview|shared)\/|\.ts$/.test(file),
      ),
      [],
    );
  });
});

describe('the npm package', () => {
  let folder = '';
  const run = (command: string, args: readonly string[]): string =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sluice package '));
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
    assert.ok(tarball !== undefined);
    mkdirSync(path.join(folder, 'node_modules/sluice'), { recursive: true });
    run('tar', ['xzf', tarball, '-C', 'node_modules/sluice', '--strip-components=1']);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is the same API for import and require', () => {
    writeFileSync(
      path.join(folder, 'a.mjs'),
      `import { pipeline } from 'sluice'; const p = pipeline('a'); console.log(${program});`,
    );
    writeFileSync(
      path.join(folder, 'b.cjs'),
      `const { pipeline } = require('sluice'); const p = pipeline('b'); console.log(${program});`,
    );
    assert.equal(run(process.execPath, ['a.mjs']), '42\n');
    assert.equal(run(process.execPath, ['b.cjs']), '42\n');
  });

  it('profiles from where it is installed, also in a folder with a space in its name', () => {
    const cli = 'node_modules/sluice/dist/cli.cjs';
    const printed = run(process.execPath, [
      cli,
      'run',
      '--json',
      '--out',
      'a.fxt',
      '--',
      process.execPath,
      'a.mjs',
    ]);
    assert.ok(printed.startsWith('42\n'));
    const report = JSON.parse(printed.slice(3)) as { capture: { executions: number } };
    assert.equal(report.capture.executions, 1);
  });

  it('serves assistants from where it is installed, until nobody asks any more', () => {
    // Without input it ends at once.
    assert.equal(run(process.execPath, ['node_modules/sluice/dist/cli.cjs', 'mcp']), '');
    assert.ok(existsSync(path.join(folder, 'node_modules/sluice/dist/NOTICES.txt')));
  });

  it('has types that keep the signature of what is wrapped', () => {
    writeFileSync(
      path.join(folder, 'types.ts'),
      `import { pipeline } from 'sluice';
       const double = pipeline('t').stage('double', { kind: 'cpu' }, async (n: number) => 2 * n);
       export const four: Promise<number> = double(2);
       // @ts-expect-error a text is no number
       export const wrong = double('2');`,
    );
    const tsc = path.join(root, 'node_modules/.bin/tsc');
    assert.ok(existsSync(tsc));
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      '',
    ];
    assert.equal(run(tsc, [...options, 'types.ts']), '');
  });
});
