import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveOptions, nodeOptionsIn } from '../../../../extension/host/run/nodeOptions.js';

test('NODE_OPTIONS are found in a file of variables', () => {
  assert.equal(nodeOptionsIn('A=1\nNODE_OPTIONS=--no-warnings\nB=2'), '--no-warnings');
  assert.equal(nodeOptionsIn('export NODE_OPTIONS = "--a --b"\r\n'), '--a --b');
  assert.equal(nodeOptionsIn("NODE_OPTIONS='--a'\nNODE_OPTIONS=--b"), '--b');
  assert.equal(nodeOptionsIn('NODE_OPTIONS='), '');
  assert.equal(nodeOptionsIn('# NODE_OPTIONS=--a\nMY_NODE_OPTIONS=--b'), undefined);
});

test('the first that is set counts; null unsets', () => {
  assert.equal(effectiveOptions([undefined, '--a', '--b']), '--a');
  assert.equal(effectiveOptions([null, '--b']), '');
  assert.equal(effectiveOptions([undefined]), '');
});
