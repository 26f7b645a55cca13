/** The tools of the editor, over an engine that answers what it is told to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  runEditorTool,
  type EditorToolContext,
} from '../../../../extension/host/assistants/editorTools.js';
import type { ReadingToolName } from '../../../../extension/core/assistants/tools.js';
import { fakeEngine, infoOf, pipelineOf, reportOf, sessionId } from '../fakes.js';

const signal = new AbortController().signal;

function setUp(changes: Partial<EditorToolContext> = {}) {
  const engine = fakeEngine({
    report: ({ session }) => reportOf({ pipelines: [pipelineOf({ name: `of ${session}` })] }),
    previewKnob: () => ({ kind: 'unpredicted', reason: 'It ran too short.' }),
  });
  const context: EditorToolContext = {
    call: engine.call,
    sessions: () => [infoOf('s1'), infoOf('s2', { state: 'capture' })],
    inFront: () => undefined,
    ...changes,
  };
  const run = async (tool: ReadingToolName, input: unknown = {}): Promise<string> =>
    (await runEditorTool(tool, input, context, signal)).text;
  return { engine, run };
}

describe('tools of the editor', () => {
  it('are about the session in front, else about the first, else about the one that is named', async () => {
    assert.match(await setUp().run('report'), /`of s1`[^]*The session is live/);
    const front = setUp({ inFront: () => sessionId('s2') });
    assert.match(await front.run('explain_bottleneck'), /`of s2`/);
    assert.doesNotMatch(await front.run('explain_bottleneck'), /is live/);
    assert.match(await front.run('report', { session: 's1' }), /`of s1`/);
    assert.match(await front.run('report', { session: 's1.fxt' }), /`of s1`/);
  });

  it('list the sessions, or say what to do', async () => {
    assert.match(await setUp().run('list_sessions'), /- `s1`: live, `s1\.mjs`, 1,234 executions/);
    const none = setUp({ sessions: () => [] });
    assert.match(await none.run('list_sessions'), /^There is no session\. Ask the user to profile/);
    await assert.rejects(none.run('report'), /^Error: There is no session\. Ask the user/);
  });

  it('refuse what is not there, with what is', async () => {
    const { run, engine } = setUp();
    await assert.rejects(run('report', { session: 's9' }), /no session s9\. There are: s1, s2\./);
    await assert.rejects(run('report', { pipeline: 'x' }), /no pipeline x .* It has: of s1\./);
    await assert.rejects(run('preview_knob_change', { knob: 'x', value: 1 }), /no knob x/);
    await assert.rejects(
      run('preview_knob_change', { knob: '7:1', value: 0.5 }),
      /whole number of lanes/,
    );
    await assert.rejects(run('preview_knob_change', {}), /arguments\.knob: expected a string/);
    assert.ok(engine.calls.every(({ call }) => call !== 'previewKnob'));
  });

  it('preview a knob, with the edit where somebody knows it', async () => {
    const asked: unknown[] = [];
    const { run, engine } = setUp({
      previewEdit: async (session, knob, value) => {
        asked.push([session, knob.id, value]);
        return Promise.resolve('-4\n+6');
      },
    });
    const text = await run('preview_knob_change', { knob: 'decode.concurrency', value: 6 });
    assert.match(text, /cannot be predicted\. It ran too short\.[^]*```diff\n-4\n\+6\n```/);
    assert.deepEqual(asked, [['s1', '7:1', 6]]);
    const { input } = engine.calls.find(({ call }) => call === 'previewKnob') ?? {};
    assert.deepEqual(input, { session: 's1', knob: '7:1', value: 6 });
    const without = await setUp().run('preview_knob_change', { knob: '7:1', value: 6 });
    assert.doesNotMatch(without, /```/);
  });
});
