/** The file on disk that a session's rows go to when memory has no room for them. */
import { closeSync, mkdirSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { PageFile } from '../core/model/blocks.js';

/**
 * Pages behind each other in one file, made when the first page comes and gone when the session is. The file has no name
 * where the system allows that, so that it disappears with the process, however that ends; elsewhere `dispose` deletes it.
 * Reads and writes are synchronous: a page is read because a picture needs it now.
 */
export class DiskPages implements PageFile {
  readonly #folder: string;
  #file: { readonly fd: number; readonly name: string | null } | null = null;
  #end = 0;
  #isDisposed = false;

  /** `folder` is made when it is missing. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  write(page: Uint8Array, former: number | null): number {
    const { fd } = this.#opened();
    const position = former ?? this.#end;
    for (let done = 0; done < page.byteLength;) {
      done += writeSync(fd, page, done, page.byteLength - done, position + done);
    }
    if (former === null) this.#end += page.byteLength;
    return position;
  }

  read(position: number, into: Uint8Array): void {
    const { fd } = this.#opened();
    for (let done = 0; done < into.byteLength;) {
      const got = readSync(fd, into, done, into.byteLength - done, position + done);
      if (got === 0) throw new Error(`the page file in ${this.#folder} has been cut short`);
      done += got;
    }
  }

  /** Deletes the file; nothing can be read afterwards. */
  dispose(): void {
    this.#isDisposed = true;
    if (this.#file === null) return;
    closeSync(this.#file.fd);
    if (this.#file.name !== null) rmSync(this.#file.name, { force: true });
    this.#file = null;
  }

  #opened(): { readonly fd: number } {
    if (this.#isDisposed) throw new Error('the session is closed');
    return (this.#file ??= this.#create());
  }

  #create(): { readonly fd: number; readonly name: string | null } {
    mkdirSync(this.#folder, { recursive: true });
    const name = path.join(this.#folder, `sluice-${randomBytes(8).toString('hex')}.pages`);
    const fd = openSync(name, 'wx+', 0o600);
    try {
      unlinkSync(name);
      return { fd, name: null };
    } catch {
      // Windows keeps the name of a file that is open.
      return { fd, name };
    }
  }
}
