/** What the flame graph says in words. Pure. */
import { formatCount, formatDurationNs, formatPercent } from '../../extension/core/format.js';
import type { FlameReply } from '../../extension/core/panel/query.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import { functionOf, parentOf, selfNs, totalNs, wholeNs, type FlameTree } from './flameTree.js';
import { placeText, type Line } from '../texts.js';
import type { FlameOrder } from '../viewState.js';

/** `9.5 s · 48%` */
export function timeShare(ns: number, ofNs: number): string {
  return `${formatDurationNs(ns)} · ${formatPercent(ofNs > 0 ? ns / ofNs : 0)}`;
}

export const orderTexts: Readonly<Record<FlameOrder, readonly [label: string, title: string]>> = {
  name: ['By name', 'callers above, functions by name: the same place in every graph'],
  heavy: ['Left heavy', 'callers above, the heaviest function at the left'],
  callers: ['Callers', 'functions with time of their own above, who called them below'],
};

/** Everything about a frame. */
export function frameLines(tree: FlameTree, node: number, focus: number): readonly Line[] {
  const of = functionOf(tree, node);
  const whole = wholeNs(tree);
  const total = totalNs(tree, node);
  if (of === null) return ['all', ['on the processor', formatDurationNs(whole)]];
  const isUpsideDown = tree.order === 'callers';
  const isTop = parentOf(tree, node) === 0;
  const lines: Line[] = [of.name];
  if (of.source !== null) lines.push(['at', placeText(of.source)]);
  if (!isUpsideDown || isTop) lines.push(['self', timeShare(selfNs(tree, node), whole)]);
  if (!isUpsideDown) lines.push(['total', timeShare(total, whole)]);
  else if (!isTop) lines.push(['called it for', timeShare(total, whole)]);
  if (focus !== 0 && focus !== node) {
    lines.push(['of the zoom', formatPercent(total / Math.max(totalNs(tree, focus), 1))]);
  }
  return lines;
}

/** A frame for those who do not see it. */
export function frameSpoken(tree: FlameTree, node: number): string {
  const lines = frameLines(tree, node, 0);
  const texts = lines.map((line) => (typeof line === 'string' ? line : `${line[0]} ${line[1]}`));
  return `${texts.join(', ')}, row ${(tree.depth[node] ?? 0) + 1} of ${tree.rows.length}`;
}

/** `20 s on the processor, 3 s idle; 2% in calls too small to be shown` */
export function sampledText({ onCpuNs, idleNs, droppedNs }: FlameReply): string {
  const idle = idleNs > 0 ? `, ${formatDurationNs(idleNs)} idle` : '';
  const dropped =
    droppedNs > 0 ? `; ${formatPercent(droppedNs / onCpuNs)} in calls too small to be shown` : '';
  return `${formatDurationNs(onCpuNs)} on the processor${idle}${dropped}`;
}

/** `found in 3 functions, 42% of the time` */
export function matchText(matches: Uint8Array | null, ns: number, ofNs: number): string {
  if (matches === null) return '';
  const count = matches.reduce((sum, match) => sum + match, 0);
  if (count === 0) return 'not found';
  const functions = `${formatCount(count)} ${count === 1 ? 'function' : 'functions'}`;
  return `${functions}, ${formatPercent(ofNs > 0 ? ns / ofNs : 0)} of the time`;
}

/** Why there is nothing to draw, and whether a profile can be recorded now. */
export interface FlameGap {
  readonly title: string;
  readonly text: string;
  readonly canRecord: boolean;
}

const hasSamples = ({ rows }: PanelSnapshot): boolean =>
  rows.some((row) => row.kind === 'stage' && row.lanes.some((lane) => lane.kind === 'cpu'));

/** What to say when an answer has no time on the processor; null: it has. */
export function flameGap(reply: FlameReply, snapshot: PanelSnapshot): FlameGap | null {
  if (reply.onCpuNs > 0) return null;
  if (reply.idleNs > 0) {
    return { title: 'Idle', text: 'In this time the threads had nothing to do.', canRecord: false };
  }
  if (hasSamples(snapshot)) {
    const text = 'There are CPU samples, but none of this stage in this time.';
    return { title: 'No samples here', text, canRecord: false };
  }
  const title = 'No CPU samples';
  if (snapshot.state !== 'live') {
    const text =
      'A flame graph is made of CPU samples, and none were recorded. Record some while a program runs: ' +
      'the button CPU profile of a live session, or the command “Sluice: Record CPU Profile…”.';
    return { title, text, canRecord: false };
  }
  if (snapshot.isCpuProfiling === true) {
    return {
      title: 'Recording',
      text: 'The graph is drawn when the profile is here.',
      canRecord: false,
    };
  }
  const text = 'Sample the functions of every thread for some seconds to see where the time goes.';
  return { title, text, canRecord: true };
}
