import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  NO_GPU,
  nvidiaArguments,
  parseAmdFiles,
  parseIoreg,
  parseNvidiaLine,
  worstOf,
} from '../../../../agent/src/os/gpuTools.js';
import { GpuWatch } from '../../../../agent/src/os/gpuWatch.js';

const GIB = 2 ** 30;

describe('what drivers say', () => {
  it('is read from nvidia-smi', () => {
    assert.deepEqual(parseNvidiaLine('0, 37, 1024, 24576'), {
      index: 0,
      sample: { utilization: 0.37, memoryBytes: GIB, memoryLimitBytes: 24 * GIB },
    });
    // Under MIG and on some notebooks.
    assert.deepEqual(parseNvidiaLine('1, [N/A], 512, 40960')?.sample, {
      utilization: null,
      memoryBytes: GIB / 2,
      memoryLimitBytes: 40 * GIB,
    });
    assert.deepEqual(parseNvidiaLine('2, [Not Supported], [N/A], [N/A]')?.sample, NO_GPU);
    const nonsense = [
      '',
      'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.',
      'Unable to determine the device handle for GPU0000:01:00.0: Unknown Error',
      '0, 37, 1024',
      'x, 1, 2, 3',
      '0, 1, 2, 3, 4',
    ];
    for (const line of nonsense) assert.equal(parseNvidiaLine(line), undefined, line);
  });

  it('is read from the files of amdgpu', () => {
    assert.deepEqual(parseAmdFiles('99\n', '1073741824\n', '17163091968\n'), {
      utilization: 0.99,
      memoryBytes: GIB,
      memoryLimitBytes: 17_163_091_968,
    });
    assert.deepEqual(parseAmdFiles(undefined, undefined, ''), NO_GPU);
  });

  it('is read from ioreg', () => {
    const text = `+-o AGXAcceleratorG13G_B0  <class AGXAcceleratorG13G_B0, id 0x1000003d1, registered>
    {
      "PerformanceStatistics" = {"In use system memory (driver)"=0,"Alloc system memory"=1769472000,"Tiler Utilization %"=9,"recoveryCount"=0,"Renderer Utilization %"=10,"Device Utilization %"=12,"In use system memory"=268435456}
    }`;
    assert.deepEqual(parseIoreg(text), {
      utilization: 0.12,
      memoryBytes: GIB / 4,
      memoryLimitBytes: null,
    });
    assert.deepEqual(parseIoreg(''), NO_GPU);
  });

  it('is told of the busiest device and of the fullest', () => {
    const busy = { utilization: 0.9, memoryBytes: GIB, memoryLimitBytes: 8 * GIB };
    const full = { utilization: 0.1, memoryBytes: 7 * GIB, memoryLimitBytes: 8 * GIB };
    const both = { utilization: 0.9, memoryBytes: 7 * GIB, memoryLimitBytes: 8 * GIB };
    assert.deepEqual(worstOf([busy, full]), both);
    assert.deepEqual(worstOf([full, NO_GPU, busy]), both);
    assert.deepEqual(worstOf([]), NO_GPU);
  });
});

describe('watching devices', { skip: process.platform === 'win32' }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice gpus '));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    const startMs = performance.now();
    while (!(await condition())) {
      assert.ok(performance.now() - startMs < 60_000, 'never happened');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it('starts one nvidia-smi, and ends it', async () => {
    const tool = path.join(folder, 'nvidia-smi');
    const log = path.join(folder, 'log');
    await writeFile(
      tool,
      `#!/bin/sh\necho "start $$ $*" >> '${log}'\nprintf '0, 50, 1024, 8192\\n1, 20, 4096, 8192\\n0, 60,'\nprintf ' 2048, 8192\\n'\nexec sleep 1000\n`,
    );
    await chmod(tool, 0o755);
    const watch = new GpuWatch({ nvidiaSmi: [tool], drm: path.join(folder, 'none'), ioreg: [] });
    assert.deepEqual(watch.sample(), NO_GPU);
    watch.begin();
    watch.begin();
    await until(() => watch.sample().utilization === 0.6);
    assert.deepEqual(watch.sample(), {
      utilization: 0.6,
      memoryBytes: 4 * GIB,
      memoryLimitBytes: 8 * GIB,
    });
    const [line, ...more] = (await readFile(log, 'utf8')).trim().split('\n');
    assert.deepEqual(more, []);
    const [, pid, ...args] = line?.split(' ') ?? [];
    assert.deepEqual(args, [...nvidiaArguments(500)]);
    watch.dispose();
    await until(() => {
      try {
        process.kill(Number(pid), 0);
        return false;
      } catch {
        return true;
      }
    });
    assert.deepEqual(watch.sample(), NO_GPU);
  });

  it('reads the files of amdgpu', async () => {
    const device = path.join(folder, 'drm/card1/device');
    await mkdir(device, { recursive: true });
    await mkdir(path.join(folder, 'drm/card1-HDMI-A-1'), { recursive: true });
    await writeFile(path.join(device, 'gpu_busy_percent'), '42\n');
    await writeFile(path.join(device, 'mem_info_vram_used'), '100\n');
    await writeFile(path.join(device, 'mem_info_vram_total'), '200\n');
    const watch = new GpuWatch({ nvidiaSmi: [], drm: path.join(folder, 'drm'), ioreg: [] });
    watch.begin();
    assert.deepEqual(watch.sample(), {
      utilization: 0.42,
      memoryBytes: 100,
      memoryLimitBytes: 200,
    });
    watch.dispose();
  });

  it('starts nothing that is not there', () => {
    const missing = path.join(folder, 'not there');
    const watch = new GpuWatch({ nvidiaSmi: [missing], drm: missing, ioreg: [missing] });
    watch.begin();
    assert.deepEqual(watch.sample(), NO_GPU);
    watch.dispose();
  });
});
