import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  launchOfCommand,
  launchOfFile,
  probeNode,
  programEnvironment,
  resolveFrom,
} from '../../../../extension/host/run/launch.js';

const nodeOf = (major: number, minor: number): { command: string; version: [number, number] } => ({
  command: '/usr/bin/node',
  version: [major, minor],
});
const argsOf = (file: string, node = nodeOf(20, 10), tsx?: string): readonly string[] | string => {
  const launch = launchOfFile({ file, cwd: '/p', node, tsx });
  return launch.ok ? launch.value.args : launch.error;
};

test('JavaScript runs as it is', () => {
  assert.deepEqual(argsOf('/p/a.mjs', nodeOf(20, 10), '/p/tsx.mjs'), ['/p/a.mjs']);
});

test('TypeScript runs through tsx, with a path that a URL must escape', () => {
  assert.deepEqual(argsOf('/p/a.ts', nodeOf(20, 10), '/p q/tsx.mjs'), [
    '--import',
    'file:///p%20q/tsx.mjs',
    '/p/a.ts',
  ]);
});

test('without tsx TypeScript runs where Node.js strips types, and says what to do elsewhere', () => {
  for (const [major, minor, runs] of [
    [20, 19, false],
    [22, 17, false],
    [22, 18, true],
    [23, 5, false],
    [23, 6, true],
    [24, 0, true],
  ] as const) {
    const args = argsOf('/p/a.ts', nodeOf(major, minor));
    if (runs) assert.deepEqual(args, ['/p/a.ts'], `${major}.${minor}`);
    else assert.match(String(args), /install tsx.*or set "sluice.nodePath"/, `${major}.${minor}`);
  }
  assert.match(String(argsOf('/p/a.tsx', nodeOf(24, 0))), /install tsx.*\)\.$/);
});

test('other files are refused by name', () => {
  assert.match(String(argsOf('/p/a.py')), /^a\.py is neither JavaScript nor TypeScript/);
});

test('a command names its session by its beginning', () => {
  assert.equal(launchOfCommand('npm run build', '/p').title, 'npm run build');
  const long = `node "/a b/c/index.mjs" ./src --out=/tmp/x 'C:\\d\\e.txt'`;
  assert.equal(launchOfCommand(long, '/p').title, 'node index.mjs src --out=x e.txt');
  assert.equal(launchOfCommand(long, '/p').command, long);
  assert.equal(launchOfCommand('x'.repeat(100), '/p').title.length, 60);
});

test('this Node.js is accepted; what is not Node.js, or not there, is refused with what to do', async () => {
  const own = await probeNode(process.execPath);
  assert.ok(own.ok);
  assert.equal(own.value.version[0], Number(process.versions.node.split('.')[0]));
  const missing = await probeNode('/no/such/node');
  assert.ok(!missing.ok);
  assert.match(missing.error, /\/no\/such\/node.*sluice\.nodePath/s);
  const other = await probeNode('/bin/echo');
  assert.ok(!other.ok);
  assert.match(other.error, /is not Node\.js/);
});

test('packages are resolved as the file would', () => {
  assert.match(resolveFrom(import.meta.filename, 'tsx') ?? '', /tsx/);
  assert.equal(resolveFrom(import.meta.filename, 'no-such-package-here'), undefined);
});

test('what is meant for the extension host alone does not reach the program', () => {
  const environment = programEnvironment({
    PATH: '/bin',
    ELECTRON_RUN_AS_NODE: '1',
    VSCODE_PID: '1',
    NODE_OPTIONS: '--max-old-space-size=100',
  });
  assert.deepEqual(environment, { PATH: '/bin', NODE_OPTIONS: '--max-old-space-size=100' });
});
