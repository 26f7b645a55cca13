// Six images at once; then the same again with another number of threads an image.
import sharp from 'sharp';
import { finish, firstHalfDone } from './support/halves.js';

async function half(): Promise<number> {
  const images = Array.from({ length: 6 }, () =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .resize(8)
      .png()
      .toBuffer(),
  );
  const broken = sharp(Buffer.from('no image'))
    .toBuffer()
    .then(
      () => 0,
      () => 1,
    );
  return (await Promise.all(images)).length + (await broken);
}

async function main(): Promise<void> {
  sharp.concurrency(1); // @concurrency
  const first = await half();
  await firstHalfDone();
  const threads = sharp.concurrency();
  finish({ done: first + (await half()), threads });
}

void main();
