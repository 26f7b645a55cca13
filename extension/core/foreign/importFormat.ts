/** What the reader of a format is to the import that chose it. */
import type { ForeignTrace } from './foreignTrace.js';
import type { JsonHandler, JsonKind, JsonPath, Treatment } from './jsonSplitter.js';

/** Formats that are read, by the names that users know them by. */
export type ForeignFormat = 'chrome' | 'cpuprofile' | 'speedscope' | 'otlp';

/** Reads one file of a format, as the splitter hands it over. */
export interface FormatReader extends JsonHandler {
  readonly format: ForeignFormat;
  /** FXT that is ready, in whole records: nothing where all is collected first. Behind `finish`: the rest. */
  ready(): Iterable<Uint8Array>;
  /** What was collected; null: nothing to show, or it is `ready`. Called once, behind the last byte. */
  finish(): ForeignTrace | null;
  /** Known at the end: why there is nothing to show; null: there is something. */
  readonly emptyReason: string | null;
  /** Something was seen that no other format has. */
  readonly isSure: boolean;
}

/** What a format wants, by the place in the document (keys and `*` with slashes between them); the rest is skipped. */
export type Places = Readonly<Record<string, readonly [JsonKind | 'any', Treatment] | undefined>>;

/** The treatment of a value. */
export function treatAt(places: Places, path: JsonPath, kind: JsonKind): Treatment {
  const place = places[path.join('/')];
  if (place === undefined) return 'skip';
  return place[0] === kind || place[0] === 'any' ? place[1] : 'skip';
}
