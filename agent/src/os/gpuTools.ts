/** What the tools of GPU drivers print, as numbers. Text of other programs: whatever is no number is left out. */

/** A device at one moment. */
export interface GpuSample {
  /** Share of time, 0..1, in which at least one kernel was resident; null: not told. */
  readonly utilization: number | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
}

/** What the gauges show of all devices together. */
export const NO_GPU: GpuSample = { utilization: null, memoryBytes: null, memoryLimitBytes: null };

const MIB = 2 ** 20;

function amount(text: string | undefined, unit: number): number | null {
  const digits = text?.trim() ?? '';
  const value = /^\d+(\.\d+)?$/.test(digits) ? Number(digits) * unit : NaN;
  return Number.isFinite(value) ? value : null;
}

/** What to ask nvidia-smi for, in a loop of `periodMs`. */
export function nvidiaArguments(periodMs: number): readonly string[] {
  return [
    '--query-gpu=index,utilization.gpu,memory.used,memory.total',
    '--format=csv,noheader,nounits',
    `--loop-ms=${periodMs}`,
  ];
}

/** A line of nvidia-smi (`0, 37, 1024, 24564`: per cent, MiB, MiB), and whose it is; undefined: it is none. */
export function parseNvidiaLine(
  line: string,
): { readonly index: number; readonly sample: GpuSample } | undefined {
  const [index, percent, used, total, ...rest] = line.split(',');
  const number = amount(index, 1);
  if (number === null || total === undefined || rest.length > 0) return undefined;
  const utilization = amount(percent, 0.01);
  return {
    index: number,
    sample: {
      utilization: utilization === null ? null : Math.min(utilization, 1),
      memoryBytes: amount(used, MIB),
      memoryLimitBytes: amount(total, MIB),
    },
  };
}

/** The files of Linux's amdgpu driver, which rocm-smi reads too: per cent, bytes, bytes. */
export function parseAmdFiles(
  busy: string | undefined,
  used: string | undefined,
  total: string | undefined,
): GpuSample {
  const utilization = amount(busy, 0.01);
  return {
    utilization: utilization === null ? null : Math.min(utilization, 1),
    memoryBytes: amount(used, 1),
    memoryLimitBytes: amount(total, 1),
  };
}

/** `ioreg -r -d 1 -w 0 -c IOAccelerator` of macOS. The memory is the system's, so there is no limit. */
export function parseIoreg(text: string): GpuSample {
  const of = (key: string): string | undefined => new RegExp(`"${key}"=(\\d+)`).exec(text)?.[1];
  const utilization = amount(of('Device Utilization %'), 0.01);
  return {
    utilization: utilization === null ? null : Math.min(utilization, 1),
    memoryBytes: amount(of('In use system memory'), 1),
    memoryLimitBytes: null,
  };
}

/** The busiest device, and the memory of the fullest. */
export function worstOf(samples: Iterable<GpuSample>): GpuSample {
  let worst = NO_GPU;
  const filled = ({ memoryBytes, memoryLimitBytes }: GpuSample): number =>
    memoryBytes === null ? -1 : memoryBytes / (memoryLimitBytes ?? Infinity);
  for (const sample of samples) {
    const busier = (sample.utilization ?? -1) > (worst.utilization ?? -1) ? sample : worst;
    const fuller = filled(sample) > filled(worst) ? sample : worst;
    const { memoryBytes, memoryLimitBytes } = fuller;
    worst = { utilization: busier.utilization, memoryBytes, memoryLimitBytes };
  }
  return worst;
}
