/** Values over time in a Chrome trace: counter events, and the memory that PyTorch reports. */
import type { ChromeEvent } from './chromeEvent.js';
import type { ForeignProcess, ForeignTrace } from './foreignTrace.js';
import { member, numberOf, tryParse } from './jsonValues.js';

/** Kineto's device types (c10::DeviceType). */
const CPU_DEVICE = 0;

/** A counter event: one gauge for each of its values. */
export function addCounter(
  trace: ForeignTrace,
  process: ForeignProcess,
  event: ChromeEvent,
  atNs: number,
): void {
  const args = argsOf(event);
  if (typeof args !== 'object' || args === null) return;
  const name = trace.texts.text(event.name);
  const id = event.id === '' ? '' : ` ${event.id.replace(/^"|"$/g, '')}`;
  const series = Object.entries(args);
  for (const [key, value] of series) {
    const number = numberOf(value);
    if (Number.isNaN(number)) continue;
    const isOnly = series.length === 1 && (key === 'value' || key === name || key === 'counter');
    trace.addValue(process, isOnly ? `${name}${id}` : `${name}${id}: ${key}`, atNs, number);
  }
}

/** PyTorch's `[memory]`: what its allocators hold of a device, in bytes. */
export function addMemory(
  trace: ForeignTrace,
  process: ForeignProcess,
  event: ChromeEvent,
  atNs: number,
): void {
  const args = argsOf(event);
  const device = numberOf(member(args, 'Device Id'));
  const isCpu = numberOf(member(args, 'Device Type')) === CPU_DEVICE;
  const where = isCpu || !(device >= 0) ? 'CPU' : `GPU ${device}`;
  for (const [key, what] of [
    ['Total Allocated', 'memory allocated'],
    ['Total Reserved', 'memory reserved'],
  ] as const) {
    const bytes = numberOf(member(args, key));
    if (!Number.isNaN(bytes)) trace.addValue(process, `${what}, ${where}`, atNs, bytes);
  }
}

function argsOf({ bytes, argsFrom, argsTo }: ChromeEvent): unknown {
  const parsed = tryParse(bytes.subarray(argsFrom, argsTo));
  return parsed.ok ? parsed.value : undefined;
}
