// Which session the source shows, and when its knobs are looked for again.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Report } from '../../../../extension/core/report/report.js';
import type { SessionId, SessionInfo } from '../../../../extension/engine/protocol.js';
import { RunTexts } from '../../../../extension/host/source/runTexts.js';
import { SourceModel } from '../../../../extension/host/source/sourceModel.js';
import { SessionList } from '../../../../extension/host/sessions/sessionList.js';
import type { Locator } from '../../../../extension/source/locator.js';
import type { KnobTarget } from '../../../../extension/source/place.js';
import {
  FakeClock,
  fakeEngine,
  infoOf,
  pipelineOf,
  reportOf,
  sessionId,
  stageOf,
} from '../fakes.js';

const file = '/app/a.mjs';
const source = { file, line: 2, column: 1 };

function reportAt(value: number): Report {
  const base = pipelineOf();
  const knobs = base.knobs.map((knob) => ({ ...knob, value, source }));
  return reportOf({ pipelines: [{ ...base, knobs, stages: [stageOf('decode', { source })] }] });
}

async function* nothing(): AsyncIterable<string> {
  yield* await Promise.resolve([]);
}

describe('the source model', () => {
  let clock: FakeClock;
  let disk: Map<string, string>;
  let reports: Map<SessionId, Report>;
  let inFront: SessionId | undefined;
  let asked: KnobTarget[];
  let sessions: SessionList;
  let model: SourceModel;

  beforeEach(() => {
    clock = new FakeClock();
    disk = new Map([[file, 'const p = 1\np.stage()\n']]);
    reports = new Map();
    inFront = undefined;
    asked = [];
    const { call } = fakeEngine({ report: ({ session }) => reports.get(session) ?? reportOf() });
    sessions = new SessionList(call, clock);
    const locator: Locator = {
      locate: async (target) => {
        asked.push(target);
        return Promise.resolve({ kind: 'unsure', target, reason: 'no.', candidates: [] });
      },
      edits: async () => Promise.resolve([]),
      sites: async () => Promise.resolve([]),
      dispose: () => undefined,
    };
    model = new SourceModel({
      sessions,
      front: {
        get session() {
          return inFront;
        },
      },
      locator: async () => Promise.resolve(locator),
      files: (asRun) => ({
        asRun,
        read: async (f) => Promise.resolve(disk.get(f) ?? null),
        find: () => nothing(),
      }),
      fileHere: async (f) => Promise.resolve(disk.has(f) ? f : null),
      runTexts: new RunTexts(async (f) => Promise.resolve(disk.get(f) ?? null)),
      report: (problem) => {
        throw new Error(problem);
      },
      clock,
    });
  });

  /** Long enough for every throttle, and for the chains of promises behind them. */
  const pass = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await clock.advance(2000);
  };
  const shown = (): string | undefined => model.view?.info.session;

  const tell = async (info: SessionInfo, report: Report): Promise<void> => {
    reports.set(info.session, report);
    sessions.apply({ kind: 'changed', info });
    await pass();
  };

  it('shows the session that is meant, else the one that was shown last, else the first', async () => {
    await tell(infoOf('old', { state: 'capture' }), reportAt(4));
    assert.equal(shown(), 'old');
    await tell(infoOf('live'), reportAt(4));
    assert.equal(shown(), 'old');
    inFront = sessionId('live');
    model.changed('panel');
    await pass();
    assert.equal(shown(), 'live');
    inFront = undefined;
    model.changed('panel');
    await pass();
    assert.equal(shown(), 'live');
  });

  it('looks for a knob again when a text or the knob has changed, and not otherwise', async () => {
    await tell(infoOf('live'), reportAt(4));
    await tell(infoOf('live'), reportAt(4));
    assert.equal(asked.length, 1);
    await tell(infoOf('live'), reportAt(8));
    assert.deepEqual(
      asked.map(({ value }) => value),
      [4, 8],
    );
    model.changed('text');
    await pass();
    assert.equal(asked.length, 3);
  });

  it('finds the line of a stage in a text that has moved on since the program was started', async () => {
    await tell(infoOf('live'), reportAt(4));
    const [mark] = model.view?.stages ?? [];
    assert.ok(mark !== undefined);
    const session = sessionId('live');
    disk.set(file, 'saved since\n');
    const lines = ['// new\nconst p = 1\np.stage()\n', 'const p = 1\np.stage()\n', 'const p = 1\n'];
    const found = await Promise.all(lines.map(async (text) => model.lineOf(session, mark, text)));
    assert.deepEqual(found, [3, 2, null]);
  });

  it('shows a stage of a capture only where the text still speaks of it', async () => {
    await tell(infoOf('old', { state: 'capture' }), reportAt(4));
    const [mark] = model.view?.stages ?? [];
    assert.ok(mark !== undefined);
    const lines = ['// x\nconst decode = 1\n', '// x\n// y\n// z\n\n\nconst decode = 1\n'];
    const session = sessionId('old');
    const found = await Promise.all(lines.map(async (text) => model.lineOf(session, mark, text)));
    assert.deepEqual(found, [2, null]);
  });

  it('forgets what it showed when the session is closed', async () => {
    await tell(infoOf('live'), reportAt(4));
    sessions.apply({ kind: 'closed', session: sessionId('live') });
    await pass();
    assert.equal(model.view, null);
  });
});
