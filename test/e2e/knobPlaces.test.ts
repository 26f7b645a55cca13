/** Knobs as a real program's libraries declare them, with the positions that V8 gives, are found in its source. */
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KnobReport } from '../../extension/core/report/report.js';
import { createLocator, type SourceFiles } from '../../extension/source/index.js';
import { loadGrammar } from '../extension/source/grammars.js';
import { BuiltSluice } from './builtSluice.js';

const files: SourceFiles = {
  read: (file) => readFile(file, 'utf8').catch(() => null),
  asRun: () => Promise.resolve(null),
  find: async function* () {
    // Every knob of the program has a position.
  },
};

describe('the knobs of a program', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('programs', import.meta.url));
    await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });

  it('are all found where they stand, with the values that the program ran with', async () => {
    const done = await sluice.run(
      ['run', '--json', '--out', 'a.fxt', '--', process.execPath, 'programs/knobs.mjs'],
      {},
    );
    assert.equal(done.code, 0, done.stderr);
    const report = JSON.parse(done.stdout) as {
      pipelines: readonly { readonly knobs: readonly KnobReport[] }[];
    };
    const knobs = report.pipelines.flatMap((p) => p.knobs).filter((k) => k.source !== null);
    const locator = await createLocator(loadGrammar);
    const seen: string[] = [];
    for (const knob of knobs) {
      const place = await locator.locate(knob, files);
      const title = `${knob.via} ${knob.name} ${knob.value ?? ''}`;
      assert.equal(place.kind, 'found', `${title}: ${place.kind === 'unsure' ? place.reason : ''}`);
      if (place.how !== 'inserted') {
        assert.equal(place.value, knob.value, title);
        seen.push(title);
      }
    }
    assert.deepEqual(seen.sort(), [
      'async concurrency 10',
      'async limit 12',
      'async payload 11',
      'bottleneck highWater 14',
      'bottleneck maxConcurrent 13',
      'fastq concurrency 9',
      'node:stream concurrency 21',
      'node:stream highWaterMark 18',
      'node:stream highWaterMark 19',
      'node:stream highWaterMark 20',
      'node:stream readableHighWaterMark 17',
      'node:stream writableHighWaterMark 17',
      'p-limit concurrency 5',
      'p-map backpressure 8',
      'p-map concurrency 6',
      'p-map concurrency 7',
      'p-queue concurrency 3',
      'p-queue onSizeLessThan 4',
      'piscina maxQueue 22',
      'piscina maxThreads 2',
      'piscina minThreads 1',
      'rxjs concurrent 15',
      'sharp concurrency 2',
    ]);
  });
});
