import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoxKind } from '../../extension/core/panel/view.js';
import { drawTimeline } from '../../webview/draw/drawTimeline.js';
import { frameOf } from '../../webview/draw/frame.js';
import { svgImage } from '../../webview/export/exportImage.js';
import { initialState, withSnapshot } from '../../webview/state.js';
import { escapeXml, SvgSurface, type SvgSetup } from '../../webview/draw/svgSurface.js';
import { buildTheme, type Theme } from '../../webview/theme.js';
import { picture, queueRow, snapshot, stageRow } from './builders.js';
import { assertGolden } from './golden.js';

const theme: Theme = buildTheme(
  'dark',
  () => '',
  ({ what }) => what,
);

const measure = (text: string): number => text.length * 6;

function surface(rest: Partial<SvgSetup> = {}): SvgSurface {
  const setup = { widthPx: 100, heightPx: 50, title: 'test', tiles: new Map(), measure };
  return new SvgSurface({ ...setup, maxChars: 1e6, ...rest });
}

/** What was drawn, without what every document has around it. */
function drawn(draw: (ctx: SvgSurface) => void): readonly string[] {
  const ctx = surface();
  draw(ctx);
  const lines = (ctx.finish() ?? '').split('\n');
  return lines.slice(lines.indexOf('<g shape-rendering="crispEdges">') + 1, -3);
}

describe('an SVG surface', () => {
  it('writes a timeline as a document', () => {
    const rows = [stageRow(1, 'parse', [[10, 1]]), queueRow(2, 'texts', 3)];
    const state = withSnapshot(initialState, snapshot({ rows }));
    const shown = picture({
      fromNs: 0,
      toNs: 1e9,
      widthPx: 200,
      lanes: {
        10: [
          { x: 1, width: 60, kind: BoxKind.busy },
          { x: 61, width: 40, kind: BoxKind.blocked },
        ],
      },
      queues: {
        2: {
          buckets: 2,
          cells: [
            [255, 0],
            [100, 155],
          ],
        },
      },
    });
    const window = { scrollPx: 0, widthPx: 200, heightPx: 120, dpr: 1 };
    const marked = { fromNs: 0.25e9, toNs: 0.75e9 };
    const frame = frameOf({ ...state, marked }, theme, shown, window);
    const ctx = surface({ widthPx: 200, heightPx: 120, tiles: theme.tiles });
    drawTimeline(ctx, frame);
    assertGolden('svg', (ctx.finish() ?? '').trimEnd().split('\n'));
  });

  it('joins rectangles of one colour, but not across another, nor translucent ones', () => {
    const lines = drawn((ctx) => {
      ctx.fillStyle = '#ff0000';
      ctx.fillRect(0, 0, 5, 5);
      ctx.fillRect(6.123, 0, 5, 5);
      ctx.fillRect(0, 0, 0, 5);
      ctx.fillStyle = 'rgba(0, 0, 255, 0.5)';
      ctx.fillRect(0, 0, 9, 9);
      ctx.fillRect(1, 1, 9, 9);
      ctx.fillStyle = '#ff0000';
      ctx.fillRect(1, 2, 3, 4);
    });
    assert.deepEqual(lines, [
      '<path fill="#ff0000" d="M0 0h5v5h-5zM6.12 0h5v5h-5z"/>',
      '<path fill="#0000ff" fill-opacity="0.5" d="M0 0h9v9h-9z"/>',
      '<path fill="#0000ff" fill-opacity="0.5" d="M1 1h9v9h-9z"/>',
      '<path fill="#ff0000" d="M1 2h3v4h-3z"/>',
    ]);
  });

  it('keeps text what it is, whatever a name holds', () => {
    const [line = ''] = drawn((ctx) => {
      ctx.font = '600 12px "Segoe UI", sans-serif';
      ctx.textBaseline = 'middle';
      ctx.textAlign = 'right';
      ctx.fillText('</text><script>&"', 10, 20);
    });
    assert.match(line, />&lt;\/text&gt;&lt;script&gt;&amp;&quot;<\/text>$/);
    assert.match(
      line,
      /font-family="&quot;Segoe UI&quot;, sans-serif" font-size="12" font-weight="600"/,
    );
    assert.match(line, /^<text x="10" y="24.2" text-anchor="end"/);
    assert.equal(escapeXml('a\u0000b\u001b\ud800c\u{1f600}\n'), 'a\ufffdb\ufffd\ufffdc\u{1f600}\n');
  });

  it('clips and moves what is drawn until it is restored', () => {
    const lines = drawn((ctx) => {
      ctx.save();
      ctx.translate(10, 20);
      ctx.beginPath();
      ctx.rect(0, 0, 30, 30);
      ctx.clip();
      ctx.fillStyle = '#00ff00';
      ctx.fillRect(1, 1, 2, 2);
      ctx.restore();
      ctx.fillRect(1, 1, 2, 2);
    });
    assert.deepEqual(lines, [
      '<clipPath id="sluice-c0"><path d="M10 20h30v30h-30z"/></clipPath><g clip-path="url(#sluice-c0)">',
      '<path fill="#00ff00" d="M11 21h2v2h-2z"/>',
      '</g>',
      '<path fill="#000000" d="M1 1h2v2h-2z"/>',
    ]);
  });

  it('closes what was left open', () => {
    const ctx = surface();
    ctx.clip();
    ctx.save();
    ctx.clip();
    const text = ctx.finish() ?? '';
    assert.equal(text.split('<g ').length, text.split('</g>').length);
  });

  it('gives up a document that is too long, and says what to do', () => {
    const ctx = surface({ maxChars: 200 });
    for (let i = 0; i < 100; i += 1) ctx.fillRect(i, 0, 1, 1);
    assert.equal(ctx.finish(), null);
    const draw = (on: Pick<SvgSurface, 'fillText'>): void => {
      on.fillText('hello', 0, 0);
    };
    const drawing = { widthPx: 9, heightPx: 9, title: '', theme, draw };
    assert.equal(svgImage(drawing, measure).kind, 'image');
    const image = svgImage(drawing, measure, 20);
    assert.ok(image.kind === 'fault');
    assert.match(image.text, /too many shapes.*Zoom in/);
  });
});
