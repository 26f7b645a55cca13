// Executions as fast as they go, until a line comes from stdin. Tells after every million how many there were.
import { setImmediate as turn } from 'node:timers/promises';
import { pipeline } from 'sluice';

const work = pipeline('flood').stage('work', () => undefined);
let made = 0;
let isOver = false;
process.stdin.once('data', () => {
  isOver = true;
  process.stdin.destroy();
});
while (!isOver) {
  for (let i = 0; i < 10_000; i++) work();
  made += 10_000;
  if (made % 1_000_000 === 0) console.log(made);
  await turn();
}
console.log(made);
