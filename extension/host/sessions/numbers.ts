/** Numbers as the sessions view and the status bar write them: three significant digits, with the unit. */

function significant(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  if (value >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

function scaled(value: number, units: readonly (readonly [size: number, unit: string])[]): string {
  const unit = units.find(([size]) => value >= size) ?? units.at(-1) ?? ([1, ''] as const);
  return `${significant(value / unit[0])}${unit[1]}`;
}

/** `1.23k/s` */
export function formatRate(ratePerSec: number): string {
  if (ratePerSec === 0) return '0/s';
  return scaled(ratePerSec, [
    [1e9, 'G/s'],
    [1e6, 'M/s'],
    [1e3, 'k/s'],
    [1, '/s'],
  ]);
}

/** `4.20 ms` */
export function formatDuration(durationNs: number): string {
  return scaled(durationNs, [
    [60e9, ' min'],
    [1e9, ' s'],
    [1e6, ' ms'],
    [1e3, ' µs'],
    [1, ' ns'],
  ]);
}

/** `87%` of a share 0..1. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}

/** `12.3 MB` */
export function formatBytes(bytes: number): string {
  return scaled(bytes, [
    [1e9, ' GB'],
    [1e6, ' MB'],
    [1e3, ' kB'],
    [1, ' B'],
  ]);
}

/** `1 process`, `3 processes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
