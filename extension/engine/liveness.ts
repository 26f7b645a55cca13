import { errorCode } from './reason.js';

/** Does a process with this id exist? A zombie counts: its parent has not collected it yet. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false; // 0 and below address groups
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed to signal it: it exists.
    return errorCode(error) === 'EPERM';
  }
}
