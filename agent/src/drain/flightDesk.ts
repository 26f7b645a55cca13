/** The flight recorder's place in the drain: what is kept, whom it is handed to, and what of it goes into a file. */
import { BlobName } from '../../wire/format.js';
import type { FxtWriter } from '../../wire/fxtWriter.js';
import type { ProcessInfo } from '../../wire/manifest.js';
import type { FromDrainThread } from '../drainThread.js';
import type { FlightSettings } from '../flightSettings.js';
import { FlightRecorder } from './flight.js';
import { FlightFile, flightNote, shortFlight } from './flightFile.js';
import { writeLines } from './lines.js';
import type { LossBook } from './losses.js';
import type { Tables } from './tables.js';
import type { Tally } from './tally.js';

/** What the desk works with. */
export interface FlightContext {
  readonly settings: FlightSettings;
  readonly process: ProcessInfo;
  readonly tables: Tables;
  readonly losses: LossBook;
  readonly tell: (message: FromDrainThread) => void;
}

/** Owns what is kept. */
export class FlightDesk {
  readonly #context: FlightContext;
  readonly #recorder: FlightRecorder;
  readonly #file: FlightFile;

  constructor(context: FlightContext, nowNs: number) {
    this.#context = context;
    this.#recorder = new FlightRecorder(context.settings, nowNs, 0);
    this.#file = new FlightFile(context.process, context.tell);
  }

  /** Is it time for `close`? */
  isDue(nowNs: number): boolean {
    return this.#recorder.isDue(nowNs);
  }

  /** Keeps records that came from the rings. */
  keep(bytes: Uint8Array, tally: Tally): void {
    this.#recorder.keep(bytes, tally);
  }

  /** Ends a segment with the totals that were written, and with what has happened. `made`: executions so far. */
  close(writer: FxtWriter, nowNs: number, made: number): void {
    const { tables, losses } = this.#context;
    writeLines(writer, BlobName.manifest, tables.takeEvents());
    const missed = this.#recorder.close(writer.take(), nowNs, made);
    if (missed !== undefined) {
      const { records, executions, fromNs } = missed;
      const what = { where: 'socket', stage: null, pipeline: null } as const;
      losses.add({ ...what, records, executions, fromNs, toNs: nowNs });
    }
    const { shortestNs } = this.#recorder;
    if (shortestNs !== undefined) tables.declare(shortFlight(shortestNs));
  }

  /** Has an engine come that is not gone for good? */
  get isServing(): boolean {
    return this.#recorder.isServing;
  }

  /**
   * An engine has come: it will get everything that is kept. Writes the remark on where the time before has gone, and
   * returns how many executions were made then.
   */
  beginSession(writer: FxtWriter, nowNs: number): number {
    this.#recorder.beginSession();
    writeLines(writer, BlobName.manifest, [flightNote(this.#recorder.reachNs(nowNs))]);
    return this.#recorder.madeBefore;
  }

  /** Sends what the engine has not got yet, as long as it has room. */
  serve(hasRoom: () => boolean, send: (bytes: Uint8Array, tally: Tally) => void): void {
    this.#recorder.send(hasRoom, ({ bytes, tally }) => {
      send(bytes, tally);
    });
  }

  /** The engine has gone. */
  endSession(): void {
    this.#recorder.endSession();
  }

  /** Writes everything to a file in the folder; `close` was called just before. */
  write(folder: string, nowNs: number, made: number): void {
    this.#file.write(folder, {
      tables: this.#context.tables,
      pieces: this.#recorder.pieces(),
      executions: made - this.#recorder.madeBefore,
      reachNs: this.#recorder.reachNs(nowNs),
      atNs: nowNs,
    });
  }
}
