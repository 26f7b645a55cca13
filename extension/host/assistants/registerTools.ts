/** Registers the tools with VS Code, where it has language models. They only read, so nobody is asked to confirm. */
import * as vscode from 'vscode';
import type { ReadingToolName } from '../../core/assistants/tools.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { EditorToolContext } from './editorTools.js';
import { EDITOR_TOOLS, type EditorToolName } from './toolTable.js';

/** Takes them back when disposed. Nothing is loaded before a tool is called. */
export function registerTools(context: EditorToolContext): Disposable {
  const store = new DisposableStore();
  if (!hasTools()) return store;
  for (const tool of [
    'list_sessions',
    'report',
    'explain_bottleneck',
    'preview_knob_change',
  ] as const) {
    const names = EDITOR_TOOLS[tool];
    store.add(vscode.lm.registerTool<unknown>(names.name, new EditorTool(tool, names, context)));
  }
  return store;
}

/** Editors that are made of VS Code may lack what its types promise. */
function hasTools(): boolean {
  const models: unknown = Reflect.get(vscode, 'lm');
  return (
    typeof models === 'object' &&
    models !== null &&
    typeof Reflect.get(models, 'registerTool') === 'function'
  );
}

class EditorTool implements vscode.LanguageModelTool<unknown> {
  readonly #tool: ReadingToolName;
  readonly #names: EditorToolName;
  readonly #context: EditorToolContext;

  constructor(tool: ReadingToolName, names: EditorToolName, context: EditorToolContext) {
    this.#tool = tool;
    this.#names = names;
    this.#context = context;
  }

  prepareInvocation(): vscode.PreparedToolInvocation {
    return { invocationMessage: this.#names.doing };
  }

  async invoke(
    { input }: vscode.LanguageModelToolInvocationOptions<unknown>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const work = new AbortController();
    if (token.isCancellationRequested) work.abort();
    const listening = token.onCancellationRequested(() => {
      work.abort();
    });
    try {
      // A bundle of its own: see there.
      const { runEditorTool } = await import('./editorTools.js');
      const { text } = await runEditorTool(this.#tool, input, this.#context, work.signal);
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    } catch (error) {
      if (work.signal.aborted) throw new vscode.CancellationError();
      throw error;
    } finally {
      listening.dispose();
    }
  }
}
