/** What leaves the pipeline: when counting begins and ends, latency, and how many items are under way. */
import { LogHistogram } from '../model/histogram.js';
import type { SimulationOptions } from './workload.js';

/**
 * The stretch that is counted begins with the warm-up's last exit (or at 0 without warm-up) and ends with the last exit.
 * Both ends stand between two instants: what leaves together is counted together, so batches do not bias the rate.
 */
export class Window {
  readonly latencies = new LogHistogram();
  counts: boolean;
  /** Items under way: arrived and not wholly gone. */
  inFlight = 0;
  /** Items that have left in the stretch. */
  exits = 0;
  startNs = 0;
  private readonly warmUpItems: number;
  private readonly items: number;
  private sinceNs = 0;
  private inFlightNs = 0;

  constructor(options: SimulationOptions) {
    this.warmUpItems = options.warmUpItems;
    this.items = options.items;
    this.counts = options.warmUpItems === 0;
  }

  /** Enough has left. */
  get isFull(): boolean {
    return this.counts && this.exits >= this.items;
  }

  /** The warm-up is over, but counting has not begun. */
  get isWarm(): boolean {
    return !this.counts && this.exits >= this.warmUpItems;
  }

  begin(nowNs: number): void {
    this.passTo(nowNs);
    this.counts = true;
    this.exits = this.inFlightNs = 0;
    this.startNs = nowNs;
    this.latencies.reset();
  }

  arrive(nowNs: number): void {
    this.passTo(nowNs);
    this.inFlight++;
  }

  leave(nowNs: number, arrivedNs: number): void {
    this.passTo(nowNs);
    this.inFlight--;
    this.exits++;
    this.latencies.record(nowNs - arrivedNs);
  }

  meanInFlight(nowNs: number): number {
    this.passTo(nowNs);
    return nowNs > this.startNs ? this.inFlightNs / (nowNs - this.startNs) : 0;
  }

  private passTo(nowNs: number): void {
    this.inFlightNs += this.inFlight * (nowNs - this.sinceNs);
    this.sinceNs = nowNs;
  }
}
