import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDeclaration } from '../../../agent/wire/manifest.js';
import { checkFromAgent, checkToAgent } from '../../../agent/wire/messages.js';
import {
  flag,
  integerIn,
  listOf,
  nullable,
  numberIn,
  object,
  oneOf,
  parseJson,
  text,
  type Check,
} from '../../../agent/wire/validate.js';

function errorOf<T>(check: Check<T>, value: unknown): string {
  const result = check(value, 'it');
  if (result.ok) throw new Error(`accepted ${JSON.stringify(value)}`);
  return result.error;
}

function valueOf<T>(check: Check<T>, value: unknown): T {
  const result = check(value, 'it');
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('checks', () => {
  it('refuse what does not fit, and say what and where', () => {
    assert.match(
      errorOf(text(3), 'four'),
      /^it: expected a string of at most 3 characters, got "four"$/,
    );
    assert.match(errorOf(text(3), 5), /^it: /);
    for (const value of [NaN, Infinity, -1, 11, '5', null]) errorOf(numberIn(0, 10), value);
    for (const value of [0.5, NaN, 11]) errorOf(integerIn(0, 10), value);
    for (const value of [1, 'true', null]) errorOf(flag, value);
    assert.match(errorOf(oneOf('a', 'b'), 'c'), /one of a, b, got "c"/);
    assert.match(errorOf(listOf(flag), [true, 1]), /^it\[1\]: /);
    assert.match(errorOf(listOf(flag, 1), [true, true]), /more than 1 elements/);
    errorOf(listOf(flag), { length: 0 });
    for (const value of [null, [], 'x', undefined]) errorOf(object({}), value);
    assert.match(errorOf(object({ a: object({ b: flag }) }), { a: { b: 0 } }), /^it\.a\.b: /);
  });

  it('keep the value, and drop properties that they do not know', () => {
    assert.deepEqual(valueOf(object({ a: flag }), { a: true, b: 1 }), { a: true });
    assert.equal(valueOf(nullable(flag), null), null);
    assert.equal(valueOf(nullable(flag), undefined), null);
    assert.equal(valueOf(nullable(flag), false), false);
    assert.deepEqual(valueOf(listOf(text(1)), ['a', 'b']), ['a', 'b']);
    assert.equal(valueOf(integerIn(-1, 1), -1), -1);
  });

  it('shorten a long value in the error', () => {
    assert.ok(errorOf(flag, 'x'.repeat(1000)).length < 120);
  });

  it('parse JSON and name the input when it is none', () => {
    const broken = parseJson('{', flag, 'line 3 of the manifest');
    assert.ok(!broken.ok && broken.error.startsWith('line 3 of the manifest: not valid JSON'));
    assert.deepEqual(parseJson('true', flag, 'x'), { ok: true, value: true });
  });
});

describe('declarations', () => {
  const knob = {
    kind: 'knob',
    id: 1,
    name: 'batch',
    knobKind: 'batchSize',
    pipeline: null,
    stage: 'infer',
    queue: null,
    value: 16,
    min: 1,
    max: null,
    live: true,
    remark: null,
    via: 'api',
    source: { file: '/app/index.mjs', line: 3, column: 9 },
  };

  it('come back as they were sent', () => {
    assert.deepEqual(valueOf(checkDeclaration, knob), knob);
    const end = { kind: 'end', atNs: 5, executions: 3 };
    assert.deepEqual(valueOf(checkDeclaration, JSON.parse(JSON.stringify(end))), end);
  });

  it('of unknown kind are refused with the kinds there are', () => {
    assert.match(
      errorOf(checkDeclaration, { kind: 'toString' }),
      /unknown kind "toString", known: process/,
    );
    assert.match(errorOf(checkDeclaration, 'text'), /it\.kind: unknown kind undefined/);
  });

  it('with a wrong part are refused with its path', () => {
    const wrong = { ...knob, source: { ...knob.source, line: 0 } };
    assert.match(errorOf(checkDeclaration, wrong), /^it\.source\.line: .*got 0$/);
    assert.match(errorOf(checkDeclaration, { ...knob, value: -1 }), /^it\.value: /);
  });
});

describe('messages', () => {
  it('are checked in their direction', () => {
    const setKnob = { kind: 'setKnob', id: 1, knob: 2, value: 8 };
    assert.deepEqual(valueOf(checkToAgent, setKnob), setKnob);
    errorOf(checkFromAgent, setKnob);
    errorOf(checkToAgent, { ...setKnob, value: '8' });
    const lease = { ...setKnob, kind: 'leaseKnob', restore: null, leaseMs: 1500 };
    assert.deepEqual(valueOf(checkToAgent, lease), lease);
    assert.match(errorOf(checkToAgent, { ...lease, leaseMs: 0 }), /leaseMs: .*from 100/);
    assert.deepEqual(valueOf(checkFromAgent, { kind: 'error', message: 'no' }), {
      kind: 'error',
      id: null,
      message: 'no',
    });
  });
});
