/** A capture and traces of other tools as one stream: what comes first, what is refused, and what is left alone then. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Result } from '../../../agent/wire/result.js';
import { readFiles } from '../../../extension/engine/besideCapture.js';
import type { CaptureBytes } from '../../../extension/engine/foreignCapture.js';
import { besideOf, kineto, modelOf, profiled, regular, runCapture } from '../../support/beside.js';

const capture = runCapture([{ name: 'decode', executions: regular(20, 20, 10) }]);
const trace = JSON.stringify(
  kineto([profiled(0, 400), { name: 'decode', times: regular(20, 20, 10) }]),
);

describe('a capture with traces beside it', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice beside '));
    await mkdir(path.join(folder, 'other'));
    await writeFile(at('run.fxt'), capture);
    await writeFile(at('trace.json'), trace);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const at = (name: string): string => path.join(folder, name);
  const read = async (
    name: string,
    ...beside: string[]
  ): Promise<{ readonly outcome: Result<CaptureBytes>; readonly fxt: Buffer }> => {
    const pieces: Uint8Array[] = [];
    const take = (bytes: Uint8Array): boolean => {
      pieces.push(Uint8Array.from(bytes));
      return true;
    };
    const outcome = await readFiles({ path: at(name), beside: beside.map(at) }, { take });
    return { outcome, fxt: Buffer.concat(pieces) };
  };
  const refused = async (name: string, ...beside: string[]): Promise<string> => {
    const { outcome, fxt } = await read(name, ...beside);
    assert.equal(fxt.length, 0, `beside ${beside.join()} something was handed on`);
    return outcome.ok ? 'nothing was refused' : outcome.error.replaceAll(`${folder}/`, '');
  };

  it('is the capture first, byte by byte, then the traces', async () => {
    const { outcome, fxt } = await read('run.fxt', 'trace.json');
    assert.deepEqual(outcome, {
      ok: true,
      value: { bytes: capture.length, brokenOff: null, problem: null },
    });
    assert.deepEqual(fxt.subarray(0, capture.length), Buffer.from(capture));
    assert.equal(besideOf(modelOf(fxt)).compared[0]?.difference, 0);
  });

  it('takes compressed files, and tells traces of one name apart', async () => {
    await writeFile(at('run.fxt.gz'), gzipSync(capture));
    await writeFile(at('other/trace.json'), gzipSync(trace));
    const { fxt } = await read('run.fxt.gz', 'trace.json', 'other/trace.json');
    const names = modelOf(fxt)
      .report()
      .beside?.map(({ pipeline }) => pipeline);
    assert.deepEqual(
      names,
      ['trace.json', 'other/trace.json'].map((name) => `python3 (${at(name)})`),
    );
  });

  it('is handed on up to where the capture breaks, with the traces behind it', async () => {
    await writeFile(at('cut.fxt'), capture.subarray(0, capture.length - 4));
    const { outcome, fxt } = await read('cut.fxt', 'trace.json');
    assert.match(outcome.ok ? (outcome.value.problem?.reason ?? '') : '', /ends inside a record/);
    assert.equal(besideOf(modelOf(fxt)).compared[0]?.trace.count, 20);
  });

  it('refuses what is no whole trace of another tool, and names it', async () => {
    await writeFile(at('half.json'), trace.slice(0, trace.length / 2));
    await writeFile(at('half.json.gz'), gzipSync(trace).subarray(0, -30));
    await writeFile(at('bad.json'), '{"traceEvents": [{"ph": "X", oops');
    await writeFile(at('empty.json'), '{"traceEvents": []}');
    await writeFile(at('config.json'), '{"name": "x"}');
    const own = modelOf(capture).export({ format: 'chrome', range: null, thread: null });
    assert.ok(own.ok);
    await writeFile(at('own.json'), [...(own.value[0]?.pieces ?? [])].join(''));
    for (const [name, expected] of [
      [
        'half.json',
        /^half\.json is broken \(at byte \d+ the file ends inside of "traceEvents"\): /,
      ],
      ['half.json.gz', /^half\.json\.gz is broken \(.*the gzip data is cut short\)/],
      ['bad.json', /bad\.json/],
      ['empty.json', /^nothing to show \(empty\.json\): it holds no trace events$/],
      ['config.json', /^unknown kind of file \(config\.json is a JSON object with the keys? name/],
      ['run.fxt.copy', /^run\.fxt\.copy is a capture, and only traces of other tools/],
      ['own.json', /^own\.json was written by Sluice, and only traces of other tools/],
      ['missing.json', /^cannot read missing\.json: /],
    ] as const) {
      if (name === 'run.fxt.copy') await writeFile(at(name), capture);
      assert.match(await refused('run.fxt', name), expected);
    }
  });

  it('refuses a trace of another time, and names both files', async () => {
    const late = kineto([{ name: 'decode', times: regular(20, 20, 10, 3_600_000) }]);
    await writeFile(at('late.json'), JSON.stringify(late));
    assert.match(
      await refused('run.fxt', 'trace.json', 'late.json'),
      /^late\.json is not of the run in run\.fxt: it was recorded from .* UTC to .* UTC, the capture from /,
    );
  });

  it('refuses a capture that cannot be read', async () => {
    assert.match(await refused('missing.fxt', 'trace.json'), /^cannot read missing\.fxt: /);
  });
});
