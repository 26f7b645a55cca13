// Pictures are downloaded, made smaller and uploaded, all three at the same time: a pipeline. Nothing goes over the network,
// timers stand for it, so this runs anywhere, and ends by itself after a minute.
//
// One of the three numbers does not fit the others, and that costs most of the speed. Profile this file, and Sluice names
// it, with the value that would do and what that brings.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const DOWNLOADS = 2;
const RESIZERS = 4;
const UPLOADS = 4;

const RUN_MS = Number(process.env.EXAMPLE_MS ?? 60_000);

/** A duration around this one, as it varies in life. */
const about = (ms) => sleep(ms * (0.8 + 0.4 * Math.random()));

const thumbnails = pipeline('thumbnails');
const download = thumbnails.stage('download', { kind: 'io' }, () => about(60));
const resize = thumbnails.stage('resize', { kind: 'io', parallelism: RESIZERS }, () => about(25));
const upload = thumbnails.stage('upload', { kind: 'io', parallelism: UPLOADS }, () => about(15));

/** Works on `concurrency` items at once; up to 16 more wait in line, and who brings another one waits too. */
class Pool {
  #line = [];
  #bringers = [];
  #working = 0;

  constructor(concurrency, queue, work) {
    Object.assign(this, { concurrency, queue, work });
  }

  async add(item) {
    while (this.#line.length >= 16) await new Promise((go) => this.#bringers.push(go));
    this.#line.push(item);
    this.queue.enter();
    this.start();
  }

  start() {
    while (this.#working < this.concurrency && this.#line.length > 0) {
      const item = this.#line.shift();
      this.queue.leave();
      this.#bringers.shift()?.();
      this.#working += 1;
      this.work(item).finally(() => {
        this.#working -= 1;
        this.start();
      });
    }
  }
}

let done = 0;
const uploads = new Pool(
  UPLOADS,
  thumbnails.queue('to upload', { capacity: 16, from: 'resize', to: 'upload' }),
  async (picture) => {
    await upload(picture);
    done += 1;
  },
);
const resizers = new Pool(
  RESIZERS,
  thumbnails.queue('to resize', { capacity: 16, from: 'download', to: 'resize' }),
  async (picture) => {
    await resize(picture);
    await uploads.add(picture);
  },
);
const downloads = new Pool(
  DOWNLOADS,
  thumbnails.queue('to download', { capacity: 16, to: 'download' }),
  async (picture) => {
    await download(picture);
    await resizers.add(picture);
  },
);

// A number that Sluice may turn while the program runs.
thumbnails.knob('DOWNLOADS', {
  kind: 'parallelism',
  stage: 'download',
  value: DOWNLOADS,
  min: 1,
  max: 32,
  apply: (value) => {
    downloads.concurrency = value;
    downloads.start();
  },
});

const seconds = () => performance.now() / 1000;
const start = seconds();
const say = () => {
  console.log(`${done} pictures, ${(done / (seconds() - start)).toFixed(0)} a second`);
};
const news = setInterval(say, 5000);
for (let picture = 1; seconds() - start < RUN_MS / 1000; picture++) await downloads.add(picture);
clearInterval(news);
say();
