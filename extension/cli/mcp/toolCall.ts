/** What a tool of the server is: a declaration, and what it does with a call. */
import type { Result } from '../../../agent/wire/result.js';
import type { Answer } from '../../core/assistants/answer.js';
import type { ToolDeclaration } from '../../core/assistants/tools.js';

/** What a tool knows of the call besides its input. */
export interface ToolCall {
  /** Aborted when the client does not want the answer any more, and when the server ends. */
  readonly signal: AbortSignal;
  /** Tells the client how far it is, 0..1, if the client wants to hear of it. */
  readonly progress: (share: number, text: string) => void;
  /** Asks the user; a failure says why it may not be done. */
  readonly confirm: (question: string) => Promise<Result<null>>;
}

/** A tool of the server. It may throw: the message is what the client gets. */
export interface ServerTool {
  readonly declaration: ToolDeclaration;
  /** What clients may know before they let a model call it. `destructive` implies that it writes. */
  readonly effect: 'reads' | 'writes' | 'destructive';
  readonly run: (input: unknown, call: ToolCall) => Promise<Answer>;
}
