import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Block, BlockPool, type Column } from '../../../../extension/core/model/blocks.js';
import { MemoryPages } from '../../../support/memoryPages.js';

const BYTES = 800;

/** Counts how often a pool looks at any of them. */
class CountedBlock extends Block {
  static looks = 0;
  private data: Float64Array | null = new Float64Array(BYTES / 8);

  get isFull(): boolean {
    CountedBlock.looks++;
    return true;
  }

  protected columns(): readonly Column[] | null {
    return this.data === null ? null : [this.data];
  }

  protected restore(page: Uint8Array): void {
    this.data = new Float64Array(page.buffer, page.byteOffset, page.byteLength / 8);
  }

  protected drop(): void {
    this.data = null;
  }
}

describe('a pool of blocks', () => {
  it('keeps its bound at a cost that does not grow with the blocks that left', () => {
    const pool = new BlockPool(10 * BYTES, new MemoryPages());
    const looksAt = (count: number): number => {
      CountedBlock.looks = 0;
      for (let i = 0; i < count; i++) {
        pool.add(new CountedBlock());
        pool.trim();
        assert.ok(pool.bytes <= 10 * BYTES);
      }
      return CountedBlock.looks;
    };
    const first = looksAt(1000);
    looksAt(8000);
    assert.ok(looksAt(1000) <= 2 * first, `${first} looks at first`);
  });

  it('lets go again what came back, and forgets what was discarded', () => {
    const pool = new BlockPool(4 * BYTES, new MemoryPages());
    const blocks = Array.from({ length: 40 }, () => new CountedBlock());
    for (const block of blocks) {
      pool.add(block);
      pool.trim();
    }
    for (let round = 0; round < 3; round++) {
      for (const block of blocks) {
        if (!block.isInMemory) pool.bringBack(block);
        pool.trim();
        assert.ok(pool.bytes <= 4 * BYTES);
      }
    }
    for (const block of blocks) pool.discard(block);
    assert.equal(pool.bytes, 0);
    assert.ok(blocks.every((block) => !block.isInMemory));
  });
});
