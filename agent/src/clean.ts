/**
 * Makes whatever a program passes into something that can be declared. The agent must not throw for a wrong option, so it
 * corrects the value and leaves a note that names it.
 */
import type { KnobOptions, QueueOptions, StageOptions } from './probe.js';

/** Takes a note: a code (one note per code) and a sentence. */
export type Note = (code: string, message: string) => void;

const MAX_NAME_CHARS = 200;
const MAX_PATH_CHARS = 4096;

/** A name that can be declared; `what` it names is for the note. */
export function cleanName(name: unknown, what: string, note: Note): string {
  if (typeof name === 'string' && name.length > 0 && name.length <= MAX_NAME_CHARS) return name;
  if (typeof name !== 'string' || name === '') {
    note(
      `name:${what}`,
      `a ${what} has no name; it is shown as "unnamed ${what}". Give it a name.`,
    );
    return `unnamed ${what}`;
  }
  const short = name.slice(0, MAX_NAME_CHARS);
  note(
    `name:${what}:${short.slice(0, 40)}`,
    `the name of ${what} "${short.slice(0, 40)}..." is longer than ${MAX_NAME_CHARS} characters and was cut`,
  );
  return short;
}

function optionalName(name: string | undefined, what: string, note: Note): string | undefined {
  return name === undefined ? undefined : cleanName(name, what, note);
}

/** A count that may be missing or `Infinity` (both: unlimited or unknown); negative numbers and NaN are noted and left out. */
function countOf(value: unknown, what: string, note: Note): number | undefined {
  if (value === undefined || value === Infinity) return undefined;
  if (typeof value === 'number' && value >= 0) return value;
  note(
    `value:${what}`.slice(0, 64),
    `${what} is ${typeof value === 'number' ? value : typeof value}; expected a number of at least 0`,
  );
  return undefined;
}

type WithSource = Pick<StageOptions, 'source'>;

function sourceOf({ source }: WithSource): StageOptions['source'] {
  if (source === undefined || source.file.length > MAX_PATH_CHARS) return undefined;
  return source.line >= 1 && source.column >= 1 ? source : undefined;
}

const stageKinds: readonly string[] = ['source', 'cpu', 'io', 'gpu', 'sink'];

/** Options of a stage that can be declared. */
export function cleanStage(options: StageOptions, note: Note): StageOptions {
  const name = cleanName(options.name, 'stage', note);
  const isKnownKind = stageKinds.includes(options.kind);
  if (!isKnownKind) {
    note(
      `kind:${name}`.slice(0, 64),
      `stage "${name}" has kind ${options.kind}; expected one of ${stageKinds.join(', ')}`,
    );
  }
  return {
    name,
    pipeline: optionalName(options.pipeline, 'pipeline', note),
    kind: isKnownKind ? options.kind : 'cpu',
    parallelism: countOf(options.parallelism, `parallelism of stage "${name}"`, note),
    via: options.via.slice(0, 64),
    source: sourceOf(options),
  };
}

/** Options of a queue that can be declared. */
export function cleanQueue(options: QueueOptions, note: Note): QueueOptions {
  const name = cleanName(options.name, 'queue', note);
  return {
    name,
    pipeline: optionalName(options.pipeline, 'pipeline', note),
    capacity: countOf(options.capacity, `capacity of queue "${name}"`, note),
    from: optionalName(options.from, 'stage', note),
    to: optionalName(options.to, 'stage', note),
    via: options.via.slice(0, 64),
    source: sourceOf(options),
  };
}

/** Options of a knob that can be declared, or undefined when they make no knob. */
export function cleanKnob(options: KnobOptions, note: Note): KnobOptions | undefined {
  const name = cleanName(options.name, 'knob', note);
  const code = `knob:${name}`.slice(0, 64);
  if ((options.stage === undefined) === (options.queue === undefined)) {
    note(
      code,
      `knob "${name}" is left out: it must name the stage or the queue that it tunes, exactly one of them`,
    );
    return undefined;
  }
  if (!(options.value >= 0)) {
    note(code, `knob "${name}" is left out: its value is ${String(options.value)}`);
    return undefined;
  }
  const min = options.min >= 0 ? options.min : 0;
  const max = countOf(options.max, `max of knob "${name}"`, note);
  const isReversed = max !== undefined && max < min;
  if (isReversed) note(code, `knob "${name}" has min ${min} above max ${max}; they were exchanged`);
  return {
    ...options,
    name,
    pipeline: optionalName(options.pipeline, 'pipeline', note),
    stage: optionalName(options.stage, 'stage', note),
    queue: optionalName(options.queue, 'queue', note),
    min: isReversed ? max : min,
    max: isReversed ? min : max,
    via: options.via.slice(0, 64),
    source: sourceOf(options),
  };
}
