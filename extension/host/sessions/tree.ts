/**
 * The sessions view as data: sessions, their processes, pipelines, and in them stages, queues and knobs. Pure; the view
 * turns `TreeNode.face` into tree items.
 */
import { formatBytes, formatDurationNs, formatPercent, formatRate } from '../../core/format.js';
import { counted } from '../../core/counted.js';
import type {
  KnobReport,
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../../core/report/report.js';
import type { RevealedRow } from '../../core/panel/messages.js';
import type { SessionId, SessionInfo } from '../../engine/protocol.js';
import { TERMINAL_TITLE } from '../run/terminalRecorder.js';
import { isLive } from './sessionList.js';

/** What a row shows. `icon` is one of VS Code's theme icons, `context` what menus test with `viewItem`. */
export interface Face {
  /** Unique in the view and stable over refreshes, so that what was expanded stays so. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  readonly context: string;
}

/**
 * A row. That of a session is one object as long as the session lives, and its face and children are asked for, so that VS
 * Code can be told to look at this row again and not at all of them.
 */
export type TreeNode =
  | { readonly kind: 'session'; readonly session: SessionId }
  | {
      readonly kind: 'branch';
      readonly session: SessionId;
      readonly face: Face;
      readonly children: readonly TreeNode[];
    }
  | {
      readonly kind: 'leaf';
      readonly session: SessionId;
      readonly face: Face;
      /** The report's knob id when this is a knob. */
      readonly knob?: string;
      readonly source?: StageReport['source'];
      /** What the panel shows when the row is clicked. */
      readonly row?: RevealedRow;
    };

const STATE_WORDS: Readonly<Record<SessionInfo['state'], string>> = {
  waiting: 'waiting for the program',
  reading: 'reading the file',
  live: 'live',
  ended: 'ended',
  capture: 'capture',
};

const STATE_ICONS: Readonly<Record<SessionInfo['state'], string>> = {
  waiting: 'loading~spin',
  reading: 'loading~spin',
  live: 'record',
  ended: 'history',
  capture: 'file-binary',
};

/** What a session is called: that of a terminal by what runs in it. */
export function sessionLabel({ title, processes }: SessionInfo): string {
  const [first] = processes;
  return title === TERMINAL_TITLE && first !== undefined ? `${title}: ${first.title}` : title;
}

/** What the row of a session shows, from what is known without its report. */
export function sessionFace(info: SessionInfo): Face {
  const lost = info.lostRecords === 0 ? '' : `, ${counted(info.lostRecords, 'record')} lost`;
  const counts = `${counted(info.executions, 'execution')}${lost}`;
  return {
    id: info.session,
    label: sessionLabel(info),
    description: [STATE_WORDS[info.state], ...(info.state === 'waiting' ? [] : [counts])].join(
      ' · ',
    ),
    tooltip: `${sessionLabel(info)}\n${counts}, ${formatBytes(info.bytes)}\n${info.capturePath}`,
    icon: STATE_ICONS[info.state],
    context: `session.${isLive(info) ? 'live' : info.state}`,
  };
}

/** What a row shows whose session was closed a moment ago, until the row goes. */
export function closedFace(session: SessionId): Face {
  return {
    id: session,
    label: 'closed',
    description: '',
    tooltip: '',
    icon: 'circle-slash',
    context: '',
  };
}

/** Rows of a session that stand below its processes. */
export type Section = (session: SessionId, report: Report) => TreeNode | undefined;

/** The rows below a session: one for each process, then the sections, then what the report has to say to the user. */
export function reportNodes(
  session: SessionId,
  report: Report,
  sections: readonly Section[] = [],
): readonly TreeNode[] {
  const first = report.capture.processes[0]?.pid;
  const processes = report.capture.processes.map((process): TreeNode => {
    const id = `${session}/${process.pid}`;
    const children = report.pipelines
      .map((pipeline) =>
        pipelineNode(
          { session, id, pipeline: pipeline.name },
          pipeline,
          partOf(pipeline, process.pid, first),
        ),
      )
      .filter((node) => node !== undefined);
    return {
      kind: 'branch',
      session,
      face: {
        id,
        label: process.title,
        description: `pid ${process.pid}`,
        tooltip: `${process.title}\npid ${process.pid}, ${process.runtime}${process.ended ? ', ended' : ''}`,
        icon: 'server-process',
        context: 'process',
      },
      children,
    };
  });
  const below = sections.map((section) => section(session, report)).filter((n) => n !== undefined);
  return [
    ...processes,
    ...below,
    ...report.notes.map((note, i) => messageNode(session, `note${i}`, note)),
  ];
}

/** A row that only says something. */
export function messageNode(session: SessionId, id: string, text: string): TreeNode {
  return {
    kind: 'leaf',
    session,
    face: {
      id: `${session}/${id}`,
      label: text,
      description: '',
      tooltip: text,
      icon: 'info',
      context: 'message',
    },
  };
}

interface PipelinePart {
  readonly stages: readonly StageReport[];
  readonly queues: readonly QueueReport[];
  readonly knobs: readonly KnobReport[];
}

/**
 * What of a pipeline belongs under a process: its stages; the queues behind them (a queue has no process of its own, one
 * whose stages are unknown goes to the first process); the knobs, whose id begins with the pid.
 */
function partOf(pipeline: PipelineReport, pid: number, firstPid: number | undefined): PipelinePart {
  const homes = new Map(pipeline.stages.map((stage) => [stage.name, stage.process]));
  const homeOf = (queue: QueueReport): number | undefined =>
    homes.get(queue.from ?? '') ?? homes.get(queue.to ?? '') ?? firstPid;
  return {
    stages: pipeline.stages.filter((stage) => stage.process === pid),
    queues: pipeline.queues.filter((queue) => homeOf(queue) === pid),
    knobs: pipeline.knobs.filter((knob) => knob.id.startsWith(`${pid}:`)),
  };
}

interface Place {
  readonly session: SessionId;
  readonly id: string;
  readonly pipeline: string;
}

/** A row with a place in the source has more in its menu. */
const withSource = (context: string, source: StageReport['source']): string =>
  source === null ? context : `${context}.source`;

function pipelineNode(
  place: Place,
  pipeline: PipelineReport,
  part: PipelinePart,
): TreeNode | undefined {
  if (part.stages.length + part.queues.length + part.knobs.length === 0) return undefined;
  const { session } = place;
  const id = `${place.id}/${pipeline.name}`;
  const below: Place = { session, id, pipeline: pipeline.name };
  const { bottleneck } = pipeline;
  return {
    kind: 'branch',
    session,
    face: {
      id,
      label: pipeline.name,
      description: pipeline.isImported ? 'imported' : formatRate(pipeline.throughputPerSec),
      tooltip: [pipeline.name, ...bottleneck.evidence].join('\n'),
      icon: 'layers',
      context: 'pipeline',
    },
    children: [
      ...part.stages.map((stage) =>
        stageNode(below, stage, bottleneck.kind !== 'none' && bottleneck.stage === stage.name),
      ),
      ...part.queues.map((queue, i) => queueNode(below, queue, i, queueSource(pipeline, queue))),
      ...part.knobs.map((knob) => knobNode(below, knob)),
    ],
  };
}

function stageNode(place: Place, stage: StageReport, isBottleneck: boolean): TreeNode {
  const p95 = stage.serviceNs === null ? '' : ` · p95 ${formatDurationNs(stage.serviceNs.p95)}`;
  const errors = stage.errors === 0 ? '' : ` · ${counted(stage.errors, 'error')}`;
  const { shares } = stage;
  const numbers = `${formatRate(stage.ratePerSec)} · ${formatPercent(stage.utilization)} busy${p95}${errors}`;
  return {
    kind: 'leaf',
    session: place.session,
    face: {
      id: `${place.id}/stage/${stage.name}`,
      label: stage.name,
      description: isBottleneck ? `bottleneck · ${numbers}` : numbers,
      tooltip:
        `${stage.name} (${stage.kind}), parallelism ${stage.parallelism}\n${numbers}\n` +
        `starved ${formatPercent(shares.starved)}, blocked ${formatPercent(shares.blocked)}, ` +
        `limited ${formatPercent(shares.limited)}, idle ${formatPercent(shares.idle)}`,
      icon: isBottleneck ? 'flame' : 'circle-large-outline',
      context: withSource('stage', stage.source),
    },
    source: stage.source,
    row: { kind: 'stage', pipeline: place.pipeline, name: stage.name },
  };
}

/** Where a queue is made is not known, but where its depth is set may be. */
function queueSource(pipeline: PipelineReport, queue: QueueReport): StageReport['source'] {
  return pipeline.knobs.find((knob) => knob.queue === queue.name)?.source ?? null;
}

function queueNode(
  place: Place,
  queue: QueueReport,
  index: number,
  source: StageReport['source'],
): TreeNode {
  const capacity = queue.capacity === null ? '' : ` of ${queue.capacity}`;
  const full = queue.fullShare === null ? '' : ` · full ${formatPercent(queue.fullShare)}`;
  const numbers = `depth ${queue.depth.mean.toFixed(1)}${capacity} · max ${queue.depth.max}${full}`;
  return {
    kind: 'leaf',
    session: place.session,
    face: {
      // Two queues may bear one name; their order in the report is stable.
      id: `${place.id}/queue/${queue.name}/${index}`,
      label: queue.name,
      description: numbers,
      tooltip: `Queue ${queue.name}, from ${queue.from ?? 'unknown'} to ${queue.to ?? 'unknown'}\n${numbers}`,
      icon: 'list-ordered',
      context: withSource('queue', source),
    },
    source,
    row: { kind: 'queue', pipeline: place.pipeline, name: queue.name },
  };
}

function knobNode(place: Place, knob: KnobReport): TreeNode {
  const value = knob.value === null ? 'unlimited' : String(knob.value);
  return {
    kind: 'leaf',
    session: place.session,
    knob: knob.id,
    source: knob.source,
    ...tunedRow(place, knob),
    face: {
      id: `${place.id}/knob/${knob.id}`,
      label: knob.name,
      description: knob.live ? value : `${value} · fixed while running`,
      tooltip: [
        `${knob.name} = ${value}, from ${knob.min} to ${knob.max ?? 'unlimited'}`,
        ...(knob.remark === null ? [] : [knob.remark]),
      ].join('\n'),
      icon: 'settings',
      context: withSource(knob.live ? 'knob.live' : 'knob', knob.source),
    },
  };
}

/** The row of what a knob tunes. */
function tunedRow({ pipeline }: Place, { stage, queue }: KnobReport): { row?: RevealedRow } {
  if (stage !== null) return { row: { kind: 'stage', pipeline, name: stage } };
  return queue === null ? {} : { row: { kind: 'queue', pipeline, name: queue } };
}
