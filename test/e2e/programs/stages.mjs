// The API: errors of stages keep their identity and their top frame, values and order stay, `this` and arguments too.
import { pipeline } from 'sluice';

const own = pipeline('own');
const top = (error) => error.stack.split('\n')[1];
const thrown = new Error('kept');
const stage = own.stage('stage', { kind: 'cpu' }, function stage(...args) {
  return [this?.name, args];
});
const throws = own.stage('throws', { kind: 'cpu' }, function thrower() {
  throw new RangeError('thrown');
});
const same = own.stage('same', { kind: 'cpu' }, () => {
  throw thrown;
});
const rejects = own.stage('rejects', { kind: 'io' }, async function rejecter() {
  await null;
  throw new TypeError('rejected');
});
console.log(stage.call({ name: 'receiver' }, 1, 2), stage.name, stage.length);
for (const call of [throws, same]) {
  try {
    call();
  } catch (error) {
    console.log(error.message, error === thrown, top(error));
  }
}
await rejects().catch((error) => console.log(error.message, top(error)));
process.on('exit', (code) => console.log('exit', code));
setTimeout(throws, 1);
