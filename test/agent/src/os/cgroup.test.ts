import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { CpuQuota } from '../../../../agent/src/os/cgroup.js';

type Files = Readonly<Record<string, string>>;

/** Reads the quotas of a machine that has just these files. */
async function quotaOf(files: Files, after: Files = {}): Promise<(number | null)[]> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'sluice-cgroup-'));
  const write = async (all: Files): Promise<void> => {
    for (const [name, text] of Object.entries(all)) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), text);
    }
  };
  try {
    await write(files);
    const quota = new CpuQuota(root);
    const before = quota.throttledNs();
    await write(after);
    return [quota.cores, before, quota.throttledNs()];
  } finally {
    await rm(root, { recursive: true });
  }
}

const stat = (usec: number): string =>
  `usage_usec 1\nnr_periods 10\nnr_throttled 2\nthrottled_usec ${usec}\nnr_bursts 0\n`;

describe('CPU quota', () => {
  it('is none where no group has one', async () => {
    assert.deepEqual(await quotaOf({}), [null, null, null]);
    const unlimited = {
      'proc/self/cgroup': '0::/app\n',
      'sys/fs/cgroup/app/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/app/cpu.stat': stat(5),
    };
    assert.deepEqual(await quotaOf(unlimited), [null, null, null]);
  });

  it('is read from version 2, with the time for which it held the group back', async () => {
    const files = {
      'proc/self/cgroup': '0::/app/worker\n',
      'sys/fs/cgroup/app/worker/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/app/worker/cpu.stat': stat(1000),
    };
    const after = { 'sys/fs/cgroup/app/worker/cpu.stat': stat(26_000) };
    assert.deepEqual(await quotaOf(files, after), [1.5, 1e6, 26e6]);
  });

  it('counts at every level above, and the tightest decides', async () => {
    const files = {
      'proc/self/cgroup': '0::/a/b\n',
      'sys/fs/cgroup/a/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/a/cpu.stat': stat(100),
      'sys/fs/cgroup/a/b/cpu.max': '400000 100000\n',
      'sys/fs/cgroup/a/b/cpu.stat': stat(7),
    };
    assert.deepEqual(await quotaOf(files), [2, 107_000, 107_000]);
  });

  it('is found at the mount where a container sees the path of its host', async () => {
    const files = {
      'proc/self/cgroup': '0::/docker/0123456789abcdef\n',
      'sys/fs/cgroup/cpu.max': '50000 100000\n',
      'sys/fs/cgroup/cpu.stat': stat(3),
    };
    assert.deepEqual(await quotaOf(files), [0.5, 3000, 3000]);
  });

  it('is read from version 1', async () => {
    const files = {
      'proc/self/cgroup': '9:name=systemd:/x\n4:cpu,cpuacct:/app\n0::/x\n',
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': '250000\n',
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.stat':
        'nr_periods 4\nnr_throttled 1\nthrottled_time 12345\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    };
    assert.deepEqual(await quotaOf(files), [2.5, 12_345, 12_345]);
  });

  it('survives what is no number', async () => {
    const files = {
      'proc/self/cgroup': 'nonsense\n0::/\n0:/\n::\n',
      'sys/fs/cgroup/cpu.max': 'lots\n',
      'sys/fs/cgroup/cpu.stat': '\0\n',
    };
    assert.deepEqual(await quotaOf(files), [null, null, null]);
  });
});
