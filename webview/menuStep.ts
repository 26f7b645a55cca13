/** The keys of a menu. Pure. */

/** Where the focus goes from entry `at` of `count`; null: the key does not move it. */
export function menuStep(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % count;
    case 'ArrowUp':
      return (at - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
