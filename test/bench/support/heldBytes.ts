/** Bytes in array buffers and on the heap, after a few collections: what one of them frees is counted off only later, elsewhere. */
export async function heldBytes(): Promise<{ readonly buffers: number; readonly heap: number }> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { buffers: arrayBuffers, heap: heapUsed };
}
