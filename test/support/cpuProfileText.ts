/** CPU profiles for tests: stacks as text, `outer/inner`, one sample a step. */
import { profileBlobName } from '../../agent/wire/format.js';
import { FxtWriter } from '../../agent/wire/fxtWriter.js';
import { drawingStartNs } from './pipelineText.js';

/** A .cpuprofile as V8 writes it. */
export interface TextProfile {
  readonly nodes: { id: number; callFrame: object; hitCount: number; children: number[] }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const meta = /^\(.*\)$/;

/** Where the functions of a text stand: `f` in /app/f.js, line 7; `node:f` in Node. */
function frameOf(name: string): object {
  const isNode = name.startsWith('node:');
  const url = meta.test(name) ? '' : isNode ? name : `/app/${name}.js`;
  const position = url === '' ? -1 : 6;
  const functionName = isNode ? name.slice('node:'.length) : name;
  return { functionName, scriptId: '1', url, lineNumber: position, columnNumber: position };
}

/** A profile with a sample in the middle of each step from `fromStep` on; the steps are those of drawings, 1 ms. */
export function textProfile(stacks: readonly string[], fromStep = 0): TextProfile {
  const root = { id: 1, callFrame: frameOf('(root)'), hitCount: 0, children: [] };
  const nodes: TextProfile['nodes'] = [root];
  const byPath = new Map<string, TextProfile['nodes'][number]>([['', root]]);
  const samples = stacks.map((stack) => {
    let path = '';
    let node = nodes[0];
    for (const name of stack === '' ? [] : stack.split('/')) {
      path += `/${name}`;
      let next = byPath.get(path);
      if (next === undefined) {
        next = { id: nodes.length + 1, callFrame: frameOf(name), hitCount: 0, children: [] };
        nodes.push(next);
        byPath.set(path, next);
        node?.children.push(next.id);
      }
      node = next;
    }
    if (node !== undefined) node.hitCount++;
    return node?.id ?? 1;
  });
  const startTime = drawingStartNs / 1000 + fromStep * 1000;
  return {
    nodes,
    startTime,
    endTime: startTime + stacks.length * 1000,
    samples,
    timeDeltas: stacks.map((_, i) => (i === 0 ? 500 : 1000)),
  };
}

/** The record that carries a profile of the thread whose own lane this is. */
export function profileRecord(lane: number, profile: unknown): Uint8Array {
  const writer = new FxtWriter();
  const bytes = new TextEncoder().encode(JSON.stringify(profile));
  writer.largeBlob({ category: 'cpu', name: profileBlobName(lane), bytes });
  return writer.take();
}
