/**
 * Messages between the panel (a webview) and its host: one union per direction, `FromWebview` validated on arrival.
 *
 * The panel starts with `ready`, gets a `snapshot` (everything but the pictures), and asks for pictures with `view`: a
 * time range and a width in pixels. Replies carry one tight ArrayBuffer and cost O(pixels). The newest `view` wins: the
 * panel ignores replies with an older `seq`. Everything else that it wants to know it asks with `hit` and `query`. A snapshot is
 * whole (as is `live`), so a panel that was hidden needs nothing but the next.
 */
import { object, oneOf, text, unionByKind, type Checked } from '../../../agent/wire/validate.js';
import { checkSource } from '../../../agent/wire/manifest.js';
import { timeNs } from './checks.js';
import { checkHitRequest, type HitReply } from './hit.js';
import { checkQuery, type QueryReply } from './query.js';
import { liveVariants, type LiveState } from './live.js';
import type { PanelSnapshot } from './snapshot.js';
import { checkViewRequest, type ViewReply } from './view.js';

/** Longest text of a picture (SVG, or PNG as base64) that the panel hands out. */
const MAX_IMAGE_CHARS = 64 * 2 ** 20;

/** Panel to host. */
export const checkFromWebview = unionByKind({
  ready: {},
  view: { request: checkViewRequest },
  hit: { request: checkHitRequest },
  query: { query: checkQuery },
  openSource: { source: checkSource },
  ...liveVariants,
  command: {
    command: oneOf('stop', 'saveCapture', 'copyReport', 'recordCpuProfile', 'stopCpuProfile'),
  },
  /** Puts a text on the clipboard. */
  copy: { text: text(4 * 2 ** 20) },
  /** Saves a picture of the view: SVG as it is, PNG in base64. */
  saveImage: { format: oneOf('svg', 'png'), data: text(MAX_IMAGE_CHARS) },
  /** Exports what is in the range; the host asks for the format. */
  exportRange: { fromNs: timeNs, toNs: timeNs },
  /** The webview failed; the host logs it. */
  failure: { message: text(8192) },
});
export type FromWebview = Checked<typeof checkFromWebview>;
/** Those about a running program. */
export type LiveMessage = Extract<FromWebview, { kind: keyof typeof liveVariants }>;

/** Whether a message is one of those. */
export function isLiveMessage(message: FromWebview): message is LiveMessage {
  return Object.hasOwn(liveVariants, message.kind);
}

/** A row by the names of the report, for its ids are counted anew with each session. */
export const checkRevealedRow = object({
  kind: oneOf('stage', 'queue'),
  pipeline: text(512),
  name: text(512),
});
export type RevealedRow = Checked<typeof checkRevealedRow>;

/** Host to panel. */
export type ToWebview =
  | { readonly kind: 'snapshot'; readonly snapshot: PanelSnapshot }
  | { readonly kind: 'view'; readonly reply: ViewReply }
  | { readonly kind: 'hit'; readonly reply: HitReply }
  | { readonly kind: 'answer'; readonly reply: QueryReply }
  /** Trials and what goes with them; sent by itself, because it changes when no record has come. */
  | { readonly kind: 'live'; readonly live: LiveState }
  /** Somebody wants to see this row; comes behind a snapshot. */
  | { readonly kind: 'reveal'; readonly row: RevealedRow }
  /** Shown in the panel's message line until the next one. */
  | { readonly kind: 'notice'; readonly level: 'info' | 'error'; readonly text: string };
