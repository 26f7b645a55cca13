// Over before one has looked: five executions.
import { pipeline } from 'sluice';

const step = pipeline('short').stage('step', { kind: 'cpu', parallelism: 1 }, () => undefined);
for (let i = 0; i < 5; i++) step();
