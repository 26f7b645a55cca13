/** A page file in memory, that can be made to fail. */
import type { PageFile } from '../../extension/core/model/blocks.js';

export class MemoryPages implements PageFile {
  readonly pages: Uint8Array[] = [];
  reads = 0;
  /** What the next write throws; null: it works. */
  failure: string | null = null;

  write(page: Uint8Array, former: number | null): number {
    if (this.failure !== null) throw new Error(this.failure);
    const position = former ?? this.pages.length;
    this.pages[position] = page.slice();
    return position;
  }

  read(position: number, into: Uint8Array): void {
    const page = this.pages[position];
    if (page?.byteLength !== into.byteLength) throw new Error(`no page at ${position}`);
    this.reads++;
    into.set(page);
  }
}
