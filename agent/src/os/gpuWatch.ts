/**
 * Asks the driver of the machine's GPUs how busy and how full they are, from the drain thread: one `nvidia-smi` that goes round
 * by itself, the files of Linux's amdgpu driver, or `ioreg` on macOS. Started when the program has a stage on a GPU, not before;
 * what is not installed is never started. Tools are looked for where drivers put them, not in the program's PATH.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  NO_GPU,
  nvidiaArguments,
  parseAmdFiles,
  parseIoreg,
  parseNvidiaLine,
  worstOf,
  type GpuSample,
} from './gpuTools.js';

const PERIOD_MS = 500;
/** A line that is longer comes from something else. */
const MAX_LINE_CHARS = 1000;
const MAX_DEVICES = 64;
const IOREG = '/usr/sbin/ioreg';
const IOREG_ARGUMENTS = ['-r', '-d', '1', '-w', '0', '-c', 'IOAccelerator'] as const;
const IOREG_TIMEOUT_MS = 2000;

/** Where to look. */
export interface GpuPlaces {
  readonly nvidiaSmi: readonly string[];
  /** Folder of Linux's graphics devices. */
  readonly drm: string;
  readonly ioreg: readonly string[];
}

const places: GpuPlaces = {
  nvidiaSmi: [
    '/usr/bin/nvidia-smi',
    '/usr/local/bin/nvidia-smi',
    '/opt/bin/nvidia-smi',
    '/usr/lib/wsl/lib/nvidia-smi',
    '/run/current-system/sw/bin/nvidia-smi',
    String.raw`C:\Windows\System32\nvidia-smi.exe`,
  ],
  drm: '/sys/class/drm',
  ioreg: process.platform === 'darwin' ? [IOREG] : [],
};

function firstThatRuns(files: readonly string[]): string | undefined {
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Folders of AMD's devices. */
function amdDevices(drm: string): readonly string[] {
  try {
    return readdirSync(drm)
      .filter((name) => /^card\d+$/.test(name))
      .map((name) => path.join(drm, name, 'device'))
      .filter((folder) => read(path.join(folder, 'gpu_busy_percent')) !== undefined)
      .slice(0, MAX_DEVICES);
  } catch {
    return [];
  }
}

/** Knows the newest figures. Never keeps the thread or the process alive. */
export class GpuWatch {
  readonly #places: GpuPlaces;
  readonly #newest = new Map<number, GpuSample>();
  #child: ChildProcess | undefined;
  #amd: readonly string[] = [];
  #ioreg: string | undefined;
  #isAsking = false;
  #hasBegun = false;
  #lastMs = -Infinity;

  constructor(where = places) {
    this.#places = where;
  }

  /** Begins to ask, once. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const nvidiaSmi = firstThatRuns(this.#places.nvidiaSmi);
    if (nvidiaSmi !== undefined) this.#loop(nvidiaSmi);
    else this.#amd = amdDevices(this.#places.drm);
    this.#ioreg = firstThatRuns(this.#places.ioreg);
  }

  /** The busiest device and the fullest one, as of now; all null when nobody tells. */
  sample(): GpuSample {
    if (!this.#hasBegun) return NO_GPU;
    for (const [i, folder] of this.#amd.entries()) {
      const of = (name: string): string | undefined => read(path.join(folder, name));
      const memory = [of('mem_info_vram_used'), of('mem_info_vram_total')] as const;
      this.#newest.set(i, parseAmdFiles(of('gpu_busy_percent'), ...memory));
    }
    if (this.#ioreg !== undefined) this.#askIoreg(this.#ioreg);
    return worstOf(this.#newest.values());
  }

  /** Ends the tool. */
  dispose(): void {
    this.#hasBegun = true;
    this.#child?.kill();
    this.#child = undefined;
    this.#amd = [];
    this.#ioreg = undefined;
    this.#newest.clear();
  }

  #loop(file: string): void {
    const child = spawn(file, nvidiaArguments(PERIOD_MS), {
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    this.#child = child;
    child.unref();
    let rest = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
      for (const line of lines) this.#take(line);
    });
    const gone = (): void => {
      this.#child = undefined;
      this.#newest.clear();
    };
    child.on('error', gone);
    child.on('exit', gone);
    // Its pipe must not keep the thread alive; the type of `stdout` does not say that it is a socket.
    const unref: unknown = Reflect.get(child.stdout, 'unref');
    if (typeof unref === 'function') Reflect.apply(unref, child.stdout, []);
  }

  #take(line: string): void {
    const parsed = parseNvidiaLine(line);
    if (parsed !== undefined && parsed.index < MAX_DEVICES) {
      this.#newest.set(parsed.index, parsed.sample);
    }
  }

  #askIoreg(file: string): void {
    const nowMs = performance.now();
    if (this.#isAsking || nowMs - this.#lastMs < PERIOD_MS * 2) return;
    this.#lastMs = nowMs;
    this.#isAsking = true;
    const child = execFile(
      file,
      IOREG_ARGUMENTS,
      { timeout: IOREG_TIMEOUT_MS },
      (error, stdout) => {
        this.#isAsking = false;
        if (error === null) this.#newest.set(0, parseIoreg(stdout));
      },
    );
    child.unref();
  }
}
