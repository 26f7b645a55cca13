/** Places in the source, in answers. */
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import { quotedName } from './answer.js';

/** The end of a long path says more than its beginning. */
const MAX_PATH = 100;

/** `src/main.ts:12:3`, in backticks; a dash for no place. */
export function placeText(source: SourcePosition | null): string {
  if (source === null) return '–';
  const { file, line, column } = source;
  const shown = file.length <= MAX_PATH ? file : `…${file.slice(-MAX_PATH)}`;
  return quotedName(`${shown}:${line}:${column}`);
}
