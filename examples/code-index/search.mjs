// Looks a word up in the index that index.mjs wrote: files by count, with the first lines. With --part, every word that
// contains the text. With --like, a file of the index instead of a word: those that are nearly the same.
//   node examples/code-index/search.mjs word|file [--part | --like] [--out dir] [--top n]
import path from 'node:path';
import { defaultOut, parse, refuse } from './arguments.mjs';
import { candidates, describeFiles, filesLike, lookUp, wordsOf } from './store.mjs';

const MAX_LINES_SHOWN = 5;

const { values, positionals } = parse(process.argv.slice(2), {
  out: { type: 'string', default: defaultOut },
  top: { type: 'string', default: '10' },
  part: { type: 'boolean', default: false },
  like: { type: 'boolean', default: false },
});
const wanted = values.like ? positionals[0] : positionals[0]?.toLowerCase();
const top = Number(values.top);
if (wanted === undefined || positionals.length > 1)
  refuse('give one word to look for, or with --like one file');
if (!Number.isInteger(top) || top < 1) refuse(`--top ${values.top}: give a whole number from 1`);
const out = path.resolve(values.out);
const noIndex = (error) => refuse(`no index in ${out} (${error.code}): run index.mjs first`);

/** `[[file entry, count, lines], ...]`, most first. */
async function filesWithWord() {
  const counts = await lookUp(out, wanted);
  const entries = await describeFiles(out, [...counts.keys()]);
  const ranked = [...counts].sort(([idA, a], [idB, b]) => b - a || idA - idB);
  const isWanted = (word) => word === wanted;
  return ranked.map(([id, count]) => [entries.get(id), count, isWanted]);
}

async function filesWithPart() {
  const entries = await describeFiles(out, await candidates(out, wanted));
  const found = [];
  const isWanted = (word) => word.includes(wanted);
  for (const entry of entries.values()) {
    const words = await wordsOf(out, entry, isWanted);
    const count = words.reduce((sum, [, n]) => sum + n, 0);
    if (count > 0) found.push([entry, count, isWanted]);
  }
  return found.sort(([, a], [, b]) => b - a);
}

async function linesIn(entry, isWanted) {
  const words = await wordsOf(out, entry, isWanted);
  const lines = [...new Set(words.flatMap(([, , on]) => on))].sort((a, b) => a - b);
  return `${lines.slice(0, MAX_LINES_SHOWN)}${lines.length > MAX_LINES_SHOWN ? ', ...' : ''}`;
}

async function showLike() {
  const entries = await describeFiles(out, null);
  const id = [...entries].find(([, { file }]) => file === wanted)?.[0];
  if (id === undefined) refuse(`${wanted} is not in the index`);
  const alike = await filesLike(out, id);
  for (const [other, share] of alike.slice(0, top)) {
    console.log(`${String(Math.round(share * 100)).padStart(6)}%  ${entries.get(other).file}`);
  }
}

if (values.like) {
  await showLike().catch(noIndex);
  process.exit();
}
const found = await (values.part ? filesWithPart() : filesWithWord()).catch(noIndex);
const total = found.reduce((sum, [, count]) => sum + count, 0);
const report = [`${wanted}: ${total} times in ${found.length} files`];
for (const [entry, count, isWanted] of found.slice(0, top)) {
  report.push(`${String(count).padStart(7)}  ${entry.file}:${await linesIn(entry, isWanted)}`);
}
console.log(report.join('\n'));
