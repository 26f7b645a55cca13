import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  editorFor,
  endingOf,
  exportChoices,
  exportName,
  urisIn,
} from '../../../extension/host/traceFiles.js';

describe('trace files', () => {
  it('open in the editor that their name is registered for', () => {
    for (const name of ['/a/x.fxt', 'X.FXT', '/a.b/x.fxt.gz']) {
      assert.equal(editorFor(name), 'sluice.capture', name);
    }
    for (const name of ['x.json', 'x.json.gz', 'x.cpuprofile', 'x.fxt.json', 'no-ending']) {
      assert.equal(editorFor(name), 'sluice.trace', name);
    }
  });

  it('keep their endings, with that before .gz', () => {
    assert.equal(endingOf('/captures/sluice-20260101-120000-app.mjs.fxt'), 'fxt');
    assert.equal(endingOf('/a/kineto.json.gz'), 'json.gz');
    assert.equal(endingOf('/a/x.cpuprofile'), 'cpuprofile');
    assert.equal(endingOf('/a/x'), 'fxt');
  });

  it('are exported under a name of their own, CPU profiles only with samples', () => {
    const names = exportChoices(true).map((choice) => exportName('/a/kineto.json.gz', choice));
    assert.deepEqual(names, [
      'kineto.trace.json',
      'kineto.speedscope.json',
      'kineto.otlp.json',
      'kineto.cpuprofile',
    ]);
    assert.deepEqual(
      exportChoices(false).map(({ format }) => format),
      ['chrome', 'speedscope', 'otlp'],
    );
    const [chrome] = exportChoices(false);
    assert.ok(chrome !== undefined);
    assert.equal(exportName('/a/.fxt', chrome), 'trace.trace.json');
  });

  it('come as lists of addresses when they are dropped', () => {
    assert.deepEqual(urisIn('# two files\r\nfile:///a/x.json\r\n\r\n file:///b/y%20z.fxt \n'), [
      'file:///a/x.json',
      'file:///b/y%20z.fxt',
    ]);
    assert.deepEqual(urisIn(''), []);
  });
});
