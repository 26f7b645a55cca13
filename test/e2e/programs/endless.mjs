// Runs executions until it is killed, or until it has done as many as its first argument says.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const limit = Number(process.argv[2] ?? Infinity);
let done = 0;
const tick = pipeline('endless').stage('tick', { kind: 'io', parallelism: 1 }, async () => {
  await sleep(1);
  done++;
});
console.log(process.pid);
while (done < limit) await tick();
if (process.argv[3] !== undefined) writeFileSync(process.argv[3], String(done));
