/**
 * An editor's side of a live session without the editor: the engine in its worker thread, and in this one what the extension
 * host does. A webview's messages are made into text and its buffers copied, as VS Code does on its way out of the host.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import * as esbuild from 'esbuild';
import { noLive } from '../../../extension/core/panel/live.js';
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';
import type { Report } from '../../../extension/core/report/report.js';
import { workerEngine } from '../../../extension/engine/engineClient.js';
import type { EngineCall, SessionId } from '../../../extension/engine/protocol.js';
import { EngineLink, type CallEngine } from '../../../extension/host/engineLink.js';
import { PanelChannel } from '../../../extension/host/panel/panelChannel.js';
import { SessionList } from '../../../extension/host/sessions/sessionList.js';
import { statusText } from '../../../extension/host/sessions/statusText.js';
import { reportNodes } from '../../../extension/host/sessions/tree.js';
import type { FeederNews, FeederOrder } from './liveFeeder.js';
import { LivePanel, type CamePicture } from './livePanel.js';

const SAMPLE_MS = 500;
/** Of the histogram of delays. A timer that is due again and again: what it measures includes this time. */
export const DELAY_RESOLUTION_MS = 1;

/** One call of the engine, as the host waited for it. */
export interface TimedCall {
  readonly call: EngineCall;
  /** Seconds since the first record. */
  readonly atSec: number;
  readonly ms: number;
}

/** Memory of the process at a moment, in bytes. `heap` and `external` are the host's thread alone. */
export interface MemorySample {
  readonly atSec: number;
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
}

/** A picture, with how old it was. */
export interface AgedPicture extends CamePicture {
  readonly atSec: number;
  /** Between the end of what it shows and the program's present, when it came. */
  readonly ageMs: number;
}

/** What was measured. */
export interface LiveRun {
  readonly fed: Extract<FeederNews, { kind: 'done' }>;
  readonly report: Report;
  /** Event-loop delay of the host in milliseconds; each value includes the resolution. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of the time in which the host's loop was busy. */
  readonly hostBusy: number;
  /** CPU time of host and engine, per time. */
  readonly cores: number;
  readonly calls: readonly TimedCall[];
  readonly memory: readonly MemorySample[];
  readonly pictures: readonly AgedPicture[];
  readonly snapshots: number;
  /** Longest message to the webview, in bytes of text. */
  readonly longestTextBytes: number;
  readonly notices: readonly string[];
  readonly captureBytes: number;
  /** From the program's last word to the end of the session, and from there until the engine was gone. */
  readonly endMs: number;
  readonly closeMs: number;
}

/** What is run. */
export interface LiveOptions extends Omit<FeederOrder, 'url' | 'token'> {
  /** Folder of the repository: bundled, this file does not know where it comes from. */
  readonly root: string;
  readonly follows: 'newest' | 'whole';
}

/** Runs a session from its first record to its last, and takes everything down. */
export async function runLive(options: LiveOptions): Promise<LiveRun> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-live-'));
  try {
    const script = path.join(folder, 'engine.cjs');
    await esbuild.build({
      entryPoints: [path.join(options.root, 'extension/engine/worker.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'warning',
    });
    return await new LiveHost(script, folder).run(options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Time in the feeder's clock. */
const monotonicNs = (): number => Number(process.hrtime.bigint());

class LiveHost {
  private readonly folder: string;
  private readonly link: EngineLink;
  private readonly sessions: SessionList;
  private readonly calls: TimedCall[] = [];
  private readonly memory: MemorySample[] = [];
  private readonly aged: AgedPicture[] = [];
  private readonly problems: string[] = [];
  private longestTextBytes = 0;
  /** When the first record was made. */
  private anchorNs = NaN;
  private readonly call: CallEngine = async (call, input) => {
    const startMs = performance.now();
    const output = await this.link.call(call, input);
    this.calls.push({ call, atSec: this.atSec, ms: performance.now() - startMs });
    return output;
  };

  constructor(script: string, folder: string) {
    this.folder = folder;
    const pagesFolder = path.join(folder, 'pages');
    this.link = new EngineLink(() => workerEngine(script, { pagesFolder }));
    this.sessions = new SessionList(this.call);
    this.link.onEvent((event) => {
      this.sessions.apply(event);
      if (event.kind === 'problem') this.problems.push(event.message);
    });
    this.link.onLost((reason) => this.problems.push(reason));
  }

  private get atSec(): number {
    return (monotonicNs() - this.anchorNs) / 1e9;
  }

  async run({ root, follows, perSec, seconds, lapMs }: LiveOptions): Promise<LiveRun> {
    const capturePath = path.join(this.folder, 'live.fxt');
    const { session, url, token } = await this.call('createSession', {
      title: 'live',
      capturePath,
    });
    const { channel, panel } = this.openPanel(session, follows);
    this.readSideViews();
    const feeder = startFeeder(root, { perSec, seconds, lapMs, url, token });
    const measured = await this.measure(feeder, panel);
    const doneMs = performance.now();
    await this.ended(session);
    const endMs = performance.now() - doneMs;
    const report = await this.call('report', { session });
    await this.call('endSession', { session });
    const captureBytes = (await stat(capturePath)).size;
    // The panel is closed first, as by a user: what it still waits for is answered to nobody.
    const notices = [...this.problems, ...panel.notices];
    channel.dispose();
    this.sessions.dispose();
    const closingMs = performance.now();
    await this.link.dispose();
    const closeMs = performance.now() - closingMs;
    const { calls, memory, aged: pictures, longestTextBytes } = this;
    const { snapshots } = panel;
    const seen = { calls, memory, pictures, snapshots, longestTextBytes, notices };
    return { ...measured, ...seen, report, captureBytes, endMs, closeMs };
  }

  /** The host's delays and its memory from the first record to the last. */
  private async measure(
    feeder: ChildProcess,
    panel: LivePanel,
  ): Promise<Pick<LiveRun, 'fed' | 'delayMs' | 'hostBusy' | 'cores'>> {
    const begun = await newsOf(feeder, 'begun');
    this.anchorNs = begun.anchorNs;
    const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    delays.enable();
    const timer = setInterval(() => {
      this.sample(panel);
    }, SAMPLE_MS);
    const fed = await newsOf(feeder, 'done');
    delays.disable();
    clearInterval(timer);
    this.sample(panel);
    const { user, system } = process.cpuUsage(cpu);
    return {
      fed,
      delayMs: {
        p50: delays.percentile(50) / 1e6,
        p99: delays.percentile(99) / 1e6,
        max: delays.max / 1e6,
      },
      hostBusy: performance.eventLoopUtilization(loop).utilization,
      cores: (user + system) / 1000 / (performance.now() - startMs),
    };
  }

  private sample(panel: LivePanel): void {
    const { rss, heapUsed, external } = process.memoryUsage();
    this.memory.push({ atSec: this.atSec, rss, heap: heapUsed, external });
    const nowMs = performance.now();
    for (const picture of panel.pictures.splice(0)) {
      const atSec = this.atSec - (nowMs - picture.atMs) / 1000;
      this.aged.push({ ...picture, atSec, ageMs: atSec * 1000 - picture.newestNs / 1e6 });
    }
  }

  private openPanel(session: SessionId, follows: LiveOptions['follows']) {
    const panel = new LivePanel((message) => {
      // From another process: what the host gets is never the very object.
      const text = JSON.stringify(message);
      setImmediate(() => void channel.receive(JSON.parse(text) as FromWebview));
    }, follows);
    const nothing = (): Promise<void> => Promise.resolve();
    const channel = new PanelChannel({
      session,
      call: this.call,
      post: (message) => {
        this.longestTextBytes = Math.max(this.longestTextBytes, sentBytes(message));
        setImmediate(() => {
          panel.take(message);
        });
      },
      isVisible: () => true,
      openSource: nothing,
      live: { state: () => noLive, act: () => Promise.resolve() },
      runCommand: nothing,
      copy: nothing,
      saveImage: () => Promise.resolve(null),
      exportRange: nothing,
      report: (problem) => this.problems.push(problem),
    });
    this.sessions.onEvent((changed) => {
      if (changed === session) channel.changed();
    });
    panel.start();
    return { channel, panel };
  }

  /** The status bar and the sessions view read the report whenever there is a new one. */
  private readSideViews(): void {
    this.sessions.onChange((changed) => {
      for (const session of changed) {
        void this.sessions.report(session).then((state) => {
          if (state.kind !== 'known') return;
          statusText(state.report);
          reportNodes(session, state.report);
        });
      }
    });
  }

  private async ended(session: SessionId): Promise<void> {
    while (this.sessions.find(session)?.state !== 'ended') {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Makes a message what VS Code makes of it in the host. Returns the length of its text. */
function sentBytes(message: ToWebview): number {
  const buffers: Uint8Array[] = [];
  const text = JSON.stringify(message, (_, value: unknown) => {
    if (!(value instanceof ArrayBuffer)) return value;
    buffers.push(new Uint8Array(value).slice());
    return { reference: buffers.length };
  });
  return Buffer.byteLength(text);
}

function startFeeder(root: string, order: FeederOrder): ChildProcess {
  const script = path.join(root, 'test/bench/support/liveFeeder.ts');
  return fork(script, [JSON.stringify(order)], { execArgv: ['--import', 'tsx'], cwd: root });
}

/** Waits for the feeder's word; rejects when it ends without. */
async function newsOf<K extends FeederNews['kind']>(
  feeder: ChildProcess,
  kind: K,
): Promise<Extract<FeederNews, { kind: K }>> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const end = once(feeder, 'exit', { signal }).then(() => {
    throw new Error(`the feeder ended before it said ${kind}`);
  });
  const come = (async () => {
    for (;;) {
      const [news] = (await once(feeder, 'message', { signal })) as [FeederNews];
      if (news.kind === kind) return news as Extract<FeederNews, { kind: K }>;
    }
  })();
  try {
    return await Promise.race([come, end]);
  } finally {
    stopped.abort();
    await Promise.allSettled([come, end]);
  }
}
