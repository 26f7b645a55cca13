import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { SearchReply } from '../../extension/core/panel/query.js';
import { withSearchText } from '../../webview/search/search.js';
import { createSearchQuestions } from '../../webview/search/searchQuestions.js';
import { initialState, withSnapshot } from '../../webview/state.js';
import { snapshot } from './builders.js';
import { FakePanel } from './fakePanel.js';

class SearchPanel extends FakePanel {
  answers = 0;

  constructor() {
    super(withSnapshot(initialState, snapshot({ state: 'live' })));
    const answered = (): void => {
      this.answers += 1;
    };
    this.updated.push(createSearchQuestions(this.handle, answered));
  }

  type(text: string): void {
    this.change({ ...this.state, search: withSearchText(this.state.search, text) });
  }

  texts(): string[] {
    return this.asked.flatMap(({ question }) => (question.kind === 'search' ? question.text : []));
  }

  answer(index: number, total = 0): void {
    const rest = { isWrong: false, hits: [], total, isComplete: true, rows: [] };
    const reply: SearchReply = { kind: 'search', seq: 1, meaning: `answer ${index}`, ...rest };
    this.asking(index).answer(reply);
  }

  meaning(): string | null {
    return this.state.search.reply?.meaning ?? null;
  }
}

describe('asking for what is searched for', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('asks at once, and for the last of what is typed fast', () => {
    const panel = new SearchPanel();
    for (const text of ['t', 'to', 'tok', 'toke']) panel.type(text);
    assert.deepEqual(panel.texts(), ['t']);
    mock.timers.tick(150);
    assert.deepEqual(panel.texts(), ['t', 'toke']);
  });

  it('takes no answer to another text', () => {
    const panel = new SearchPanel();
    panel.type('a');
    panel.type('ab');
    panel.answer(0);
    assert.equal(panel.meaning(), null);
    mock.timers.tick(150);
    panel.answer(1);
    assert.deepEqual([panel.meaning(), panel.answers], ['answer 1', 1]);
  });

  it('asks again for a text that one comes back to before another one was asked for', () => {
    const panel = new SearchPanel();
    panel.type('a');
    panel.answer(0);
    panel.type('ab');
    panel.type('a');
    mock.timers.tick(150);
    assert.deepEqual(panel.texts(), ['a', 'a']);
    panel.answer(1);
    assert.equal(panel.meaning(), 'answer 1');
  });

  it('asks for nothing without a text, and not again for a blank', () => {
    const panel = new SearchPanel();
    panel.type('  ');
    assert.deepEqual(panel.texts(), []);
    panel.type('a');
    panel.answer(0);
    panel.type('a ');
    mock.timers.tick(5000);
    assert.deepEqual(panel.texts(), ['a']);
  });

  it('asks again when there is more of the session, but not all the time', () => {
    const panel = new SearchPanel();
    panel.type('a');
    panel.answer(0);
    for (let generation = 2; generation < 40; generation += 1) {
      panel.change(withSnapshot(panel.state, snapshot({ state: 'live', generation })));
      if (panel.asked.length > 1) panel.answer(-1, generation);
      mock.timers.tick(100);
    }
    assert.ok(panel.asked.length >= 2 && panel.asked.length <= 4, String(panel.asked.length));
  });
});
