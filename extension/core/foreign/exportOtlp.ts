/**
 * A session as OTLP JSON: a resource for each process, a span for each execution. The executions of one item have one trace
 * id, so that a viewer shows the item's way through the stages; an execution without an item is a trace by itself.
 */
import {
  ExecutionFlag,
  itemsOf,
  laneLabel,
  titleOf,
  type Lane,
  type Process,
  type Stage,
} from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import {
  differentPids,
  rowsIn,
  TextPieces,
  timesOf,
  unixNsAtZero,
  type ExportRange,
} from './exportText.js';

const INTERNAL = 1;
const STATUS_ERROR = 2;

/** The text of the document, piece by piece: one object with `resourceSpans`. */
export function* otlpOf(store: TraceStore, range: ExportRange): Generator<string> {
  const out = new TextPieces();
  out.add('{"resourceSpans":[');
  let isFirst = true;
  for (const [process, pid] of differentPids(store)) {
    out.add(`${isFirst ? '' : ','}\n{"resource":${resourceText(process, pid)},"scopeSpans":[`);
    out.add('{"scope":{"name":"sluice"},"spans":[');
    isFirst = false;
    yield* spansOf(store, { process, range, out });
    out.add('\n]}]}');
  }
  out.add('\n]}\n');
  yield out.take();
}

interface Job {
  readonly process: Process;
  readonly range: ExportRange;
  readonly out: TextPieces;
}

function* spansOf(store: TraceStore, { process, range, out }: Job): Generator<string> {
  const zeroNs = unixNsAtZero(store, process.declared);
  let isFirst = true;
  for (const stage of process.stages.values()) {
    for (const lane of stage.lanes) {
      const describe = describer(stage, lane);
      for (const row of rowsIn(lane.executions, range)) {
        const { startNs, endNs } = timesOf(lane.executions, row, { range, baseNs: 0 });
        // Without a time of day, times count from the first record.
        const start = zeroNs === 0n ? BigInt(startNs - firstNs(store)) : zeroNs + BigInt(startNs);
        const times = `"startTimeUnixNano":"${start}","endTimeUnixNano":"${start + BigInt(endNs - startNs)}"`;
        out.add(`${isFirst ? '' : ','}\n{${describe(row)},${times}}`);
        isFirst = false;
        if (out.isFull) yield out.take();
      }
    }
  }
}

function firstNs({ oldestNs }: TraceStore): number {
  return Number.isFinite(oldestNs) ? Math.floor(oldestNs) : 0;
}

/** Writes all of a span but its times. */
function describer(stage: Stage, lane: Lane): (row: number) => string {
  const { executions } = lane;
  const pipeline = stage.pipelineName ?? titleOf(stage.process);
  const name = `"name":${JSON.stringify(stage.name)},"kind":${INTERNAL}`;
  const common = [
    attribute('sluice.pipeline', pipeline),
    attribute('sluice.stage', stage.name),
    attribute('thread.name', laneLabel(lane)),
  ];
  return (row) => {
    const word = executions.second.at(row);
    const item = (word & ExecutionFlag.hasItem) === 0 ? null : executions.first.at(row);
    const items = itemsOf(word);
    const attributes = [
      ...common,
      ...(item === null ? [] : [attribute('sluice.item', item)]),
      ...(items === 1 ? [] : [attribute('sluice.items', items)]),
    ];
    const failed = (word & ExecutionFlag.failed) !== 0;
    const status = failed ? `,"status":{"code":${STATUS_ERROR}}` : '';
    const trace = item === null ? `${lane.rowId}/${row}` : `${pipeline}\0${item}`;
    const ids = `"traceId":"${traceId(trace)}","spanId":"${hex(lane.rowId + 1)}${hex(row + 1)}"`;
    return `${ids},${name},"attributes":[${attributes.join(',')}]${status}`;
  };
}

function attribute(key: string, value: string | number): string {
  const typed = typeof value === 'number' ? { intValue: String(value) } : { stringValue: value };
  return JSON.stringify({ key, value: typed });
}

function resourceText(process: Process, pid: number): string {
  const { declared } = process;
  const attributes = [
    attribute('service.name', titleOf(process)),
    attribute('process.pid', pid),
    ...(declared === null ? [] : [attribute('process.runtime.description', declared.runtime)]),
    attribute('telemetry.sdk.name', 'sluice'),
  ];
  return `{"attributes":[${attributes.join(',')}]}`;
}

/** 16 bytes that are the same for the same text, and never all zero (FNV-1a, four times). */
function traceId(text: string): string {
  return [0x811c9dc5, 0x1b873593, 0xcc9e2d51, 0x85ebca6b]
    .map((seed, i) => {
      let hash = seed;
      for (let at = 0; at < text.length; at++) {
        hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
      }
      // Sums of products differ in their low bits only: spread them.
      hash ^= hash >>> 15;
      hash = Math.imul(hash, 0x2c1b3c6d);
      hash ^= hash >>> 13;
      return hex(i === 0 && hash === 0 ? 1 : hash);
    })
    .join('');
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
