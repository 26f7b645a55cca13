import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourcePosition } from '../../../../agent/wire/manifest.js';
import { noLive, type LiveState } from '../../../../extension/core/panel/live.js';
import type { LiveMessage, ToWebview } from '../../../../extension/core/panel/messages.js';
import type { PanelSnapshot } from '../../../../extension/core/panel/snapshot.js';
import { PanelChannel } from '../../../../extension/host/panel/panelChannel.js';
import { FakeClock, fakeEngine, reportOf, sessionId, settled } from '../fakes.js';

function snapshotOf(generation: number): PanelSnapshot {
  return {
    generation,
    title: 't',
    state: 'live',
    readShare: 1,
    extentNs: [0, 1],
    report: reportOf(),
    rows: [],
    throughput: { stepNs: 1, perSec: [] },
    latency: null,
    knobChanges: [],
    losses: [],
    emptyText: null,
  };
}

/** A channel with everything around it in reach. */
function setUp(snapshotCostMs = 0) {
  const clock = new FakeClock();
  const posted: ToWebview[] = [];
  const reported: string[] = [];
  const opened: SourcePosition[] = [];
  const commands: string[] = [];
  const copied: string[] = [];
  const page = { isVisible: true };
  const acts: LiveMessage[] = [];
  const live: { state: LiveState } = { state: noLive };
  let generation = 0;
  const engine = fakeEngine({
    snapshot: () => {
      clock.spend(snapshotCostMs);
      generation += 1;
      return snapshotOf(generation);
    },
    view: ({ request }) => ({
      ...request,
      columnNs: 1,
      originNs: 0,
      sections: [],
      names: [],
      buffer: new ArrayBuffer(0),
    }),
    hit: ({ request }) => ({ seq: request.seq, hit: null }),
  });
  const channel = new PanelChannel({
    session: sessionId('s'),
    call: engine.call,
    post: (message) => posted.push(message),
    isVisible: () => page.isVisible,
    openSource: (source) => {
      opened.push(source);
      return source.line === 1
        ? Promise.reject(new Error('not on this machine'))
        : Promise.resolve();
    },
    runCommand: (command, session) => {
      commands.push(`${command} ${session}`);
      return Promise.resolve();
    },
    live: {
      state: () => live.state,
      act: (message) => {
        acts.push(message);
        return message.kind === 'setKnob' && message.value > 100
          ? Promise.reject(new Error('out of range'))
          : Promise.resolve();
      },
    },
    copy: (text) => {
      copied.push(text);
      return Promise.resolve();
    },
    saveImage: ({ format }) => Promise.resolve(format === 'svg' ? 'picture.svg' : null),
    exportRange: ({ fromNs, toNs }) => {
      commands.push(`export ${fromNs} ${toNs}`);
      return Promise.resolve();
    },
    report: (problem) => reported.push(problem),
    clock,
  });
  const kinds = (): string[] =>
    posted.map((message) => message.kind).filter((kind) => kind !== 'live');
  return {
    acts,
    live,
    channel,
    clock,
    posted,
    reported,
    opened,
    commands,
    copied,
    page,
    engine,
    kinds,
  };
}

describe('a panel channel', () => {
  it('sends nothing before the panel is ready, and then a whole snapshot', async () => {
    const { channel, kinds, clock } = setUp();
    channel.changed();
    await clock.advance(1000);
    assert.deepEqual(kinds(), []);
    await channel.receive({ kind: 'ready' });
    await settled();
    assert.deepEqual(kinds(), ['snapshot']);
  });

  it('points a row out behind the next snapshot, which knows it, and once', async () => {
    const { channel, kinds, posted, clock } = setUp();
    const row = { kind: 'stage', pipeline: 'p', name: 'decode' } as const;
    channel.reveal(row);
    await clock.advance(1000);
    assert.deepEqual(kinds(), []);
    await channel.receive({ kind: 'ready' });
    await settled();
    assert.deepEqual(kinds(), ['snapshot', 'reveal']);
    assert.deepEqual(
      posted.filter(({ kind }) => kind === 'reveal'),
      [{ kind: 'reveal', row }],
    );
    channel.changed();
    await clock.advance(1000);
    assert.deepEqual(kinds(), ['snapshot', 'reveal', 'snapshot']);
  });

  it('sends at most two snapshots a second however often the session changes', async () => {
    const { channel, kinds, clock } = setUp();
    await channel.receive({ kind: 'ready' });
    for (let i = 0; i < 40; i++) {
      channel.changed();
      await clock.advance(50);
    }
    assert.equal(kinds().length, 5);
  });

  it('sends fewer when they are dear', async () => {
    const { channel, kinds, clock } = setUp(1000);
    await channel.receive({ kind: 'ready' });
    await settled();
    channel.changed();
    await clock.advance(4900);
    assert.equal(kinds().length, 1);
    await clock.advance(200);
    assert.equal(kinds().length, 2);
  });

  it('sends one at once when the session has come to another state, however dear they are', async () => {
    const { channel, kinds, clock } = setUp(1000);
    await channel.receive({ kind: 'ready' });
    await settled();
    channel.changed();
    await clock.advance(100);
    assert.equal(kinds().length, 1);
    channel.changed(true);
    await settled();
    assert.equal(kinds().length, 2);
    channel.changed();
    await clock.advance(4900);
    assert.equal(kinds().length, 2, 'and rests again');
  });

  it('is silent while hidden, and whole again when shown', async () => {
    const { channel, kinds, clock, page } = setUp();
    await channel.receive({ kind: 'ready' });
    await clock.advance(1000);
    page.isVisible = false;
    channel.visibilityChanged();
    channel.changed();
    await clock.advance(5000);
    assert.equal(kinds().length, 1);
    page.isVisible = true;
    channel.visibilityChanged();
    await clock.advance(1000);
    assert.equal(kinds().length, 2);
  });

  it('answers pictures and lookups with the number they were asked under', async () => {
    const { channel, posted } = setUp();
    const request = { seq: 7, fromNs: 0, toNs: 10, widthPx: 100, rows: [1] };
    await channel.receive({ kind: 'view', request });
    await channel.receive({ kind: 'hit', request: { seq: 8, row: 1, atNs: 5, toleranceNs: 1 } });
    assert.deepEqual(
      posted.map((m) => (m.kind === 'view' || m.kind === 'hit' ? [m.kind, m.reply.seq] : m.kind)),
      [
        ['view', 7],
        ['hit', 8],
      ],
    );
  });

  it('refuses what is no message, and keeps the engine out of it', async () => {
    const { channel, reported, engine, kinds } = setUp();
    for (const garbage of [
      null,
      'ready',
      { kind: 'format' },
      { kind: 'view', request: { seq: 1, fromNs: 0, toNs: 1, widthPx: 1e9, rows: [] } },
      { kind: 'setKnob', knob: '1:1', value: Number.NaN },
    ]) {
      await channel.receive(garbage);
    }
    assert.equal(reported.length, 5);
    assert.match(reported[3] ?? '', /widthPx: expected a whole number/);
    assert.deepEqual(engine.calls, []);
    assert.deepEqual(kinds(), []);
  });

  it('hands on what is asked of the running program, and tells the panel only what went wrong', async () => {
    const { channel, posted, acts, engine } = setUp();
    await channel.receive({ kind: 'setKnob', knob: '7:1', value: 8 });
    await channel.receive({ kind: 'setKnob', knob: '7:1', value: 800 });
    await channel.receive({ kind: 'revertKnobs', knob: null, to: 'start' });
    await channel.receive({ kind: 'stopTrials' });
    await channel.receive({ kind: 'tryLive', moves: [{ knob: '7:1', to: 8 }], why: 'it is full' });
    assert.deepEqual(
      acts.map(({ kind }) => kind),
      ['setKnob', 'setKnob', 'revertKnobs', 'stopTrials', 'tryLive'],
    );
    assert.deepEqual(posted, [{ kind: 'notice', level: 'error', text: 'out of range' }]);
    assert.deepEqual(engine.calls, []);
  });

  it('tells of trials beside snapshots: at once, and whole again when shown', async () => {
    const { channel, posted, live, page, clock } = setUp();
    const told = (): unknown[] =>
      posted.flatMap((m) => (m.kind === 'live' ? [m.live.ignored] : []));
    channel.liveChanged();
    await channel.receive({ kind: 'ready' });
    live.state = { ...noLive, ignored: ['a'] };
    channel.liveChanged();
    assert.deepEqual(told(), [[], ['a']]);
    page.isVisible = false;
    live.state = { ...noLive, ignored: ['a', 'b'] };
    channel.liveChanged();
    assert.equal(told().length, 2);
    page.isVisible = true;
    channel.visibilityChanged();
    await clock.advance(1000);
    assert.deepEqual(told().at(-1), ['a', 'b']);
  });

  it('opens sources, runs commands, logs the failures of the page', async () => {
    const { channel, opened, commands, reported, posted } = setUp();
    await channel.receive({ kind: 'openSource', source: { file: '/a.js', line: 3, column: 4 } });
    await channel.receive({ kind: 'openSource', source: { file: '/b.js', line: 1, column: 1 } });
    await channel.receive({ kind: 'command', command: 'stop' });
    await channel.receive({ kind: 'failure', message: 'x is not a function' });
    assert.equal(opened.length, 2);
    assert.deepEqual(commands, ['stop s']);
    assert.match(reported[0] ?? '', /x is not a function/);
    assert.deepEqual(posted, [{ kind: 'notice', level: 'error', text: 'not on this machine' }]);
  });

  it('says nothing to a page that is gone', async () => {
    const { channel, kinds } = setUp();
    const asked = channel.receive({ kind: 'setKnob', knob: '7:1', value: 800 });
    channel.dispose();
    await asked;
    assert.deepEqual(kinds(), []);
  });
});
