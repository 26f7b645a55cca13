/** What a notification says of a trial or a search that runs. */
import type { RunningTrial } from '../../core/panel/live.js';

/** `1:05` */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `workers 2 → 4 · compares …, block 3 of 8 · best so far … · 0:12, 0:08 left` */
export function progressText(running: RunningTrial): string {
  const { change, step, best, elapsedMs, leftMs, isStopping } = running;
  const left = leftMs === null ? '' : `, at most ${clockText(leftMs)} left`;
  const parts = [
    change,
    isStopping ? 'takes back what was tried' : step,
    best === null ? '' : `best so far ${best}`,
    `${clockText(elapsedMs)}${left}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** How far it is, 0..1; null: not known. */
export function progressShare({ elapsedMs, leftMs }: RunningTrial): number | null {
  return leftMs === null ? null : elapsedMs / Math.max(elapsedMs + leftMs, 1);
}
