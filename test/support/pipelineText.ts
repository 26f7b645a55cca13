/**
 * Pipelines as drawings. One line is one lane or one queue, one character is one step of time:
 *
 *     read source x1           | aabbcc>>dd
 *     queue files read>work 2  | 0011222211
 *     work cpu x1              | --aaabbbbb
 *
 * Lanes: a letter is an execution (the same letter side by side is one execution; upper case failed), `-` is free,
 * `<` `>` `~` are recorded waits for input, output and a limit; a wait between two equal letters lies inside their
 * execution. Several lines of one stage are its lanes. The item of an execution is the letter's code.
 * Queues: a digit is the depth, `-` before the first one: not known yet. Left of the bar: name, kind and `xN` parallelism (left out: not declared); `queue`, name,
 * `from>to` (either may be missing), capacity (left out: unbounded).
 */
import assert from 'node:assert/strict';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { checkStageKind, type Declaration, type StageSummary } from '../../agent/wire/manifest.js';
import type { Report } from '../../extension/core/report/report.js';
import { SessionModel } from '../../extension/core/sessionModel.js';
import {
  drawingStartNs as START_NS,
  processDeclaration,
  stageDeclaration,
  TraceText,
  type Interval,
} from './traceText.js';

export { drawingStartNs, processDeclaration, stageDeclaration, TraceText } from './traceText.js';

/** What a drawing leaves open. */
export interface DrawingOptions {
  /** Nanoseconds per character; 1 ms when left out. */
  readonly stepNs?: number;
  readonly pipeline?: string;
  readonly pid?: number;
  readonly extra?: readonly Declaration[];
  readonly summaries?: readonly StageSummary[];
  /** Leaves out the items, of all stages or of these: nobody can follow them. */
  readonly withoutItems?: boolean | readonly string[];
  /** Microseconds that each item of a stage had waited, by stage. */
  readonly waitUs?: Readonly<Record<string, number>>;
  /** Leaves out the last line of the manifest, as if the process had been killed. */
  readonly isKilled?: boolean;
}

/** Reads bytes into a model, in chunks that cut records anywhere. */
export function modelOf(bytes: Uint8Array, chunkBytes = 1021): SessionModel {
  const model = new SessionModel({ title: 'drawing' });
  model.setState('capture');
  const reader = new FxtReader(model.sink);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.push(bytes.subarray(at, at + chunkBytes));
  }
  const { problem } = reader.end();
  assert.equal(problem, null, JSON.stringify(problem));
  model.addBytes(bytes.length);
  return model;
}

/** The trace of a drawing. */
export function drawingBytes(drawing: string, options: DrawingOptions = {}): Uint8Array {
  const stepNs = options.stepNs ?? 1_000_000;
  const pipeline = options.pipeline ?? 'drawn';
  const trace = new TraceText();
  trace.declare(processDeclaration(options.pid), { kind: 'pipeline', name: pipeline });
  const lines = drawing
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const slots = new Map<string, number>();
  let nextId = 1;
  for (const line of lines) {
    const [left = '', right = ''] = line.split('|').map((part) => part.trim());
    const words = left.split(/\s+/);
    const id = nextId++;
    if (words[0] === 'queue') drawQueue(trace, { id, words, depths: right, stepNs, pipeline });
    else drawLane(trace, { id, words, text: right, stepNs, pipeline, slots, options });
  }
  if (options.extra !== undefined) trace.declare(...options.extra);
  if (options.summaries !== undefined) trace.summarise(...options.summaries);
  if (options.isKilled !== true) trace.declare({ kind: 'end', atNs: START_NS, executions: 0 });
  return trace.take();
}

interface QueueLine {
  readonly id: number;
  readonly words: readonly string[];
  readonly depths: string;
  readonly stepNs: number;
  readonly pipeline: string;
}

function drawQueue(trace: TraceText, { id, words, depths, stepNs, pipeline }: QueueLine): void {
  const [, name = '', link = '>', capacity] = words;
  const [from = '', to = ''] = link.split('>');
  trace.declare({
    kind: 'queue',
    id,
    name,
    pipeline,
    capacity: capacity === undefined ? null : Number(capacity),
    from: from === '' ? null : from,
    to: to === '' ? null : to,
    via: 'api',
    source: null,
  });
  let last = '';
  for (const [i, digit] of Array.from(depths).entries()) {
    if (digit !== last && digit !== '-') {
      const atNs = START_NS + i * stepNs;
      trace.counter('queue', { name, id, atNs, values: { depth: Number(digit) } });
    }
    last = digit;
  }
}

interface LaneLine {
  readonly id: number;
  readonly words: readonly string[];
  readonly text: string;
  readonly stepNs: number;
  readonly pipeline: string;
  readonly slots: Map<string, number>;
  readonly options: DrawingOptions;
}

const waitNames: Readonly<Record<string, string>> = { '<': 'input', '>': 'output', '~': 'limit' };

function drawLane(trace: TraceText, line: LaneLine): void {
  const { id, words, text, stepNs, pipeline, slots, options } = line;
  const [name = '', kindWord = '', size] = words;
  const kind = checkStageKind(kindWord, 'kind');
  assert.ok(kind.ok, kind.ok ? '' : kind.error);
  const slot = slots.get(name) ?? 0;
  slots.set(name, slot + 1);
  const parallelism = size === undefined ? null : Number(size.slice(1));
  trace.declare(stageDeclaration(name, { pipeline, stageKind: kind.value, parallelism }));
  trace.declare({ kind: 'lane', lane: id, stage: name, pipeline, thread: 'main', slot });
  const at = (step: number): number => START_NS + step * stepNs;
  for (const run of runsOf(text)) {
    const wait = waitNames[run.letter];
    const times = { startNs: at(run.from), endNs: at(run.to) };
    if (wait !== undefined) trace.interval(id, { category: 'wait', name: wait, ...times });
    else {
      const failed = run.letter !== run.letter.toLowerCase();
      const work = workOf(run.letter, name, options);
      trace.interval(id, { category: 'stage', name, ...times, failed, ...work });
    }
  }
}

/** What the agent told of the execution's item. */
function workOf(
  letter: string,
  stage: string,
  { withoutItems, waitUs }: DrawingOptions,
): Pick<Interval, 'item' | 'waitUs'> {
  const isUnknown =
    typeof withoutItems === 'object' ? withoutItems.includes(stage) : withoutItems === true;
  const waited = waitUs?.[stage];
  return {
    ...(isUnknown ? {} : { item: letter.toLowerCase().charCodeAt(0) }),
    ...(waited === undefined ? {} : { waitUs: waited }),
  };
}

interface Run {
  readonly letter: string;
  readonly from: number;
  readonly to: number;
}

/** Executions and waits of a lane in the order in which they end; waits inside an execution join its parts. */
function runsOf(text: string): readonly Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < text.length;) {
    const letter = text[from] ?? '-';
    let to = from + 1;
    while (text[to] === letter) to++;
    if (letter !== '-') runs.push({ letter, from, to });
    from = to;
  }
  const joined: Run[] = [];
  for (const run of runs) {
    const before = joined.findLast((r) => waitNames[r.letter] === undefined);
    const between = before === undefined ? '' : text.slice(before.to, run.from);
    if (before?.letter === run.letter && between !== '' && !/[^<>~]/.test(between)) {
      joined.splice(joined.indexOf(before), 1);
      joined.push({ letter: run.letter, from: before.from, to: run.to });
    } else {
      joined.push(run);
    }
  }
  return joined;
}

/** Part of a report, as deep as a test cares; arrays are compared by position. */
export type Part<T> = T extends readonly (infer E)[]
  ? readonly Part<E>[]
  : T extends object
    ? { readonly [K in keyof T]?: Part<T[K]> }
    : T;

/** Reads the drawing and compares the named parts of its report; numbers to 1e-9. Returns the model for more. */
export function check(
  drawing: string,
  expected: Part<Report>,
  options: DrawingOptions = {},
): SessionModel {
  const model = modelOf(drawingBytes(drawing, options));
  comparePart(model.report(), expected, 'report');
  return model;
}

function comparePart(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    const isClose = Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
    assert.ok(isClose, `${path}: expected ${expected}, got ${actual}`);
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path}: expected an array`);
    assert.equal(actual.length, expected.length, `${path}: number of elements`);
    for (const [i, element] of expected.entries()) comparePart(actual[i], element, `${path}[${i}]`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path}: expected an object`);
    for (const [key, value] of Object.entries(expected)) {
      comparePart(Reflect.get(actual, key), value, `${path}.${key}`);
    }
  } else {
    assert.deepEqual(actual, expected, path);
  }
}
