/** A panel without a page: it has a state, keeps what is asked of the host, and what it is told to show. */
import assert from 'node:assert/strict';
import type { QueryReply } from '../../extension/core/panel/query.js';
import type { PanelHandle, Updated } from '../../webview/handle.js';
import type { Question } from '../../webview/queries.js';
import type { Sought } from '../../webview/timeline/intoView.js';
import type { PanelState } from '../../webview/state.js';

interface Asked {
  readonly question: Question;
  readonly answer: (reply: QueryReply) => void;
}

export class FakePanel {
  state: PanelState;
  readonly asked: Asked[] = [];
  readonly dropped: string[] = [];
  readonly brought: Sought[] = [];
  readonly notices: string[] = [];
  /** What follows the state. */
  readonly updated: Updated[] = [];
  readonly handle: PanelHandle;

  constructor(state: PanelState) {
    this.state = state;
    const nothing = (): void => undefined;
    this.handle = {
      state: () => this.state,
      change: (next) => {
        this.change(next);
      },
      ask: (question, then) => {
        this.asked.push({ question, answer: then as (reply: QueryReply) => void });
      },
      drop: (kind) => {
        this.dropped.push(kind);
      },
      bringIntoView: (what) => {
        this.brought.push(what);
      },
      notice: (_level, text) => {
        this.notices.push(text);
      },
      navigate: nothing,
      select: nothing,
      post: nothing,
      openSource: nothing,
      reveal: nothing,
      explain: nothing,
    };
  }

  change(next: PanelState): void {
    this.state = next;
    for (const part of this.updated) part.update(next);
  }

  /** The question that was asked as the `index`th; a negative one counts from the last. */
  asking(index: number): Asked {
    const asked = this.asked.at(index);
    assert.ok(asked !== undefined, `only ${this.asked.length} questions were asked`);
    return asked;
  }
}
