import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEditor } from '../../../../extension/host/run/lineEditor.js';

test('keys are echoed, and the line goes out with Enter', () => {
  const editor = new LineEditor();
  assert.equal(editor.accept('h').echo, 'h');
  assert.equal(editor.accept('i').input, '');
  const end = editor.accept('\r');
  assert.equal(end.input, 'hi\n');
  assert.equal(end.echo, '\r\n');
});

test('backspace takes back one character, also one of two units, and nothing from an empty line', () => {
  const editor = new LineEditor();
  editor.accept('a😀');
  assert.equal(editor.accept('\u007f').echo, '\b \b');
  editor.accept('\u007f');
  assert.equal(editor.accept('\u007f').echo, '');
  assert.equal(editor.accept('b\r').input, 'b\n');
});

test('a pasted text is several lines', () => {
  const { input } = new LineEditor().accept('one\r\ntwo\nthree');
  assert.equal(input, 'one\ntwo\n');
});

test('Ctrl-C drops the line and interrupts; Ctrl-D ends the input on an empty line only', () => {
  const editor = new LineEditor();
  editor.accept('abc');
  assert.equal(editor.accept('\u0004').endOfInput, false);
  assert.equal(editor.accept('\u0003').interrupt, true);
  assert.equal(editor.accept('\u0004').endOfInput, true);
  assert.equal(editor.accept('\r').input, '\n');
});

test('cursor keys and other controls are ignored, and a line has an end', () => {
  const editor = new LineEditor();
  assert.equal(editor.accept('\u001b[A').echo, '');
  assert.equal(editor.accept('\u0001').echo, '');
  editor.accept('x'.repeat(70_000));
  assert.equal(editor.accept('\r').input.length, 65_537);
});
