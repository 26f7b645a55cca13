/** Letters can be read: the contrast that WCAG 2 asks for, in every theme. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bestInk, contrast, readable } from '../../webview/contrast.js';
import { buildTheme, type ThemeKind } from '../../webview/theme.js';
import { themes } from './harness/themes.js';

const kinds: Readonly<Record<keyof typeof themes, ThemeKind>> = {
  dark: 'dark',
  light: 'light',
  hc: 'hcDark',
  'hc-light': 'hcLight',
};

describe('contrast', () => {
  it('is that of WCAG', () => {
    assert.equal(contrast('#000', '#fff'), 21);
    assert.ok(Math.abs(contrast('#767676', '#ffffff') - 4.54) < 0.01);
    assert.equal(bestInk(['#ffff00', '#cccc00'], ['#ffffff', '#000000']), '#000000');
  });

  it('is reached by going towards the text, and no further than needed', () => {
    const papers = ['#ffffff', '#f8f8f8'];
    const ink = readable('#bf8803', '#3b3b3b', papers);
    assert.ok(papers.every((paper) => contrast(ink, paper) >= 4.5));
    assert.ok(contrast(ink, '#ffffff') < 5.5);
    assert.equal(readable('#005fb8', '#000000', papers), 'rgb(0, 95, 184)');
    assert.equal(readable('#ffffff', '#eeeeee', papers), '#eeeeee');
  });

  it('holds for the coloured words of every theme, on everything that is written on', () => {
    for (const name of ['dark', 'light', 'hc', 'hc-light'] as const) {
      const { variables } = themes[name];
      const read = (variable: string): string => variables[variable.replace('--vscode-', '')] ?? '';
      const { letters } = buildTheme(kinds[name], read, ({ ink }) => ink);
      const papers = ['editor', 'sideBar', 'editorWidget', 'editorHoverWidget'];
      for (const [meaning, ink] of Object.entries(letters)) {
        for (const paper of papers) {
          const found = contrast(ink, read(`--vscode-${paper}-background`));
          assert.ok(found >= 4.5, `${meaning} on ${paper} in ${name}: ${found}`);
        }
      }
    }
  });
});
