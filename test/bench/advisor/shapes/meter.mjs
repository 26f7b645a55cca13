// The figure that counts: items per second at the last stage, counted by the program itself after a warm-up. It is printed as
// one line of JSON when the program has run for DURATION_MS, or is asked to end.

const warmUpMs = Number(process.env.WARMUP_MS ?? 500);
const durationMs = Number(process.env.DURATION_MS ?? Infinity);
const killAfterMs = Number(process.env.KILL_AFTER_MS ?? Infinity);
const MAX_LATENCIES = 100_000;

function after(delayMs, action) {
  if (Number.isFinite(delayMs)) setTimeout(action, delayMs);
}

/** Counts what leaves the pipeline. */
export class Meter {
  #startMs = performance.now();
  #byWindow;
  #items = 0;
  #firstMs = undefined;
  #firstItems = 0;
  #lastMs = 0;
  #latenciesMs = [];

  /** `byWindow`: over the whole time, pauses at its ends included; else from the first to the last that came out. */
  constructor({ byWindow = false } = {}) {
    this.#byWindow = byWindow;
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => this.#end());
    after(durationMs, () => this.#end());
    after(killAfterMs, () => process.kill(process.pid, 'SIGKILL'));
  }

  /** These items have come out. */
  done(...items) {
    const nowMs = performance.now();
    if (nowMs - this.#startMs < warmUpMs) return;
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs;
      this.#firstItems = items.length;
    }
    this.#items += items.length;
    this.#lastMs = nowMs;
    if (this.#latenciesMs.length >= MAX_LATENCIES) return;
    for (const { madeAtMs } of items) this.#latenciesMs.push(nowMs - madeAtMs);
  }

  #end() {
    const windowMs = this.#byWindow
      ? performance.now() - this.#startMs - warmUpMs
      : this.#lastMs - (this.#firstMs ?? 0);
    const counted = this.#items - (this.#byWindow ? 0 : this.#firstItems);
    const sorted = this.#latenciesMs.sort((a, b) => a - b);
    const latencyP95Ms = sorted[Math.floor(sorted.length * 0.95)] ?? null;
    const itemsPerSec = windowMs > 0 ? (counted / windowMs) * 1000 : 0;
    console.log(JSON.stringify({ itemsPerSec, items: this.#items, windowMs, latencyP95Ms }));
    process.exit(0);
  }
}
