// Calls its stages without any link until learning is over, then, when told, passes items from one to the other until told to end.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const { getHookArrays } = createRequire(import.meta.url)('internal/async_hooks');
const p = pipeline('asked');
const parse = p.stage('parse', async () => sleep(1));
const read = p.stage('read', async (n) => n);
// Calls that are made at once and never awaited follow nothing.
for (let n = 0; n < 600; n++) {
  void read(n);
  void parse(n);
}
const until = Date.now() + 60_000;
while (getHookArrays()[0].length > 0 && Date.now() < until) await sleep(20);
let isOver = false;
process.on('message', () => {
  isOver = true;
  process.disconnect();
});
process.send('over');
while (!isOver) await parse(await read(1));
