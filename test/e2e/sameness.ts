/**
 * A program with the agent inside must do what it does without: print the same in the same order, fail with the same errors
 * from the same place, and end in the same way. Of stacks the top frame counts, because those below show whose code is in
 * between. Nothing else is normalised, so programs print nothing that changes from run to run.
 */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BuiltAgent,
  type Injection,
  type Outcome,
  type Run,
} from '../agent/adapters/agentSession.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is run, each time in the same way. */
export type Program = Pick<Run, 'program' | 'args' | 'env' | 'node' | 'nodeArgs' | 'input'> & {
  /** Lines of an example that tell times, which are for people and have to change. */
  readonly except?: RegExp;
};

/**
 * Drops the frames of each stack below its top one; and from that the alias that V8 finds by looking through the receiver for
 * the function (`write [as _write]`): where an adapter has put its own in front, there is none to find.
 */
function topFrames(text: string): string {
  const isFrame = (line: string | undefined): boolean => /^ +at /.test(line ?? '');
  const lines = text.replace(/^( +at .*) \[as \w+\]/gm, '$1').split('\n');
  return lines.filter((line, i) => !isFrame(line) || !isFrame(lines[i - 1])).join('\n');
}

function comparable({ code, signal, stdout, stderr }: Outcome, { except }: Program): Outcome {
  const kept = except === undefined ? stdout : stdout.replace(except, '');
  return { code, signal, stdout: kept, stderr: topFrames(stderr) };
}

/** The agent and what programs need of it. */
export class Sameness {
  readonly agent: BuiltAgent;

  private constructor(agent: BuiltAgent) {
    this.agent = agent;
  }

  /** `folders`, relative to the repository, are copied beside the agent: their programs import the API. */
  static async create(folders: readonly string[] = []): Promise<Sameness> {
    const agent = await BuiltAgent.create();
    for (const folder of folders) {
      await cp(path.join(root, folder), path.join(agent.folder, folder), { recursive: true });
    }
    return new Sameness(agent);
  }

  async dispose(): Promise<void> {
    await this.agent.dispose();
  }

  /** Where a copied file lies. */
  at(file: string): string {
    return path.join(this.agent.folder, file);
  }

  /**
   * Runs the program without the agent, with the agent while nobody listens, and recorded, injected in each of these ways.
   * Fails on any difference, and when the agent was not there. Returns what the program did without the agent.
   */
  async check(
    program: Program,
    injections: readonly Injection[] = ['NODE_OPTIONS'],
  ): Promise<Outcome> {
    const bare = comparable(await this.agent.runBare(program), program);
    const dormant = await this.agent.runDormant({ ...program, injection: 'NODE_OPTIONS' });
    assert.deepEqual(comparable(dormant, program), bare, 'dormant');
    for (const injection of injections) {
      // On a machine that is too busy for the drain thread to start in its time a program runs unheard: then once more.
      let isHeard = false;
      for (let attempt = 0; attempt < 5 && !isHeard; attempt++) {
        const recorded = await this.agent.run({ ...program, injection });
        assert.deepEqual(comparable(recorded, program), bare, `recorded, injected by ${injection}`);
        // Whoever is killed may be so before anybody could say so.
        isHeard = recorded.signal !== null || recorded.capture.of('process').length > 0;
      }
      assert.ok(isHeard, 'the agent was there');
    }
    return bare;
  }
}
