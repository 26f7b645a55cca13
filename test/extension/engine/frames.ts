/** What an agent would send, for tests of the engine: tables, declarations, executions. */
import { BlobName, BlobType, Category, EventType } from '../../../agent/wire/format.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import type { Declaration } from '../../../agent/wire/manifest.js';

/** One process that runs a stage on one lane, 1 ms an execution, one every 2 ms. */
export class FrameMaker {
  readonly #writer = new FxtWriter();
  readonly #pid: number;
  #made = 0;

  constructor(pid = 4242) {
    this.#pid = pid;
  }

  /** Tables and declarations: what follows every welcome. */
  tables(stage = 'work'): Uint8Array {
    const w = this.#writer;
    w.initialization(1_000_000_000n);
    w.string(1, Category.stage);
    w.string(2, stage);
    w.thread(1, { process: BigInt(this.#pid), thread: this.#lane });
    this.#declare({ kind: 'pipeline', name: 'test' });
    this.#declare({
      kind: 'stage',
      name: stage,
      pipeline: 'test',
      stageKind: 'cpu',
      parallelism: 1,
      via: 'api',
      source: null,
    });
    this.#declare({
      kind: 'lane',
      lane: Number(this.#lane),
      stage,
      pipeline: 'test',
      thread: 'main',
      slot: 0,
    });
    return w.take();
  }

  executions(count: number): Uint8Array {
    for (let i = 0; i < count; i++) {
      const startNs = 1_000_000_000 + this.#made++ * 2_000_000;
      this.#writer.event({
        eventType: EventType.durationComplete,
        thread: 1,
        category: 1,
        name: 2,
        ticks: BigInt(startNs),
        extra: BigInt(startNs + 1_000_000),
      });
    }
    return this.#writer.take();
  }

  /** The last word of an orderly end. */
  end(): Uint8Array {
    const atNs = 1_000_000_000 + this.#made * 2_000_000;
    this.#declare({ kind: 'end', atNs, executions: this.#made });
    return this.#writer.take();
  }

  /** A whole record with a string that was never registered. */
  broken(): Uint8Array {
    this.#writer.event({
      eventType: EventType.instant,
      thread: 1,
      category: 1,
      name: 999,
      ticks: 1n,
    });
    return this.#writer.take();
  }

  get #lane(): bigint {
    return BigInt(this.#pid) * 65536n;
  }

  #declare(declaration: Declaration): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(declaration)}\n`);
    this.#writer.blob({ name: BlobName.manifest, blobType: BlobType.data, bytes });
  }
}
