/** What the two output streams of this process are and can do. */
import { readFileSync } from 'node:fs';
import type { WriteStream } from 'node:tty';

/** Columns to fill when the stream does not say. */
const DEFAULT_WIDTH = 80;

/** May text on this stream be coloured? After no-color.org and force-color.org. */
export function hasColor(stream: WriteStream, env: NodeJS.ProcessEnv): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stream.isTTY && env['TERM'] !== 'dumb';
}

/** Width of a stream in columns. A terminal that does not know its size says 0. */
export function widthOf(stream: WriteStream): number {
  return stream.isTTY && stream.columns > 0 ? stream.columns : DEFAULT_WIDTH;
}

/**
 * Does a key such as Ctrl-C reach our child without us? The terminal signals its whole foreground process group, and the
 * child is in ours. Asked when a signal has come, because jobs move between foreground and background.
 */
export function isForegroundJob(): boolean {
  try {
    // pid (name) state ppid pgrp session tty_nr tpgid …; the name may hold anything, also spaces and brackets.
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , tty, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return tty !== '0' && group === foreground;
  } catch {
    // No /proc: not Linux. A terminal on any of our streams is then the best sign there is.
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  }
}
