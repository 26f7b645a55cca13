// Works until a line comes from stdin, then prints how much it did. Answers a message once it is not recorded any more.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

let done = 0;
let isOver = false;
const tick = pipeline('told').stage('tick', { kind: 'io', parallelism: 1 }, async () => {
  await sleep(2);
  done++;
});
process.on('message', () => {
  const recorder = globalThis[Symbol.for('sluice.agent.v1')];
  if (recorder?.active === false) process.send('paused');
});
process.stdin.once('data', () => {
  isOver = true;
  process.disconnect();
  process.stdin.destroy();
});
while (!isOver) await tick();
console.log(done);
