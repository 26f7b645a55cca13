// What npm and its kind are: a launcher that starts the program that is meant.
import { spawnSync } from 'node:child_process';

const [, , ...command] = process.argv;
const { status } = spawnSync('sh', ['-c', command.map((word) => `"${word}"`).join(' ')], {
  stdio: 'inherit',
});
process.exitCode = status;
