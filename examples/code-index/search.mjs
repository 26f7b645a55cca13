// Looks a word up in the index that index.mjs wrote: files by count, with the first lines.
//   node examples/code-index/search.mjs word [--out dir] [--top n]
import path from 'node:path';
import { defaultOut, parse, refuse } from './arguments.mjs';
import { describeFiles, linesOf, lookUp } from './store.mjs';

const MAX_LINES_SHOWN = 5;

const { values, positionals } = parse(process.argv.slice(2), {
  out: { type: 'string', default: defaultOut },
  top: { type: 'string', default: '10' },
});
const word = positionals[0]?.toLowerCase();
const top = Number(values.top);
if (word === undefined || positionals.length > 1) refuse('give one word to look for');
if (!Number.isInteger(top) || top < 1) refuse(`--top ${values.top}: give a whole number from 1`);

const out = path.resolve(values.out);
const counts = await lookUp(out, word);
const ranked = [...counts].sort(([idA, a], [idB, b]) => b - a || idA - idB).slice(0, top);
const described = await describeFiles(
  out,
  ranked.map(([id]) => id),
).catch((error) => refuse(`no index in ${out} (${error.code}): run index.mjs first`));
let total = 0;
for (const count of counts.values()) total += count;
console.log(`${word}: ${total} times in ${counts.size} files`);
for (const [id, count] of ranked) {
  const entry = described.get(id);
  const lines = await linesOf(out, entry, word);
  const more = lines.length > MAX_LINES_SHOWN ? ', ...' : '';
  console.log(
    `${String(count).padStart(7)}  ${entry.file}:${lines.slice(0, MAX_LINES_SHOWN).join(',')}${more}`,
  );
}
