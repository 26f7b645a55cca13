/** Counts with their noun, for sentences. */
import { formatCount } from './format.js';

/** `1 process`, `3 processes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
