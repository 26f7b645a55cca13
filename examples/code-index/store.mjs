// The index on disk.
//
//     files.tsv       one line a file: offset and length of its block in blocks.bin, path; the line number is its id
//     blocks.bin      per file, deflated JSON: [[word, count, [line, ...]], ...]
//     trigrams.bin    per file, the Bloom filter of its trigrams (trigrams.mjs), all of one size
//     likeness.bin    per file, its signature (likeness.mjs), all of one size
//     words-NN.bin    the inverted index: the words whose hash is NN. Deflated members, each behind its length as uint32:
//                     lines `word<tab>id:count id:count ...`
//
// A word is looked up by reading one of the 64 word files; the blocks are needed only to show the lines.
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { HASHES, likeness } from './likeness.mjs';
import { mayContain, TRIGRAM_BITS } from './trigrams.mjs';

const SHARDS = 64;
/** Postings held in memory before they go to disk. */
const MAX_POSTINGS = 500_000;

const deflateAsync = promisify(deflate);
const inflateAsync = promisify(inflate);

const shardFile = (folder, shard) =>
  path.join(folder, `words-${String(shard).padStart(2, '0')}.bin`);

function shardOf(word) {
  let hash = 0;
  for (let i = 0; i < word.length; i++) hash = (Math.imul(hash, 31) + word.charCodeAt(i)) >>> 0;
  return hash % SHARDS;
}

/** A file's words as they are stored. */
export function compressBlock(text) {
  return deflateAsync(text, { level: 6 });
}

/** Writes an index. Everything but the set of distinct words is flushed to disk now and then. */
export class IndexWriter {
  #folder;
  #blocks;
  #files;
  #trigrams;
  #likeness;
  #offset = 0;
  #nextId = 0;
  #lines = [];
  #filters = [];
  #signatures = [];
  #words = new Set();
  #lists = new Map();
  #postings = 0;

  constructor(folder, { blocks, files, trigrams, likeness }) {
    this.#folder = folder;
    this.#likeness = likeness;
    this.#trigrams = trigrams;
    this.#blocks = blocks;
    this.#files = files;
  }

  /** Creates the folder, or empties an index that is there. */
  static async create(folder) {
    await mkdir(folder, { recursive: true });
    for (let shard = 0; shard < SHARDS; shard++)
      await rm(shardFile(folder, shard), { force: true });
    const blocks = await open(path.join(folder, 'blocks.bin'), 'w');
    const files = await open(path.join(folder, 'files.tsv'), 'w');
    const trigrams = await open(path.join(folder, 'trigrams.bin'), 'w');
    const likeness = await open(path.join(folder, 'likeness.bin'), 'w');
    return new IndexWriter(folder, { blocks, files, trigrams, likeness });
  }

  /** How many different words there are. */
  get distinctWords() {
    return this.#words.size;
  }

  /** Appends one file: `words` as tokenise returned them. Not to be called again before it has resolved. */
  async add(file, { words, counts, trigrams, signature }, block) {
    const id = this.#nextId++;
    this.#lines.push(`${this.#offset}\t${block.length}\t${file}\n`);
    this.#offset += block.length;
    this.#filters.push(trigrams);
    this.#signatures.push(Buffer.from(signature.buffer));
    await this.#blocks.write(block);
    for (const [i, word] of words.entries()) {
      this.#words.add(word);
      const list = this.#lists.get(word);
      if (list === undefined) this.#lists.set(word, `${id}:${counts[i]}`);
      else this.#lists.set(word, `${list} ${id}:${counts[i]}`);
    }
    this.#postings += words.length;
    if (this.#postings >= MAX_POSTINGS) await this.#flush();
  }

  /** Flushes and closes. */
  async close() {
    await this.#flush();
    await this.#blocks.close();
    await this.#files.close();
    await this.#trigrams.close();
    await this.#likeness.close();
  }

  async #flush() {
    await this.#files.write(this.#lines.splice(0).join(''));
    await this.#trigrams.write(Buffer.concat(this.#filters.splice(0)));
    await this.#likeness.write(Buffer.concat(this.#signatures.splice(0)));
    const shards = Array.from({ length: SHARDS }, () => []);
    for (const [word, list] of this.#lists) shards[shardOf(word)].push(`${word}\t${list}\n`);
    this.#lists.clear();
    this.#postings = 0;
    for (const [shard, lines] of shards.entries()) {
      if (lines.length === 0) continue;
      const member = await deflateAsync(lines.join(''));
      const header = Buffer.alloc(4);
      header.writeUInt32LE(member.length);
      const file = await open(shardFile(this.#folder, shard), 'a');
      try {
        await file.write(Buffer.concat([header, member]));
      } finally {
        await file.close();
      }
    }
  }
}

/** The files that contain a word: `Map<id, count>`. */
export async function lookUp(folder, word) {
  const counts = new Map();
  const bytes = await readFile(shardFile(folder, shardOf(word))).catch((error) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    const text = (await inflateAsync(bytes.subarray(at + 4, end))).toString();
    const line = text.startsWith(`${word}\t`) ? 0 : text.indexOf(`\n${word}\t`) + 1;
    if (line > 0 || text.startsWith(`${word}\t`)) {
      const list = text.slice(line + word.length + 1, text.indexOf('\n', line));
      for (const posting of list.split(' ')) {
        const [id, count] = posting.split(':').map(Number);
        counts.set(id, count);
      }
    }
    at = end;
  }
  return counts;
}

/** Ids of the files that may contain a piece of text, as their trigrams tell. */
export async function candidates(folder, piece) {
  const filters = await readFile(path.join(folder, 'trigrams.bin'));
  const bytes = TRIGRAM_BITS / 8;
  const ids = Array.from({ length: filters.length / bytes }, (_, id) => id);
  return ids.filter((id) => mayContain(filters.subarray(id * bytes, (id + 1) * bytes), piece));
}

/** How like the file with this id the others are: `[[id, 0..1], ...]` of those that are at all, most first. */
export async function filesLike(folder, id) {
  const bytes = await readFile(path.join(folder, 'likeness.bin'));
  const signature = (i) => new Uint32Array(bytes.buffer, bytes.byteOffset + i * HASHES * 4, HASHES);
  const own = signature(id);
  return Array.from({ length: bytes.length / (HASHES * 4) }, (_, i) => [
    i,
    likeness(own, signature(i)),
  ])
    .filter(([i, share]) => i !== id && share > 0)
    .sort(([a, one], [b, other]) => other - one || a - b);
}

/** Path, offset and length of the files with these ids (null: of all): `Map<id, { file, offset, length }>`. */
export async function describeFiles(folder, ids) {
  const wanted = ids === null ? null : new Set(ids);
  const found = new Map();
  let id = 0;
  for await (const line of createInterface({
    input: createReadStream(path.join(folder, 'files.tsv')),
  })) {
    if (wanted === null || wanted.has(id)) {
      const [offset, length, ...file] = line.split('\t');
      found.set(id, { file: file.join('\t'), offset: Number(offset), length: Number(length) });
    }
    id++;
  }
  return found;
}

/** The words of one file that pass the test: `[[word, count, [line, ...]], ...]`. */
export async function wordsOf(folder, { offset, length }, test) {
  const blocks = await open(path.join(folder, 'blocks.bin'));
  try {
    const { buffer } = await blocks.read(Buffer.alloc(length), 0, length, offset);
    const postings = JSON.parse((await inflateAsync(buffer)).toString());
    return postings.filter(([word]) => test(word));
  } finally {
    await blocks.close();
  }
}
