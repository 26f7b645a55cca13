/**
 * What a panel does that follows a live session: it takes each snapshot, moves its window on, and asks for the picture of it
 * when the last one has come. State and questions are the panel's own code; only nothing is drawn.
 */
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';
import type { ViewReply } from '../../../extension/core/panel/view.js';
import { rowIdsBetween } from '../../../webview/timeline/layout.js';
import { openReply } from '../../../webview/timeline/picture.js';
import { counter, singleFlight } from '../../../webview/singleFlight.js';
import { initialState, withNavigation, withSnapshot } from '../../../webview/state.js';
import { answers, questionFor, type ViewQuestion } from '../../../webview/timeline/viewRequests.js';

/** A usual panel's plot. */
const WIDTH_PX = 1400;

/** A picture that came. */
export interface CamePicture {
  /** `performance.now` when it was here. */
  readonly atMs: number;
  /** Newest moment that was known when it was asked for, in the session's time: the right edge of what is on screen. */
  readonly newestNs: number;
  readonly bytes: number;
  readonly rows: number;
}

/** One webview. `post` delivers to the host; a host that does not answer is waited for, as the panel does. */
export class LivePanel {
  readonly pictures: CamePicture[] = [];
  readonly notices: string[] = [];
  snapshots = 0;
  private state = initialState;
  private shown: ViewQuestion | null = null;
  private asked: ViewQuestion | null = null;
  /** End of the data when a question was asked. */
  private readonly newestOf = new WeakMap<ViewQuestion, number>();
  private readonly flight;
  private readonly post: (message: FromWebview) => void;
  private readonly follows: 'newest' | 'whole';

  /** `follows`: the last ten seconds, or all of the session. */
  constructor(post: (message: FromWebview) => void, follows: 'newest' | 'whole') {
    this.post = post;
    this.follows = follows;
    const setup = { nextSeq: counter(), nowMs: () => performance.now() };
    this.flight = singleFlight<ViewQuestion>(
      ({ request }, seq) => {
        post({ kind: 'view', request: { seq, ...request } });
      },
      { ...setup, lostAfterMs: 5000, supersededAfterMs: 300 },
    );
  }

  start(): void {
    this.post({ kind: 'ready' });
  }

  take(message: ToWebview): void {
    if (message.kind === 'notice') this.notices.push(message.text);
    if (message.kind === 'view') this.took(message.reply);
    if (message.kind !== 'snapshot') return;
    this.snapshots++;
    this.state = withSnapshot(this.state, message.snapshot);
    if (this.follows === 'whole') this.state = withNavigation(this.state, { kind: 'fit' });
    this.want();
  }

  private took(reply: ViewReply): void {
    const question = this.flight.settle(reply.seq);
    if (question === null) return;
    const opened = openReply(reply);
    if ('fault' in opened) this.notices.push(opened.fault);
    this.shown = question;
    this.pictures.push({
      atMs: performance.now(),
      newestNs: this.newestOf.get(question) ?? NaN,
      bytes: reply.buffer.byteLength,
      rows: question.rowSet.size,
    });
    this.want();
  }

  private want(): void {
    const { snapshot, geometry, nav } = this.state;
    if (snapshot?.emptyText !== null) return;
    const rows = rowIdsBetween(geometry, 0, Infinity);
    const { generation } = snapshot;
    const wanted = { range: nav.range, widthPx: WIDTH_PX, dpr: 1, rows, generation };
    if (this.shown !== null && answers(this.shown, wanted)) return;
    if (this.flight.busy && this.asked !== null && answers(this.asked, wanted)) return;
    this.asked = questionFor(wanted);
    this.newestOf.set(this.asked, snapshot.extentNs[1]);
    this.flight.ask(this.asked);
  }
}
