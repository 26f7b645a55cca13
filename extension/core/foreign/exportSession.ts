/** A session in the format of another tool: which, of which time, and of whom. */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { pidOf } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import { OwnChromeReader } from './chromeOwn.js';
import { chromeOf, startIn } from './exportChrome.js';
import { cpuProfileOf, hasSamples } from './exportCpuProfile.js';
import { otlpOf } from './exportOtlp.js';
import { speedscopeOf } from './exportSpeedscope.js';
import { EVERYTHING, type ExportRange } from './exportText.js';
import { JsonSplitter } from './jsonSplitter.js';
import { encodeUtf8 } from '../../../agent/wire/utf8.js';

/** Formats that are written. */
export const exportFormats = ['fxt', 'chrome', 'speedscope', 'otlp', 'cpuprofile'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What is wanted. */
export interface ExportRequest {
  readonly format: ExportFormat;
  /** Session times; null: all of it. */
  readonly range: ExportRange | null;
  /** `cpuprofile` only: the thread, by its name; null: all that were sampled. */
  readonly thread: string | null;
  /** What the session is called. */
  readonly title: string;
}

/** One file of an export. `thread`: whose it is, where there are several files; null: it is the only one. */
export interface ExportPart {
  readonly thread: string | null;
  /** Text or bytes in pieces of some 100 KB, made as they are asked for. */
  readonly pieces: Iterable<string | Uint8Array>;
}

/** The files of an export; fails when there is nothing to write. Reads the store while it is asked for pieces. */
export function exportSession(
  store: TraceStore,
  { format, range, thread, title }: ExportRequest,
): Result<readonly ExportPart[]> {
  const within = range ?? EVERYTHING;
  switch (format) {
    case 'fxt':
      return ok([{ thread: null, pieces: fxtOf(store, within) }]);
    case 'chrome':
      return ok([{ thread: null, pieces: chromeOf(store, within) }]);
    case 'speedscope':
      return ok([{ thread: null, pieces: speedscopeOf(store, within, title) }]);
    case 'otlp':
      return ok([{ thread: null, pieces: otlpOf(store, within) }]);
    case 'cpuprofile':
      return cpuProfiles(store, within, thread);
  }
}

function cpuProfiles(
  store: TraceStore,
  range: ExportRange,
  thread: string | null,
): Result<readonly ExportPart[]> {
  const when = range === EVERYTHING ? '' : ' in that time';
  const sampled = store.cpu.threads.filter((samples) => hasSamples(samples, range));
  const chosen = sampled.filter((samples) => thread === null || samples.thread === thread);
  if (chosen.length === 0) {
    const names = [...new Set(sampled.map((samples) => samples.thread))].slice(0, 20);
    return fail(
      names.length === 0
        ? `it has no CPU samples${when}`
        : `it has no CPU samples of ${thread ?? ''}${when}, but of ${names.join(', ')}`,
    );
  }
  const isMany = new Set(chosen.map(({ process }) => process)).size > 1;
  return ok(
    chosen.map((samples) => {
      const name = isMany ? `${pidOf(samples.process)}.${samples.thread}` : samples.thread;
      const pieces = cpuProfileOf(store, samples, range);
      return { thread: chosen.length === 1 ? null : name, pieces };
    }),
  );
}

/**
 * A capture of a stretch of time. The Chrome export is read back as what it was, so it makes the records, too, and there is
 * one place that knows how a session becomes records again.
 */
function* fxtOf(store: TraceStore, range: ExportRange): Generator<Uint8Array> {
  const reader = new OwnChromeReader(startIn(store, range));
  const splitter = new JsonSplitter(reader);
  for (const text of chromeOf(store, range)) {
    splitter.push(encodeUtf8(text));
    yield* reader.ready();
  }
  splitter.end();
  reader.finish();
  yield* reader.ready();
}
