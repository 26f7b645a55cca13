/** Made traces as files, for what opens files; all of them lie in one folder that is taken away at the end. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeTrace, STAGES, type MadeExecution, type MadeTrace } from './bigTrace.js';

const PIECE_BYTES = 1 << 22;

/** A folder for files that are needed for a while. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  return {
    path: folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a trace as the agent's captures are: FXT. */
export function writeFxt(file: string, executions: number): MadeTrace {
  const fd = openSync(file, 'w');
  try {
    return makeTrace(executions, { bytes: (piece) => void writeSync(fd, piece) });
  } finally {
    closeSync(fd);
  }
}

const microseconds = (ns: number): string => (ns / 1000).toFixed(3);

function chromeEvent({ stage, lane, item, startNs, endNs }: MadeExecution): string {
  const ts = microseconds(startNs);
  const dur = microseconds(endNs - startNs);
  return `{"ph":"X","pid":1,"tid":${lane + 1},"name":"stage ${stage + 1}","cat":"stage","ts":${ts},"dur":${dur},"args":{"item":${item}}}`;
}

/** Writes the executions of the same trace as Chrome JSON, complete events in an array. */
export function writeChromeJson(file: string, executions: number): MadeTrace {
  const fd = openSync(file, 'w');
  let text = '[\n';
  const flush = (): void => {
    writeSync(fd, text);
    text = '';
  };
  try {
    let isFirst = true;
    const made = makeTrace(executions, {
      bytes: () => undefined,
      execution: (execution) => {
        text += `${isFirst ? '' : ',\n'}${chromeEvent(execution)}`;
        isFirst = false;
        if (text.length > PIECE_BYTES) flush();
      },
    });
    text += '\n]\n';
    flush();
    return made;
  } finally {
    closeSync(fd);
  }
}

/** What was made, in words for a note. */
export function madeText({ executions, depths, durationNs }: MadeTrace): string {
  return `${(executions / 1e6).toFixed(1)} M executions in ${STAGES} stages, ${(depths / 1e6).toFixed(1)} M queue depths, ${(durationNs / 1e9).toFixed(0)} s`;
}
