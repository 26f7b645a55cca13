/**
 * kafkajs: a stage for each `consumer.run()`; an execution is one call of `eachMessage` or `eachBatch`, which kafkajs
 * awaits itself.
 */
import type { KnobProbe, StageProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import { asClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { disguise, guarded, isCallable, patchMethod, type Callable } from './construct.js';
import { placeName } from './naming.js';
import { onSettled } from './settled.js';

const VIA = 'kafkajs';
const REMARK =
  'Not live: read by consumer.run(). Messages of one partition are handled one after another, so more than the assigned ' +
  'partitions gain nothing';

type Handler = (this: unknown, payload: unknown, ...rest: unknown[]) => unknown;
type MakeConsumer = (this: object, options: unknown, ...rest: unknown[]) => unknown;

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (Reflect.get(value, name) as unknown)
    : undefined;
}

/** Messages in the batch that `eachBatch` gets. */
function batchSize(payload: unknown): number {
  const messages = property(property(payload, 'batch'), 'messages');
  return Array.isArray(messages) ? messages.length : 1;
}

/** Partitions in the payload of the event that tells of an assignment: topics with their partitions. */
function partitionsIn(event: unknown): number | undefined {
  const topics = property(property(event, 'payload'), 'memberAssignment');
  if (typeof topics !== 'object' || topics === null) return undefined;
  return Object.values(topics as Record<string, unknown>).reduce(
    (sum: number, partitions) => sum + (Array.isArray(partitions) ? partitions.length : 0),
    0,
  );
}

/** Watches one consumer from the moment that it runs. */
class ConsumerTap {
  readonly #context: AdapterContext;
  readonly #stage: StageProbe;
  readonly #knob: KnobProbe;
  readonly #concurrency: number;

  constructor(
    context: AdapterContext,
    {
      groupId,
      options,
      source,
    }: {
      readonly groupId: unknown;
      readonly options: unknown;
      readonly source: SourcePosition | undefined;
    },
  ) {
    this.#context = context;
    const { recorder } = context;
    const given = property(options, 'partitionsConsumedConcurrently');
    this.#concurrency = typeof given === 'number' && given >= 1 ? given : 1;
    const parallelism = this.#concurrency;
    const name = typeof groupId === 'string' && groupId !== '' ? groupId : placeName(VIA, source);
    this.#stage = recorder.stage({ name, kind: 'io', parallelism, via: VIA, source });
    this.#knob = recorder.knob({
      name: 'partitionsConsumedConcurrently',
      kind: 'parallelism',
      stage: this.#stage.name,
      value: parallelism,
      min: 1,
      remark: `${REMARK}.`,
      via: VIA,
      source,
    });
  }

  /** The group was joined: how many partitions this consumer has bounds what runs at once. */
  assigned(event: unknown): void {
    const partitions = partitionsIn(event);
    if (partitions === undefined) return;
    this.#stage.setParallelism(Math.min(this.#concurrency, Math.max(1, partitions)));
    const count = partitions === 1 ? '1 partition is' : `${partitions} partitions are`;
    this.#knob.remark(`${REMARK}: ${count} assigned to this consumer now.`);
  }

  /** The handler, recorded. */
  watched(handler: Callable, itemsOf: (payload: unknown) => number): Handler {
    const { recorder } = this.#context;
    const stage = this.#stage;
    return function (this: unknown, payload, ...rest) {
      if (!recorder.active) return Reflect.apply(handler, this, [payload, ...rest]);
      const items = itemsOf(payload);
      const startNs = recorder.now();
      const slot = stage.begin();
      const finish = (failed: boolean): void => {
        const isPlain = items === 1 && !failed;
        stage.end(
          slot,
          startNs,
          recorder.now(),
          isPlain ? undefined : { item: undefined, items, failed },
        );
      };
      let result: unknown;
      let hasReturned = false;
      // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
      try {
        result = Reflect.apply(handler, this, [payload, ...rest]);
        hasReturned = true;
      } finally {
        if (!hasReturned) finish(true);
      }
      return onSettled(result, finish);
    };
  }
}

/** Listens for assignments through the consumer's own events. */
function followAssignments(consumer: object, tap: ConsumerTap): void {
  const on = property(consumer, 'on');
  const event = property(property(consumer, 'events'), 'GROUP_JOIN');
  if (!isCallable(on) || typeof event !== 'string') throw new Error('a consumer has no GROUP_JOIN');
  Reflect.apply(on, consumer, [
    event,
    (joined: unknown) => {
      tap.assigned(joined);
    },
  ]);
}

function watchRun(consumer: object, groupId: unknown, context: AdapterContext): void {
  const original = property(consumer, 'run');
  if (!isCallable(original)) throw new Error('a consumer has no run()');
  let tap: ConsumerTap | undefined;
  const run = function (this: unknown, ...args: unknown[]): unknown {
    const [options] = args;
    const watchedOptions = guarded(context, VIA, {
      watch: () => {
        if (typeof options !== 'object' || options === null) return options;
        if (tap === undefined) {
          tap = new ConsumerTap(context, { groupId, options, source: context.callerPosition(run) });
          followAssignments(consumer, tap);
        }
        const { eachMessage, eachBatch } = options as {
          eachMessage?: unknown;
          eachBatch?: unknown;
        };
        return {
          ...options,
          ...(isCallable(eachMessage) ? { eachMessage: tap.watched(eachMessage, () => 1) } : {}),
          ...(isCallable(eachBatch) ? { eachBatch: tap.watched(eachBatch, batchSize) } : {}),
        };
      },
      otherwise: options,
    });
    return Reflect.apply(
      original,
      this,
      args.length === 0 ? [] : [watchedOptions, ...args.slice(1)],
    );
  };
  Reflect.set(consumer, 'run', disguise(run, original));
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  patchMethod<MakeConsumer>(
    original.prototype as object,
    'consumer',
    (make) =>
      function (this: object, options, ...rest) {
        const consumer = Reflect.apply(make, this, [options, ...rest]);
        guarded(context, VIA, {
          watch: () => {
            if (typeof consumer !== 'object' || consumer === null) return;
            watchRun(consumer, property(options, 'groupId'), context);
          },
          otherwise: undefined,
        });
        return consumer;
      },
  );
  return original;
}

/** kafkajs 2. It is a CommonJS module; ES modules import it as such. */
export const kafkajsAdapter: Adapter = {
  library: 'kafkajs',
  majors: { from: 2, before: 3 },
  exportNames: ['Kafka'],
  instrument: (original, context) => instrument(asClass(original), context),
};
