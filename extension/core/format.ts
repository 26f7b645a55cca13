/** Numbers as text, the same in the terminal, in the editor and in evidence sentences. All pure and without locale. */

/** The value with three significant digits, without an exponent and without useless zeros behind the point. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  const decimals = Math.min(Math.max(2 - Math.floor(Math.log10(Math.abs(value))), 0), 3);
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const noNumber = '–';

/** `830 ns`, `12.4 µs`, `3.07 ms`, `42 s`, `3 m 20 s`, `2 h 5 m`. */
export function formatDurationNs(ns: number): string {
  if (!Number.isFinite(ns)) return noNumber;
  if (ns < 0) return `-${formatDurationNs(-ns)}`;
  if (ns < 999.5) return `${threeDigits(Math.round(ns))} ns`;
  if (ns < 999.5e3) return `${threeDigits(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${threeDigits(ns / 1e6)} ms`;
  if (ns < 119.5e9) return `${threeDigits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 7200) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** `0.25/s`, `12.4/s`, `3070/s`, `84.1k/s`, `1.2M/s`. */
export function formatRate(perSec: number): string {
  if (!Number.isFinite(perSec)) return noNumber;
  if (perSec < 9999.5) return `${threeDigits(perSec)}/s`;
  if (perSec < 999.5e3) return `${threeDigits(perSec / 1e3)}k/s`;
  return `${threeDigits(perSec / 1e6)}M/s`;
}

/** A count in full, in groups of three: `1,234,567`. Fractions keep up to one decimal. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return noNumber;
  const rounded = Math.round(count * 10) / 10;
  const [whole = '0', fraction] = String(Math.abs(rounded)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = rounded < 0 ? '-' : '';
  return `${sign}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** `512 B`, `1.5 KiB`, `12 MiB`, `3.25 GiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return noNumber;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${threeDigits(value)} ${units[unit] ?? 'B'}`;
}

/** A share 0..1 as `0%`, `<1%`, `42%`, `>99%`, `100%`: what is not all or nothing never looks like it. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return noNumber;
  const percent = share * 100;
  if (percent > 0 && percent < 0.5) return '<1%';
  if (percent < 100 && percent >= 99.5) return '>99%';
  return `${Math.round(percent)}%`;
}

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from a program or a file, safe to print: control characters (a terminal would obey them) and marks that turn the
 * direction of writing become visible escapes.
 */
export function printable(text: string): string {
  return text.replace(
    CONTROL,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
