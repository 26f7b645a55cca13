/** Writes what the flight recorder has as a capture file: complete, like one that an engine has written. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { BlobName, TICKS_PER_SECOND } from '../../wire/format.js';
import { FxtWriter } from '../../wire/fxtWriter.js';
import type { ProcessInfo } from '../../wire/manifest.js';
import type { FromDrainThread } from '../drainThread.js';
import { writeLines } from './lines.js';
import type { Tables } from './tables.js';

/** The only process in the file. */
const PROVIDER = 1;

/** What goes into a file. */
export interface FlightContent {
  readonly tables: Tables;
  /** Whole records, oldest first. */
  readonly pieces: readonly Uint8Array[];
  /** Executions made in the time of the pieces. */
  readonly executions: number;
  /** How far the pieces reach back from `atNs`. */
  readonly reachNs: number;
  readonly atNs: number;
}

/** The remark that tells a reader of the records where the time before the first one went. */
export function flightNote(reachNs: number): { kind: 'note'; code: string; message: string } {
  const seconds = (reachNs / 1e9).toFixed(1);
  return {
    kind: 'note',
    code: 'flight',
    message: `the flight recorder handed over the last ${seconds} s; what was before is not in this capture`,
  };
}

/** The remark that memory did not suffice for the window. */
export function shortFlight(shortestNs: number): { kind: 'note'; code: string; message: string } {
  return {
    kind: 'note',
    code: 'limit:flight',
    message:
      `the flight recorder's memory was full after ${(shortestNs / 1e9).toFixed(1)} s of records, so it reached no ` +
      'further back at times; SLUICE_FLIGHT_MIB gives it more',
  };
}

function timeStamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}

/** Writes files one after the other, and tells of each. */
export class FlightFile {
  readonly #process: ProcessInfo;
  readonly #tell: (message: FromDrainThread) => void;
  #isBusy = false;
  #written = 0;

  constructor(process: ProcessInfo, tell: (message: FromDrainThread) => void) {
    this.#process = process;
    this.#tell = tell;
  }

  /** Writes a new file in the folder, which is made if it is missing. Tells its path, or what went wrong. */
  write(folder: string, content: FlightContent): void {
    if (this.#isBusy) return; // one is on its way already
    this.#isBusy = true;
    const file = path.join(folder, this.#name(new Date()));
    // Now, because the tables go on changing; the pieces do not.
    const chunks = this.#chunks(content);
    void save(file, chunks).then(
      () => {
        this.#isBusy = false;
        this.#tell({ kind: 'wrote', file, problem: null });
      },
      (error: unknown) => {
        this.#isBusy = false;
        this.#tell({ kind: 'wrote', file: null, problem: `${file}: ${String(error)}` });
      },
    );
  }

  #name(now: Date): string {
    const { title, pid } = this.#process;
    const stem = path
      .parse(title)
      .name.replace(/[^\w.-]+/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 60);
    this.#written += 1;
    return `${stem || 'program'}-flight-${timeStamp(now)}-${pid}-${this.#written}.fxt`;
  }

  #chunks({ tables, pieces, executions, reachNs, atNs }: FlightContent): Uint8Array[] {
    const { title, pid } = this.#process;
    const chunks: Uint8Array[] = [];
    const writer = new FxtWriter();
    const flush = (): void => {
      chunks.push(writer.take());
    };
    writer.magic();
    writer.initialization(TICKS_PER_SECOND);
    writer.providerInfo(PROVIDER, `${title} (pid ${pid})`);
    tables.writeAll(writer, flush);
    writeLines(writer, BlobName.manifest, [flightNote(reachNs)]);
    flush();
    chunks.push(...pieces);
    writeLines(writer, BlobName.manifest, [{ kind: 'end', atNs, executions }]);
    flush();
    return chunks;
  }
}

/** Nobody sees a half-written file under its name, and nobody else may read it: names and paths are in it. */
async function save(file: string, chunks: readonly Uint8Array[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  const handle = await open(part, 'wx', 0o600);
  try {
    // In one go the file would be in memory twice.
    for (const chunk of chunks) await handle.write(chunk);
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
  await handle.close();
  await rename(part, file);
}
