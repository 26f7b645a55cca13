/** Objectives, limits and numbers of `sluice tune`, as they are written. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { Guard, GuardMetric, Objective } from '../core/trials/objective.js';

const unitMs: Readonly<Record<string, number | undefined>> = {
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `60s`, `500ms`, `2m`; a number alone is seconds. null: none was given. */
export function timeMsFrom(text: string | null, option: string): Result<number | null> {
  if (text === null) return ok(null);
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(text) ?? [];
  const scale = unitMs[unit === '' ? 's' : unit];
  const ms = Number(amount) * (scale ?? NaN);
  return ms > 0 && ms < 2 ** 31
    ? ok(ms)
    : fail(`not a time: ${text} (${option}): write it as 60s, 500ms or 2m`);
}

/** A whole number of an option, or what it is without one. */
export function numberFrom(
  values: Readonly<Record<string, unknown>>,
  option: string,
  {
    otherwise,
    min,
    max,
  }: { readonly otherwise: number; readonly min: number; readonly max: number },
): Result<number> {
  const text = values[option];
  if (typeof text !== 'string') return ok(otherwise);
  const value = Number(text.replace(/%$/, ''));
  const isGood =
    text !== '' &&
    value >= min &&
    value <= max &&
    (option === 'min-effect' || Number.isInteger(value));
  return isGood
    ? ok(value)
    : fail(`not a number from ${min} to ${max}: ${text} (tune --${option})`);
}

/** `throughput`, `p95`, `throughput with p95<50ms, rss<500MB`. */
export function objectiveFrom(
  text: string,
): Result<{ readonly objective: Objective; readonly guards: readonly Guard[] }> {
  const [, aim, limits] = /^\s*(\w+)(?:\s+with\s+(.+))?\s*$/.exec(text) ?? [];
  const guards = limitsFrom(limits === undefined ? [] : limits.split(/\s*(?:,|\band\b)\s*/));
  if (!guards.ok) return guards;
  switch (aim) {
    case 'throughput':
      return ok({ objective: { kind: 'throughput' }, guards: guards.value });
    case 'p50':
    case 'p95':
    case 'p99':
      return ok({ objective: { kind: 'latency', metric: aim }, guards: guards.value });
    default:
      return fail(
        `unknown objective ${text} (tune --objective): use throughput, p50, p95 or p99, as in "throughput with p95<50ms"`,
      );
  }
}

const metrics: Readonly<Record<string, GuardMetric | undefined>> = {
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  errors: 'errorShare',
  rss: 'rssBytes',
  delay: 'loopDelayNs',
};

/** `p95<50ms`, `errors<1%`, `rss<500MB`, `delay<100ms`; each may be `1.5x` too: so much of what it was before. */
export function limitsFrom(texts: readonly string[]): Result<readonly Guard[]> {
  const guards: Guard[] = [];
  for (const text of texts) {
    const [, name = '', value = ''] = /^\s*(\w+)\s*<=?\s*(\S+)\s*$/.exec(text) ?? [];
    const metric = metrics[name];
    const limit = metric === undefined ? null : limitFrom(metric, value);
    if (metric === undefined || limit === null) {
      return fail(
        `not a limit: ${text} (tune): write p50, p95, p99, errors, rss or delay, as in p95<50ms, rss<500MB, p99<1.5x`,
      );
    }
    guards.push({ metric, limit });
  }
  return ok(guards);
}

const byteUnits: Readonly<Record<string, number | undefined>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

function limitFrom(metric: GuardMetric, text: string): Guard['limit'] | null {
  const [, ratio] = /^(\d+(?:\.\d+)?)x$/.exec(text) ?? [];
  if (ratio !== undefined) return { kind: 'relative', ratio: Number(ratio), plus: 0 };
  const value = valueFrom(metric, text);
  return value === null || !Number.isFinite(value) ? null : { kind: 'absolute', value };
}

function valueFrom(metric: GuardMetric, text: string): number | null {
  if (metric === 'errorShare') {
    const [, amount, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
    return amount === undefined ? null : Number(amount) / (percent === '%' ? 100 : 1);
  }
  if (metric === 'rssBytes') {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]i?)?b?$/.exec(text.toLowerCase()) ?? [];
    return amount === undefined ? null : Number(amount) * (byteUnits[unit] ?? 1);
  }
  const ms = timeMsFrom(text, 'tune');
  return ms.ok && ms.value !== null ? ms.value * 1e6 : null;
}
