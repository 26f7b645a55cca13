/**
 * kafkajs itself with two of its classes cut short: the connection to brokers, and the group's talk with them. Runner, fetch
 * manager and worker queue, which call the program's handlers, are the library's own.
 */
import { createRequire } from 'node:module';
import { sleep } from './halves.js';

interface Class {
  readonly prototype: object;
}
interface Emitter {
  readonly instrumentationEmitter: { readonly emit: (event: string, payload: object) => void };
}
type BatchClass = new (topic: string, offset: string, data: object) => object;

const load = createRequire(import.meta.url);
const partitions = [0, 1];
const PER_BATCH = 5;

/** Serves two partitions with so many messages each; settles when all are handled. */
export async function serve(messagesEach: number): Promise<void> {
  const cluster = load('kafkajs/src/cluster') as Class;
  const group = load('kafkajs/src/consumer/consumerGroup') as Class;
  const Batch = load('kafkajs/src/consumer/batch') as BatchClass;
  const offsets = new Map<number, number>();
  const nothing = async (): Promise<void> => Promise.resolve();
  Object.assign(cluster.prototype, {
    connect: nothing,
    disconnect: nothing,
    addMultipleTargetTopics: nothing,
  });
  return new Promise((resolve) => {
    Object.assign(group.prototype, {
      connect: nothing,
      joinAndSync(this: Emitter) {
        const memberAssignment = { orders: partitions };
        this.instrumentationEmitter.emit('consumer.group_join', { memberAssignment });
      },
      getNodeIds: () => [0],
      async fetch() {
        await sleep(1);
        const left = partitions.filter((p) => (offsets.get(p) ?? 0) < messagesEach);
        if (left.length === 0) resolve();
        return left.map((partition) => {
          const first = offsets.get(partition) ?? 0;
          const length = Math.min(PER_BATCH, messagesEach - first);
          const messages = Array.from({ length }, (_, i) => ({
            offset: String(first + i),
            value: Buffer.from('x'),
          }));
          const highWatermark = String(messagesEach);
          const data = { partition, messages, highWatermark, abortedTransactions: [] };
          return new Batch('orders', String(first), data);
        });
      },
      resolveOffset({ partition, offset }: { partition: number; offset: string }) {
        offsets.set(partition, Math.max(offsets.get(partition) ?? 0, Number(offset) + 1));
      },
      hasSeekOffset: () => false,
      isPaused: () => false,
      heartbeat: nothing,
      commitOffsets: nothing,
      commitOffsetsIfNecessary: nothing,
      leave: nothing,
    });
  });
}
