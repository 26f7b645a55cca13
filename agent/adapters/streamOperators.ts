/** `readable.map(fn, { concurrency })` and its kind: a stage for each place of the source, one execution a call of `fn`. */
import { Readable } from 'node:stream';
import type { StageProbe } from '../src/probe.js';
import type { AdapterContext } from './adapter.js';
import { isCallable, patchMethod, type Callable } from './construct.js';
import { functionName, nameOfCall, placeName } from './naming.js';
import { onSettled } from './settled.js';
import { callOrigin } from './streamOrigin.js';
import { VIA } from './streamSite.js';

type Operator = (this: object, ...args: unknown[]) => unknown;

const operators = ['map', 'filter', 'forEach', 'flatMap'] as const;
const MAX_SITES = 500;
const REMARK =
  'Not live: read when the operator is called. More than 1 helps only work that waits for something.';
const failed = { item: undefined, items: 1, failed: true };

/** `fn`, recorded. Node waits for what it returns, so nothing is handled that was not. */
function recorded({ recorder }: AdapterContext, stage: StageProbe, fn: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.active) return Reflect.apply(fn, this, args);
    const startNs = recorder.now();
    const slot = stage.begin();
    const finish = (isFailed: boolean): void => {
      stage.end(slot, startNs, recorder.now(), isFailed ? failed : undefined);
    };
    let result: unknown;
    let hasReturned = false;
    try {
      result = Reflect.apply(fn, this, args);
      hasReturned = true;
    } finally {
      if (!hasReturned) finish(true);
    }
    return onSettled(result, finish);
  };
}

/** Makes the operators of all streams record. Throws when Node has them no more. */
export function patchOperators(context: AdapterContext): void {
  const stages = new Map<string, { readonly probe: StageProbe; calls: number }>();

  /** The stage of the call below `belowFn`; undefined when a package makes it. */
  function stageOf(
    name: string,
    args: readonly unknown[],
    belowFn: Operator,
  ): StageProbe | undefined {
    const origin = callOrigin(belowFn);
    if (origin === undefined) return undefined;
    const known = stages.get(origin.key);
    if (known !== undefined) {
      known.calls++;
      if (known.calls === 2) known.probe.setParallelism(undefined);
      return known.probe;
    }
    if (stages.size >= MAX_SITES) return undefined;
    const source = origin.position();
    const concurrency: unknown = Reflect.get(Object(args[1]) as object, 'concurrency');
    const value = typeof concurrency === 'number' && concurrency >= 1 ? concurrency : 1;
    const parallelism = Number.isFinite(value) ? value : undefined;
    const spoken = functionName(args[0]) ?? nameOfCall(source);
    const { recorder } = context;
    const probe = recorder.stage({
      name: spoken ?? placeName(name, source),
      kind: 'io',
      parallelism,
      via: VIA,
      source,
    });
    const stage = probe.name;
    const knob = { name: 'concurrency', kind: 'parallelism', stage, value, min: 1 } as const;
    recorder.knob({ ...knob, remark: REMARK, via: VIA, source });
    stages.set(origin.key, { probe, calls: 1 });
    return probe;
  }

  for (const name of operators) {
    patchMethod<Operator>(Readable.prototype, name, (original) => {
      const operator: Operator = function (this: object, ...args) {
        const [fn, ...rest] = args;
        const stage =
          context.recorder.active && isCallable(fn) ? stageOf(name, args, operator) : undefined;
        if (stage === undefined || !isCallable(fn)) return Reflect.apply(original, this, args);
        return Reflect.apply(original, this, [recorded(context, stage, fn), ...rest]);
      };
      return operator;
    });
  }
}
