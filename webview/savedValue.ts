/** Reads values that were saved, by this version or another, and trusts none of them. */

/** A property of what may be an object; undefined for everything else. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** A number that can be reckoned with. */
export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A text; a longer one is none of ours. */
export function shortText(value: unknown, maxLength = 1000): string | null {
  return typeof value === 'string' && value.length <= maxLength ? value : null;
}

/** One of a few words, else the first of them. */
export function oneOf<T extends string>(value: unknown, words: readonly [T, ...T[]]): T {
  return words.find((word) => word === value) ?? words[0];
}

/** The elements of what may be a list, at most `max` of them. */
export function listed(value: unknown, max: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, max) : [];
}
