/** The official client of the protocol, with a built `sluice mcp` as its server. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CallToolResultSchema,
  ElicitRequestSchema,
  type ElicitResult,
} from '@modelcontextprotocol/sdk/types.js';
import type { BuiltSluice } from './builtSluice.js';

/** What the user answers to a question; `signal`: the question is taken back. */
export type UserAnswer = (question: string, signal: AbortSignal) => Promise<ElicitResult['action']>;

export interface McpOptions {
  readonly captures?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** null: a client that cannot ask. */
  readonly user?: UserAnswer | null;
  /** Of the server's Node. */
  readonly nodeArgs?: readonly string[];
}

/** What a tool answered. */
export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A client that is connected. */
export class TestMcp {
  readonly client: Client;
  readonly questions: string[] = [];
  readonly #transport: StdioClientTransport;
  stderr = '';

  private constructor(client: Client, transport: StdioClientTransport) {
    this.client = client;
    this.#transport = transport;
    transport.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
  }

  static async connect(sluice: BuiltSluice, options: McpOptions = {}): Promise<TestMcp> {
    const { captures, env, user = async () => Promise.resolve('accept'), nodeArgs = [] } = options;
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities: user === null ? {} : { elicitation: {} } },
    );
    const folder = captures === undefined ? [] : ['--captures', captures];
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [...nodeArgs, sluice.cli, 'mcp', ...folder],
      cwd: sluice.folder,
      env: texts({ ...process.env, NODE_OPTIONS: '', ...env }),
      stderr: 'pipe',
    });
    const mcp = new TestMcp(client, transport);
    if (user !== null) {
      client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }) => {
        mcp.questions.push(params.message);
        const action = await user(params.message, signal);
        return action === 'accept' ? { action, content: {} } : { action };
      });
    }
    await client.connect(transport);
    return mcp;
  }

  get pid(): number {
    return this.#transport.pid ?? 0;
  }

  /** Calls a tool. `signal` cancels it; `onProgress` hears how far it is. */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: () => void } = {},
  ): Promise<ToolAnswer> {
    const result = await this.client.callTool(
      { name, arguments: { ...args } },
      CallToolResultSchema,
      {
        timeout: 120_000,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onprogress: onProgress }),
      },
    );
    const { content, isError, structuredContent } = CallToolResultSchema.parse(result);
    const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
    return { text, isError: isError === true, data: structuredContent ?? {} };
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

function texts(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return Object.fromEntries(entries);
}
