/** What the environment says about the flight recorder. */
import { constants } from 'node:os';
import { fail, ok, type Result } from '../wire/result.js';

/** Settings of a flight recorder. */
export interface FlightSettings {
  /** How far back it reaches. */
  readonly windowMs: number;
  /** What it may keep in memory. */
  readonly maxBytes: number;
  /** The signal that makes it write a file; null: none does. */
  readonly signal: NodeJS.Signals | null;
  /** Where its files go; null: `.sluice` in the working folder. */
  readonly folder: string | null;
}

const unitMs: Readonly<Record<string, number | undefined>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  m: 60_000,
};
const MIN_WINDOW_MS = 100;
const MAX_WINDOW_MS = 3_600_000;
const DEFAULT_MIB = 64;
const MAX_MIB = 4096;

/** Node uses these itself, or nobody can handle them. */
const reserved: ReadonlySet<string> = new Set([
  'SIGKILL',
  'SIGSTOP',
  'SIGPROF',
  'SIGCHLD',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGABRT',
]);

/** `10s`, `500ms`, `1m`, `2.5` (seconds) in milliseconds. */
function windowOf(text: string): Result<number> {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text) ?? [];
  const scale = unitMs[unit ?? ''];
  const ms = amount === undefined || scale === undefined ? Number.NaN : Number(amount) * scale;
  return ms >= MIN_WINDOW_MS && ms <= MAX_WINDOW_MS
    ? ok(ms)
    : fail(`SLUICE_FLIGHT is ${text}: write it as 10s, 500ms or 1m, from 100ms to 60m`);
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals && !reserved.has(name);
}

/** A signal's name, null for none. Nothing said: SIGUSR2. */
function signalOf(text = 'SIGUSR2'): Result<NodeJS.Signals | null> {
  const name = text.trim();
  if (name === '') return ok(null);
  return isSignal(name)
    ? ok(name)
    : fail(`SLUICE_FLIGHT_SIGNAL is ${name}: not a signal that a program can use`);
}

function bytesOf(text = String(DEFAULT_MIB)): Result<number> {
  const mib = Number(text);
  return mib >= 1 && mib <= MAX_MIB
    ? ok(mib * 1024 * 1024)
    : fail(`SLUICE_FLIGHT_MIB is ${text}: choose from 1 to ${MAX_MIB}`);
}

/**
 * The flight recorder that the environment asks for; null: none. Fails with a sentence that names the variable. Without a
 * word on the signal it is SIGUSR2; `SLUICE_FLIGHT_SIGNAL=` (empty) means none.
 */
export function flightSettings(env: NodeJS.ProcessEnv): Result<FlightSettings | null> {
  const wanted = env['SLUICE_FLIGHT']?.trim() ?? '';
  if (wanted === '' || wanted === '0') return ok(null);
  const windowMs = windowOf(wanted);
  if (!windowMs.ok) return windowMs;
  const maxBytes = bytesOf(env['SLUICE_FLIGHT_MIB']);
  if (!maxBytes.ok) return maxBytes;
  const signal = signalOf(env['SLUICE_FLIGHT_SIGNAL']);
  if (!signal.ok) return signal;
  const folder = env['SLUICE_FLIGHT_FOLDER'] ?? '';
  return ok({
    windowMs: windowMs.value,
    maxBytes: maxBytes.value,
    signal: signal.value,
    folder: folder === '' ? null : folder,
  });
}
