// Builds a search index of every word in a folder of source code:
//
//     walk --> read --> tokenise --> compress --> write
//
// read is a p-queue and tokenise a Piscina pool; Sluice knows both libraries and watches them by itself. The other three
// stages are declared through its API. The numbers below are those of a first draft, and worth a look with Sluice.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import PQueue from 'p-queue';
import { Piscina } from 'piscina';
import { pipeline } from 'sluice';
import { readArguments } from './arguments.mjs';
import { IndexWriter, compressBlock } from './store.mjs';
import { filesBelow, shuffled } from './walk.mjs';

const MAX_FILE_BYTES = 1024 * 1024;
const BINARY_PROBE_BYTES = 8192;
/** Files between walk and write: what bounds the memory. */
const MAX_IN_FLIGHT = 128;
const MAX_WAITING_READS = 16;

const options = await readArguments(process.argv.slice(2));
const startedAt = performance.now();
const counts = { walked: 0, read: 0, tokenised: 0, compressed: 0, written: 0 };
const skipped = { tooLarge: 0, binary: 0, unreadable: 0 };

const index = pipeline('code-index');
const readQueue = new PQueue({ concurrency: 2 });
const tokenisePool = new Piscina({
  filename: fileURLToPath(new URL('./tokenise.mjs', import.meta.url)),
  minThreads: 1,
  maxThreads: 1,
});
const writer = await IndexWriter.create(options.out);

// The item of an execution is the number of the file, so that one file can be followed through the stages.
const walk = index.stage('walk', { kind: 'source', parallelism: 1, item: (_, id) => id }, (file) =>
  stat(file),
);
const compress = index.stage('compress', { kind: 'cpu', item: (_, id) => id }, (text) =>
  compressBlock(text),
);
const write = index.stage(
  'write',
  { kind: 'sink', parallelism: 1, item: ({ id }) => id },
  ({ file, words, block }) => writer.add(file, words, block),
);
const inFlight = index.queue('in flight', { capacity: MAX_IN_FLIGHT, from: 'walk' });
const compressed = index.queue('compressed', { from: 'compress', to: 'write' });

let lastWrite = Promise.resolve();

/** Writes one file after the other, in the order in which they arrive. */
function writeInTurn(entry) {
  compressed.enter();
  lastWrite = lastWrite.then(() => {
    compressed.leave();
    return write(entry);
  });
  return lastWrite;
}

function isBinary(bytes) {
  return bytes.subarray(0, BINARY_PROBE_BYTES).includes(0);
}

/** Everything behind the read: resolves when the file is in the index, or left out. */
async function indexFile(file, id) {
  let bytes;
  try {
    bytes = await readQueue.add(() => readFile(file));
  } catch {
    skipped.unreadable++;
    return;
  }
  counts.read++;
  if (isBinary(bytes)) {
    skipped.binary++;
    return;
  }
  const words = await tokenisePool.run(bytes);
  counts.tokenised++;
  const block = await compress(words.text, id);
  counts.compressed++;
  await writeInTurn({ id, file: path.relative(options.folder, file), words, block });
  counts.written++;
}

let underWay = 0;
let wakeWalk = () => {};
/** Resolves when fewer than `most` files are under way. */
async function fewerThan(most) {
  while (underWay >= most) await new Promise((resolve) => (wakeWalk = resolve));
}

async function indexInTurn(file, id) {
  underWay++;
  inFlight.enter();
  await indexFile(file, id);
  inFlight.leave();
  underWay--;
  wakeWalk();
}

const unlisted = (folder, error) => {
  console.error(`code-index: skipped folder ${folder}: ${error.message}`);
};
const found = filesBelow(options.folder, { skip: options.out, onError: unlisted });
// In the order of folders some seconds have small files and others large ones; mixed, any two stretches of the run are alike.
for await (const file of options.isShuffled ? await shuffled(found) : found) {
  if (counts.walked === options.limit) break;
  const id = counts.walked++;
  const { size } = await walk(file, id);
  if (size > MAX_FILE_BYTES) {
    skipped.tooLarge++;
    continue;
  }
  await readQueue.onSizeLessThan(MAX_WAITING_READS);
  await fewerThan(MAX_IN_FLIGHT);
  void indexInTurn(file, id);
}
await fewerThan(1);
await writer.close();
await tokenisePool.close();

const left = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
const seconds = (performance.now() - startedAt) / 1000;
console.log(`walked      ${counts.walked} files (skipped: ${left.join(', ')})
read        ${counts.read}
tokenised   ${counts.tokenised}
compressed  ${counts.compressed}
written     ${counts.written}
words       ${writer.distinctWords} distinct
seconds     ${seconds.toFixed(1)}
index       ${options.out}`);
