/** Notes which captures this window records into, so that other windows neither delete nor tidy them away. */
import { changeNote, UNKNOWN, type CaptureNote } from '../captureNotes.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import { isLive, type SessionList } from '../sessions/sessionList.js';

/** Follows the list of sessions. When this process dies the marks stay, and count no longer. */
export class RecordingMarks implements Disposable {
  readonly #sessions: SessionList;
  readonly #report: (problem: string) => void;
  readonly #store = new DisposableStore();
  #marked: ReadonlySet<string> = new Set();

  /** `report`: for the log. */
  constructor(sessions: SessionList, report: (problem: string) => void) {
    this.#sessions = sessions;
    this.#report = report;
    this.#store.add(
      sessions.onMembership(() => {
        this.#follow();
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }

  #follow(): void {
    const live = this.#sessions.all().filter(isLive);
    const paths = new Set(live.map(({ capturePath }) => capturePath));
    const recordingPid = process.pid;
    for (const path of paths) {
      if (!this.#marked.has(path)) {
        this.#change(path, (note) => ({ ...UNKNOWN, ...note, recordingPid }));
      }
    }
    for (const path of this.#marked) {
      // One that was discarded has no note any more, and gets none.
      if (!paths.has(path)) this.#change(path, (note) => note && { ...note, recordingPid: null });
    }
    this.#marked = paths;
  }

  #change(path: string, change: (note: CaptureNote | null) => CaptureNote | null): void {
    changeNote(path, change).catch((error: unknown) => {
      this.#report(`${path} has no note: ${String(error)}`);
    });
  }
}
