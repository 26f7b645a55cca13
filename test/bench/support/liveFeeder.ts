/**
 * A program under load, in a process of its own, as the engine sees it: the agent's own transport, whole records every 25 ms,
 * their times the present. What it cannot get rid of for longer than an agent's rings would hold it is dropped and told as
 * lost, by stage.
 *
 *   node --import tsx liveFeeder.ts <FeederOrder as JSON>      started by `fork`; tells its parent a `FeederNews`
 */
import { BlobName, BlobType, PROTOCOL_VERSION } from '../../../agent/wire/format.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import type { Declaration } from '../../../agent/wire/manifest.js';
import {
  integerIn,
  numberIn,
  object,
  parseJson,
  text,
  type Checked,
} from '../../../agent/wire/validate.js';
import { nowNs } from '../../../agent/src/clock.js';
import { LossBook } from '../../../agent/src/drain/losses.js';
import { Transport } from '../../../agent/src/drain/transport.js';
import { firstTimeNs, LiveLoop, SLOT_NS } from './liveLoop.js';

const ROUND_MS = 25;
/** As in the agent: with so much under way it leaves its rings alone. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Rings of busy threads hold no more. */
const RING_NS = 100e6;

const checkOrder = object({
  url: text(256),
  token: text(256),
  perSec: integerIn(1, 1e9),
  seconds: numberIn(0, 3600),
  lapMs: numberIn(1, 1e6),
});
export type FeederOrder = Checked<typeof checkOrder>;

/** What the feeder tells: when its first record was made (CLOCK_MONOTONIC), and in the end what it made and lost. */
export type FeederNews =
  | { readonly kind: 'begun'; readonly anchorNs: number }
  | {
      readonly kind: 'done';
      readonly made: number;
      readonly lost: number;
      readonly bytes: number;
      readonly seconds: number;
      /** How late rounds were, in milliseconds: what the machine and a slow engine did to the feeder. */
      readonly lateMs: { readonly p95: number; readonly max: number };
    };

/** Sends the trace until its time is over. */
class Feeder {
  private readonly order: FeederOrder;
  private readonly loop: LiveLoop;
  private readonly transport: Transport;
  private readonly losses = new LossBook();
  private readonly writer = new FxtWriter();
  private readonly late: number[] = [];
  private startNs = 0;
  private isBegun = false;
  private next = 0;
  private made = 0;
  private lost = 0;
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(order: FeederOrder) {
    this.order = order;
    this.loop = new LiveLoop(order.perSec, order.lapMs * 1e6);
    const self = {
      pid: process.pid,
      ppid: process.ppid,
      title: 'bench',
      runtime: 'node',
      cwd: '/',
      anchorUnixMs: Date.now(),
      anchorMonotonicNs: Math.floor(nowNs()),
    };
    const agent = { name: 'bench', version: '0.0.0', can: null };
    this.transport = new Transport(
      { kind: 'hello', protocol: PROTOCOL_VERSION, agent, process: self },
      {
        opened: () => {
          this.begin();
        },
        lost: () => {
          throw new Error('the engine is gone');
        },
        message: () => undefined,
      },
    );
  }

  run(): void {
    this.transport.dial(this.order);
  }

  private begin(): void {
    this.send(this.loop.head);
    this.startNs = Math.ceil(nowNs());
    this.timer = setInterval(() => {
      this.round();
    }, ROUND_MS);
  }

  private get slots(): number {
    return Math.round((this.order.seconds * 1e9) / SLOT_NS);
  }

  private round(): void {
    const now = nowNs();
    while (this.next < this.slots && this.startNs + (this.next + 1) * SLOT_NS <= now) {
      const lateNs = now - (this.startNs + (this.next + 1) * SLOT_NS);
      const isSaturated = this.transport.bufferedBytes > MAX_BUFFERED_BYTES;
      if (isSaturated && lateNs < RING_NS) return;
      this.late.push(lateNs / 1e6);
      this.pass(this.next++, isSaturated);
    }
    if (this.next >= this.slots) this.end();
  }

  /** Sends a slot, or counts it. */
  private pass(index: number, isDropped: boolean): void {
    const { frames, executions } = this.loop.slot(index, this.startNs);
    const sum = executions.reduce((a, b) => a + b, 0);
    this.made += sum;
    if (isDropped) {
      this.lost += sum;
      this.lose(index, executions);
      return;
    }
    const lines = this.losses.take();
    for (const line of lines) this.declare(line);
    if (lines.length > 0) this.send(this.writer.take());
    const [first] = frames;
    if (first !== undefined && !this.isBegun) {
      this.isBegun = true;
      tell({ kind: 'begun', anchorNs: firstTimeNs(first) });
    }
    for (const frame of frames) this.send(frame);
  }

  private lose(index: number, executions: Uint32Array): void {
    const fromNs = this.startNs + index * SLOT_NS;
    const time = { fromNs, toNs: fromNs + SLOT_NS };
    for (const [i, count] of executions.entries()) {
      const stage = `stage ${i + 1}`;
      const counts = { records: count, executions: count };
      this.losses.add({ where: 'ring', stage, pipeline: 'bench', ...counts, ...time });
    }
  }

  private declare(line: Declaration): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    this.writer.blob({ name: BlobName.manifest, blobType: BlobType.data, bytes });
  }

  private send(frame: Uint8Array): void {
    this.bytes += frame.byteLength;
    this.transport.send(frame, () => {
      throw new Error('a frame did not get to the system');
    });
  }

  private end(): void {
    clearInterval(this.timer);
    for (const line of this.losses.take()) this.declare(line);
    this.declare({ kind: 'end', atNs: Math.floor(nowNs()), executions: this.made });
    this.send(this.writer.take());
    const seconds = (nowNs() - this.startNs) / 1e9;
    const { made, lost, bytes, late } = this;
    late.sort((a, b) => a - b);
    const lateMs = { p95: late[Math.floor(late.length * 0.95)] ?? 0, max: late.at(-1) ?? 0 };
    tell({ kind: 'done', made, lost, bytes, seconds, lateMs });
    void this.transport.close().then(() => {
      process.disconnect();
    });
  }
}

function tell(news: FeederNews): void {
  process.send?.(news);
}

const order = parseJson(process.argv[2] ?? '', checkOrder, 'the order');
if (!order.ok) throw new Error(order.error);
new Feeder(order.value).run();
