/** A session read from a capture file. */
import path from 'node:path';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { SessionModel } from '../core/sessionModel.js';
import { readFiles } from './besideCapture.js';
import { DiskPages } from './pageFile.js';
import type { EngineEvent, SessionId, SessionInfo } from './protocol.js';
import { EVENT_INTERVAL_MS, sessionInfo } from './sessionInfo.js';
import { Throttle } from './throttle.js';

export interface CaptureSessionOptions {
  readonly id: SessionId;
  readonly path: string;
  /** Traces of other tools, of the same run, that are put beside it; none when left out. */
  readonly beside?: readonly string[] | undefined;
  /** The name of the file when left out. */
  readonly title?: string | undefined;
  readonly emit: (event: EngineEvent) => void;
  /** Where rows go that memory has no room for. */
  readonly pagesFolder: string;
}

/** Owns the model of one file. While it is read, `changed` events tell how far it is. */
export class CaptureSession {
  readonly id: SessionId;
  readonly model: SessionModel;
  readonly #path: string;
  readonly #beside: readonly string[];
  readonly #title: string;
  readonly #changed: Throttle;
  readonly #pages: DiskPages;
  #state: 'reading' | 'capture' = 'reading';
  #readShare = 0;
  readonly #reading = new AbortController();

  constructor(options: CaptureSessionOptions) {
    const { id, path: filePath, beside = [], title, emit, pagesFolder } = options;
    this.id = id;
    this.#path = filePath;
    this.#beside = beside;
    this.#pages = new DiskPages(pagesFolder);
    this.#title = title ?? path.basename(filePath);
    this.model = new SessionModel({ title: this.#title, pages: this.#pages });
    this.#setRead('reading', 0);
    this.#changed = new Throttle(EVENT_INTERVAL_MS, () => {
      emit({ kind: 'changed', info: this.info });
    });
  }

  get info(): SessionInfo {
    return sessionInfo(this.model, {
      session: this.id,
      capturePath: this.#path,
      state: this.#state,
      title: this.#title,
      readShare: this.#readShare,
    });
  }

  /**
   * Reads the file to its end or to its first broken record. Fails when there is nothing to show. `begun` is called once it is
   * known that there is something.
   */
  async read(
    begun: () => void = () => undefined,
    onRead: (bytes: number) => void = () => undefined,
  ): Promise<Result<null>> {
    const reader = new FxtReader(this.model.sink);
    const take = (bytes: Uint8Array): boolean => {
      begun();
      const wantsMore = !this.#isEnded && reader.push(bytes);
      this.model.trim();
      return wantsMore;
    };
    const hasRead = (bytes: number, share: number): void => {
      this.model.addBytes(bytes);
      onRead(bytes);
      this.#setRead('reading', share);
      this.#changed.request();
    };
    const files = { path: this.#path, beside: this.#beside };
    const read = await readFiles(files, { take, onRead: hasRead, signal: this.#reading.signal });
    if (this.#isEnded) return fail(`${this.#path} was closed while it was read`);
    if (!read.ok) return read;
    const { problem: ownProblem, validBytes } = reader.end();
    // What an importer writes is whole: only the file that it read can be broken.
    const problem = read.value.problem ?? ownProblem;
    const reason = [problem?.reason, read.value.brokenOff].filter(
      (r) => r !== undefined && r !== null,
    );
    if (reason.length > 0)
      this.model.markTruncated(problem?.atByte ?? validBytes, reason.join('; '));
    this.#setRead('capture', 1);
    // Small captures come in one piece: what was announced with it was the state before it.
    this.#changed.request();
    this.#changed.flush();
    return ok(null);
  }

  /** A capture has no process behind it. */
  setKnob(): Result<null> {
    return fail('a knob can be set only while its process runs; this is a capture');
  }

  /** A capture has no process behind it. */
  startCpuProfile(): Result<null> {
    return fail('only running programs can be sampled; this is a capture');
  }

  stopCpuProfile(): Result<null> {
    return this.startCpuProfile();
  }

  /** A capture has no process behind it. */
  learnTopology(): Result<null> {
    return fail('only running programs can be followed; this is a capture');
  }

  /** Stops reading, too. */
  end(): Result<null> {
    this.#reading.abort();
    this.#changed.dispose();
    return ok(null);
  }

  /** Lets go of what the session holds on disk; it cannot be looked at any more. */
  dispose(): void {
    this.#pages.dispose();
  }

  get #isEnded(): boolean {
    return this.#reading.signal.aborted;
  }

  #setRead(state: 'reading' | 'capture', share: number): void {
    this.#state = state;
    this.#readShare = share;
    this.model.setState(state);
    this.model.setReadShare(share);
  }
}
