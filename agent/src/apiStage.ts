/** The function that `Pipeline.stage` returns. */
import { performance } from 'node:perf_hooks';
import { nowNs } from './clock.js';
import type { StageFunction, StageSettings } from './index.js';
import type { Arrival } from './learning/learner.js';
import { isOtherThenable, isPlainPromise } from './plainPromise.js';
import type { ThreadRecorder } from './recorder.js';
import type { SpanRecorder } from './spanRecorder.js';
import type { StageRecorder, StageSlot } from './stageProbe.js';

/** What a wrapper needs. */
export interface WatchedStage<F extends StageFunction> {
  readonly recorder: ThreadRecorder;
  readonly stage: StageRecorder;
  readonly settings: StageSettings<F>;
  readonly fn: F;
}

type Call = (this: unknown, ...args: unknown[]) => unknown;
type Count = (...args: unknown[]) => unknown;

interface Detail {
  item: number | undefined;
  items: number;
  failed: boolean;
  waitedNs: number | undefined;
}

/** What a user's `item` or `items` counts; undefined when that is no count. */
function countOf(watched: WatchedStage<never>, count: Count, args: IArguments): number | undefined {
  const value = askedOf(watched, count, args);
  return value !== undefined && value >= 0 ? Math.trunc(value) : undefined;
}

/** How long an item waited that arrived when a user's `arrived` says; one that is yet to come did not wait. */
function waitOf(
  watched: WatchedStage<never>,
  arrived: Count,
  args: IArguments,
): number | undefined {
  const atMs = askedOf(watched, arrived, args);
  return atMs === undefined || !Number.isFinite(atMs)
    ? undefined
    : Math.max(0, (performance.now() - atMs) * 1e6);
}

/** Calls a user's `item`, `items` or `arrived`; what is no number is undefined, and noted when it threw. */
function askedOf(watched: WatchedStage<never>, ask: Count, args: IArguments): number | undefined {
  try {
    const value: unknown = Reflect.apply(ask, undefined, args);
    return typeof value === 'number' ? value : undefined;
  } catch (error) {
    const { name } = watched.stage;
    watched.recorder.note(
      `detail:${name}`.slice(0, 64),
      `stage "${name}": its item, items or arrived function threw ${String(error)}`,
    );
    return undefined;
  }
}

/** Notes once that a stage returns something that cannot be timed. */
function noteThenable({ recorder, stage: { name } }: WatchedStage<never>): void {
  recorder.note(
    `thenable:${name}`.slice(0, 64),
    `stage "${name}" returns a thenable that is not a plain promise, so its executions are not recorded; ` +
      'make the stage an async function that awaits it',
  );
}

/**
 * `fn` with the same signature, watched. Two shapes, so that a stage without `item`, `items` and `arrived` does not pay for
 * them.
 */
export function watchStage<F extends StageFunction>(watched: WatchedStage<F>): F {
  const { item, items, arrived } = watched.settings;
  const isPlain = item === undefined && items === undefined && arrived === undefined;
  const watch = isPlain ? watchPlain : watchDetailed;
  const watching = watch(watched as unknown as WatchedStage<never>);
  try {
    Object.defineProperty(watching, 'name', { value: watched.fn.name, configurable: true });
    Object.defineProperty(watching, 'length', { value: watched.fn.length, configurable: true });
  } catch {
    // A function whose name throws when read keeps its secret.
  }
  return watching as unknown as F;
}

const { apply } = Reflect;
const FAILED: Detail = { item: undefined, items: 1, failed: true, waitedNs: undefined };

function watchPlain(watched: WatchedStage<never>): Call {
  const { recorder, stage } = watched;
  return plainCall(watched, recorder, stage, recorder.spans, watched.fn);
}

/**
 * The wrapper of most stages. Everything that it touches is a parameter and what is rare is somewhere else: with all that it
 * calls it must stay below the 920 bytes of bytecode that V8 inlines, and each reading of Node's clock takes 180 of them.
 */
// eslint-disable-next-line max-params -- constants would be checked for being initialised, at each use
function plainCall(
  watched: WatchedStage<never>,
  recorder: ThreadRecorder,
  stage: StageRecorder,
  spans: SpanRecorder,
  fn: Call,
): Call {
  /* eslint-disable prefer-rest-params -- an array of them would be allocated on the hot path */
  return function (this: unknown, only: unknown) {
    if (stage.words[0] !== stage.plainState) {
      if (!recorder.active) return apply(fn, this, arguments) as unknown;
      if (stage.isFollowed) return callFollowed(watched, this, arguments, undefined);
    }
    const slot = stage.take();
    const outer = spans.current;
    spans.current = slot.lane;
    const startNs = nowNs();
    // What no function of the program can return, because none ever sees it.
    let result: unknown = stage;
    // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
    try {
      // Most stages take one argument, and passing on exactly one is cheaper than passing on all there are.
      result = arguments.length === 1 ? fn.call(this, only) : apply(fn, this, arguments);
    } finally {
      spans.current = outer;
      if (result === stage) stage.fail(slot, startNs);
    }
    if (typeof result === 'object' && result !== null) {
      return settlePlain(watched, slot, startNs, result);
    }
    stage.finishPlain(slot, startNs, nowNs());
    return result;
  };
  /* eslint-enable prefer-rest-params */
}

function settlePlain(
  watched: WatchedStage<never>,
  slot: StageSlot,
  startNs: number,
  result: object,
): unknown {
  return settle(watched, { slot, startNs, detail: undefined, arrival: undefined }, result);
}

function watchDetailed(watched: WatchedStage<never>): Call {
  const { recorder, stage, settings } = watched;
  const { spans } = recorder;
  const fn = watched.fn as unknown as Call;
  const itemOf = settings.item as Count | undefined;
  const itemsOf = settings.items as Count | undefined;
  const arrivedOf = settings.arrived as Count | undefined;
  return function (this: unknown) {
    // eslint-disable-next-line prefer-rest-params -- an array of them would be allocated on the hot path
    const args = arguments;
    if (!recorder.active) return Reflect.apply(fn, this, args) as unknown;
    // Before the clock starts, and before the stage can change its arguments.
    const detail: Detail = {
      item: itemOf === undefined ? undefined : countOf(watched, itemOf, args),
      items: itemsOf === undefined ? 1 : (countOf(watched, itemsOf, args) ?? 1),
      failed: false,
      waitedNs: arrivedOf === undefined ? undefined : waitOf(watched, arrivedOf, args),
    };
    if (stage.isFollowed) return callFollowed(watched, this, args, detail);
    const slot = stage.take();
    const outer = spans.current;
    spans.current = slot.lane;
    const startNs = nowNs();
    let result: unknown;
    let hasReturned = false;
    // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
    try {
      result = Reflect.apply(fn, this, args);
      hasReturned = true;
    } finally {
      spans.current = outer;
      if (!hasReturned) {
        detail.failed = true;
        stage.finish(slot, startNs, nowNs(), detail);
      }
    }
    if (typeof result !== 'object' || result === null) {
      stage.finish(slot, startNs, nowNs(), detail);
      return result;
    }
    return settle(watched, { slot, startNs, detail, arrival: undefined }, result);
  };
}

/** A call while it is learned which stage feeds which. Not on the hot path: that lasts a moment. */
function callFollowed(
  watched: WatchedStage<never>,
  self: unknown,
  args: IArguments,
  detail: Detail | undefined,
): unknown {
  const { stage } = watched;
  const { spans } = watched.recorder;
  const fn = watched.fn as unknown as Call;
  const arrival = stage.arrive();
  const slot = stage.take();
  const outer = spans.current;
  spans.current = slot.lane;
  const startNs = nowNs();
  const call = (): unknown => Reflect.apply(fn, self, args);
  let result: unknown;
  let hasReturned = false;
  try {
    result = arrival === undefined ? call() : arrival.run(call);
    hasReturned = true;
  } finally {
    spans.current = outer;
    if (!hasReturned) {
      stage.finish(slot, startNs, nowNs(), failed(detail));
      arrival?.end();
    }
  }
  if (typeof result === 'object' && result !== null) {
    return settle(watched, { slot, startNs, detail, arrival }, result);
  }
  stage.finish(slot, startNs, nowNs(), detail);
  arrival?.end();
  return result;
}

interface Running {
  readonly slot: StageSlot;
  readonly startNs: number;
  readonly detail: Detail | undefined;
  readonly arrival: Arrival | undefined;
}

/** Ends the execution whose function returned an object: now, or when the promise that it is settles. */
function settle(watched: WatchedStage<never>, running: Running, result: object): unknown {
  const { stage } = watched;
  const { slot, startNs, detail, arrival } = running;
  if (isPlainPromise(result)) {
    return result.then(
      (value) => {
        stage.finish(slot, startNs, nowNs(), detail);
        arrival?.end();
        return value;
      },
      (error: unknown) => {
        stage.finish(slot, startNs, nowNs(), failed(detail));
        arrival?.end();
        throw error;
      },
    );
  }
  if (isOtherThenable(result)) {
    stage.release(slot);
    noteThenable(watched);
  } else stage.finish(slot, startNs, nowNs(), detail);
  arrival?.end();
  return result;
}

function failed(detail: Detail | undefined): Detail {
  if (detail === undefined) return FAILED;
  detail.failed = true;
  return detail;
}
