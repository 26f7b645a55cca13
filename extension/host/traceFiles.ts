/** Trace files by name: which editor opens them, what exports are called. No `vscode`, so that it is tested as it is. */
import path from 'node:path';
import type { ExportFormat } from '../core/foreign/exportSession.js';

/** View types of the editors, as in package.json: for captures by default, for everything else on request. */
export const CAPTURE_EDITOR = 'sluice.capture';
export const TRACE_EDITOR = 'sluice.trace';

/** The editor for a file of this name. */
export function editorFor(fileName: string): string {
  return /\.fxt(\.gz)?$/i.test(fileName) ? CAPTURE_EDITOR : TRACE_EDITOR;
}

/** Endings that the dialog for opening shows. */
export const TRACE_ENDINGS: readonly string[] = [
  ...['fxt', 'fxt.gz', 'json', 'json.gz', 'jsonl', 'cpuprofile', 'gz'],
];

/** The ending of a name without its point, with that before `.gz`. */
export function endingOf(fileName: string): string {
  return /\.([a-z]\w*(?:\.gz)?)$/i.exec(path.basename(fileName))?.[1] ?? 'fxt';
}

/** A format that a session can be exported to, for a list to pick from. */
export interface ExportChoice {
  readonly format: ExportFormat;
  readonly label: string;
  readonly detail: string;
  /** Of the file's name. */
  readonly ending: string;
}

const CHOICES: readonly ExportChoice[] = [
  {
    format: 'chrome',
    label: 'Chrome trace',
    detail: 'For Perfetto, chrome://tracing and speedscope; Sluice reads it back as it was',
    ending: 'trace.json',
  },
  {
    format: 'speedscope',
    label: 'speedscope',
    detail: 'A profile for each lane, and the CPU samples, for speedscope.app',
    ending: 'speedscope.json',
  },
  {
    format: 'otlp',
    label: 'OpenTelemetry (OTLP JSON)',
    detail: 'A span for each execution; the executions of an item are one trace',
    ending: 'otlp.json',
  },
  {
    format: 'cpuprofile',
    label: 'CPU profile (.cpuprofile)',
    detail: 'The CPU samples, for VS Code and DevTools; a file for each thread',
    ending: 'cpuprofile',
  },
];

/** What a session can be exported to. CPU profiles need samples. */
export function exportChoices(hasSamples: boolean): readonly ExportChoice[] {
  return CHOICES.filter(({ format }) => hasSamples || format !== 'cpuprofile');
}

/** A name for the export of a session whose capture is called so. */
export function exportName(capturePath: string, { ending }: ExportChoice): string {
  const base = path.basename(capturePath);
  const stem = base.slice(0, base.length - endingOf(base).length).replace(/\.$/, '');
  return `${stem === '' ? 'trace' : stem}.${ending}`;
}

/** The addresses in a list of the type `text/uri-list` (RFC 2483): one a line, `#` begins a remark. */
export function urisIn(list: string): readonly string[] {
  const lines = list.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
