/**
 * The tools that read, the same in the editor (`contributes.languageModelTools`) and over the Model Context Protocol: names,
 * what models are told about them, and the JSON schemas of what goes in and comes out.
 */

/** A JSON schema of an object. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
}

/** A tool as models see it. */
export interface ToolDeclaration<N extends string = string> {
  readonly name: N;
  /** For people. */
  readonly title: string;
  /** For models. */
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  /** Of the data of an answer; absent: it has none worth a schema. */
  readonly outputSchema?: ObjectSchema;
}

/** Names of the tools that read. */
export type ReadingToolName =
  'list_sessions' | 'report' | 'explain_bottleneck' | 'preview_knob_change';

const text = { type: 'string' };
const number = { type: 'number' };
const orNull = (type: string): object => ({ type: [type, 'null'] });
const listOf = (items: object): object => ({ type: 'array', items });
const objectOf = (properties: Readonly<Record<string, object>>): ObjectSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const interval = objectOf({ low: number, mid: number, high: number });
const intervalOrNull = { anyOf: [interval, { type: 'null' }] };

/** Properties that name a session and a pipeline. */
export const whichProperties = {
  session: {
    type: 'string',
    description:
      'Id of a session from list_sessions. Left out: the one that is live or in front, else the newest.',
  },
  pipeline: {
    type: 'string',
    description: 'Name of a pipeline in the report. Left out: all of them, or the first one.',
  },
} as const;

/** Properties that name a knob and a value. */
export const knobProperties = {
  knob: {
    type: 'string',
    description:
      'Id of the knob ("1234:2") or its name ("concurrency", "concurrency of decode"), as in the report.',
  },
  value: {
    type: 'number',
    minimum: 0,
    description: 'The value that it would have: lanes, items in the queue or items in a batch.',
  },
} as const;

/** The tools, in the order in which they are listed. */
export const READING_TOOLS: { readonly [N in ReadingToolName]: ToolDeclaration<N> } = {
  list_sessions: {
    name: 'list_sessions',
    title: 'List sessions',
    description:
      'Lists what Sluice has measured: live sessions of running programs, and captures of earlier runs, the newest first, with the ids that the other tools take. Call it first when it is not clear which run is meant.',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    outputSchema: objectOf({
      sessions: listOf(
        objectOf({
          id: text,
          title: text,
          state: text,
          executions: orNull('number'),
          bytes: orNull('number'),
          changed: orNull('string'),
        }),
      ),
      total: number,
    }),
  },
  report: {
    name: 'report',
    title: 'Report',
    description:
      'Measured facts about a pipeline (worker pools, queues, streams, GPU stages): throughput, latency, time of each stage (busy, starved, blocked), depth of each queue, knobs with their values, the verdict and suggestions. Use it for numbers; use explain_bottleneck for why it is slow and what to do.',
    inputSchema: { type: 'object', properties: whichProperties, additionalProperties: false },
  },
  explain_bottleneck: {
    name: 'explain_bottleneck',
    title: 'Explain the bottleneck',
    description:
      'Says which stage, queue, core limit or outside limit holds a pipeline back, with the evidence, what every rule found, which changes would help and by how much (90% intervals), and what would not help. Use it when somebody asks why a program is slow or how to make it faster.',
    inputSchema: { type: 'object', properties: whichProperties, additionalProperties: false },
    outputSchema: objectOf({
      session: text,
      pipeline: text,
      verdict: text,
      kind: text,
      stage: orNull('string'),
      confidence: number,
      throughputPerSec: number,
      evidence: listOf(text),
      findings: listOf(objectOf({ kind: text, severity: text, text, remedy: orNull('string') })),
      suggestions: listOf(
        objectOf({ knob: text, change: text, from: number, to: number, gain: interval }),
      ),
      wouldNotHelp: listOf(text),
      unpredicted: orNull('string'),
    }),
  },
  preview_knob_change: {
    name: 'preview_knob_change',
    title: 'Preview a change of a knob',
    description:
      'Predicts throughput and latency if one knob (parallelism, queue depth, batch size) had another value, with 90% intervals, by a simulation of what was measured; changes nothing. Says why when it cannot be predicted. Use it before proposing or making such a change in code.',
    inputSchema: {
      type: 'object',
      properties: { ...whichProperties, ...knobProperties },
      required: ['knob', 'value'],
      additionalProperties: false,
    },
    outputSchema: objectOf({
      session: text,
      pipeline: text,
      knob: text,
      name: text,
      from: orNull('number'),
      to: number,
      throughputPerSec: intervalOrNull,
      gain: intervalOrNull,
      latencyP95Ns: intervalOrNull,
      unpredicted: orNull('string'),
      edit: orNull('string'),
    }),
  },
};
