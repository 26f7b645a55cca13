/** What cases ask of a capture again and again. */
import assert from 'node:assert/strict';
import type { SourcePosition } from '../../agent/wire/manifest.js';
import type { Capture, Span } from '../agent/adapters/agentSession.js';

/** Fails unless the position is on the marked line, in the TypeScript source. */
export function isAt(position: SourcePosition | null | undefined, marked: SourcePosition): void {
  assert.deepEqual(
    { file: position?.file, line: position?.line },
    { file: marked.file, line: marked.line },
  );
}

/** The executions that ended before Sluice turned the first knob, and those that began after it. */
export function halvesOf(seen: Capture, executions: readonly Span[]): [Span[], Span[]] {
  const turned = seen.of('knobChange').find(({ by }) => by === 'sluice');
  if (turned === undefined) throw new Error('no knob was turned');
  return [
    executions.filter(({ endNs }) => endNs <= turned.atNs),
    executions.filter(({ startNs }) => startNs >= turned.atNs),
  ];
}
