// A knob whose every change is printed with the program's own time. Runs until it is told to stop, and then says how the
// knob stands.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const line = pipeline('line');
const work = line.stage('work', { kind: 'io', parallelism: 4 }, async () => sleep(5));
const knob = line.knob('limit', {
  kind: 'parallelism',
  stage: 'work',
  value: Number(process.argv[2] ?? 4),
  min: 1,
  max: 64,
  apply: (value) => {
    process.stdout.write(`${JSON.stringify({ value: String(value), atMs: Date.now() })}\n`);
  },
});
let isOver = false;
process.on('SIGTERM', () => {
  isOver = true;
});
while (!isOver) await work();
process.stdout.write(`${JSON.stringify({ value: String(knob.value), isOver })}\n`);
