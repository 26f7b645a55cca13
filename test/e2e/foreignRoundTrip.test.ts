// Captures of real programs, through the formats of other tools and back: the command line converts, and reports compare.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Report } from '../../extension/core/report/report.js';
import { assertClose } from '../support/exported.js';
import type { BuiltSluice } from './builtSluice.js';
import { builtWithPrograms } from './liveSession.js';

/** Programs, and what makes each of them worth a round trip. */
const programs = [
  // Queues, pools, knobs, worker threads and samples of each.
  { name: 'libraries.mjs', options: ['--cpu-profile'], args: [] },
  // Threads that have lanes one after the other.
  { name: 'threadsInTurn.mjs', options: [], args: [] },
  // Several processes.
  { name: 'tree.mjs', options: [], args: ['2'] },
] as const;

describe('a capture of a real program, as a Chrome trace and back', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await builtWithPrograms();
  });
  after(async () => {
    await sluice.dispose();
  });
  const report = async (file: string): Promise<Report> => {
    const done = await sluice.run(['report', '-f', 'json', file]);
    assert.equal(done.code, 0, done.stderr);
    const read = JSON.parse(done.stdout) as Report;
    return { ...read, capture: { ...read.capture, bytes: 0 } };
  };
  const convert = async (from: string, to: string): Promise<void> => {
    const done = await sluice.run(['convert', from, '-o', to]);
    assert.equal(done.code, 0, done.stderr);
  };

  for (const { name, options, args } of programs) {
    it(`has the same report (${name})`, async () => {
      const program = path.join('programs', name);
      const ran = await sluice.run([
        ...[
          'run',
          ...options,
          '--no-report',
          '-o',
          'real.fxt',
          '--',
          process.execPath,
          program,
          ...args,
        ],
      ]);
      assert.equal(ran.code, 0, ran.stderr);
      const original = await report('real.fxt');
      assert.ok(original.capture.executions > 20, `${original.capture.executions} executions`);
      await convert('real.fxt', 'real.trace.json');
      assertClose(await report('real.trace.json'), original);
      await convert('real.trace.json', 'again.fxt');
      assertClose(await report('again.fxt'), original);
    });
  }
});
