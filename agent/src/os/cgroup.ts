/**
 * CPU quotas of the process's control groups. A container with `--cpus=1.5` on a 16-core machine runs out of time, not of
 * cores: for the rest of each period nothing of it runs. That looks like slow code from the inside, so it must be told.
 *
 * A quota may stand at any level above the process. Version 2 has one tree (`cpu.max`, `cpu.stat` in microseconds), version 1
 * one for the `cpu` controller (`cpu.cfs_quota_us`, `cpu.stat` in nanoseconds). Source: Linux, `cgroup-v2.rst`, `sched-bwc.rst`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const MOUNT = '/sys/fs/cgroup';
const MAX_LEVELS = 16;

/** A control group that has a quota. */
interface Limited {
  readonly folder: string;
  readonly cores: number;
  readonly isV1: boolean;
}

/** The quotas of this process; empty where there are none, and on systems without control groups. */
export class CpuQuota {
  readonly #limited: readonly Limited[];

  /** Reads which quotas there are. `root` stands before all paths, for tests. */
  constructor(root = '') {
    this.#limited = groupsOf(textOf(path.join(root, '/proc/self/cgroup')), root);
  }

  /** Cores that the tightest quota allows; null: no quota. */
  get cores(): number | null {
    const cores = this.#limited.map((group) => group.cores);
    return cores.length === 0 ? null : Math.min(...cores);
  }

  /** Time for which the process's groups were held back since they exist, in nanoseconds; null: no quota, or no figure. */
  throttledNs(): number | null {
    let sum: number | null = null;
    for (const { folder, isV1 } of this.#limited) {
      const found = /^throttled_(?:usec|time) (\d+)$/m.exec(textOf(path.join(folder, 'cpu.stat')));
      if (found?.[1] !== undefined) sum = (sum ?? 0) + Number(found[1]) * (isV1 ? 1 : 1000);
    }
    return sum;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // No such file is the usual answer: no quota, another version, another system.
    return '';
  }
}

/** `/proc/self/cgroup` has lines `id:controllers:path`; in version 2 the only one is `0::path`. */
function groupsOf(text: string, root: string): readonly Limited[] {
  const limited: Limited[] = [];
  for (const line of text.split('\n')) {
    const [, id, controllers, group] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (group === undefined || controllers === undefined) continue;
    const isV1 = controllers.split(',').includes('cpu');
    if (!isV1 && id !== '0') continue;
    const mount = path.join(root, MOUNT, isV1 ? controllers : '');
    limited.push(...quotasAbove(mount, group, isV1));
  }
  return limited;
}

/** The group itself and those above it. Inside a container the path may be that of the host; then only the mount is there. */
function quotasAbove(mount: string, group: string, isV1: boolean): Limited[] {
  const limited: Limited[] = [];
  let at = path.posix.normalize(group);
  for (let level = 0; level < MAX_LEVELS; level++) {
    const folder = path.join(mount, at);
    const cores = isV1 ? coresV1(folder) : coresV2(textOf(path.join(folder, 'cpu.max')));
    if (cores !== null) limited.push({ folder, cores, isV1 });
    if (at === '/') break;
    at = path.posix.dirname(at);
  }
  return limited;
}

/** `150000 100000` (quota and period in microseconds) or `max 100000`. */
function coresV2(text: string): number | null {
  const [quota, period] = text.trim().split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0
    ? quota / period
    : null;
}

function coresV1(folder: string): number | null {
  const quota = Number(textOf(path.join(folder, 'cpu.cfs_quota_us')));
  const period = Number(textOf(path.join(folder, 'cpu.cfs_period_us')));
  return quota > 0 && period > 0 ? quota / period : null;
}
