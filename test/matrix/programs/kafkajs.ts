// Two partitions message by message, then batch by batch. There is no broker: support/kafka.ts stands in for it.
import { Kafka, logLevel, type EachMessageHandler } from 'kafkajs';
import { finish, firstHalfDone, sleep } from './support/halves.js';
import { serve } from './support/kafka.js';

const counts = { messages: 0, failed: 0, batched: 0 };

async function main(): Promise<void> {
  const kafka = new Kafka({ brokers: ['nowhere:1'], logLevel: logLevel.NOTHING });
  const served = serve(10);
  const orders = kafka.consumer({ groupId: 'orders' });
  await orders.subscribe({ topic: 'orders' });
  const eachMessage: EachMessageHandler = async ({ message, partition }) => {
    await sleep(2);
    if (partition === 0 && message.offset === '4' && counts.failed === 0) {
      counts.failed++;
      throw new Error('four');
    }
    counts.messages++;
  };
  await orders.run({ partitionsConsumedConcurrently: 3, eachMessage }); // @run
  await served;
  await orders.disconnect();
  await firstHalfDone();
  const servedAgain = serve(10);
  const bulk = kafka.consumer({ groupId: 'bulk' });
  await bulk.subscribe({ topic: 'orders' });
  await bulk.run({
    eachBatch: async ({ batch }) => {
      await sleep(1);
      counts.batched += batch.messages.length;
    },
  });
  await servedAgain;
  await bulk.disconnect();
  finish(counts);
}

void main();
