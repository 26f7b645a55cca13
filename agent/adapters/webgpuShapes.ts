/** What the agent uses of WebGPU's objects. The library brings types, but the agent must not depend on it. */

export interface GpuBuffer {
  readonly mapAsync: (mode: number) => Promise<unknown>;
  readonly getMappedRange: (offset: number, size: number) => ArrayBuffer;
  readonly unmap: () => void;
  readonly destroy: () => void;
}

export interface GpuQuerySet {
  readonly destroy: () => void;
}

export interface GpuEncoder {
  readonly resolveQuerySet: (
    ...args: [set: GpuQuerySet, first: number, count: number, to: GpuBuffer, offset: number]
  ) => void;
  readonly copyBufferToBuffer: (
    ...args: [from: GpuBuffer, fromAt: number, to: GpuBuffer, toAt: number, size: number]
  ) => void;
}

export interface GpuQueue {
  readonly onSubmittedWorkDone: () => Promise<unknown>;
}

export interface GpuFeatures {
  readonly has: (feature: string) => boolean;
}

export interface GpuDevice {
  readonly features: GpuFeatures;
  readonly queue: GpuQueue;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  readonly createQuerySet: (options: object) => GpuQuerySet;
  readonly createBuffer: (options: object) => GpuBuffer;
  readonly addEventListener: (type: string, listener: (event: unknown) => void) => void;
}

export interface GpuAdapter {
  readonly features: GpuFeatures;
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device?: string;
    readonly description: string;
  };
}

/** The library's own functions that the agent replaced, to be used for the agent's own work. */
export interface GpuNatives {
  readonly beginComputePass: (this: GpuEncoder, options?: object) => object;
  readonly end: (this: object) => unknown;
  readonly finish: (this: GpuEncoder, options?: unknown) => object;
  readonly createCommandEncoder: (this: GpuDevice, options?: unknown) => GpuEncoder;
  readonly submit: (this: GpuQueue, buffers: unknown) => unknown;
}

/** Flags of `GPUBufferUsage` and `GPUMapMode`, which the specification fixes. */
export const GpuUsage = { mapRead: 1, copySource: 4, copyTarget: 8, queryResolve: 0x200 } as const;
export const MAP_MODE_READ = 1;
export const TIMESTAMPS = 'timestamp-query';
